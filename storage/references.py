"""Reference measures of accesses, each operator's apart."""

from __future__ import annotations

import builtins
from dataclasses import asdict

from sqlalchemy.exc import IntegrityError

from domain.errors import NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal
from domain.reference import Occasion, ReferenceMeasure
from storage.database import Database
from storage.scope import mine
from storage.tables import ReferenceRow
from storage.uncut import uncut

_FIELDS = ("ont_rx_dbm", "ont_tx_dbm", "olt_rx_dbm", "olt_tx_dbm", "ont_bias_ma", "olt_bias_ma")


class References:
    """Keeps reference measures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def keep(self, who: Principal, id1: Id1, measure: ReferenceMeasure) -> None:
        """Keep a measure; the same instant and occasion again replaces it. Raises `NotFoundError`."""
        number = None if measure.number is None else str(measure.number)
        values = {**asdict(measure), "occasion": measure.occasion.value, "number": number}
        insert = self._database.insert(ReferenceRow).values(operator_id=who.operator_id, id1=str(id1), **values)
        change = {name: values[name] for name in ("source", "number", *_FIELDS)}
        try:
            async with self._database.write() as session:
                keys = ["operator_id", "id1", "at", "occasion"]
                await session.execute(insert.on_conflict_do_update(index_elements=keys, set_=change))
        except IntegrityError:  # the access is not this operator's
            raise NotFoundError("access", str(id1)) from None

    @uncut
    async def list(self, who: Principal, id1: Id1) -> builtins.list[ReferenceMeasure]:
        """The measures of an access, newest first."""
        query = mine(ReferenceRow, who).where(ReferenceRow.id1 == str(id1)).order_by(ReferenceRow.at.desc())
        async with self._database.read() as session:
            return [_measure(row) for row in await session.scalars(query)]

    @uncut
    async def last(self, operator_id: str, id1: Id1) -> ReferenceMeasure | None:
        """The newest of an access, for the line test that its operator has asked."""
        query = (
            mine(ReferenceRow, Principal(operator_id, "", frozenset()))
            .where(ReferenceRow.id1 == str(id1))
            .order_by(ReferenceRow.at.desc())
            .limit(1)
        )
        async with self._database.read() as session:
            row = await session.scalar(query)
        return None if row is None else _measure(row)


def _measure(row: ReferenceRow) -> ReferenceMeasure:
    levels = {name: getattr(row, name) for name in _FIELDS}
    number = None if row.number is None else DiagnosisNumber.parse(row.number)
    return ReferenceMeasure(row.at, Occasion(row.occasion), row.source, **levels, number=number)
