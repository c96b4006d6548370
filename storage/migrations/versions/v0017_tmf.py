"""TM Forum interfaces: what their clients wrote, and the query of their hubs.

Revision ID: 0017
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; nobody has written anything yet."""
    op.create_table(
        "tmf_document",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "resource", "document_id", name="pk_tmf_document"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_tmf_document_operator_id"),
    )
    op.create_index(
        "ix_tmf_document_operator_id_resource_created_at", "tmf_document", ["operator_id", "resource", "created_at"]
    )
    op.add_column("webhook", sa.Column("query", sa.String(length=500), nullable=True))


def downgrade() -> None:
    """Drop both: what clients wrote is lost, hubs tell everything."""
    op.drop_column("webhook", "query")
    op.drop_table("tmf_document")
