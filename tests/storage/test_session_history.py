"""The history of sessions: of one access, of its neighbours, of everybody over a window; and how long it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import Place
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import OntName
from domain.platform import Answer, Lost, Probed, ProbeKind
from domain.session import AccountingStatus
from domain.states import AuthResult, Policy
from storage.operators import Operator
from storage.records import Records
from storage.session_history import KEPT
from tests.storage.samples import ALPHA, BETA, MINUTE, NOW, ONT, access, accounting, authentication, provision

START, INTERIM, STOP = AccountingStatus.START, AccountingStatus.INTERIM, AccountingStatus.STOP
PLACE = Place("OLT-A", ONT)


async def test_sessions_come_newest_first_with_their_end_and_its_cause(records: Records) -> None:
    await provision(records)
    first = replace(accounting(START, NOW), session_id="1")
    end = replace(accounting(STOP, NOW + MINUTE, cause="Lost-Carrier"), session_id="1")
    second = replace(accounting(START, NOW + 5 * MINUTE), session_id="2")
    await records.sessions.accounted([second, end, first])
    running, ended = await records.session_history.sessions(access())
    assert (running.active, running.started_at, running.ended_at) == (True, NOW + 5 * MINUTE, None)
    assert (ended.active, ended.started_at, ended.ended_at, ended.cause) == (False, NOW, NOW + MINUTE, "Lost-Carrier")
    assert ended.ip == "198.51.100.7"


async def test_a_session_of_another_operators_time_is_not_shown(records: Records) -> None:
    await provision(records)
    await records.sessions.accounted([accounting(START, NOW)])
    await records.sessions.authenticated([authentication(AuthResult.REJECT, NOW)])
    history = records.session_history
    stranger = replace(access(), operator_id="beta")
    assert (await history.sessions(stranger), await history.authentications(stranger)) == ([], [])
    assert len(await history.authentications(access())) == 1
    assert await history.sessions(replace(access(), ppp_username=None)) == ()


def _neighbours() -> list[object]:
    return [replace(access(n), place=Place("OLT-A", OntName(1, 1, 5, 10, n))) for n in (20, 21, 22)]


async def test_neighbours_count_by_their_last_session_and_an_old_one_is_unknown(records: Records) -> None:
    elsewhere = replace(access(40), place=Place("OLT-A", OntName(1, 1, 5, 1, 40)))  # ONT-1-1-5-1- is another port
    await provision(records, access(), *_neighbours(), elsewhere)  # type: ignore[arg-type]  # accesses

    def of(number: int, status: AccountingStatus, minute: int, session: str = "1") -> object:
        event = accounting(status, NOW + minute * MINUTE)
        return replace(event, username=f"user{number}@ppp", session_id=session)

    events = [of(20, START, 0), of(20, STOP, 1), of(20, START, 2, "2"), of(21, START, 0), of(21, STOP, 3)]
    events += [of(22, START, -90), of(40, START, 0), of(15, START, 0)]
    await records.sessions.accounted(events)  # type: ignore[arg-type]  # events
    await records.sessions.accounted([accounting(START, NOW)])  # the access itself
    assert await records.session_history.around(PLACE, NOW - 30 * MINUTE) == (1, 1)
    assert await records.session_history.around(Place("OLT-B", ONT), NOW) == (0, 0)


async def test_a_subscriber_whose_box_tries_for_ever_is_refused_once(records: Records) -> None:
    await provision(records)
    tries = [authentication(AuthResult.REJECT, NOW + n * MINUTE) for n in range(9)]
    others = [replace(authentication(AuthResult.ACCEPT, NOW), username=f"user{n}@ppp") for n in range(3)]
    await records.sessions.authenticated([*tries, *others])
    window = await records.session_history.authentication_window(NOW)
    assert (window.subscribers, window.refused) == (4, 1)
    later = await records.session_history.authentication_window(NOW + MINUTE)
    assert (later.subscribers, later.refused) == (1, 1)


async def test_old_sessions_are_forgotten_but_the_last_of_an_access(records: Records) -> None:
    await provision(records)
    for number in range(3):
        begin = NOW + timedelta(days=number)
        events = [accounting(START, begin), accounting(STOP, begin + MINUTE)]
        await records.sessions.accounted([replace(event, session_id=str(number)) for event in events])
        await records.sessions.authenticated([authentication(AuthResult.ACCEPT, begin)])
    history = records.session_history
    await history.forget(NOW + KEPT + timedelta(days=1))
    assert [one.started_at for one in await history.sessions(access())] == [
        NOW + timedelta(days=2),
        NOW + timedelta(days=1),
    ]
    await history.forget(NOW + 3 * KEPT)
    assert [one.started_at for one in await history.sessions(access())] == [NOW + timedelta(days=2)]
    assert [one.at for one in await history.authentications(access())] == [NOW + timedelta(days=2)]


async def test_port_25_is_closed_until_asked_for_and_no_order_of_the_inventory_changes_it(records: Records) -> None:
    await provision(records)
    assert (await records.accesses.get(ALPHA, access().id1)).port25 is Policy.CLOSED
    await records.accesses.set_port25(ALPHA, access().id1, Policy.OPEN, NOW)
    done = await records.accesses.provision(ALPHA, replace(access(), gtr=True), NOW)
    assert [change.value for change in done.changes] == ["option GTR"]
    assert (await records.accesses.get(ALPHA, access().id1)).port25 is Policy.OPEN
    assert (await records.accesses.provision(ALPHA, replace(access(), gtr=True), NOW)).changes == ()
    events = await records.access_history.of(ALPHA, access().id1)
    assert [(event.kind.value, event.before, event.after) for event in events if event.kind.value == "port 25"] == [
        ("port 25", {"port25": "closed"}, {"port25": "open"})
    ]
    with pytest.raises(NotFoundError):
        await records.accesses.set_port25(BETA, access().id1, Policy.OPEN, NOW)
    await records.accesses.terminate(ALPHA, access().id1, NOW)
    with pytest.raises(ConflictError):
        await records.accesses.set_port25(ALPHA, access().id1, Policy.CLOSED, NOW)


async def test_probes_are_kept_for_the_infrastructure_operator_in_the_place_of_the_former(records: Records) -> None:
    probes = records.platform_probes
    one = Probed(ProbeKind.RESOLVER, "resolver-1", Answer.WORKS, NOW, 1.5, "NOERROR", NOW, 3, 1)
    gone = replace(one, name="resolver-0")
    await records.operators.put(Operator("infra", "infra", is_infrastructure=True))
    await probes.keep([gone, one])
    await probes.keep([one])
    assert (await probes.last(), await probes.owner()) == ([one], "infra")


def _of(number: int, status: AccountingStatus, minute: float, session: str = "1", cause: str | None = None) -> object:
    event = accounting(status, NOW + minute * MINUTE, cause=cause)
    return replace(event, username=f"user{number}@ppp", session_id=session)


async def test_accesses_that_lost_their_session_and_have_none_since_are_found_whoever_they_are(
    records: Records,
) -> None:
    numbers = range(20, 27)
    await provision(records, *(access(n) for n in numbers))
    events = [_of(n, START, -600) for n in numbers]
    events += [
        _of(20, STOP, 1, cause="Lost-Carrier"),
        _of(21, STOP, 1, cause="User-Request"),  # by the box itself
        _of(22, STOP, 1, cause="NAS-Reboot"),
        _of(22, START, 2, "2"),  # back since
        _of(23, STOP, -20, cause="Lost-Carrier"),  # before the window
        _of(24, STOP, 1),  # nobody says why
        _of(25, STOP, 1, cause="Lost-Service"),
        _of(25, INTERIM, 3),  # it runs all the same
        _of(26, STOP, 4, cause="lost-carrier"),
    ]
    await records.sessions.accounted(events)  # type: ignore[arg-type]  # events
    found = await records.session_history.losses(NOW, 15 * MINUTE)
    assert found.since == NOW
    assert sorted(str(one.ont) for one in found.lost) == ["ONT-1-1-6-10-26", "ONT-1-1-6-4-20"]
    assert {one.olt for one in found.lost} == {"OLT-A"}
    assert found.usual == pytest.approx(1 / 96)  # one over the day before


async def test_a_request_that_radius_left_unanswered_is_a_loss_until_it_answers(records: Records) -> None:
    await provision(records, access(20), access(21), replace(access(22), place=None))
    events = [
        replace(authentication(AuthResult.TIMEOUT, NOW + n * MINUTE), username=f"user{user}@ppp")
        for n, user in ((0, 20), (1, 20), (0, 21), (2, 22))
    ]
    answer = replace(authentication(AuthResult.ACCEPT, NOW + MINUTE), username="user21@ppp")
    await records.sessions.authenticated([*events, answer])
    history = records.session_history
    found = await history.losses(NOW, 15 * MINUTE)
    assert set(found.lost) == {Lost("OLT-A", access(20).place.ont), Lost()}  # type: ignore[union-attr]  # placed
    window = await history.authentication_window(NOW)
    assert (window.subscribers, window.refused, window.unanswered) == (3, 0, 3)
    assert (await history.losses(NOW + 2 * MINUTE, MINUTE)).lost == (Lost(),)
