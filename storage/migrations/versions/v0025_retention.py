"""Retention: what is too old is found, and what refers to it, without reading whole tables.

Revision ID: 0025
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INDEXES = (
    ("diagnosis", "sent_at"),
    ("ticket_diagnosis", "number"),
    ("box_event", "at"),
    ("webhook_delivery", "at"),
    ("incident_told", "number"),
)


def upgrade() -> None:
    """Add the indexes."""
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Drop them."""
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
