"""Rule-sets are kept word for word, and each verdict with a digest of what it was drawn from.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; the verdicts that are there have no digest, and replay without that check."""
    op.create_table(
        "ruleset",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_ruleset"),
    )
    op.add_column("diagnosis", sa.Column("digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Drop both: verdicts are shown, and no longer replayed."""
    op.drop_column("diagnosis", "digest")
    op.drop_table("ruleset")
