"""PPP sessions and authentications from RADIUS. Implements `domain.ports.SessionStore`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, tuple_

from domain.access import Access
from domain.metric import Readings
from domain.session import AccountingEvent, AuthEvent
from domain.session_actions import OpenSession
from storage.accounting import SessionFacts, heard
from storage.database import Database
from storage.session_readings import current, session_readings
from storage.tables import AccessRow, AuthEventRow, SessionRow, table_of
from storage.uncut import uncut

KEPT_PER_USERNAME = 40
"""Sessions, and authentications, kept of each PPP identifier at most (C): an evening of a box that flaps."""
UNOWNED_KEPT = timedelta(hours=48)
"""How long events of identifiers that no access has are kept (C: an access may be declared after its first session)."""

_FACTS = tuple(field.name for field in fields(SessionFacts))
_KEY = ["username", "session_id"]
_SESSIONS = table_of(SessionRow)


class Sessions:
    """Keeps what RADIUS says. Concurrent packets share a transaction; each call returns once its own is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounting = database.together(self._write_accounting)
        self._authentications = database.together(self._write_authentications)

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        """Keep accounting events, in any order, however often they come."""
        if events:
            await self._accounting.submit(tuple(events))

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        """Keep authentication events; one that is known already is dropped."""
        if events:
            await self._authentications.submit(tuple(events))

    @uncut
    async def last(self, access: Access) -> Readings:
        """The last session and the last authentication of an access; what was never heard says so.

        The access bounds what can be seen: events of another operator's time are not.
        """
        if access.ppp_username is None:
            return session_readings((), None)
        sessions = select(SessionRow).where(
            SessionRow.username == access.ppp_username, SessionRow.operator_id == access.operator_id
        )
        auth = (
            select(AuthEventRow)
            .where(AuthEventRow.username == access.ppp_username, AuthEventRow.operator_id == access.operator_id)
            .order_by(AuthEventRow.at.desc(), AuthEventRow.event_id.desc())
            .limit(1)
        )
        async with self._database.read() as session:
            facts = [_facts(row) for row in await session.scalars(sessions)]
            return session_readings(facts, await session.scalar(auth))

    @uncut
    async def open(self, access: Access) -> OpenSession | None:
        """The session of an access that is open by what was heard last; ``None`` where none is."""
        if access.ppp_username is None:
            return None
        query = select(SessionRow).where(
            SessionRow.username == access.ppp_username, SessionRow.operator_id == access.operator_id
        )
        async with self._database.read() as session:
            rows = {row.session_id: _facts(row) for row in await session.scalars(query)}
        newest = current(rows.values())
        number = next((number for number, facts in rows.items() if facts is newest and facts.active), None)
        return None if number is None else OpenSession(number, access.ppp_username)

    @uncut
    async def forget(self, now: datetime) -> None:
        """Drop what is older than 48 h and belongs to no access."""
        limit = now - UNOWNED_KEPT
        instants = (SessionRow.started_at, SessionRow.interim_at, SessionRow.stopped_at)
        all_old = and_(*(instant.is_(None) | (instant < limit) for instant in instants))
        async with self._database.write() as session:
            for old in (
                delete(SessionRow).where(SessionRow.operator_id.is_(None), all_old),
                delete(AuthEventRow).where(AuthEventRow.operator_id.is_(None), AuthEventRow.at < limit),
            ):
                await session.execute(old.execution_options(synchronize_session=False))

    async def _write_accounting(self, groups: Sequence[tuple[AccountingEvent, ...]]) -> Sequence[None]:
        events = tuple(chain.from_iterable(groups))
        await self._database.in_one_visit(lambda connection: self._keep_accounting(connection, events), writing=True)
        return [None] * len(groups)

    def _keep_accounting(self, connection: Connection, events: Sequence[AccountingEvent]) -> None:
        names = sorted({event.username for event in events})
        owners = _owners(connection, names)
        rows = connection.execute(select(_SESSIONS).where(_SESSIONS.c.username.in_(names)).with_for_update())
        known = {(row.username, row.session_id): (row.operator_id, _facts(row)) for row in rows}
        for event in events:
            key = (event.username, event.session_id)
            owner, facts = known.get(key, (None, SessionFacts()))
            known[key] = (owner or owners.get(event.username), heard(facts, event))
        touched = [_session_values(key, *known[key]) for key in {(e.username, e.session_id) for e in events}]
        insert = self._database.insert(SessionRow)
        change = {name: insert.excluded[name] for name in ("operator_id", *_FACTS)}
        connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=change), touched)
        crowded = _crowded(name for name, _ in known)
        if crowded:
            _prune_sessions(connection, crowded)

    async def _write_authentications(self, groups: Sequence[tuple[AuthEvent, ...]]) -> Sequence[None]:
        events = tuple(chain.from_iterable(groups))
        await self._database.in_one_visit(
            lambda connection: self._keep_authentications(connection, events), writing=True
        )
        return [None] * len(groups)

    def _keep_authentications(self, connection: Connection, events: Sequence[AuthEvent]) -> None:
        names = sorted({event.username for event in events})
        owners = _owners(connection, names)
        columns = (AuthEventRow.username, AuthEventRow.at, AuthEventRow.result, AuthEventRow.reason)
        rows = connection.execute(select(*columns).where(AuthEventRow.username.in_(names)))
        seen = {(row.username, row.at, row.result, row.reason) for row in rows}
        new: list[dict[str, Any]] = []
        for event in events:
            key = (event.username, event.at, event.result.value, event.reason and event.reason[:200])
            if key not in seen:
                seen.add(key)
                new.append(dict(zip(_AUTH, (owners.get(event.username), *key), strict=True)))
        if new:
            connection.execute(self._database.insert(AuthEventRow), new)
        crowded = _crowded(key[0] for key in seen)
        if crowded:
            _prune_authentications(connection, crowded)


