"""Outside identities of accounts; tokens say what they are for and what they are called.

Revision ID: 0019
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both. Tokens that are there count as personal: nobody loses one by signing out."""
    op.create_table(
        "oidc_identity",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "issuer", "subject", name="pk_oidc_identity"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_oidc_identity_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "account"],
            ["account.operator_id", "account.login"],
            name="fk_oidc_identity_operator_id_account",
        ),
        sa.UniqueConstraint("operator_id", "issuer", "account", name="uq_oidc_identity_operator_id_issuer_account"),
    )
    op.add_column("api_token", sa.Column("kind", sa.String(length=16), nullable=False, server_default="personal"))
    op.add_column("api_token", sa.Column("provider", sa.String(length=32), nullable=True))
    op.add_column("api_token", sa.Column("name", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Drop both: outside identities are asked for again at their next sign-in."""
    for column in ("name", "provider", "kind"):
        op.drop_column("api_token", column)
    op.drop_table("oidc_identity")
