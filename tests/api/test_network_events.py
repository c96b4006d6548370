"""What the network announces: kept, listed for the NOC of its operator, followed, and heard by a running test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from api import problems
from api.deps import principal, service
from api.routes import network_events
from api.services.announced import bearing_on, neighbours_announced, with_announced
from api.services.line_sources import Deadlines, Sources
from api.services.linetest import LineTest
from api.services.network_events import Lost, NetworkEvents, Numbered
from domain import codec
from domain.access import Access, OutsidePlant, Place, TestName
from domain.clock import FixedClock
from domain.errors import ForbiddenError, NotFoundError
from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import Id1, OntName, PonName
from domain.metric import Readings
from domain.metrics.olt import PON_DOWN_CAUSE, PON_LAST_DOWN, PON_OPER
from domain.metrics.ont import (
    ONT_ALARMS,
    ONT_DOWN_CAUSE,
    ONT_LAST_CHANGE,
    ONT_LAST_DOWN,
    ONT_LAST_DYING_GASP,
    ONT_OPER,
    UNI_OPER,
)
from domain.olt import OltTarget, OltWalk, OntRow
from domain.ports import ReadOutcome
from domain.principal import Principal, Right
from domain.reading import Quality, Reason, Source, Via, known, missing
from domain.secret import Secret
from domain.snapshot import Neighbour, Neighbours, Outcome, PortState, Snapshot, SourceKind, SourceReport
from domain.states import DownCause, OntAlarm, Oper

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
ONT, NEXT, FAR = (OntName.parse(f"ONT-1-1-5-{place}") for place in ("10-19", "10-20", "11-1"))
PON = ONT.pon_name
NOC = Principal("INFRA", "noc.un", frozenset({Right.NOC}))
OTHER_NOC = Principal("OTHER", "noc.deux", frozenset({Right.NOC}))
AGENT = Principal("INFRA", "agent.un", frozenset({Right.TEST}))
SNMP = Source(Via.SNMP, "1.3.6.1.2.1.2.2.1.8")


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def event(
    kind: EventKind = EventKind.ONT_DOWN,
    ont: OntName | None = ONT,
    at: float = 0,
    *,
    olt: str = "OLT-1",
    scope: EventScope = EventScope.ONT,
    pon: PonName | None = None,
) -> EventObservation:
    trap = Source(Via.SNMP, "trap 1.3.6.1.6.3.1.1.5.3")
    place = ont.pon_name if ont is not None else pon
    return EventObservation(olt, kind, scope, seconds(at), trap, ont, place, (("1.3.6.1.2.1.2.2.1.8.1", "2"),))


class Olts:
    """OLT-1 and OLT-2 are one operator's, OLT-3 another's."""

    async def list(self, who: Principal) -> Sequence[OltTarget]:
        names = {"INFRA": ("OLT-1", "OLT-2"), "OTHER": ("OLT-3",)}[who.operator_id]
        return [OltTarget(who.operator_id, name, "nokia_isam", "127.0.0.1", 161, Secret("c")) for name in names]


def kept(size: int = 100, waiting: int = 100) -> NetworkEvents:
    return NetworkEvents(Olts(), size, waiting)


async def soon(subscription: Any) -> Numbered | Lost:
    async with asyncio.timeout(5):
        item: Numbered | Lost = await anext(subscription)
        return item


# Kept and followed


async def test_the_last_events_of_each_olt_are_kept_by_port_and_instant() -> None:
    events = kept(size=2)
    start = event(EventKind.COLD_START, None, 3, scope=EventScope.OLT)
    await events.observed([event(at=0), event(at=1, ont=FAR), event(at=2), start, event(at=0, olt="OLT-2")])
    assert [e.at for e in events.recent("OLT-1")] == [seconds(2), seconds(3)]  # the oldest made room
    assert [e.kind for e in events.recent("OLT-1", FAR.pon_name)] == [EventKind.COLD_START]  # of the whole OLT
    assert [e.at for e in events.recent("OLT-1", since=seconds(3))] == [seconds(3)]
    assert len(events.recent("OLT-2")) == 1
    assert events.recent("OLT-9") == ()


async def test_a_reader_hears_what_it_wants_from_now_on() -> None:
    events = kept()
    await events.observed([event()])
    with events.subscribe(lambda e: e.ont == FAR) as heard:
        await events.observed([event(), event(ont=FAR, at=1)])
        item = await soon(heard)
    assert isinstance(item, Numbered)
    assert item.event.ont == FAR
    await events.observed([event(ont=FAR, at=2)])  # nobody listens any more


async def test_a_slow_reader_loses_the_oldest_and_is_told_so() -> None:
    events = kept(waiting=2)
    with events.subscribe() as heard:
        await events.observed([event(at=place) for place in range(5)])
        assert await soon(heard) == Lost(3)
        rest = [await soon(heard), await soon(heard)]
    assert [item.event.at for item in rest if isinstance(item, Numbered)] == [seconds(3), seconds(4)]


async def test_a_reader_that_comes_back_goes_on_where_it_was() -> None:
    events = kept()
    with events.subscribe() as heard:
        await events.observed([event(at=0), event(at=1), event(at=2, olt="OLT-2")])
        first = await soon(heard)
    assert isinstance(first, Numbered)
    with events.subscribe(after=events.identifier(first)) as heard:
        rest = [await soon(heard), await soon(heard)]
    assert [item.event.at for item in rest if isinstance(item, Numbered)] == [seconds(1), seconds(2)]


@pytest.mark.parametrize("after", ["", "0-0", "00000000-1", "nonsense"])
async def test_a_reader_of_another_run_is_told_that_it_missed_something(after: str) -> None:
    events = kept()
    await events.observed([event()])
    with events.subscribe(after=after) as heard:
        assert await soon(heard) == Lost(None)
        assert isinstance(await soon(heard), Numbered)


async def test_a_reader_whose_events_have_made_room_is_told_so() -> None:
    events = kept(size=1)
    with events.subscribe() as heard:
        await events.observed([event(at=0)])
        first = await soon(heard)
    assert isinstance(first, Numbered)
    await events.observed([event(at=1), event(at=2)])
    with events.subscribe(after=events.identifier(first)) as heard:
        assert await soon(heard) == Lost(None)


# Listed and followed over HTTP


def application(events: NetworkEvents, who: Principal) -> FastAPI:
    """The router alone, over a service that has events and nothing else."""

    class Running:
        def __init__(self) -> None:
            self.events = events

    app = FastAPI()
    problems.install(app)
    app.include_router(network_events.router)
    app.dependency_overrides[service] = Running
    app.dependency_overrides[principal] = lambda: who
    return app


def client(events: NetworkEvents, who: Principal = NOC) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(application(events, who)), base_url="http://service/api/v1")


async def test_the_list_is_paged_newest_first() -> None:
    events = kept()
    await events.observed([event(at=place) for place in range(5)])
    async with client(events) as http:
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await http.get("/network-events", params=query)).json()
            seen += [item["at"] for item in page["events"]]
            if page["before"] is None:
                break
            await events.observed([event(at=9)])  # what comes meanwhile moves no page
            query["before"] = page["before"]
    assert seen == [seconds(place).isoformat().replace("+00:00", "Z") for place in (4, 3, 2, 1, 0)]


async def test_the_list_is_filtered_and_tells_what_happened() -> None:
    events = kept()
    await events.observed([event(at=0), event(at=1, ont=FAR), event(at=2, olt="OLT-2")])
    async with client(events) as http:
        found = await http.get("/network-events", params={"olt": "OLT-1", "pon": str(PON), "since": NOW.isoformat()})
        assert (await http.get("/network-events", params={"pon": "PON-1"})).status_code == 422
        assert (await http.get("/network-events", params={"before": "another-1"})).json()["events"] == []
    [item] = found.json()["events"]
    assert {key: item[key] for key in ("olt", "kind", "scope", "pon", "ont")} == {
        "olt": "OLT-1",
        "kind": "ont_down",
        "scope": "ont",
        "pon": str(PON),
        "ont": str(ONT),
    }
    assert item["variables"] == [{"oid": "1.3.6.1.2.1.2.2.1.8.1", "value": "2"}]


async def test_an_operator_sees_its_own_olts_and_only_its_noc_does() -> None:
    events = kept()
    await events.observed([event(), event(olt="OLT-3", at=1)])
    async with client(events, OTHER_NOC) as http:
        assert [e["olt"] for e in (await http.get("/network-events")).json()["events"]] == ["OLT-3"]
        assert (await http.get("/network-events", params={"olt": "OLT-1"})).status_code == 404
        assert (await http.get("/network-events/stream", params={"olt": "OLT-1"})).status_code == 404
    async with client(events, AGENT) as http:
        assert (await http.get("/network-events")).status_code == 403
        assert (await http.get("/network-events/stream")).status_code == 403
    with pytest.raises(ForbiddenError):
        await events.wanted_by(AGENT, None, None)
    with pytest.raises(NotFoundError):
        await events.wanted_by(OTHER_NOC, "OLT-1", None)
    wanted = await events.wanted_by(OTHER_NOC, None, None)
    assert [wanted(event(olt=olt)) for olt in ("OLT-1", "OLT-3")] == [False, True]


async def test_the_stream_resumes_and_says_what_was_lost() -> None:
    events = kept()
    await events.observed([event()])
    steps = network_events._follow(events, await events.wanted_by(NOC, None, None), "another-7")
    async with asyncio.timeout(5):
        lost, kept_one = await anext(steps), await anext(steps)
        await events.observed([event(olt="OLT-3"), event(at=1)])
        live = await anext(steps)
    await steps.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert (lost.event, json.loads(str(lost.data))) == ("lost", {"count": None})
    assert (kept_one.event, json.loads(str(kept_one.data))["id"]) == ("event", kept_one.id)
    assert json.loads(str(live.data))["at"] == "2019-05-09T08:29:01Z"
    assert not events._subscriptions


# What is announced becomes readings


def told(*events: EventObservation, **read: Any) -> Readings:
    """What was read at NOW, and the events told since."""
    metrics = {"oper": ONT_OPER, "alarms": ONT_ALARMS, "change": ONT_LAST_CHANGE, "uni": UNI_OPER, "pon": PON_OPER}
    values: dict[Any, Any] = {metrics[name]: known(value, NOW, SNMP) for name, value in read.items()}
    return with_announced(Readings(values), ONT, events, NOW)


def test_a_gasp_and_a_loss_of_signal_give_the_fall_its_instant_and_its_cause() -> None:
    found = told(event(EventKind.DYING_GASP, at=2), event(EventKind.LOS, at=3), oper=Oper.UP, alarms=())
    assert found.value(ONT_OPER) is Oper.DOWN
    assert found.value(ONT_ALARMS) == (OntAlarm.DG, OntAlarm.LOS)
    assert found.value(ONT_LAST_CHANGE) == found.value(ONT_LAST_DOWN) == seconds(2)
    assert found.value(ONT_LAST_DYING_GASP) == seconds(2)
    assert found.value(ONT_DOWN_CAUSE) is DownCause.DYING_GASP
    assert found[ONT_OPER].quality is Quality.LIVE
    assert str(found[ONT_OPER].source) == "snmp:trap 1.3.6.1.6.3.1.1.5.3"


def test_a_newer_reading_is_never_overridden() -> None:
    found = told(event(EventKind.LOS, at=-5), event(at=0), oper=Oper.UP, alarms=())
    assert (found.value(ONT_OPER), found.value(ONT_ALARMS)) == (Oper.UP, ())


def test_what_could_not_be_read_is_what_was_last_announced() -> None:
    lost = Readings({ONT_OPER: missing(Reason.TIMEOUT, NOW)})
    found = with_announced(lost, ONT, [event(EventKind.LOS, at=-60)], NOW)
    assert (found.value(ONT_OPER), found[ONT_OPER].quality) == (Oper.DOWN, Quality.STORED)


def test_an_ont_that_comes_back_has_its_alarms_cleared() -> None:
    found = told(event(EventKind.LOS, at=1), event(EventKind.ONT_UP, at=9), oper=Oper.UP, alarms=(OntAlarm.SD,))
    assert (found.value(ONT_OPER), found.value(ONT_ALARMS)) == (Oper.UP, (OntAlarm.SD,))
    assert found.value(ONT_LAST_CHANGE) == seconds(9)


def test_a_fall_said_twice_is_two_falls() -> None:
    found = told(event(at=1), event(EventKind.LOS, at=2), event(at=60))
    assert found.value(ONT_LAST_DOWN) == seconds(60)


def test_the_port_and_the_user_port_are_told_too() -> None:
    port = event(EventKind.LOS, None, 1, scope=EventScope.PON, pon=PON)
    odd = event(EventKind.OTHER, None, 2, scope=EventScope.PON, pon=PON)
    link = event(EventKind.LINK_DOWN, at=1, scope=EventScope.UNI)
    found = told(port, odd, link, event(ont=NEXT, at=3), oper=Oper.UP, uni=Oper.UP, pon=Oper.UP)
    assert (found.value(PON_OPER), found.value(PON_LAST_DOWN)) == (Oper.DOWN, seconds(1))
    assert found.value(PON_DOWN_CAUSE) is DownCause.LOS
    assert (found.value(UNI_OPER), found.value(ONT_OPER)) == (Oper.DOWN, Oper.UP)
    assert told(event(EventKind.LINK_UP, None, 2, scope=EventScope.PON, pon=PON)).value(PON_OPER) is Oper.UP


def test_the_neighbours_are_told_too() -> None:
    read = Neighbours(
        (Neighbour(NEXT, "PBO-1", None, Oper.UP, ()), Neighbour(OntName.parse("ONT-1-1-5-10-21"), None, None, None)),
        (PortState(FAR.pon_name, Oper.UP), PortState(PonName.parse("PON-1-1-6-1"), None)),
        NOW,
        SNMP,
    )
    assert neighbours_announced(read, [event(ont=NEXT, at=-1)], NOW) is read
    port = event(EventKind.LINK_DOWN, None, 2, scope=EventScope.PON, pon=FAR.pon_name)
    found = neighbours_announced(read, [event(EventKind.LOS, ont=NEXT, at=1), port], NOW)
    assert found.onts[0] == Neighbour(NEXT, "PBO-1", None, Oper.DOWN, (OntAlarm.LOS,), seconds(1))
    assert found.onts[1] is read.onts[1]
    assert found.ports == (PortState(FAR.pon_name, Oper.DOWN, seconds(2)), read.ports[1])


def test_what_bears_on_an_ont_is_its_own_its_neighbours_and_the_olts_events() -> None:
    start = event(EventKind.COLD_START, None, 1, scope=EventScope.OLT)
    crowd = [event(ont=NEXT, at=10 + place) for place in range(200)]
    found = bearing_on(ONT, [event(), start, event(ont=FAR, at=2), *crowd])
    assert found[:2] == (event(), start)  # however many the neighbours' are
    assert found[2:] == tuple(crowd[-128:])


def test_a_snapshot_with_events_is_stored_and_read_back() -> None:
    whole = Snapshot(Id1("F00000001"), TestName.DELC, NOW, Place("OLT-1", ONT), events=(event(), event(ont=FAR, at=1)))
    text = codec.dump(whole)
    assert codec.load(Snapshot, text) == whole
    before = json.loads(text)
    del before["events"]
    assert codec.load(Snapshot, json.dumps(before)).events == ()  # stored before events were kept


# A running test


class Driver:
    """An OLT whose ONT is up when it is read; ``then`` happens behind that."""

    vendor = "nokia_isam"

    def __init__(self, then: Any = None) -> None:
        self.then = then

    async def read_ont(self, _olt: OltTarget, _ont: OntName, _timeout_s: float) -> ReadOutcome:
        read = Readings({ONT_OPER: known(Oper.UP, NOW, SNMP), ONT_ALARMS: known((), NOW, SNMP)})
        if self.then is not None:
            await self.then()
        return ReadOutcome(read, (SourceReport(SourceKind.OLT_SNMP, Outcome.OK),))

    async def read_pon(self, olt: OltTarget, _ont: OntName, _timeout_s: float) -> OltWalk:
        row = OntRow(NEXT, Readings({ONT_OPER: known(Oper.UP, NOW, SNMP)}))
        return OltWalk(olt.name, NOW, Readings(), onts=(row,))


class Gateway:
    """A box that never answers."""

    async def read(self, _box: Any, _timeout_s: float) -> ReadOutcome:
        await asyncio.Event().wait()
        raise AssertionError


class Records:
    async def olt(self, name: str) -> OltTarget:
        return OltTarget("INFRA", name, "nokia_isam", "127.0.0.1", 161, Secret("c"))

    async def outside_of(self, _olt: str, _ont: OntName) -> dict[OntName, OutsidePlant]:
        return {}

    async def last_walk(self, _olt: OltTarget) -> OltWalk | None:
        return None

    async def of_access(self, _access: Access) -> Any:
        class Box:
            readings = Readings()

        return Box()

    async def last(self, _access: Access) -> Readings:
        return Readings()


ACCESS = Access("OP", Id1("F00000001"), None, "Essai", "FTTHMB1P", Place("OLT-1", ONT))


async def taken(
    events: NetworkEvents | None, then: Any = None, test: TestName = TestName.DELC, access: Access = ACCESS
) -> Snapshot:
    records: Any = Records()
    driver: Any = Driver(then)
    sources = Sources(records, lambda _: driver, records, Gateway(), records)
    line_test = LineTest(sources, FixedClock(NOW), Deadlines(30.0, 20.0, 20.0, 0.01), events)
    async with asyncio.timeout(10):
        return await line_test.snapshot(access, test, lambda _: None)


async def test_a_dying_gasp_received_while_reading_is_in_the_snapshot() -> None:
    events = kept()
    await events.observed([event(EventKind.ONT_UP, at=-3600), event(EventKind.LOS, at=-100_000)])

    async def gasp() -> None:
        await events.observed([event(EventKind.DYING_GASP, at=1), event(EventKind.LOS, ont=NEXT, at=1)])

    found = await taken(events, gasp)
    assert [e.kind for e in found.events] == [EventKind.ONT_UP, EventKind.DYING_GASP, EventKind.LOS]
    assert found.readings.value(ONT_OPER) is Oper.DOWN
    assert found.readings.value(ONT_ALARMS) == (OntAlarm.DG,)
    assert found.neighbours.onts[0].oper is Oper.DOWN


async def test_a_fall_that_is_announced_ends_the_wait_for_the_box() -> None:
    events = kept()

    async def cut() -> None:
        await events.observed([event(EventKind.LINK_DOWN, None, 1, scope=EventScope.PON, pon=PON)])

    found = await taken(events, cut, TestName.GLOBAL)  # 20 s of patience, and 10 s for the test to end
    [box] = [report for report in found.sources if report.kind is SourceKind.BOX]
    assert (box.outcome, box.reason) == (Outcome.SKIPPED, Reason.OFFLINE)
    assert not events._subscriptions


async def test_without_events_or_without_a_place_a_test_is_what_it_was() -> None:
    assert (await taken(None)).events == ()
    nowhere = Access("OP", Id1("F00000001"), None, "Essai", "FTTHMB1P", None)
    assert (await taken(kept(), access=nowhere)).events == ()
