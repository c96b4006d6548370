"""Accesses have a life: state, GTR option, building, history, references, planned works.

Revision ID: 0010
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it all; the accesses that are there are active and have no GTR."""
    op.add_column("access", sa.Column("state", sa.String(length=16), server_default="actif", nullable=False))
    op.add_column("access", sa.Column("gtr", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("access", sa.Column("zone", sa.String(length=16), server_default="metropole", nullable=False))
    op.add_column("access", sa.Column("ont_serial", sa.String(length=16), nullable=True))
    op.add_column("access", sa.Column("building", sa.Text(), nullable=True))
    op.add_column("access", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("access", sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "access_event",
        *_owner("access_event"),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_access_event"),
        _access("access_event"),
    )
    op.create_index("ix_access_event_operator_id_id1", "access_event", ["operator_id", "id1"])
    op.create_table(
        "access_reference",
        *_owner("access_reference"),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_access_reference"),
        sa.ForeignKeyConstraint(["number"], ["diagnosis.number"], name="fk_access_reference_number"),
        _access("access_reference"),
    )
    op.create_index("ix_access_reference_operator_id_id1", "access_reference", ["operator_id", "id1"])
    op.create_table(
        "planned_work",
        *_owner("planned_work"),
        sa.Column("work_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=True),
        sa.Column("olt", sa.String(length=64), nullable=True),
        sa.Column("pon", sa.String(length=32), nullable=True),
        sa.Column("pm", sa.String(length=200), nullable=True),
        sa.Column("pbo", sa.String(length=200), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("work_id", name="pk_planned_work"),
        sa.ForeignKeyConstraint(["olt"], ["olt.name"], name="fk_planned_work_olt"),
        _access("planned_work"),
    )
    op.create_index("ix_planned_work_operator_id_ends_at", "planned_work", ["operator_id", "ends_at"])
    op.create_index("ix_planned_work_olt_ends_at", "planned_work", ["olt", "ends_at"])


def _owner(table: str) -> tuple[sa.Column[str] | sa.Constraint, ...]:
    return (
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=f"fk_{table}_operator_id"),
    )


def _access(table: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        ["operator_id", "id1"], ["access.operator_id", "access.id1"], name=f"fk_{table}_operator_id_id1"
    )


def downgrade() -> None:
    """Drop it all: the history of accesses is lost."""
    for table in ("planned_work", "access_reference", "access_event"):
        op.drop_table(table)
    for column in ("terminated_at", "opened_at", "building", "ont_serial", "zone", "gtr", "state"):
        op.drop_column("access", column)
