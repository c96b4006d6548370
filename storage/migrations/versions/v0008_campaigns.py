"""Campaigns of téléactions and their accesses.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "campaign",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stopped_by", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_campaign"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_campaign_operator_id"),
    )
    op.create_index("ix_campaign_state", "campaign", ["state"])
    op.create_table(
        "campaign_member",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("olt", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=19), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "id1", name="pk_campaign_member"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_campaign_member_operator_id"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.campaign_id"], name="fk_campaign_member_campaign_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name="fk_campaign_member_operator_id_id1"
        ),
    )
    op.create_index("ix_campaign_member_campaign_id_wave", "campaign_member", ["campaign_id", "wave"])


def downgrade() -> None:
    """Drop both."""
    op.drop_table("campaign_member")
    op.drop_table("campaign")
