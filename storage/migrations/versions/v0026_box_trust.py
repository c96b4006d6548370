"""How far a box is trusted: its last shared secret, how many it had of its own, and until when it may come again.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: every box has its first secret, and nothing is open."""
    op.add_column("box", sa.Column("generation", sa.Integer(), server_default="0", nullable=False))
    op.add_column("box", sa.Column("open_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("box", sa.Column("shared_secret", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for column in ("shared_secret", "open_until", "generation"):
        op.drop_column("box", column)
