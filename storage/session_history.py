"""What is remembered of PPP sessions: of one access, of the accesses around it, of all of them over a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, select
from sqlalchemy.orm import aliased

from domain.access import Access, Place
from domain.identifiers import OntName
from domain.platform import AuthWindow, Losses, Lost
from domain.states import AuthResult
from storage.accounting import SessionFacts
from storage.database import Database
from storage.tables import AccessRow, AuthEventRow, SessionRow
from storage.uncut import uncut

KEPT = timedelta(days=30)
"""How long an ended session is kept (C). The last of each identifier stays: it tells what became of the access."""

_USUAL = timedelta(days=1)
"""How far back losses are counted to know what is usual (C): every hour of the day is in it once."""

_LOST = frozenset(
    {"lost-carrier", "lost-service", "admin-reboot", "port-error", "nas-error", "nas-request", "nas-reboot"}
    | {"service-unavailable", "2", "3", "7", "8", "9", "10", "11", "15"}
)
"""Acct-Terminate-Cause (RFC 2866 5.10) of sessions that neither the customer nor a rule of the offer ended."""

_FACTS = tuple(field.name for field in fields(SessionFacts))


@dataclass(frozen=True, slots=True)
class PastSession:
    """One session of an access; ``None`` is unknown.

    Attributes:
        ended_at: When it ended; ``None`` while it runs.
        seen_at: The last packet of it.
        cause: Acct-Terminate-Cause (RFC 2866 5.10).
        ip: Address that the customer had.
    """

    started_at: datetime | None
    ended_at: datetime | None
    seen_at: datetime
    active: bool
    cause: str | None
    ip: str | None


@dataclass(frozen=True, slots=True)
class PastAuthentication:
    """One answer of the RADIUS server to the box of an access."""

    at: datetime
    result: AuthResult
    reason: str | None


class SessionHistory:
    """Reads what `Sessions` keeps. A commercial operator sees its own rows; of others, only counts leave."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def sessions(self, access: Access) -> Sequence[PastSession]:
        """The sessions kept of an access, the last begun first."""
        if access.ppp_username is None:
            return ()
        query = select(SessionRow).where(
            SessionRow.username == access.ppp_username, SessionRow.operator_id == access.operator_id
        )
        async with self._database.read() as session:
            found = [_past(_facts(row)) for row in await session.scalars(query)]
        heard = [one for one in found if one is not None]
        return sorted(heard, key=lambda one: one.started_at or one.seen_at, reverse=True)

    @uncut
    async def authentications(self, access: Access) -> Sequence[PastAuthentication]:
        """The answers kept for an access, newest first."""
        if access.ppp_username is None:
            return ()
        query = (
            select(AuthEventRow)
            .where(AuthEventRow.username == access.ppp_username, AuthEventRow.operator_id == access.operator_id)
            .order_by(AuthEventRow.at.desc(), AuthEventRow.event_id.desc())
        )
        async with self._database.read() as session:
            rows = await session.scalars(query)
            return [PastAuthentication(row.at, AuthResult(row.result), row.reason) for row in rows]

    @uncut
    async def around(self, place: Place, since: datetime) -> tuple[int, int]:
        """Other accesses of the same PON port whose session is known: how many have one, how many have none.

        A session that nothing was heard of ``since`` is unknown. An access counts by its last session.
        """
        port = f"{str(place.ont).rpartition('-')[0]}-"
        query = select(SessionRow).join(AccessRow, AccessRow.ppp_username == SessionRow.username)
        query = query.where(
            AccessRow.olt == place.olt, AccessRow.ont.startswith(port, autoescape=True), AccessRow.ont != str(place.ont)
        )
        last: dict[str, PastSession] = {}
        async with self._database.read() as session:
            for row in await session.scalars(query):
                one = _past(_facts(row))
                if one is not None and (row.username not in last or _begun(one) > _begun(last[row.username])):
                    last[row.username] = one
        with_one = sum(one.active and one.seen_at >= since for one in last.values())
        return with_one, sum(not one.active for one in last.values())

    @uncut
    async def authentication_window(self, since: datetime) -> AuthWindow:
        """Subscribers of every operator in the authentication log since an instant."""
        seen = select(func.count(func.distinct(AuthEventRow.username))).where(AuthEventRow.at >= since)
        refused = seen.where(AuthEventRow.result == AuthResult.REJECT.value)
        unanswered = seen.where(AuthEventRow.result == AuthResult.TIMEOUT.value)
        async with self._database.read() as session:
            counts = [await session.scalar(query) or 0 for query in (seen, refused, unanswered)]
        return AuthWindow(since, *counts)

    @uncut
    async def losses(self, since: datetime, window: timedelta) -> Losses:
        """Accesses of every operator that lost their session ``since`` an instant and have none, or got no answer.

        ``window`` is how long that is: what is usual is counted over the day before it.
        """
        found: dict[str, Lost] = {}
        async with self._database.read() as session:
            for query in (_cut_off(since), _unanswered(since)):
                for username, olt, ont in await session.execute(query):
                    found[str(username)] = Lost(olt, None if ont is None else OntName.parse(ont))
            before = select(func.count()).where(
                SessionRow.stopped_at >= since - _USUAL, SessionRow.stopped_at < since, _against_its_will(SessionRow)
            )
            usual = (await session.scalar(before) or 0) * (window / _USUAL)
        return Losses(since, tuple(found.values()), usual)

    @uncut
    async def forget(self, now: datetime) -> None:
        """Drop sessions and authentications older than 30 days, but the last of each identifier."""
        limit, newer = now - KEPT, aliased(SessionRow)
        later = aliased(AuthEventRow)
        old = and_(*(at.is_(None) | (at < limit) for at in (*_instants(SessionRow), SessionRow.inferred_start_at)))
        followed = exists().where(
            newer.username == SessionRow.username,
            newer.session_id != SessionRow.session_id,
            _seen(newer) > _seen(SessionRow),
        )
        outlived = exists().where(later.username == AuthEventRow.username, later.event_id > AuthEventRow.event_id)
        async with self._database.write() as session:
            for drop in (
                delete(SessionRow).where(old, followed),
                delete(AuthEventRow).where(AuthEventRow.at < limit, outlived),
            ):
                await session.execute(drop.execution_options(synchronize_session=False))


