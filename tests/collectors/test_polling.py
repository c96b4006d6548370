from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectors.cycle.columns import ColumnCycle, Cycle
from collectors.phases import first_walk, next_walk
from collectors.polling import PollingLoop, Telemetry
from collectors.snmp.column_reader import ColumnReader
from domain.load import LoadContract
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_REACHABLE, PON_OPER, PON_TX_DBM
from domain.metrics.ont import ONT_ERRORS_UP, ONT_OPER, ONT_RX_DBM, ONT_SERIAL
from domain.olt import OltTarget, OltWalk, OntRow, PonRow
from domain.reading import Reason, Source, known
from domain.secret import Secret
from domain.telemetry import Batch
from tests.collectors.olt_kit import site

START = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)
PERIOD = timedelta(minutes=5)


def olt(name: str) -> OltTarget:
    return OltTarget("infra", name, "fake", "192.0.2.1", 161, Secret("x"))


class HandClock:
    """A clock and sleeper that the test moves."""

    def __init__(self) -> None:
        self.instant = START
        self.moved = asyncio.Condition()

    def now(self) -> datetime:
        return self.instant

    async def until(self, instant: datetime) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.instant >= instant)

    async def advance(self, step: timedelta) -> None:
        async with self.moved:
            self.instant += step
            self.moved.notify_all()


class Store:
    def __init__(self) -> None:
        self.kept: list[str] = []
        self.changed = asyncio.Condition()

    async def keep(self, target: OltTarget, walk: OltWalk) -> None:
        assert walk.readings.value(OLT_REACHABLE)
        async with self.changed:
            self.kept.append(target.name)
            self.changed.notify_all()

    async def last(self, target: OltTarget) -> OltWalk | None:
        return None

    async def reach(self, name: str, times: int) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: self.kept.count(name) >= times)


class Driver:
    vendor = "fake"
    capabilities: frozenset[Metric[Any]] = frozenset()

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers
        self.running = self.most = 0
        self.begun = asyncio.Event()

    async def walk(self, target: OltTarget, timeout_s: float, without: frozenset[Metric[Any]]) -> OltWalk:
        self.running += 1
        self.most = max(self.most, self.running)
        self.begun.set()
        try:
            return await self.answer(target)
        finally:
            self.running -= 1

    async def answer(self, target: OltTarget) -> OltWalk:
        answer = self.answers.get(target.name, True)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = True
        return OltWalk(target.name, START, Readings({OLT_REACHABLE: known(answer, START, Source())}))


def polling(
    names: list[str], answers: dict[str, object], store: Store, clock: HandClock, driver: Driver | None = None
) -> PollingLoop:
    driver = driver or Driver(answers)

    async def targets() -> list[OltTarget]:
        return [olt(name) for name in names]

    return PollingLoop(lambda _: driver, targets, store, clock, clock, PERIOD)  # type: ignore[arg-type, return-value]  # it walks, and is asked nothing else


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_every_olt_is_walked_at_once_and_then_once_a_period() -> None:
    store, clock = Store(), HandClock()
    task = asyncio.create_task(polling(["A", "B"], {}, store, clock).run())
    for times in (1, 2, 3):
        await store.reach("A", times)
        await store.reach("B", times)
        await asyncio.sleep(0)
        await clock.advance(PERIOD)
    await stop(task)


async def test_an_olt_that_hangs_delays_no_other() -> None:
    store, clock = Store(), HandClock()
    task = asyncio.create_task(polling(["slow", "B"], {"slow": asyncio.Event()}, store, clock).run())
    await store.reach("B", 1)
    await clock.advance(PERIOD)
    await store.reach("B", 2)
    await stop(task)
    assert "slow" not in store.kept


