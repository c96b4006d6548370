"""The countdown of a GTR is told once a step.

Revision ID: 0021
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has been told of anything yet."""
    op.add_column("ticket", sa.Column("counted_down_s", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Forget the steps: those that are behind are told again after the next upgrade."""
    op.drop_column("ticket", "counted_down_s")