def _against_its_will(row: type[SessionRow]) -> Any:
    return func.lower(row.stop_cause).in_(_LOST)


def _cut_off(since: datetime) -> Select[str | None, str | None, str | None]:
    """Accesses whose session ended since then against their will, and that were not heard of after it."""
    after = aliased(SessionRow)
    begun = func.coalesce(after.started_at, after.inferred_start_at, after.interim_at)
    again = exists().where(after.username == SessionRow.username, begun > SessionRow.stopped_at)
    still = and_(SessionRow.interim_at.is_not(None), SessionRow.interim_at > SessionRow.stopped_at)
    query = select(AccessRow.ppp_username, AccessRow.olt, AccessRow.ont)
    query = query.join(SessionRow, AccessRow.ppp_username == SessionRow.username)
    return query.where(SessionRow.stopped_at >= since, _against_its_will(SessionRow), ~still, ~again)


def _unanswered(since: datetime) -> Select[str | None, str | None, str | None]:
    """Accesses whose last request to the RADIUS server was left without answer, since then."""
    later = aliased(AuthEventRow)
    newer = exists().where(later.username == AuthEventRow.username, later.at > AuthEventRow.at)
    query = select(AccessRow.ppp_username, AccessRow.olt, AccessRow.ont)
    query = query.join(AuthEventRow, AccessRow.ppp_username == AuthEventRow.username)
    return query.where(AuthEventRow.at >= since, AuthEventRow.result == AuthResult.TIMEOUT.value, ~newer)


def _instants(row: type[SessionRow]) -> tuple[Any, ...]:
    return (row.started_at, row.interim_at, row.stopped_at)


def _seen(row: type[SessionRow]) -> Any:
    """The instant of the last known packet, good enough to order sessions of one box: they do not overlap."""
    return func.coalesce(row.stopped_at, row.interim_at, row.started_at)


def _facts(row: SessionRow) -> SessionFacts:
    return SessionFacts(**{name: getattr(row, name) for name in _FACTS})


def _past(facts: SessionFacts) -> PastSession | None:
    seen = facts.last_seen_at
    if seen is None:
        return None
    ended = None if facts.active else facts.stopped_at
    return PastSession(
        facts.began_at, ended, seen, facts.active, None if ended is None else facts.stop_cause, facts.framed_ip
    )


def _begun(one: PastSession) -> datetime:
    return one.started_at or one.seen_at