async def test_failures_are_counted_and_logged_once_a_change_of_state(capsys) -> None:
    store, clock = Store(), HandClock()
    answers: dict[str, object] = {"A": RuntimeError("boom")}
    loop = polling(["A"], answers, store, clock)
    for _ in range(3):
        assert await loop.poll_once(olt("A")) is None
    answers["A"] = False  # it answers nothing: not kept either
    assert await loop.poll_once(olt("A")) is None
    answers["A"] = True
    assert await loop.poll_once(olt("A")) is not None
    assert (loop.counters.failed, loop.counters.kept, store.kept) == (4, 1, ["A"])
    printed = capsys.readouterr().err
    assert printed.count("olt_not_walked") == 1
    assert printed.count("olt_walked_again") == 1


async def test_olts_that_enter_and_leave_the_inventory_are_followed() -> None:
    store, clock = Store(), HandClock()
    names = ["A"]
    task = asyncio.create_task(polling(names, {}, store, clock).run())
    await store.reach("A", 1)
    names[:] = ["B"]
    await clock.advance(PERIOD)
    await store.reach("B", 1)
    seen = store.kept.count("A")
    await clock.advance(PERIOD)
    await store.reach("B", 2)
    await stop(task)
    assert store.kept.count("A") <= seen + 1


@given(st.text(max_size=20), st.integers(0, 10**9))
def test_the_next_walk_lies_within_a_period_and_in_phase(name: str, seconds: int) -> None:
    now = START + timedelta(seconds=seconds)
    at = next_walk(name, now, PERIOD)
    assert timedelta(0) < at - now <= PERIOD
    assert next_walk(name, at, PERIOD) - at == PERIOD


async def test_a_real_olt_is_walked_and_kept(tmp_path: Path) -> None:
    async with site(tmp_path) as olt_site:
        store = Store()

        async def targets() -> list[OltTarget]:
            return [olt_site.target]

        loop = PollingLoop(lambda _: olt_site.driver, targets, store, olt_site.clock, olt_site.clock)
        walk = await loop.poll_once(olt_site.target)
    assert walk is not None
    assert (len(walk.onts) > 500, store.kept) == (True, ["OLT-TEST"])


class Telemetered:
    """A telemetry store in memory; it can be full."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.full = False

    async def append(self, batches: Sequence[Batch]) -> None:
        if self.full:
            raise OSError("no space left")
        self.batches.extend(batches)


async def test_walks_and_cycles_by_columns_fill_the_telemetry_store(tmp_path: Path, capsys) -> None:
    store, sink, reader = Store(), Telemetered(), ColumnReader()
    async with site(tmp_path) as olt_site:
        clock = HandClock()
        clock.instant = olt_site.clock.now()

        async def targets() -> list[OltTarget]:
            return [olt_site.target]

        cycles = ColumnCycle(reader, clock)
        loop = PollingLoop(lambda _: olt_site.driver, targets, store, clock, clock, PERIOD)
        loop.telemetry = Telemetry(sink, cycles, walk_every=timedelta(minutes=10))
        assert await loop.cycle_once(olt_site.target)  # the first is a walk
        await clock.advance(PERIOD)
        assert await loop.cycle_once(olt_site.target)
        sink.full = True
        await clock.advance(PERIOD)
        assert await loop.cycle_once(olt_site.target)  # a walk again; the store being full costs it nothing
        assert await loop.cycle_once(olt_site.target)
        sink.full = False
        assert await loop.cycle_once(olt_site.target)
        await reader.close()
    counted = loop.counters
    assert (counted.kept, counted.cycles, counted.refused, counted.failed) == (2, 3, 2, 0)
    onts = len(sink.batches[0].keys)
    assert counted.rows == sum(len(batch.keys) for batch in sink.batches) > 3 * onts  # ports beside the ONTs
    assert len({batch.at for batch in sink.batches}) == 3
    assert (store.kept, onts > 500) == (["OLT-TEST"] * 2, True)
    printed = capsys.readouterr().err
    assert printed.count("telemetry_not_kept") == printed.count("telemetry_kept_again") == 1


async def test_a_walk_leaves_the_levels_to_the_cycles_as_long_as_there_are_any(tmp_path: Path) -> None:
    sink, store, reader = Telemetered(), Walks(), ColumnReader()
    paced = {ONT_RX_DBM, PON_TX_DBM, ONT_ERRORS_UP}
    async with site(tmp_path) as olt_site:
        clock = HandClock()
        clock.instant = olt_site.clock.now()

        async def targets() -> list[OltTarget]:
            return [olt_site.target]

        loop = PollingLoop(lambda _: olt_site.driver, targets, store, clock, clock, PERIOD)
        loop.telemetry = Telemetry(sink, ColumnCycle(reader, clock), walk_every=timedelta(minutes=10))
        for step in (timedelta(0), PERIOD, PERIOD, timedelta(hours=1)):
            await clock.advance(step)
            assert await loop.cycle_once(olt_site.target)  # a walk, a cycle, a walk, and one after an hour of nothing
        await reader.close()
    given: list[set[Metric[Any]]] = []
    for walk in store.walks:
        rows: list[OntRow | PonRow] = [*walk.onts, *walk.pon_ports]
        given.append({metric for row in rows for metric in row.readings})
    first, second, third = given
    assert paced <= first
    assert paced <= third
    assert not second & paced
    assert {ONT_OPER, ONT_SERIAL, PON_OPER} <= second
    batches = [batch for batch in sink.batches if ONT_RX_DBM in batch.values]
    assert len({batch.at for batch in batches}) == 3  # its age is kept: none of the walk that did not read it


class Walks(Store):
    """Keeps the walks themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.walks: list[OltWalk] = []

    async def keep(self, target: OltTarget, walk: OltWalk) -> None:
        await super().keep(target, walk)
        self.walks.append(walk)

    async def last(self, target: OltTarget) -> OltWalk | None:
        return self.walks[-1] if self.walks else None


