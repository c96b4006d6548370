"""Signalisations.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "ticket",
        *_owner("ticket"),
        *_texts(number=19, id1=9),
        sa.Column("treated_by", sa.String(length=64), nullable=True),
        *_texts(form=64),
        sa.Column("form_version", sa.Integer(), nullable=False),
        *_texts(type_code=16, state=16, account=100),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("deposited_at", "deadline_at", "breached_at", "restored_at", "closed_at")
        ),
        sa.Column("closing_code", sa.String(length=16), nullable=True),
        sa.Column("forced_by", sa.String(length=100), nullable=True),
        sa.Column("forced_over", sa.String(length=19), nullable=True),
        sa.Column("forced_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_ticket"),
        sa.UniqueConstraint("operator_id", "number", name="uq_ticket_operator_id_number"),
        sa.ForeignKeyConstraint(["treated_by"], ["operator.operator_id"], name="fk_ticket_treated_by"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"], ["access.operator_id", "access.id1"], name="fk_ticket_operator_id_id1"
        ),
    )
    for columns in (["operator_id", "id1"], ["operator_id", "created_at"], ["treated_by", "created_at"], ["deadline_at"]):
        op.create_index(f"ix_ticket_{'_'.join(columns)}", "ticket", columns)
    op.create_table(
        "ticket_event",
        *_owner("ticket_event"),
        sa.Column("event_id", sa.Integer(), nullable=False),
        *_texts(number=19),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_texts(kind=32, account=100, state=16),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_ticket_event"),
        _ticket("ticket_event", "number"),
    )
    op.create_index("ix_ticket_event_number", "ticket_event", ["number"])
    op.create_table(
        "ticket_diagnosis",
        *_owner("ticket_diagnosis"),
        *_texts(ticket=19, number=19),
        sa.PrimaryKeyConstraint("ticket", "number", name="pk_ticket_diagnosis"),
        sa.ForeignKeyConstraint(["number"], ["diagnosis.number"], name="fk_ticket_diagnosis_number"),
        _ticket("ticket_diagnosis", "ticket"),
    )
    op.create_table(
        "ticket_file",
        *_owner("ticket_file"),
        *_texts(file_id=32, ticket=19, name=200, media_type=100),
        sa.Column("size", sa.Integer(), nullable=False),
        *_texts(sha256=64),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", name="pk_ticket_file"),
        _ticket("ticket_file", "ticket"),
    )
    op.create_index("ix_ticket_file_ticket", "ticket_file", ["ticket"])


def _texts(**lengths: int) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(length=length), nullable=False) for name, length in lengths.items())


def _owner(table: str) -> tuple[sa.Column[str] | sa.Constraint, ...]:
    return (
        sa.Column("operator_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=f"fk_{table}_operator_id"),
    )


def _ticket(table: str, column: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        ["operator_id", column], ["ticket.operator_id", "ticket.number"], name=f"fk_{table}_operator_id_{column}"
    )


def downgrade() -> None:
    """Drop them all."""
    for table in ("ticket_file", "ticket_diagnosis", "ticket_event", "ticket"):
        op.drop_table(table)
