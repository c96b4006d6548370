"""What boxes announce is kept, and their parameters; the readings of an Inform stand apart from the others.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add all three; no box has proved its own secret yet."""
    op.add_column("box", sa.Column("informed", sa.Text(), server_default="{}", nullable=False))
    op.add_column("box", sa.Column("secured_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "box_event",
        *_box(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("command_key", sa.String(length=32), nullable=False),
        sa.Column("fault_code", sa.Integer(), nullable=False),
        sa.Column("fault_text", sa.String(length=256), nullable=False),
        *_keys("box_event", "oui", "serial", "at", "code", "command_key"),
    )
    op.create_table(
        "box_parameters",
        *_box(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        *_keys("box_parameters", "oui", "serial"),
    )


def _box() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("oui", sa.String(length=6), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
    )


def _keys(table: str, *primary: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint(*primary, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=f"fk_{table}_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name=f"fk_{table}_operator_id_id1"
        ),
    )


def downgrade() -> None:
    """Drop what boxes announced, their parameters and the readings of their last Informs."""
    op.drop_table("box_parameters")
    op.drop_table("box_event")
    op.drop_column("box", "secured_at")
    op.drop_column("box", "informed")
