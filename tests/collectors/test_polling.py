from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from collectors.polling import PollingLoop, next_walk
from domain.metric import Readings
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import OltTarget, OltWalk
from domain.reading import Source, known
from domain.secret import Secret
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
    capabilities = frozenset()

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers

    async def walk(self, target: OltTarget, timeout_s: float) -> OltWalk:
        answer = self.answers.get(target.name, True)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = True
        return OltWalk(target.name, START, Readings({OLT_REACHABLE: known(answer, START, Source())}))


def polling(names: list[str], answers: dict[str, object], store: Store, clock: HandClock) -> PollingLoop:
    driver = Driver(answers)

    async def targets() -> list[OltTarget]:
        return [olt(name) for name in names]

    return PollingLoop(lambda _: driver, targets, store, clock, clock, PERIOD)  # type: ignore[arg-type, return-value]


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
    printed = capsys.readouterr().out
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
