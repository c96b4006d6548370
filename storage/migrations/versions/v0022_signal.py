"""The téléaction that carries an order about port 25 out; reference measures that are still to be taken.

Revision ID: 0022
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Orders asked so far wait for the platform's team, as they did."""
    op.create_table(
        "wanted_reference",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id1", name="pk_wanted_reference"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_wanted_reference_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name="fk_wanted_reference_operator_id_id1"
        ),
    )
    op.create_index("ix_wanted_reference_due_at", "wanted_reference", ["due_at"])
    op.add_column("port25_order", sa.Column("teleaction", sa.String(length=19), nullable=True))


def downgrade() -> None:
    """Forget which téléactions carried orders out, and which references were to be taken."""
    op.drop_column("port25_order", "teleaction")
    op.drop_table("wanted_reference")
