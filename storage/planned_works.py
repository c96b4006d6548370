"""Planned works: announced by operators on their accesses, by the infrastructure operator on its OLTs."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from domain.access import Access
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import Id1, PonName
from domain.principal import Principal
from domain.works import PlannedWork
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import AccessRow, OltRow, PlannedWorkRow
from storage.uncut import uncut


class PlannedWorks:
    """Keeps planned works, each operator's apart; what the owner of an OLT announces covers whoever hangs from it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def add(self, who: Principal, work: PlannedWork) -> None:
        """Announce works; raises `NotFoundError` for an access or an OLT that is not the principal's."""
        try:
            async with self._database.write() as session:
                if work.id1 is not None:
                    own = mine(AccessRow, who).where(AccessRow.id1 == str(work.id1))
                    if await session.scalar(own.with_only_columns(AccessRow.id1)) is None:
                        raise NotFoundError("access", str(work.id1))
                if work.olt is not None:
                    own_olt = mine(OltRow, who).where(OltRow.name == work.olt)
                    if await session.scalar(own_olt.with_only_columns(OltRow.name)) is None:
                        raise NotFoundError("olt", work.olt)
                session.add(_row(who, work))
        except IntegrityError:
            raise ConflictError("planned works", work.work_id, "it exists already") from None

    @uncut
    async def cancel(self, who: Principal, work_id: str, at: datetime) -> None:
        """Call works off; raises `NotFoundError`. Idempotent."""
        change = (
            change_mine(PlannedWorkRow, who)
            .where(PlannedWorkRow.work_id == work_id)
            .values(cancelled_at=at)
            .returning(PlannedWorkRow.work_id)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise NotFoundError("planned works", work_id)

    @uncut
    async def list(self, who: Principal, since: datetime) -> builtins.list[PlannedWork]:
        """The works of the operator that end after an instant, soonest first."""
        query = (
            mine(PlannedWorkRow, who)
            .where(PlannedWorkRow.ends_at > since)
            .order_by(PlannedWorkRow.starts_at, PlannedWorkRow.work_id)
        )
        async with self._database.read() as session:
            return [_work(row) for row in await session.scalars(query)]

    @uncut
    async def covering(self, access: Access, at: datetime) -> builtins.list[PlannedWork]:
        """The works that cover an access at an instant."""
        own = and_(PlannedWorkRow.operator_id == access.operator_id, PlannedWorkRow.id1 == str(access.id1))
        covers = own
        if access.place is not None:
            covers = or_(
                own,
                and_(
                    PlannedWorkRow.olt == access.place.olt,
                    _unless(PlannedWorkRow.pon, str(access.place.ont.pon_name)),
                    _unless(PlannedWorkRow.pm, access.outside.pm),
                    _unless(PlannedWorkRow.pbo, access.outside.pbo),
                ),
            )
        query = (
            select(PlannedWorkRow)
            .where(PlannedWorkRow.starts_at <= at, PlannedWorkRow.ends_at > at, PlannedWorkRow.cancelled_at.is_(None))
            .where(covers)
            .order_by(PlannedWorkRow.starts_at, PlannedWorkRow.work_id)
        )
        async with self._database.read() as session:
            return [_work(row) for row in await session.scalars(query)]

    @uncut
    async def on_olts(self, olts: Iterable[str], at: datetime) -> builtins.list[PlannedWork]:
        """The works under way at an instant that the owners of these OLTs announced on them."""
        query = (
            select(PlannedWorkRow)
            .where(PlannedWorkRow.olt.in_(sorted(olts)))
            .where(PlannedWorkRow.starts_at <= at, PlannedWorkRow.ends_at > at, PlannedWorkRow.cancelled_at.is_(None))
            .order_by(PlannedWorkRow.starts_at, PlannedWorkRow.work_id)
        )
        async with self._database.read() as session:
            return [_work(row) for row in await session.scalars(query)]


def _unless(column: InstrumentedAttribute[str | None], value: str | None) -> ColumnElement[bool]:
    """Where the works name nothing of the kind, or name that; an unknown place is not covered by a named one."""
    return column.is_(None) if value is None else or_(column.is_(None), column == value)


def _row(who: Principal, work: PlannedWork) -> PlannedWorkRow:
    return PlannedWorkRow(
        operator_id=who.operator_id,
        work_id=work.work_id,
        label=work.label,
        starts_at=work.starts_at,
        ends_at=work.ends_at,
        id1=None if work.id1 is None else str(work.id1),
        olt=work.olt,
        pon=None if work.pon is None else str(work.pon),
        pm=work.pm,
        pbo=work.pbo,
    )


def _work(row: PlannedWorkRow) -> PlannedWork:
    return PlannedWork(
        work_id=row.work_id,
        label=row.label,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        id1=None if row.id1 is None else Id1(row.id1),
        olt=row.olt,
        pon=None if row.pon is None else PonName.parse(row.pon),
        pm=row.pm,
        pbo=row.pbo,
        cancelled_at=row.cancelled_at,
    )
