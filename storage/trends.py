"""What the last scan of telemetry found: replaced as a whole by the next one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from domain.identifiers import OntName, PonName
from domain.principal import Principal
from domain.trend import Trend, TrendCause, TrendFact, TrendKind, Unknown, Unmeasured
from domain.verdict import Scope
from storage.database import Database
from storage.scope import drop_mine, mine
from storage.tables import AccessRow, TrendRow, TrendScanRow, TrendUnknownRow
from storage.uncut import uncut

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """Which trends are wanted; ``None`` is any.

    Attributes:
        horizon_days: Those that leave their class within so many days.
        pbo: Those of a PBO: its own, and those of its ONTs.
    """

    olt: str | None = None
    pbo: str | None = None
    kind: TrendKind | None = None
    horizon_days: float | None = None


@dataclass(frozen=True, slots=True)
class KeptTrend:
    """A trend as kept, with the PBO it hangs from and, for the operator of the access, its ID1."""

    trend: Trend
    pbo: str | None
    id1: str | None = None


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The last scan of an operator.

    Attributes:
        elapsed_s: How long it took.
        unlooked: ONTs that a closer look was due to, and that were too many.
    """

    at: datetime
    olts: int
    onts: int
    elapsed_s: float
    unlooked: int


@dataclass(frozen=True, slots=True)
class Page:
    """Part of an answer, and how many there are in all."""

    items: tuple[KeptTrend, ...]
    total: int


class Trends:
    """Keeps the trends of each infrastructure operator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def replace(
        self,
        who: Principal,
        trends: Sequence[Trend],
        pbo_of: Mapping[tuple[str, OntName], str],
        unknown: Sequence[Unknown],
        report: ScanReport,
    ) -> None:
        """Replace everything that the last scan left, in one transaction."""
        rows = [_row(who, trend, pbo_of) for trend in trends]
        others = [
            {"operator_id": who.operator_id, "olt": u.olt, "ont": str(u.ont), "reason": u.reason.value, "days": u.days}
            for u in unknown
        ]
        told = {name: getattr(report, name) for name in ("at", "olts", "onts", "elapsed_s", "unlooked")}
        async with self._database.write() as session:
            for model in (TrendRow, TrendUnknownRow, TrendScanRow):
                await session.execute(drop_mine(model, who))
            for model, values in ((TrendRow, rows), (TrendUnknownRow, others)):
                for start in range(0, len(values), _CHUNK):
                    await session.execute(self._database.insert(model), values[start : start + _CHUNK])
            await session.execute(self._database.insert(TrendScanRow).values(operator_id=who.operator_id, **told))

    @uncut
    async def page(self, who: Principal, query: TrendQuery, limit: int, offset: int) -> Page:
        """The operator's own trends, those that leave their class first at the top."""
        return await self._page(mine(TrendRow, who), query, limit, offset)

    @uncut
    async def page_of_accesses(self, who: Principal, query: TrendQuery, limit: int, offset: int) -> Page:
        """The trends of the ONTs of the operator's accesses, whoever owns the OLT; none of what others share."""
        same = (AccessRow.olt == TrendRow.olt) & (AccessRow.ont == TrendRow.ont)
        found = select(TrendRow).join(AccessRow, same).where(AccessRow.operator_id == who.operator_id)
        page = await self._page(found, query, limit, offset)
        places = [str(kept.trend.ont) for kept in page.items]
        ids = select(AccessRow.olt, AccessRow.ont, AccessRow.id1).where(
            AccessRow.operator_id == who.operator_id, AccessRow.ont.in_(places)
        )
        async with self._database.read() as session:
            named = {(olt, ont): id1 for olt, ont, id1 in await session.execute(ids)}
        items = (KeptTrend(k.trend, k.pbo, named.get((k.trend.olt, str(k.trend.ont)))) for k in page.items)
        return Page(tuple(items), page.total)

    @uncut
    async def unknown(self, who: Principal, olt: str | None, limit: int, offset: int) -> tuple[list[Unknown], int]:
        """The operator's ONTs of which nothing can be said, and how many they are in all."""
        query = mine(TrendUnknownRow, who)
        query = query if olt is None else query.where(TrendUnknownRow.olt == olt)
        ordered = query.order_by(TrendUnknownRow.olt, TrendUnknownRow.ont).limit(limit).offset(offset)
        async with self._database.read() as session:
            total = await session.scalar(select(func.count()).select_from(query.subquery()))
            rows = await session.scalars(ordered)
            found = [Unknown(r.olt, OntName.parse(r.ont), Unmeasured(r.reason), r.days) for r in rows]
        return found, total or 0

    @uncut
    async def last_scan(self, who: Principal) -> ScanReport | None:
        """The last scan of the operator's own network; ``None`` before the first."""
        async with self._database.read() as session:
            row = await session.scalar(mine(TrendScanRow, who))
        return None if row is None else ScanReport(row.at, row.olts, row.onts, row.elapsed_s, row.unlooked)

    async def _page(self, found: Select[Any], query: TrendQuery, limit: int, offset: int) -> Page:
        found = found.where(*_wanted(query))
        order = (TrendRow.days_left.is_(None), TrendRow.days_left, TrendRow.confidence.desc(), TrendRow.number)
        async with self._database.read() as session:
            total = await session.scalar(select(func.count()).select_from(found.subquery()))
            rows = await session.scalars(found.order_by(*order).limit(limit).offset(offset))
            return Page(tuple(_kept(row) for row in rows), total or 0)


def _wanted(query: TrendQuery) -> Iterable[ColumnElement[bool]]:
    if query.olt is not None:
        yield TrendRow.olt == query.olt
    if query.pbo is not None:
        yield TrendRow.pbo == query.pbo
    if query.kind is not None:
        yield TrendRow.kind == query.kind.value
    if query.horizon_days is not None:
        yield TrendRow.days_left <= query.horizon_days


def _row(who: Principal, trend: Trend, pbo_of: Mapping[tuple[str, OntName], str]) -> dict[str, Any]:
    pbo = trend.place if trend.scope is Scope.PBO else None
    if trend.ont is not None:
        pbo = pbo_of.get((trend.olt, trend.ont))
    facts = [[fact.code, dict(fact.numbers)] for fact in trend.facts]
    return {
        "operator_id": who.operator_id,
        "olt": trend.olt,
        "scope": trend.scope.value,
        "pon": str(trend.pon),
        "ont": None if trend.ont is None else str(trend.ont),
        "place": trend.place,
        "pbo": pbo,
        "onts": trend.onts,
        "kind": trend.kind.value,
        "cause": trend.cause.value,
        "since": trend.since,
        "slope_db_day": trend.slope_db_day,
        "change_db": trend.change_db,
        "days_left": trend.days_left,
        "confidence": trend.confidence,
        "facts": json.dumps(facts, separators=(",", ":")),
    }


def _kept(row: TrendRow) -> KeptTrend:
    trend = Trend(
        olt=row.olt,
        scope=Scope(row.scope),
        pon=PonName.parse(row.pon),
        ont=None if row.ont is None else OntName.parse(row.ont),
        place=row.place,
        onts=row.onts,
        kind=TrendKind(row.kind),
        cause=TrendCause(row.cause),
        since=row.since,
        slope_db_day=row.slope_db_day,
        change_db=row.change_db,
        days_left=row.days_left,
        confidence=row.confidence,
        facts=tuple(TrendFact(code, numbers) for code, numbers in json.loads(row.facts)),
    )
    return KeptTrend(trend, row.pbo)
