"""What the line tests of téléactions hand to their effects, through the real test of a line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from api.demo.running import Demo
from api.services.heard import Ears, HeardSessions
from api.services.network_events import NetworkEvents
from api.services.probing import Probe
from domain.access import Access, TestName
from domain.identifiers import Id1
from domain.metrics.box import BOX_PPP_STATUS
from domain.metrics.ont import UNI_NEGOTIATION, UNI_RATE
from domain.metrics.session import SESSION_LAST_SEEN
from domain.principal import Principal, Right
from domain.reading import Quality
from domain.session import AccountingEvent, AccountingStatus
from domain.session_actions import SessionOutcome, SessionResult
from domain.teleaction import ActionState
from domain.teleaction_ports import Happening
from teleactions.session_effects import session_reopened
from teleactions.spec import Case
from tests.api.test_teleactions import done

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID1 = "F00000015"
WHO = Principal("397480930", "demo.support", frozenset({Right.TEST}))


@pytest_asyncio.fixture(loop_scope="module")
async def access(demo: Demo) -> Access:
    await demo.plant.control.call("repair", fault="all")
    await demo.plant.control.call("announce", ont=ID1)
    return await demo.service.records.accesses.get(WHO, Id1(ID1))


def probe(demo: Demo) -> Probe:
    return Probe(demo.service.diagnoses._line_test, demo.service.ruleset)


async def test_a_line_whose_box_is_silent_is_told_the_same_session_once_accounting_says_so(
    demo: Demo, access: Access
) -> None:
    records, clock = demo.service.records, demo.service.clock
    await demo.plant.control.call("fault", kind="box-hung", target=ID1)
    before = await probe(demo).test(access, TestName.BOX)
    acting_at = clock.now()
    open_one = await records.sessions.open(access)
    assert open_one is not None
    unsure = SessionResult(SessionOutcome.UNKNOWN, acting_at)
    case = Case({}, acting_at, acting_at, before, before, unsure, None, True, 30)
    after = await probe(demo).test(access, TestName.BOX)
    late = replace(case, now=acting_at + timedelta(seconds=60), after=after)
    assert after.readings[BOX_PPP_STATUS].quality is not Quality.LIVE
    assert session_reopened(late).state is ActionState.UNKNOWN
    heard_at = clock.now()
    interim = AccountingEvent(open_one.username, open_one.session_id, AccountingStatus.INTERIM, heard_at)
    await records.sessions.accounted([interim])
    after = await probe(demo).test(access, TestName.BOX)
    assert after.readings.value(SESSION_LAST_SEEN) == heard_at
    assert session_reopened(replace(late, after=after)).state is ActionState.NO_EFFECT


async def test_the_user_port_before_is_handed_over_for_an_order_that_was_interrupted(
    demo: Demo, access: Access
) -> None:
    line = await probe(demo).test(access, TestName.GLOBAL)
    assert line.readings[UNI_NEGOTIATION].known
    assert line.readings[UNI_RATE].known


async def test_a_start_that_is_learnt_late_is_not_heard_as_of_now(demo: Demo, access: Access) -> None:
    records, clock = demo.service.records, demo.service.clock
    ears = Ears(NetworkEvents(records.olts), clock)
    sessions = HeardSessions(records.sessions, ears)
    username = access.ppp_username
    assert username is not None
    since = clock.now()
    old = AccountingEvent(username, "0A", AccountingStatus.START, since - timedelta(hours=1))
    close = replace(old, session_id="0B", at=since - timedelta(seconds=2))  # by the clock of a BRAS that is late
    started = frozenset({Happening.SESSION_STARTED})
    with ears.listening(access) as heard:
        await sessions.accounted([old])
        assert [at < since for _, at in heard.so_far] == [True]
        await sessions.accounted([close])
        async with asyncio.timeout(5):
            assert await heard.first(started, since) >= since


async def test_a_box_that_is_silent_at_the_first_read_is_not_said_to_lack_a_radio(demo: Demo, access: Access) -> None:
    await demo.plant.control.call("fault", kind="box-hung", target=ID1)
    demo.service.teleactions.hurry(0.02)
    try:
        for action in ("box_wifi_radio", "box_lan_port"):
            number = "radio" if action == "box_wifi_radio" else "port"
            found = await done(demo, action, parameters={number: 1, "on": False})
            assert (found["state"], found["effect"]["text"]) == (
                "échouée",
                "La box ne répond pas : rien n'a été envoyé",
            )
        await demo.plant.control.call("repair", fault="all")
        demo.service.teleactions.hurry(1.0)
        found = await done(demo, "box_wifi_radio", parameters={"radio": 4, "on": False})
        assert found["effect"]["text"] == "La box n'a pas cette radio Wi-Fi"
    finally:
        demo.service.teleactions.hurry(1.0)
