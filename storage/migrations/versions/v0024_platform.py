"""Sessions lost over a window are counted: found by when they ended.

Revision ID: 0024
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing but an index."""
    op.create_index("ix_radius_session_stopped_at", "radius_session", ["stopped_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_radius_session_stopped_at", "radius_session")