class NoCycle:
    """Column reads that bring nothing, or break."""

    def __init__(self, answer: Cycle | Exception) -> None:
        self.answer = answer
        self.forgotten: list[str] = []

    def knows(self, vendor: str) -> bool:
        return vendor == "fake"

    def covers(self, vendor: str) -> frozenset[Metric[Any]]:
        return frozenset()

    async def read(self, target: OltTarget, timeout_s: float) -> Cycle:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def forget(self, target: OltTarget) -> None:
        self.forgotten.append(target.name)


async def test_a_cycle_that_brings_nothing_is_a_failure_and_appends_nothing() -> None:
    sink, store, clock = Telemetered(), Store(), HandClock()
    cycles = NoCycle(Cycle(None, {OLT_REACHABLE: Reason.TIMEOUT}))
    loop = polling(["A"], {}, store, clock)
    loop.telemetry = Telemetry(sink, cycles)
    assert await loop.cycle_once(olt("A"))  # a walk, without any ONT: nothing to append
    assert not await loop.cycle_once(olt("A"))
    cycles.answer = RuntimeError("boom")
    assert not await loop.cycle_once(olt("A"))
    assert (loop.counters.failed, loop.counters.kept, sink.batches) == (2, 1, [])


async def test_an_olt_declared_again_is_walked_again_unless_a_walk_is_under_way() -> None:
    store, clock, driver = Store(), HandClock(), Driver({"A": asyncio.Event()})
    loop = polling(["A"], driver.answers, store, clock, driver)
    task = asyncio.create_task(loop.run())
    await driver.begun.wait()
    again = asyncio.create_task(loop.declared(olt("A")))
    done, _ = await asyncio.wait([again], timeout=0.01)
    assert (done, driver.running) == (set(), 1)
    driver.answers["A"].set()  # type: ignore[attr-defined]  # an event
    await again
    assert (store.kept, driver.most) == (["A"], 1)  # the one that was under way
    await loop.declared(olt("A"))
    await stop(task)
    assert store.kept == ["A", "A"]


