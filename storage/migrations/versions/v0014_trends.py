"""Parts of paths have their lengths and ratios. Trends of the fleet are kept from one scan to the next; accesses have reference measures.

Revision ID: 0014
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables; the first scan fills those of trends. Parts of paths are unknown until the inventory tells."""
    op.add_column("outside_plant", sa.Column("ratios", sa.JSON(), nullable=True))
    for name in ("feeder_m", "branch_m", "drop_m"):
        op.add_column("outside_plant", sa.Column(name, sa.Double(), nullable=True))
    op.create_table(
        "trend",
        _operator(),
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("olt", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("pon", sa.String(length=32), nullable=False),
        sa.Column("ont", sa.String(length=40), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("pbo", sa.String(length=200), nullable=True),
        sa.Column("onts", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("slope_db_day", "change_db", "days_left")),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        *_keys("trend", "number"),
    )
    op.create_index("ix_trend_operator_id_days_left", "trend", ["operator_id", "days_left"])
    op.create_index("ix_trend_olt_ont", "trend", ["olt", "ont"])
    op.create_table(
        "trend_unknown",
        _operator(),
        sa.Column("olt", sa.String(length=64), nullable=False),
        sa.Column("ont", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        *_keys("trend_unknown", "olt", "ont"),
    )
    op.create_table(
        "trend_scan",
        _operator(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("olts", sa.Integer(), nullable=False),
        sa.Column("onts", sa.Integer(), nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=False),
        sa.Column("unlooked", sa.Integer(), nullable=False),
        *_keys("trend_scan", "operator_id"),
    )
    measures = ("ont_rx_dbm", "ont_tx_dbm", "olt_rx_dbm", "olt_tx_dbm", "ont_bias_ma", "olt_bias_ma")
    op.create_table(
        "reference_measure",
        _operator(),
        sa.Column("id1", sa.String(length=9), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in measures),
        *_keys("reference_measure", "operator_id", "id1", "at", "occasion"),
        sa.ForeignKeyConstraint(
            ["operator_id", "id1"],
            ["access.operator_id", "access.id1"],
            name="fk_reference_measure_operator_id_id1",
        ),
    )


def _operator() -> sa.Column[str]:
    return sa.Column("operator_id", sa.String(length=64), nullable=False)


def _keys(table: str, *primary: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint(*primary, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.operator_id"], name=f"fk_{table}_operator_id"),
    )


def downgrade() -> None:
    """Drop them; reference measures are lost, trends are found again by the code that has them."""
    for table in ("reference_measure", "trend_scan", "trend_unknown", "trend"):
        op.drop_table(table)
    for name in ("ratios", "feeder_m", "branch_m", "drop_m"):
        op.drop_column("outside_plant", name)
