"""One reference measure an occasion, with its diagnosis; operators told of incidents once; orders about port 25.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Diagnoses that were noted as references without their levels are no references any more; their results stay."""
    op.add_column("reference_measure", sa.Column("number", sa.String(length=19), nullable=True))
    op.drop_table("access_reference")
    op.create_table(
        "incident_told",
        *_owner("incident_told"),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "number", name="pk_incident_told"),
        sa.ForeignKeyConstraint(["number"], ["incident.number"], name="fk_incident_told_number"),
    )
    op.create_table(
        "port25_order",
        *_owner("port25_order"),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.String(length=100), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_port25_order"),
        sa.ForeignKeyConstraint(
            ["operator_id", "number"], ["ticket.operator_id", "ticket.number"],
            name="fk_port25_order_operator_id_number",
        ),
    )  # fmt: skip
    op.create_index(
        "ix_port25_order_waiting",
        "port25_order",
        ["operator_id", "id1"],
        unique=True,
        sqlite_where=sa.text("state = 'demandée'"),
        postgresql_where=sa.text("state = 'demandée'"),
    )


def _owner(table: str) -> tuple[sa.Column[str] | sa.Constraint, ...]:
    return (
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=f"fk_{table}_operator_id"),
    )


def downgrade() -> None:
    """Drop them; the numbers of reference measures are lost, their levels stay."""
    op.drop_table("port25_order")
    op.drop_table("incident_told")
    op.drop_column("reference_measure", "number")
    op.create_table(
        "access_reference",
        *_owner("access_reference"),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_access_reference"),
        sa.ForeignKeyConstraint(["number"], ["diagnosis.number"], name="fk_access_reference_number"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name="fk_access_reference_operator_id_id1"
        ),
    )
    op.create_index("ix_access_reference_operator_id_id1", "access_reference", ["operator_id", "id1"])
