from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import Clock
from domain.ports import Sleeper
from simulators.clock import ClockFileError, SharedClock
from simulators.plant.ports import PlantClock

ORIGIN = datetime(2019, 5, 9, 8, tzinfo=UTC)


class Monotonic:
    def __init__(self) -> None:
        self.ns = 1_000_000_000_000

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)


@pytest.fixture
def wall() -> Monotonic:
    return Monotonic()


@pytest.fixture
def clock(tmp_path: Path, wall: Monotonic) -> Iterator[SharedClock]:
    with SharedClock.create(tmp_path / "clock", ORIGIN, monotonic_ns=wall) as clock:
        yield clock


def test_the_clock_is_all_the_clocks_that_the_product_knows(clock: SharedClock) -> None:
    known: tuple[PlantClock, Clock, Sleeper] = (clock, clock, clock)
    assert all(one is clock for one in known)


def test_it_begins_at_its_origin_and_follows_the_wall(clock: SharedClock, wall: Monotonic) -> None:
    assert clock.now() == ORIGIN
    wall.pass_s(1.25)
    assert clock.now() == ORIGIN + timedelta(seconds=1.25)
    assert clock.now().tzinfo is UTC


def test_a_new_rate_counts_from_now_on(clock: SharedClock, wall: Monotonic) -> None:
    wall.pass_s(10)
    clock.set_rate(60)
    assert clock.now() == ORIGIN + timedelta(seconds=10)
    wall.pass_s(2)
    assert clock.now() == ORIGIN + timedelta(seconds=130)
    clock.set_rate(0)
    wall.pass_s(100)
    assert clock.now() == ORIGIN + timedelta(seconds=130)
    assert clock.rate == 0


def test_it_jumps_forward_when_told(clock: SharedClock) -> None:
    clock.advance(93_000)
    assert clock.now() == ORIGIN + timedelta(seconds=93_000)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e11])
def test_it_never_goes_back(clock: SharedClock, seconds: float) -> None:
    with pytest.raises(ValueError, match="advances"):
        clock.advance(seconds)
    assert clock.now() == ORIGIN


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), 1e7])
def test_a_rate_that_makes_no_sense_is_refused(clock: SharedClock, rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        clock.set_rate(rate)


def test_an_origin_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="UTC-aware"):
        SharedClock.create(tmp_path / "clock", datetime(2019, 5, 9))  # noqa: DTZ001


changes = st.lists(
    st.one_of(
        st.tuples(st.just("rate"), st.floats(0, 10_000)),
        st.tuples(st.just("advance"), st.floats(0, 1e6)),
        st.tuples(st.just("pass"), st.floats(0, 100)),
    ),
    max_size=20,
)


@given(steps=changes)
def test_whatever_is_done_to_it_time_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, float]]
) -> None:
    wall = Monotonic()
    with SharedClock.create(tmp_path_factory.getbasetemp() / "clock", ORIGIN, monotonic_ns=wall) as clock:
        latest = clock.now()
        for what, value in steps:
            match what:
                case "rate":
                    clock.set_rate(value)
                case "advance":
                    clock.advance(value)
                case _:
                    wall.pass_s(value)
            assert clock.now() >= latest
            latest = clock.now()


def test_a_follower_reads_the_same_time_and_may_not_change_it(
    tmp_path: Path, clock: SharedClock, wall: Monotonic
) -> None:
    with SharedClock.follow(tmp_path / "clock", wall) as follower:
        clock.set_rate(3600)
        wall.pass_s(0.5)
        clock.advance(7)
        assert follower.now() == clock.now() == ORIGIN + timedelta(seconds=1807)
        assert follower.rate == 3600
        with pytest.raises(PermissionError):
            follower.advance(1)
        with pytest.raises(PermissionError):
            follower.set_rate(1)


def test_another_process_follows(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from simulators.clock import SharedClock\n"
        "print(SharedClock.follow(Path(sys.argv[1])).now().isoformat())"
    )
    with SharedClock.create(tmp_path / "clock", ORIGIN, 0) as clock:
        clock.advance(3661)
        told = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "clock")],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
    assert told.stdout.strip() == "2019-05-09T09:01:01+00:00"


@pytest.mark.parametrize("content", [b"", b"short", bytes(40), b"x" * 400])
def test_a_file_that_is_no_clock_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clock").write_bytes(content)
    with pytest.raises(ClockFileError):
        SharedClock.follow(tmp_path / "clock")


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ClockFileError):
        SharedClock.follow(tmp_path / "clock")


def test_a_reader_never_sees_half_a_change(tmp_path: Path) -> None:
    """Each jump is worth a day, so a mixture of two writings would be days off."""
    path, stop = tmp_path / "clock", threading.Event()
    with SharedClock.create(path, ORIGIN, 0) as clock, SharedClock.follow(path) as follower:

        def write() -> None:
            while not stop.is_set():
                clock.advance(86_400)
                clock.set_rate(0)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            seen = [follower.now() for _ in range(5_000)]
        finally:
            stop.set()
            writer.join()
    assert seen == sorted(seen)
    assert all((instant - ORIGIN) % timedelta(days=1) == timedelta() for instant in seen)


async def test_a_sleeper_wakes_when_its_instant_comes(tmp_path: Path) -> None:
    with SharedClock.create(tmp_path / "clock", ORIGIN, 3600) as clock:
        instant = ORIGIN + timedelta(minutes=1)
        async with asyncio.timeout(5):
            await clock.until(instant)
        assert clock.now() >= instant
        async with asyncio.timeout(1):
            await clock.sleep_until(ORIGIN)


async def test_a_sleeper_wakes_at_once_when_the_clock_jumps_or_runs_faster(clock: SharedClock, wall: Monotonic) -> None:
    sleepers = [asyncio.create_task(clock.sleep_until(ORIGIN + timedelta(hours=hour))) for hour in (1, 2, 3)]
    await asyncio.sleep(0)
    clock.advance(3600)
    async with asyncio.timeout(5):
        await sleepers[0]
    assert not sleepers[1].done()
    wall.pass_s(1)
    clock.set_rate(100_000)
    wall.pass_s(1)
    async with asyncio.timeout(5):
        await asyncio.gather(*sleepers)


async def test_a_sleeper_on_a_clock_that_stands_still_waits_for_a_jump(tmp_path: Path) -> None:
    with SharedClock.create(tmp_path / "clock", ORIGIN, 0) as clock:
        sleeper = asyncio.create_task(clock.sleep_until(ORIGIN + timedelta(seconds=1)))
        await asyncio.sleep(0)
        clock.advance(1)
        async with asyncio.timeout(5):
            await sleeper


async def test_a_sleeper_that_follows_notices_a_jump(tmp_path: Path) -> None:
    with (
        SharedClock.create(tmp_path / "clock", ORIGIN) as clock,
        SharedClock.follow(tmp_path / "clock") as follower,
    ):
        sleeper = asyncio.create_task(follower.sleep_until(ORIGIN + timedelta(days=1)))
        await asyncio.sleep(0)
        clock.advance(86_400)
        async with asyncio.timeout(5):
            await sleeper
