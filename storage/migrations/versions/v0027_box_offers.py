"""How often the present secret of a box was offered to who came with a shared one.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: until now each secret was offered once, to a box that came with a shared one."""
    op.add_column("box", sa.Column("offers", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE box SET offers = 1 WHERE shared_secret IS NOT NULL")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("box", "offers")
