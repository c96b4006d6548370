"""Collective incidents of the infrastructure operators, with their history."""

from __future__ import annotations

import asyncio
import builtins
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFoundError
from domain.incident import Ancestor
from domain.incident_news import IncidentNews, Moment
from domain.incidents import Cause, Change, Incident, Kind, Members, State
from domain.principal import Principal
from storage.announcing import announce_in
from storage.database import Database
from storage.scope import mine
from storage.tables import IncidentChangeRow, IncidentRow, IncidentToldRow
from storage.uncut import uncut

_NAMED = 1000
_PLAIN = (
    *("place", "since", "opened_at", "updated_at", "closed_at", "calm_since", "unknown_since"),
    *("down", "back", "unknown", "up", "gasps", "confidence", "works", "into", "origin"),
)


class Incidents:
    """Keeps incidents. Writes are the service's own, by operator; reads by others take the principal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def keep(
        self,
        operator_id: str,
        incidents: Sequence[Incident],
        changes: Sequence[Change],
        news: Sequence[IncidentNews] = (),
    ) -> None:
        """Keep incidents as they are now, what happened to them and what operators are told, in one transaction."""
        if not incidents:
            return
        values = await asyncio.to_thread(lambda: [_values(operator_id, one) for one in incidents])
        insert = self._database.insert(IncidentRow)
        again = {name: insert.excluded[name] for name in values[0] if name not in {"number", "operator_id"}}
        upsert = insert.on_conflict_do_update(
            index_elements=["number"], set_=again, where=IncidentRow.operator_id == operator_id
        )
        async with self._database.write() as session:
            await session.execute(upsert, values)  # row by row: a statement has room for some thousand values only
            if changes:
                ranks = await _ranks(session, operator_id, {change.number for change in changes})
                rows = [_told(operator_id, change, ranks) for change in changes]
                await session.execute(self._database.insert(IncidentChangeRow), rows)
            began: set[tuple[str, str]] = set()
            for one in news:
                key = one.operator_id, one.number
                if one.moment is Moment.CHANGE and key in began:
                    continue  # its start, told with it, tells the incident as it is
                if await self._has_to_be_told(session, one):
                    await announce_in(session, one.operator_id, one.announcements)
                    if one.moment is Moment.START:
                        began.add(key)

    async def _has_to_be_told(self, session: AsyncSession, one: IncidentNews) -> bool:
        """Whether an operator has not been told that yet; from now on it has."""
        if one.moment is Moment.START:
            insert = self._database.insert(IncidentToldRow).values(
                operator_id=one.operator_id, number=one.number, started_at=one.announcements[0].at
            )
            new = insert.on_conflict_do_nothing(index_elements=["operator_id", "number"])
            return await session.scalar(new.returning(IncidentToldRow.number)) is not None
        going = (
            IncidentToldRow.operator_id == one.operator_id,
            IncidentToldRow.number == one.number,
            IncidentToldRow.ended_at.is_(None),
        )
        if one.moment is Moment.CHANGE:
            return await session.scalar(select(IncidentToldRow.number).where(*going)) is not None
        change = (
            update(IncidentToldRow)
            .where(*going)
            .values(ended_at=one.announcements[0].at)
            .returning(IncidentToldRow.number)
            .execution_options(synchronize_session=False)
        )
        return await session.scalar(change) is not None

    @uncut
    async def told(self, numbers: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The operators that were told of the start of each of these incidents, and not of its end."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        async with self._database.read() as session:
            for some in _batched(numbers):
                query = select(IncidentToldRow.number, IncidentToldRow.operator_id).where(
                    IncidentToldRow.number.in_(some), IncidentToldRow.ended_at.is_(None)
                )
                for number, operator in await session.execute(query):
                    found[number].add(operator)
        return {number: frozenset(operators) for number, operators in found.items()}

    @uncut
    async def open(self, operator_id: str) -> builtins.list[Incident]:
        """Those that go on, for the service that follows them."""
        query = select(IncidentRow).where(
            IncidentRow.operator_id == operator_id, IncidentRow.state != State.CLOSED.value
        )
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(IncidentRow.opened_at, IncidentRow.number))).all()
        return await asyncio.to_thread(lambda: [_incident(row) for row in rows])

    @uncut
    async def operators(self) -> builtins.list[str]:
        """The operators that have open incidents."""
        query = select(IncidentRow.operator_id).where(IncidentRow.state != State.CLOSED.value).distinct()
        async with self._database.read() as session:
            return list(await session.scalars(query))

    @uncut
    async def list(
        self,
        operators: Sequence[str],
        *,
        is_open: bool | None = None,
        olt: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> builtins.list[Incident]:
        """The incidents of these operators, the last opened first; ``since``: not over before that instant."""
        query = select(IncidentRow).where(IncidentRow.operator_id.in_(operators))
        if is_open is not None:
            query = query.where(_stands(is_open=is_open))
        if olt is not None:
            query = query.where(IncidentRow.olts.contains(f"|{olt}|", autoescape=True))
        if since is not None:
            query = query.where(IncidentRow.closed_at.is_(None) | (IncidentRow.closed_at >= since))
        if await self._database.row(query.with_only_columns(IncidentRow.number).limit(1)) is None:
            return []  # as mostly; where there are some, their ONTs make rows that are long to read
        query = query.order_by(IncidentRow.opened_at.desc(), IncidentRow.number).limit(limit)
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
        return await asyncio.to_thread(lambda: [_incident(row) for row in rows])

    @uncut
    async def get(self, number: str) -> tuple[str, Incident]:
        """An incident and its operator, whoever that is: the caller says who may see it; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.get(IncidentRow, number)
        if row is None:
            raise NotFoundError("incident", number)
        return row.operator_id, _incident(row)

    @uncut
    async def history(self, who: Principal, number: str) -> builtins.list[Change]:
        """What happened to an incident of the principal's operator, oldest first."""
        query = mine(IncidentChangeRow, who).where(IncidentChangeRow.number == number)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(IncidentChangeRow.rank))
            return [_change(row) for row in rows]


