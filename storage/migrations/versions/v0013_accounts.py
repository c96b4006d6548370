"""Accounts have a profile and a password.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXTS = {"last_name": 100, "first_name": 100, "email": 254, "phone": 20, "mobile": 20, "password": 200, "init_digest": 64}


def upgrade() -> None:
    """Add both; the accounts that are there have tokens only."""
    for name, length in _TEXTS.items():
        op.add_column("account", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("account", sa.Column("init_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_account_init_digest", "account", ["init_digest"])


def downgrade() -> None:
    """Drop both: accounts keep their tokens."""
    op.drop_index("ix_account_init_digest", "account")
    op.drop_column("account", "init_expires_at")
    for name in reversed(_TEXTS):
        op.drop_column("account", name)
