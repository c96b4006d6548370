"""Collective incidents with their history; the street and the power area of each passive path.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LATE = ("closed_at", "calm_since", "unknown_since")
_COUNTS = ("accesses", "down", "back", "unknown", "up", "gasps")


def upgrade() -> None:
    """Add them; no incident is known yet, and no street."""
    op.add_column("outside_plant", sa.Column("street", sa.String(length=200), nullable=True))
    op.add_column("outside_plant", sa.Column("power_area", sa.String(length=200), nullable=True))
    op.create_table(
        "incident",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("ancestor", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("since", "opened_at", "updated_at")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _LATE),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("into", sa.String(length=32), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("olts", sa.Text(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_incident"),
        sa.UniqueConstraint("operator_id", "number", name="uq_incident_operator_id_number"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_incident_operator_id"),
    )
    op.create_index("ix_incident_operator_id_opened_at", "incident", ["operator_id", "opened_at"])
    _history()


def _history() -> None:
    op.create_table(
        "incident_change",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ancestor", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("accesses", sa.Integer(), nullable=False),
        sa.Column("down", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("others", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", "rank", name="pk_incident_change"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_incident_change_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "number"],
            ["incident.operator_id", "incident.number"],
            name="fk_incident_change_operator_id_number",
        ),
    )


def downgrade() -> None:
    """Drop incidents, streets and power areas."""
    op.drop_table("incident_change")
    op.drop_index("ix_incident_operator_id_opened_at", table_name="incident")
    op.drop_table("incident")
    op.drop_column("outside_plant", "power_area")
    op.drop_column("outside_plant", "street")
