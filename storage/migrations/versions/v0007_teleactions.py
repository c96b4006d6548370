"""Téléactions, their jobs, and an audit trail that refuses every change.

Revision ID: 0007
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables and the triggers."""
    op.create_table(
        "teleaction",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("pon", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("campaign", sa.String(length=40), nullable=False),
        sa.Column("confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_teleaction"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_teleaction_operator_id"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name="fk_teleaction_operator_id_id1"
        ),
    )
    op.create_index("ix_teleaction_operator_id_id1_asked_at", "teleaction", ["operator_id", "id1", "asked_at"])
    op.create_index("ix_teleaction_target_acting_at", "teleaction", ["target", "acting_at"])
    op.create_index("ix_teleaction_campaign", "teleaction", ["campaign"])
    op.create_table(
        "teleaction_job",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("pon", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=True),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_teleaction_job"),
        sa.UniqueConstraint("target", name="uq_teleaction_job_target"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_teleaction_job_operator_id"),
        sa.ForeignKeyConstraint(["number"], ["teleaction.number"], name="fk_teleaction_job_number"),
    )
    op.create_index("ix_teleaction_job_run_at", "teleaction_job", ["run_at"])
    op.create_index("ix_teleaction_job_pon", "teleaction_job", ["pon"])
    op.create_table(
        "audit",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name="fk_audit_operator_id"),
    )
    op.create_index("ix_audit_number", "audit", ["number"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
        )
        op.execute(
            "CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )


def downgrade() -> None:
    """Drop all of it, the trail included."""
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
    op.drop_table("teleaction_job")
    op.drop_table("teleaction")
