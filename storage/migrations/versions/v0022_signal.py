"""The téléaction that carries an order about port 25 out.

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
    op.add_column("port25_order", sa.Column("teleaction", sa.String(length=19), nullable=True))


def downgrade() -> None:
    """Forget which téléactions carried orders out."""
    op.drop_column("port25_order", "teleaction")
