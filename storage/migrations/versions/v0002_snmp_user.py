"""OLTs may be read as an SNMPv3 user.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = (("user_name", 32), ("user_auth", 8), ("user_auth_key", 255), ("user_privacy", 8), ("user_privacy_key", 255))


def upgrade() -> None:
    """Add the user; the OLTs that are there have none."""
    for name, length in _COLUMNS:
        op.add_column("olt", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    """Drop the user: OLTs are read by their community again."""
    for name, _ in reversed(_COLUMNS):
        op.drop_column("olt", name)
