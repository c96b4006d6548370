"""How often the present secret of a box was offered to who came with a shared one, and the last one that was given.

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
    """Add the columns. How often a secret was offered is not known: once to each who came, in ``bootstrap`` mode."""
    for name in ("offers", "given"):
        op.add_column("box", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE box SET given = generation")
    op.execute("UPDATE box SET offers = 2 WHERE shared_secret IS NOT NULL")


def downgrade() -> None:
    """Drop them: a generation that was given and not proved may be given once more."""
    for name in ("given", "offers"):
        op.drop_column("box", name)
