"""« Mes certificats numériques »: certificates, who manages them, when their end is told, and an outbox of mail.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; no operator has a certificate yet."""
    op.create_table(
        "certificate",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("eservice", sa.String(length=24), nullable=False),
        sa.Column("environment", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renews", sa.String(length=32), nullable=True),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("pem", sa.Text(), nullable=True),
        sa.Column("pkcs12", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_certificate"),
        sa.UniqueConstraint("fingerprint", name="uq_certificate_fingerprint"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_certificate_operator_id"),
        sa.ForeignKeyConstraint(["renews"], ["certificate.certificate_id"], name="fk_certificate_renews"),
    )
    op.create_index("ix_certificate_operator_id_expires_at", "certificate", ["operator_id", "expires_at"])
    op.create_index(
        "uq_certificate_renews",
        "certificate",
        ["renews"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(
        "ix_certificate_revoked",
        "certificate",
        ["revoked_at"],
        sqlite_where=sa.text("revoked_at IS NOT NULL"),
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_table(
        "certificate_delegate",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("granted_by", sa.String(length=100), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "login", name="pk_certificate_delegate"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_certificate_delegate_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "login"],
            ["account.operator_id", "account.login"],
            name="fk_certificate_delegate_operator_id_login",
        ),
    )
    op.create_table(
        "certificate_policy",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("alert_days", sa.Integer(), nullable=False),
        sa.Column("reminder_days", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name="pk_certificate_policy"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_certificate_policy_operator_id"),
    )
    op.create_table(
        "certificate_notice",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("certificate_id", "kind", name="pk_certificate_notice"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_certificate_notice_operator_id"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.certificate_id"], name="fk_certificate_notice_certificate_id"
        ),
    )
    op.create_table(
        "mail",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("mail_id", name="pk_mail"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_mail_operator_id"),
    )
    op.create_index(
        "ix_mail_pending",
        "mail",
        ["next_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_mail_operator_id_mail_id", "mail", ["operator_id", "mail_id"])


def downgrade() -> None:
    """Drop all: certificates let nobody in any more, mails that were not sent are lost."""
    op.drop_table("mail")
    op.drop_table("certificate_notice")
    op.drop_table("certificate_policy")
    op.drop_table("certificate_delegate")
    op.drop_table("certificate")