_AUTH = ("operator_id", "username", "at", "result", "reason")


def _session_values(key: tuple[str, str], owner: str | None, facts: SessionFacts) -> dict[str, Any]:
    return {"operator_id": owner, "username": key[0], "session_id": key[1], **asdict(facts)}


def _facts(row: Any) -> SessionFacts:
    return SessionFacts(**{name: getattr(row, name) for name in _FACTS})


def _owners(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    query = select(AccessRow.ppp_username, AccessRow.operator_id).where(AccessRow.ppp_username.in_(names))
    return {name: operator_id for name, operator_id in connection.execute(query) if name is not None}


def _crowded(names: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return sorted(name for name, count in counts.items() if count > KEPT_PER_USERNAME)


def _prune_sessions(connection: Connection, names: Sequence[str]) -> None:
    began = func.coalesce(
        SessionRow.started_at, SessionRow.inferred_start_at, SessionRow.stopped_at, SessionRow.interim_at
    )
    rank = func.row_number().over(partition_by=SessionRow.username, order_by=began.desc())
    ranked = (
        select(SessionRow.username, SessionRow.session_id, rank.label("rank"))
        .where(SessionRow.username.in_(names))
        .subquery()
    )
    surplus = select(ranked.c.username, ranked.c.session_id).where(ranked.c.rank > KEPT_PER_USERNAME)
    drop = delete(SessionRow).where(tuple_(SessionRow.username, SessionRow.session_id).in_(surplus))
    connection.execute(drop)


def _prune_authentications(connection: Connection, names: Sequence[str]) -> None:
    newest_first = (AuthEventRow.at.desc(), AuthEventRow.event_id.desc())
    rank = func.row_number().over(partition_by=AuthEventRow.username, order_by=newest_first)
    ranked = select(AuthEventRow.event_id, rank.label("rank")).where(AuthEventRow.username.in_(names)).subquery()
    surplus = select(ranked.c.event_id).where(ranked.c.rank > KEPT_PER_USERNAME)
    drop = delete(AuthEventRow).where(AuthEventRow.event_id.in_(surplus))
    connection.execute(drop)
