"""Live reads of one ONT: what one costs, and what it waits while polling reads the whole OLT.

``python -m benchmarks.live [--onts N] [--delay-ms D] [--count K]``. One OLT of the simulated fleet in its own process;
driver, cycles and the budget that they share are in this one, as in the service. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence
from random import Random

import uvloop

from benchmarks.cycle import ALWAYS, fleet
from collectors.cycle.columns import ColumnCycle
from collectors.register import Site, driver
from collectors.snmp.column_reader import ColumnReader
from domain.clock import WallClock
from domain.identifiers import OntName
from domain.olt import OltTarget
from domain.ports import OltDriver
from domain.snapshot import Outcome
from domain.telemetry import unpack

_BATCHES = 8
_GOAL_ROUND_TRIPS, _GOAL_MS = 3, 50


async def _reads(driver: OltDriver, target: OltTarget, onts: Sequence[OntName], count: int) -> list[float]:
    """Milliseconds of each of ``count`` reads of ONTs drawn at random, one after the other."""
    draw, took = Random(1), []
    for _ in range(count):
        began = time.perf_counter()
        outcome = await driver.read_ont(target, draw.choice(onts), 10.0)
        took.append((time.perf_counter() - began) * 1e3)
        if outcome.sources[0].outcome is not Outcome.OK:
            raise SystemExit(f"a live read failed: {outcome.sources[0]}")
    return took


async def _cpu_ms(driver: OltDriver, target: OltTarget, onts: Sequence[OntName], count: int) -> float:
    cpu = time.process_time()
    await _reads(driver, target, onts, count)
    return (time.process_time() - cpu) / count * 1e3


def _line(name: str, took: Sequence[float], goal_ms: float) -> None:
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(f"  {name:<40} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   (goal p99 < {goal_ms:.0f} ms)", flush=True)


async def _during(cycles: ColumnCycle, target: OltTarget, reading: asyncio.Task[list[float]]) -> tuple[int, int]:
    """Read the whole OLT again and again as long as ``reading`` lasts: cycles and variables."""
    done = varbinds = 0
    while not reading.done():
        cycle = await cycles.read(target, 60.0)
        done, varbinds = done + 1, varbinds + cycle.varbinds
    return done, varbinds


async def measure(options: argparse.Namespace) -> None:
    """Print the lines."""
    async with fleet(options) as (target,):
        site = Site()
        live, reader = driver(target.vendor, WallClock(), site), ColumnReader(sessions=site.sessions)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(live.close)
            stack.push_async_callback(reader.close)
            cycles = ColumnCycle(reader, WallClock(), site.budgets, ALWAYS)
            batch = (await cycles.read(target, 60.0)).batch
            assert batch is not None
            onts = [unpack(int(key)) for key in batch.keys]
            print(f"one OLT of {len(onts):,} ONTs, {options.vendor}, reply delay {options.delay_ms:g} ms")
            goal_ms = _GOAL_ROUND_TRIPS * options.delay_ms + _GOAL_MS
            await _reads(live, target, onts, 20)
            _line("one ONT, nothing else", await _reads(live, target, onts, options.count), goal_ms)
            reading = asyncio.create_task(_reads(live, target, onts, options.count))
            done, varbinds = await _during(cycles, target, reading)
            _line("one ONT, during cycles of the whole OLT", await reading, goal_ms)
            print(f"  meanwhile {done} cycles, {varbinds:,} varbinds")
            costs = [await _cpu_ms(live, target, onts, options.count // _BATCHES) for _ in range(_BATCHES)]
            readings = len((await live.read_ont(target, onts[0], 10.0)).readings.values)
            typical, least = statistics.median(costs), min(costs)
            print(f"  CPU of one live read ({readings} readings: the ONT, its UNI, PON port and board):")
            print(f"  median {typical:.2f} ms, least {least:.2f} ms, of {_BATCHES} batches")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live")
    parser.add_argument("--onts", type=int, default=16_384)
    parser.add_argument("--delay-ms", type=float, default=20.0)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--vendor", default="nokia_isam")
    parser.set_defaults(olts=1)
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
