"""PPP sessions and authentications in the records."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from domain.metrics import session
from domain.reading import Quality, Reason, Source, Via, known
from domain.session import AccountingStatus
from domain.states import AuthResult
from storage.records import Records
from storage.sessions import KEPT_PER_USERNAME, UNOWNED_KEPT
from storage.tables import AuthEventRow, SessionRow
from tests.storage.samples import ALPHA, MINUTE, NOW, access, accounting, authentication, provision, put_access

START, INTERIM, STOP = AccountingStatus.START, AccountingStatus.INTERIM, AccountingStatus.STOP


async def count(records: Records, model: type[SessionRow] | type[AuthEventRow]) -> int:
    async with records.sessions._database.read() as session_:
        return await session_.scalar(select(func.count()).select_from(model)) or 0


async def test_an_open_session_says_since_when_and_from_where(records: Records) -> None:
    await provision(records)
    await records.sessions.accounted([accounting(START, NOW), accounting(INTERIM, NOW + MINUTE)])
    readings = await records.sessions.last(access())
    assert readings[session.SESSION_ACTIVE] == known(
        True, NOW + MINUTE, Source(Via.RADIUS, "Acct-Status-Type"), Quality.STORED
    )
    assert readings.value(session.SESSION_STARTED) == NOW
    assert readings.value(session.SESSION_LAST_SEEN) == NOW + MINUTE
    assert readings.value(session.SESSION_IP) == "198.51.100.7"
    assert readings[session.SESSION_STOPPED].reason is Reason.NEVER_SEEN


async def test_a_closed_session_says_when_and_why(records: Records) -> None:
    await provision(records)
    await records.sessions.accounted([accounting(START, NOW), accounting(STOP, NOW + MINUTE, cause="Lost-Carrier")])
    readings = await records.sessions.last(access())
    assert readings.value(session.SESSION_ACTIVE) is False
    assert readings.value(session.SESSION_STOPPED) == NOW + MINUTE
    assert readings.value(session.SESSION_STOP_CAUSE) == "Lost-Carrier"


async def test_what_was_never_heard_is_never_seen_and_not_closed(records: Records) -> None:
    await provision(records)
    for quiet in (access(), replace(access(), ppp_username=None)):
        readings = await records.sessions.last(quiet)
        assert len(readings) == 9
        assert {readings[metric].reason for metric in readings} == {Reason.NEVER_SEEN}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_a_session_and_the_next_one_may_arrive_in_any_order(records: Records, order: tuple[int, ...]) -> None:
    await provision(records)
    events = [
        accounting(START, NOW, "S1"),
        accounting(STOP, NOW + MINUTE, "S1", cause="Lost-Carrier"),
        accounting(START, NOW + 2 * MINUTE, "S2"),
        accounting(INTERIM, NOW + 3 * MINUTE, "S2"),
    ]
    for index in order:
        await records.sessions.accounted([events[index], events[index]])
    readings = await records.sessions.last(access())
    assert readings.value(session.SESSION_ACTIVE) is True
    assert readings.value(session.SESSION_STARTED) == NOW + 2 * MINUTE
    assert readings.value(session.SESSION_LAST_SEEN) == NOW + 3 * MINUTE


async def test_a_session_whose_stop_was_lost_does_not_outlive_the_next_one(records: Records) -> None:
    await provision(records)
    await records.sessions.accounted(
        [
            accounting(START, NOW, "S1"),
            accounting(START, NOW + MINUTE, "S2"),
            accounting(STOP, NOW + 2 * MINUTE, "S2", cause="User-Request"),
        ]
    )
    assert (await records.sessions.last(access())).value(session.SESSION_ACTIVE) is False


async def test_the_last_authentication_says_why_it_was_refused(records: Records) -> None:
    await provision(records)
    await records.sessions.authenticated(
        [
            authentication(AuthResult.REJECT, NOW + MINUTE, "bad password"),
            authentication(AuthResult.ACCEPT, NOW),
        ]
    )
    readings = await records.sessions.last(access())
    assert readings[session.AUTH_RESULT] == known(
        AuthResult.REJECT, NOW + MINUTE, Source(Via.SYSLOG, "authentication"), Quality.STORED
    )
    assert readings.value(session.AUTH_REASON) == "bad password"
    assert readings.value(session.AUTH_AT) == NOW + MINUTE


async def test_a_repeated_authentication_is_kept_once(records: Records) -> None:
    await provision(records)
    event = authentication(AuthResult.REJECT, NOW, "bad password")
    await records.sessions.authenticated([event, event])
    await records.sessions.authenticated([event])
    assert await count(records, AuthEventRow) == 1


async def test_the_records_of_a_ppp_identifier_are_bounded_to_the_last_ones(records: Records) -> None:
    await provision(records)
    for second in range(3 * KEPT_PER_USERNAME):
        at = NOW + timedelta(seconds=second)
        await records.sessions.accounted([accounting(START, at, f"S{second}")])
        await records.sessions.authenticated([authentication(AuthResult.REJECT, at)])
    assert await count(records, SessionRow) == KEPT_PER_USERNAME
    assert await count(records, AuthEventRow) == KEPT_PER_USERNAME
    readings = await records.sessions.last(access())
    assert readings.value(session.SESSION_STARTED) == at
    assert readings.value(session.AUTH_AT) == at


async def test_what_was_heard_before_the_access_was_declared_becomes_its_own(records: Records) -> None:
    await records.sessions.accounted([accounting(START, NOW)])
    await records.sessions.authenticated([authentication(AuthResult.ACCEPT, NOW)])
    assert (await records.sessions.last(access())).value(session.SESSION_ACTIVE) is None
    await provision(records)
    readings = await records.sessions.last(access())
    assert readings.value(session.SESSION_ACTIVE) is True
    assert readings.value(session.AUTH_RESULT) is AuthResult.ACCEPT


async def test_a_ppp_identifier_that_changes_operator_takes_no_history_along(records: Records) -> None:
    await provision(records)
    await records.sessions.accounted([accounting(START, NOW)])
    await records.sessions.authenticated([authentication(AuthResult.ACCEPT, NOW)])
    await put_access(records, ALPHA, replace(access(), ppp_username=None))
    theirs = replace(access(16, "beta"), ppp_username=access().ppp_username)
    await put_access(records, replace(ALPHA, operator_id="beta"), theirs)
    readings = await records.sessions.last(theirs)
    assert {readings[metric].reason for metric in readings} == {Reason.NEVER_SEEN}

    await records.sessions.accounted([accounting(START, NOW + MINUTE, "S2")])
    assert (await records.sessions.last(theirs)).value(session.SESSION_STARTED) == NOW + MINUTE
    assert (await records.sessions.last(access())).value(session.SESSION_STARTED) == NOW


async def test_events_that_belong_to_no_access_are_forgotten_after_48_hours(records: Records) -> None:
    await provision(records)
    for username in (access().ppp_username, "nobody@ppp"):
        assert username is not None
        await records.sessions.accounted([accounting(START, NOW, username=username)])
        await records.sessions.authenticated([authentication(AuthResult.ACCEPT, NOW, username=username)])
    await records.sessions.forget(NOW + UNOWNED_KEPT)
    assert await count(records, SessionRow) == 2
    await records.sessions.forget(NOW + UNOWNED_KEPT + MINUTE)
    assert await count(records, SessionRow) == 1
    assert await count(records, AuthEventRow) == 1


async def test_packets_of_many_sessions_at_once_are_all_kept(records: Records) -> None:
    await provision(records)
    await asyncio.gather(
        *(records.sessions.accounted([accounting(START, NOW, f"S{n}", f"user{n}@ppp")]) for n in range(600))
    )
    assert await count(records, SessionRow) == 600
    await records.sessions.accounted([])
    await records.sessions.authenticated([])
