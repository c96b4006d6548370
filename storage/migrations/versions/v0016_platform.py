"""The Internet platform is probed; an access says whether its port 25 is open; refusals are counted over a window.

Revision ID: 0016
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Port 25 is closed where nobody has asked for it; the first round of probes fills its table."""
    op.add_column("access", sa.Column("port25", sa.String(length=8), server_default="closed", nullable=False))
    op.create_index("ix_auth_event_at", "auth_event", ["at"])
    op.create_table(
        "platform_probe",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_ms", sa.Double(), nullable=True),
        sa.Column("detail", sa.String(length=64), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "name", name="pk_platform_probe"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_platform_probe_operator_id"),
    )


def downgrade() -> None:
    """Drop them: what was asked of port 25 is lost."""
    op.drop_table("platform_probe")
    op.drop_index("ix_auth_event_at", "auth_event")
    op.drop_column("access", "port25")