async def _ranks(session: AsyncSession, operator_id: str, numbers: Collection[str]) -> dict[str, int]:
    """How many lines the history of each of these incidents has; those without any are left out."""
    found: dict[str, int] = {}
    for some in _batched(sorted(numbers)):
        query = (
            select(IncidentChangeRow.number, func.max(IncidentChangeRow.rank))
            .where(IncidentChangeRow.operator_id == operator_id, IncidentChangeRow.number.in_(some))
            .group_by(IncidentChangeRow.number)
        )
        found.update((number, int(rank)) for number, rank in await session.execute(query))
    return found


def _batched(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    """Numbers as many at a time as one statement may name: PostgreSQL takes 65,535, SQLite as it was built."""
    for start in range(0, len(numbers), _NAMED):
        yield numbers[start : start + _NAMED]


def _stands(*, is_open: bool) -> Any:
    return IncidentRow.state != State.CLOSED.value if is_open else IncidentRow.state == State.CLOSED.value


def _values(operator_id: str, one: Incident) -> dict[str, Any]:
    members = {olt: keys.tolist() for olt, keys in one.members.items()}
    return {
        "operator_id": operator_id,
        "number": one.number,
        "ancestor": one.ancestor.value,
        "cause": one.cause.value,
        "state": one.state.value,
        "accesses": one.accesses,
        **{name: getattr(one, name) for name in _PLAIN},
        "olts": f"|{'|'.join(one.olts)}|",
        "members": zlib.compress(json.dumps(members, separators=(",", ":")).encode(), level=1),
    }


def _told(operator_id: str, change: Change, ranks: dict[str, int]) -> dict[str, Any]:
    ranks[change.number] = ranks.get(change.number, 0) + 1
    return {
        "operator_id": operator_id,
        "number": change.number,
        "rank": ranks[change.number],
        "at": change.at,
        "kind": change.kind.value,
        "ancestor": change.ancestor.value,
        "before": None if change.before is None else change.before.value,
        "place": change.place,
        "accesses": change.accesses,
        "down": change.down,
        "confidence": change.confidence,
        "others": list(change.others),
    }


def _incident(row: IncidentRow) -> Incident:
    found = json.loads(zlib.decompress(row.members))
    members: Members = {olt: np.array(keys, dtype=np.int64) for olt, keys in found.items()}
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Incident(
        number=row.number,
        members=members,
        ancestor=Ancestor(row.ancestor),
        cause=Cause(row.cause),
        state=State(row.state),
        **plain,
    )


def _change(row: IncidentChangeRow) -> Change:
    return Change(
        row.number,
        Kind(row.kind),
        row.at,
        Ancestor(row.ancestor),
        row.place,
        row.accesses,
        row.down,
        row.confidence,
        tuple(row.others),
        None if row.before is None else Ancestor(row.before),
    )
