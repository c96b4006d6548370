"""The records' first schema.

Revision ID: 0001
Revises: none
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "operator",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_infrastructure", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_operator")),
    )
    op.create_table(
        "account",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("disabled_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_account_operator_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("operator_id", "login", name=op.f("uq_account_operator_id_login")),
    )
    op.create_table(
        "auth_event",
        sa.Column("operator_id", sa.String(length=64), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_auth_event_operator_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_auth_event")),
    )
    op.create_index(op.f("ix_auth_event_username_at"), "auth_event", ["username", "at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_idempotency_operator_id")),
        sa.PrimaryKeyConstraint("operator_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "olt",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("vendor", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("community", sa.String(length=255), nullable=False),
        sa.Column("cli_host", sa.String(length=255), nullable=True),
        sa.Column("cli_port", sa.Integer(), nullable=True),
        sa.Column("cli_username", sa.String(length=255), nullable=True),
        sa.Column("cli_password", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_olt_operator_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_olt")),
    )
    op.create_table(
        "parked_box",
        sa.Column("operator_id", sa.String(length=64), nullable=True),
        sa.Column("oui", sa.String(length=6), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("product_class", sa.String(length=64), nullable=False),
        sa.Column("manufacturer", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", _instant(), nullable=False),
        sa.Column("last_seen_at", _instant(), nullable=False),
        sa.Column("informs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_parked_box_operator_id")),
        sa.PrimaryKeyConstraint("oui", "serial", name=op.f("pk_parked_box")),
    )
    op.create_table(
        "radius_session",
        sa.Column("operator_id", sa.String(length=64), nullable=True),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("started_at", _instant(), nullable=True),
        sa.Column("inferred_start_at", _instant(), nullable=True),
        sa.Column("interim_at", _instant(), nullable=True),
        sa.Column("stopped_at", _instant(), nullable=True),
        sa.Column("stop_cause", sa.String(length=64), nullable=True),
        sa.Column("framed_ip", sa.String(length=64), nullable=True),
        sa.Column("framed_ip_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_radius_session_operator_id")),
        sa.PrimaryKeyConstraint("username", "session_id", name=op.f("pk_radius_session")),
    )
    op.create_table(
        "access",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("id2", sa.String(length=14), nullable=True),
        sa.Column("offer_label", sa.String(length=200), nullable=False),
        sa.Column("service_type", sa.String(length=32), nullable=False),
        sa.Column("olt", sa.String(length=64), nullable=True),
        sa.Column("ont", sa.String(length=40), nullable=True),
        sa.Column("optical_class", sa.String(length=8), nullable=False),
        sa.Column("box_oui", sa.String(length=6), nullable=True),
        sa.Column("box_serial", sa.String(length=64), nullable=True),
        sa.Column("ppp_username", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["olt"], ["olt.name"], name=op.f("fk_access_olt")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_access_operator_id")),
        sa.PrimaryKeyConstraint("id1", name=op.f("pk_access")),
        sa.UniqueConstraint("box_oui", "box_serial", name=op.f("uq_access_box_oui_box_serial")),
        sa.UniqueConstraint("olt", "ont", name=op.f("uq_access_olt_ont")),
        sa.UniqueConstraint("operator_id", "id1", name=op.f("uq_access_operator_id_id1")),
        sa.UniqueConstraint("ppp_username", name=op.f("uq_access_ppp_username")),
    )
    op.create_table(
        "api_token",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=True),
        sa.Column("revoked_at", _instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id", "account"],
            ["account.operator_id", "account.login"],
            name=op.f("fk_api_token_operator_id_account"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_api_token_operator_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_id", name=op.f("uq_api_token_token_id")),
    )
    op.create_table(
        "olt_walk",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("olt", sa.String(length=64), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["olt"], ["olt.name"], name=op.f("fk_olt_walk_olt")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_olt_walk_operator_id")),
        sa.PrimaryKeyConstraint("olt", name=op.f("pk_olt_walk")),
    )
    op.create_table(
        "outside_plant",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("olt", sa.String(length=64), nullable=False),
        sa.Column("ont", sa.String(length=40), nullable=False),
        sa.Column("pon", sa.String(length=32), nullable=False),
        sa.Column("pm", sa.String(length=200), nullable=True),
        sa.Column("splitters", sa.JSON(), nullable=False),
        sa.Column("pbo", sa.String(length=200), nullable=True),
        sa.Column("length_m", sa.Double(), nullable=True),
        sa.Column("splitter_ratio", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["olt"], ["olt.name"], name=op.f("fk_outside_plant_olt")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_outside_plant_operator_id")),
        sa.PrimaryKeyConstraint("olt", "ont", name=op.f("pk_outside_plant")),
    )
    op.create_index(op.f("ix_outside_plant_olt_pon"), "outside_plant", ["olt", "pon"], unique=False)
    op.create_table(
        "box",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("oui", sa.String(length=6), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("connection_url", sa.String(length=1024), nullable=True),
        sa.Column("last_inform_at", _instant(), nullable=True),
        sa.Column("bootstrapped_at", _instant(), nullable=True),
        sa.Column("product_class", sa.String(length=64), nullable=False),
        sa.Column("manufacturer", sa.String(length=64), nullable=False),
        sa.Column("cwmp_namespace", sa.String(length=64), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name=op.f("fk_box_operator_id_id1")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_box_operator_id")),
        sa.PrimaryKeyConstraint("oui", "serial", name=op.f("pk_box")),
    )
    op.create_table(
        "diagnosis",
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("test", sa.String(length=32), nullable=False),
        sa.Column("service_type", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sent_at", _instant(), nullable=False),
        sa.Column("updated_at", _instant(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("family", sa.String(length=32), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("diagnosis", sa.Text(), nullable=True),
        sa.Column("ruleset", sa.String(length=64), nullable=True),
        sa.Column("code_version", sa.String(length=64), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name=op.f("fk_diagnosis_operator_id_id1")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=op.f("fk_diagnosis_operator_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_diagnosis")),
    )
    op.create_index(
        op.f("ix_diagnosis_operator_id_id1_sent_at"), "diagnosis", ["operator_id", "id1", "sent_at"], unique=False
    )
    op.create_index(
        "ix_diagnosis_running",
        "diagnosis",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state = 'En cours'"),
        postgresql_where=sa.text("state = 'En cours'"),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("diagnosis")
    op.drop_table("box")
    op.drop_table("outside_plant")
    op.drop_table("olt_walk")
    op.drop_table("api_token")
    op.drop_table("access")
    op.drop_table("radius_session")
    op.drop_table("parked_box")
    op.drop_table("olt")
    op.drop_table("idempotency")
    op.drop_table("auth_event")
    op.drop_table("account")
    op.drop_table("operator")
