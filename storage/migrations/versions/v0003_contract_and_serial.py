"""An OLT may have a load contract of its own; a place may say which ONT is expected there.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; the OLTs that are there keep the default contract, and expect no ONT in particular."""
    op.add_column("outside_plant", sa.Column("serial", sa.String(length=16), nullable=True))
    op.add_column("olt", sa.Column("contract", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop both: every OLT is read under the default contract again."""
    op.drop_column("olt", "contract")
    op.drop_column("outside_plant", "serial")
