"""What every table shares: its naming rules, and the operator that owns each row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.instants import Instant


class Base(DeclarativeBase):
    """Root of the tables. Rows never show their values: ``repr`` is the class and nothing else."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant(), list[str]: JSON()}  # noqa: RUF012 - SQLAlchemy's own declaration

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that build no object."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every model here is one table
    return table


class Owned:
    """A row of one operator."""

    operator_id: Mapped[str] = mapped_column(String(64), ForeignKey("operator.operator_id"), sort_order=-1)


class MaybeOwned:
    """A row whose operator is found out later: ``NULL`` equals no operator, so nobody sees it until then."""

    operator_id: Mapped[str | None] = mapped_column(String(64), ForeignKey("operator.operator_id"), sort_order=-1)
