"""The watch over incidents on real records and a real telemetry store: restarts, removals, rights, trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.services.incident_push import IncidentPush
from api.services.incident_views import IncidentService
from api.services.incidents import IncidentWatch
from api.services.network_events import NetworkEvents
from domain.access import Access, OutsidePlant, Place
from domain.clock import WallClock
from domain.errors import ForbiddenError, NotFoundError
from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import Id1, OntName
from domain.incident import Ancestor
from domain.incidents import State
from domain.metric import Metric
from domain.metrics.ont import ONT_LAST_CHANGE, ONT_OPER
from domain.principal import Principal, Right
from domain.reading import Source, Via
from domain.secret import Secret
from domain.states import Oper
from domain.telemetry import Batch, Values, encode, pack
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.webhooks import Webhook
from tests.clocks import StillClock
from tests.diagnostics.build import rules
from tests.storage.samples import ALPHA, BETA, INFRA, OLT, access, put_access, secret_for

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
NOC = Principal(INFRA.operator_id, "noc", frozenset({Right.NOC}))
ONTS = [OntName(1, 1, 5, 10, number) for number in range(1, 17)]
CUT = ONTS[:8]


@dataclass
class World:
    records: Records
    store: EmbeddedTelemetry
    clock: StillClock
    events: NetworkEvents

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[IncidentWatch]:
        """The watch, as one run of the service has it."""
        found = IncidentWatch(
            network=self.records.network,
            kept=self.records.incidents,
            works=self.records.planned_works,
            push=IncidentPush(self.records.accesses, self.records.incidents, self.records.webhooks, self.clock),
            store=self.store,
            events=self.events,
            thresholds=rules().thresholds,
            clock=self.clock,
        )
        task = asyncio.create_task(found.run())
        try:
            yield found
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def read(self, watch: IncidentWatch, down: list[OntName], fell_s: float = 300.0) -> None:
        """One cycle of the OLT, and what follows from it."""
        await self.store.append([self.batch(down, fell_s)])
        watch.polled(OLT, answered=True)
        await settled(watch)

    def batch(self, down: list[OntName], fell_s: float) -> Batch:
        at = self.clock.now()
        changed = {name: at - timedelta(seconds=fell_s if name in down else 86_400 * 9) for name in ONTS}
        oper = [encode(ONT_OPER, Oper.DOWN if name in down else Oper.UP) for name in ONTS]
        since = [changed[name].timestamp() for name in ONTS]
        none = np.zeros(len(ONTS), dtype=np.uint8)
        keys = np.array([pack(name) for name in ONTS], dtype=np.int64)
        values: dict[Metric[Any], Values] = {ONT_OPER: np.array(oper), ONT_LAST_CHANGE: np.array(since)}
        return Batch(OLT.operator_id, OLT.name, at, keys, values, {ONT_OPER: none, ONT_LAST_CHANGE: none})


async def settled(watch: IncidentWatch) -> None:
    async with asyncio.timeout(20):
        await watch.caught_up()


def served(number: int, name: OntName, operator: str) -> Access:
    return replace(
        access(number, operator), id1=Id1(f"F{number:08d}"), place=Place(OLT.name, name), box=None, ppp_username=None
    )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}"
    await migrate(url)
    async with Records.opened(url, secret_for, WallClock()) as records:
        for who, infrastructure in ((INFRA, True), (ALPHA, False), (BETA, False)):
            await records.operators.put(Operator(who.operator_id, who.operator_id, is_infrastructure=infrastructure))
        await records.network.put_olt(INFRA, OLT)
        plant = {name: OutsidePlant("PM-1", ("S-1",), f"PBO-{1 if name in CUT else 2}") for name in ONTS}
        await records.network.put_outside(INFRA, OLT.name, plant)
        await put_access(records, ALPHA, served(15, ONTS[0], "alpha"))
        await put_access(records, ALPHA, served(16, ONTS[1], "alpha"))
        await put_access(records, BETA, served(17, ONTS[9], "beta"))
        store = EmbeddedTelemetry(tmp_path / "telemetry")
        try:
            yield World(records, store, StillClock(NOW), NetworkEvents(records.olts))
        finally:
            await store.close()


async def test_what_was_open_before_a_restart_is_taken_up_again_under_its_number(world: World) -> None:
    async with world.watching() as watch:
        await world.read(watch, CUT)
        (before,) = watch.open([INFRA.operator_id])
    assert (before.place, before.accesses) == ("PBO-1", 8)
    world.clock.instant += timedelta(minutes=5)
    async with world.watching() as watch:
        await world.read(watch, CUT, 600)
        (after,) = watch.open([INFRA.operator_id])
        assert (after.number, after.since) == (before.number, before.since)
        assert (watch.stats.open, watch.stats.down, watch.stats.opened) == (1, 8, 0)


async def test_traps_alone_are_enough_once_the_olt_is_known(world: World) -> None:
    async with world.watching() as watch:
        await world.read(watch, [])
        world.clock.instant += timedelta(seconds=100)
        trap = Source(Via.SNMP, "trap")
        at = world.clock.now()
        await world.events.observed(
            [EventObservation(OLT.name, EventKind.LOS, EventScope.ONT, at, trap, n, n.pon_name) for n in CUT]
        )
        async with asyncio.timeout(20):
            with watch.feed.follow() as news:
                if not watch.open([INFRA.operator_id]):
                    await news.get()
        await settled(watch)
        (one,) = watch.open([INFRA.operator_id])
        assert (one.place, one.accesses, one.since) == ("PBO-1", 8, at)


async def test_an_access_of_the_pbo_that_was_not_seen_to_fall_is_covered_too(world: World) -> None:
    async with world.watching() as watch:
        await world.read(watch, CUT[:-1])
        place = Place(OLT.name, CUT[-1])
        known = watch.of(place, OutsidePlant("PM-1", ("S-1",), "PBO-1"))
        assert known is not None
        assert (known.ancestor, known.accesses) == (Ancestor.PBO, 7)
        assert watch.of(Place(OLT.name, ONTS[9]), OutsidePlant("PM-1", ("S-1",), "PBO-2")) is None
        assert watch.of(Place("OLT-Z", CUT[0]), OutsidePlant(pbo="PBO-1")) is None


async def test_an_olt_that_does_not_answer_freezes_and_one_that_leaves_ends(world: World) -> None:
    async with world.watching() as watch:
        await world.read(watch, CUT)
        watch.polled(OLT, answered=False)
        await settled(watch)
        assert [one.state for one in watch.open([INFRA.operator_id])] == [State.UNKNOWN]
        watch.removed([OLT.name])
        await settled(watch)
        assert watch.open([INFRA.operator_id]) == []
    (ended,) = await world.records.incidents.list([INFRA.operator_id])
    assert ended.state is State.CLOSED


async def test_each_reader_sees_what_is_its_own(world: World) -> None:
    question: dict[str, Any] = {"is_open": True, "olt": None, "since": None, "limit": 10}
    async with world.watching() as watch:
        await world.read(watch, CUT)
        service = IncidentService(watch, world.records)
        (whole,) = await service.list(NOC, **question)
        (mine,) = await service.list(ALPHA, **question)
        assert (whole.mine, whole.incident.accesses, mine.mine) == (None, 8, 2)
        assert await service.list(BETA, **question) == []
        number = whole.incident.number
        _, history = await service.get(NOC, number)
        assert len(history) == 1
        assert (await service.get(ALPHA, number))[1] == []
        with pytest.raises(NotFoundError):
            await service.get(BETA, number)
        with pytest.raises(ForbiddenError):
            await service.list(Principal(INFRA.operator_id, "x", frozenset({Right.TEST})), **question)
        with pytest.raises(ForbiddenError):
            await service.list(Principal(ALPHA.operator_id, "x", frozenset({Right.INVENTORY})), **question)


async def test_each_reader_hears_of_what_is_its_own(world: World) -> None:
    async with world.watching() as watch:
        await world.read(watch, [])
        service = IncidentService(watch, world.records)
        mine, theirs = await service.follow(ALPHA), await service.follow(BETA)
        heard, silent = asyncio.ensure_future(anext(mine)), asyncio.ensure_future(anext(theirs))
        await asyncio.sleep(0)
        await world.read(watch, CUT)
        async with asyncio.timeout(20):
            news = await heard
        assert (news.name, news.view.mine) == ("start", 2)
        assert not silent.done()
        silent.cancel()
        await asyncio.wait([silent])


async def test_a_store_in_trouble_is_counted_and_the_next_cycle_looks_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.watching() as watch:
        with monkeypatch.context() as broken:

            async def full(*_: object) -> None:
                raise OSError("disk full")

            broken.setattr(world.records.incidents, "keep", full)
            await world.read(watch, CUT)
        assert (watch.stats.failed, watch.open([INFRA.operator_id])) == (1, [])
        await world.read(watch, CUT)
        assert len(watch.open([INFRA.operator_id])) == 1


async def told(world: World, who: Principal, hook: str) -> list[dict[str, Any]]:
    """What the outbox holds for an operator, oldest first."""
    found = await world.records.webhooks.deliveries(who, hook, None, None, 100)
    return [json.loads(one.payload) for one in reversed(found)]


async def test_operators_hear_of_the_start_and_of_the_end_of_what_touches_them_once_each(world: World) -> None:
    for who in (INFRA, ALPHA, BETA):
        hook = Webhook(who.operator_id, f"to-{who.operator_id}", "https://si.example/", Secret("a"), "k", None, NOW)
        await world.records.webhooks.add(who, hook)
    async with world.watching() as watch:
        await world.read(watch, CUT[:-1])
        await world.read(watch, CUT[:-1])
        await world.read(watch, CUT)  # one more falls: the incident grows, nobody hears of its start again
    (start,) = await told(world, ALPHA, "to-alpha")
    assert (start["type"], start["data"]["accesses"]) == ("incident.start", 2)
    assert start["data"]["id1"] == ["F00000015", "F00000016"]
    assert await told(world, BETA, "to-beta") == []
    (owner,) = await told(world, INFRA, f"to-{INFRA.operator_id}")
    assert (owner["data"]["accesses"], owner["data"]["id1"]) == (7, None)

    async with world.watching() as watch:  # a restart in between
        await world.read(watch, CUT, 300)
        for _ in range(4):
            world.clock.instant += timedelta(minutes=5)
            await world.read(watch, [])
        assert watch.open([INFRA.operator_id]) == []
    start_again, end = await told(world, ALPHA, "to-alpha")
    assert start_again == start
    assert (end["type"], end["data"]["number"]) == ("incident.end", start["data"]["number"])
    assert end["data"]["closed_at"] is not None
    assert [one["type"] for one in await told(world, INFRA, f"to-{INFRA.operator_id}")] == [
        "incident.start",
        "incident.end",
    ]
    assert await told(world, BETA, "to-beta") == []


async def test_an_operator_that_an_incident_reaches_later_hears_of_it_then(world: World) -> None:
    hook = Webhook(BETA.operator_id, "to-beta", "https://si.example/", Secret("a"), "k", None, NOW)
    await world.records.webhooks.add(BETA, hook)
    async with world.watching() as watch:
        await world.read(watch, CUT)
        assert await told(world, BETA, "to-beta") == []
        world.clock.instant += timedelta(seconds=30)
        await world.read(watch, ONTS, 330)
    (start,) = await told(world, BETA, "to-beta")
    assert (start["type"], start["data"]["accesses"], start["data"]["id1"]) == ("incident.start", 1, ["F00000017"])


async def test_an_operator_that_left_an_incident_hears_of_its_end_all_the_same(world: World) -> None:
    hook = Webhook(ALPHA.operator_id, "to-alpha", "https://si.example/", Secret("a"), "k", None, NOW)
    await world.records.webhooks.add(ALPHA, hook)
    async with world.watching() as watch:
        await world.read(watch, CUT)
        for id1 in (Id1("F00000015"), Id1("F00000016")):
            await world.records.accesses.terminate(ALPHA, id1, world.clock.now())
        for _ in range(4):
            world.clock.instant += timedelta(minutes=5)
            await world.read(watch, [])
    start, end = await told(world, ALPHA, "to-alpha")
    assert (start["type"], start["data"]["accesses"]) == ("incident.start", 2)
    assert (end["type"], end["data"]["accesses"], end["data"]["id1"]) == ("incident.end", 0, [])