async def test_an_olt_declared_is_taken_up_at_once_and_one_removed_is_forgotten() -> None:
    store, clock, cycles, names = Store(), HandClock(), NoCycle(Cycle(None)), ["A"]
    told: list[list[str]] = []

    async def hear(targets: Sequence[OltTarget]) -> None:
        told.append([target.name for target in targets])

    loop = polling(names, {}, store, clock)
    loop.telemetry, loop.on_inventory, loop.holders = Telemetry(Telemetered(), cycles), hear, (cycles,)
    task = asyncio.create_task(loop.run())
    await store.reach("A", 1)
    names.append("B")
    await loop.declared(olt("B"))
    await store.reach("B", 1)
    names.remove("A")
    await loop.follow_inventory()
    await stop(task)
    assert (cycles.forgotten, set(loop.olts), told) == (["A"], {"B"}, [["A"], ["A", "B"], ["B"]])


async def test_an_olt_whose_contract_changes_is_not_read_twice_at_a_time() -> None:
    store, clock, gate = Store(), HandClock(), asyncio.Event()
    driver = Driver({"A": gate})
    targets = [olt("A")]

    async def inventory() -> list[OltTarget]:
        return targets

    loop = PollingLoop(lambda _: driver, inventory, store, clock, clock, PERIOD)  # type: ignore[arg-type, return-value]  # it walks, and is asked nothing else
    await loop.follow_inventory()
    await driver.begun.wait()
    targets[0] = replace(targets[0], contract=LoadContract(window=2))
    await loop.follow_inventory()
    gate.set()
    await store.reach("A", 1)
    assert driver.most == 1
    assert loop.targets == (targets[0],)
    for task in loop._tasks.values():
        task.cancel()
    await asyncio.wait(loop._tasks.values())


class DyingSleeper(HandClock):
    """Breaks once, as a clock file that has gone."""

    broken = True

    async def until(self, instant: datetime) -> None:
        if self.broken:
            self.broken = False
            raise OSError("no clock")
        await super().until(instant)


async def test_polling_that_dies_is_said_and_taken_up_again(capsys) -> None:
    store, clock = Store(), DyingSleeper()
    loop = polling(["A"], {}, store, clock)
    await loop.follow_inventory()
    (task,) = loop._tasks.values()
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert loop.targets == ()
    await loop.follow_inventory()
    await store.reach("A", 2)
    assert "olt_polling_died" in capsys.readouterr().err
    for task in loop._tasks.values():
        task.cancel()
    await asyncio.wait(loop._tasks.values())


async def test_a_service_that_starts_spreads_the_first_walks_of_a_big_fleet() -> None:
    names = [f"OLT-{number}" for number in range(600)]
    waits = sorted(first_walk(name, len(names), PERIOD) for name in names)
    assert waits[-1] <= timedelta(seconds=120)
    tenths = [sum(step <= wait / timedelta(seconds=12) < step + 1 for wait in waits) for step in range(10)]
    assert all(30 <= tenth <= 90 for tenth in tenths)  # 60 each, give or take
    assert first_walk(names[0], 10**6, PERIOD) < PERIOD
    assert {first_walk(name, 8, PERIOD) for name in names} == {timedelta(0)}  # a handful is walked at once

    store, clock, driver = Store(), HandClock(), Driver({})
    task = asyncio.create_task(polling(names, {}, store, clock, driver).run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(store.kept) < 10
    await clock.advance(timedelta(seconds=120))
    for name in names:
        await store.reach(name, 1)
    await stop(task)


async def test_an_olt_in_its_quiet_hours_is_not_asked_and_not_called_silent() -> None:
    store, clock, driver = Store(), HandClock(), Driver({})
    told: list[tuple[str, bool]] = []
    loop = polling(["A", "B"], {}, store, clock, driver)
    loop.resting = lambda target: target.name == "A"
    loop.on_polled = lambda target, answered: told.append((target.name, answered))
    task = asyncio.create_task(loop.run())
    await store.reach("B", 1)
    await clock.advance(PERIOD)
    await store.reach("B", 2)
    await stop(task)
    assert {name for name, _ in told} == {"B"}
    assert (loop.of("A").healthy, loop.counters.failed, store.kept.count("A")) == (None, 0, 0)
