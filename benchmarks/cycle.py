"""The whole polling cycle: columns read, in units, stored and queryable; in varbinds per CPU second of the collector.

``python -m benchmarks.cycle [--olts N] [--onts N] [--cycles N] [--parallel N] [--delay-ms D]``. The fleet runs in its
own process (``python -m simulators fleet``); reader, units and store are in this one, whose CPU time is counted,
threads included. Every declared column is read in each cycle, whatever its cadence: the dearest cycle there is. The
first cycle (indexes, new segments) is told apart. Huawei by default: the vendor of which telemetry keeps most columns.
Nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from collectors.columns import Cadence
from collectors.cycle.cadence import Cadences
from collectors.cycle.columns import ColumnCycle
from collectors.load import Budgets
from collectors.polling import TelemetrySink
from collectors.snmp.column_reader import ColumnReader
from domain.clock import WallClock
from domain.metrics.ont import ONT_RX_DBM
from domain.olt import OltTarget
from domain.secret import Secret
from domain.telemetry import Batch, Where
from storage.telemetry.embedded import EmbeddedTelemetry

OPERATOR = "infra"
ALWAYS = Cadences({cadence: timedelta(0) for cadence in Cadence if cadence is not Cadence.LIVE}, sampled=1)


class Nowhere:
    """A store that keeps nothing: what reading and units cost alone."""

    async def append(self, _batches: Sequence[Batch]) -> None:
        """Forget them."""


@dataclass(slots=True)
class Spent:
    """What one cycle of the fleet took."""

    wall_s: float
    cpu_s: float
    varbinds: int
    onts: int
    gaps: int

    @property
    def columns(self) -> float:
        """Columns read of an ONT, those of PON ports included."""
        return self.varbinds / max(self.onts, 1)


@asynccontextmanager
async def fleet(options: argparse.Namespace) -> AsyncIterator[list[OltTarget]]:
    """A fleet in a process of its own, as targets."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "fleet", "--ready-json", "--exit-with-parent",
        "--olts", str(options.olts), "--onts", str(options.onts), "--delay-ms", str(options.delay_ms),
        "--vendors", options.vendor, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready: dict[str, Any] = json.loads(await process.stdout.readline())
        community = Secret(ready["community"])
        yield [
            OltTarget(OPERATOR, name, ready["vendors"].get(name, options.vendor), host, port, community)
            for name, (host, port) in ready["olts"].items()
        ]
    finally:
        process.stdin.close()
        await process.wait()


async def one_cycle(cycles: ColumnCycle, targets: Sequence[OltTarget], store: TelemetrySink, parallel: int) -> Spent:
    """Read and store every OLT once, ``parallel`` of them at once."""
    waiting = iter(targets)
    spent = Spent(0.0, 0.0, 0, 0, 0)

    async def worker() -> None:
        for target in waiting:
            cycle = await cycles.read(target, 60.0)
            spent.varbinds += cycle.varbinds
            spent.gaps += len(cycle.gaps)
            if cycle.batches:
                spent.onts += 0 if cycle.batch is None else len(cycle.batch.keys)
                await store.append(cycle.batches)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(parallel)))
    spent.wall_s, spent.cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return spent


def line(name: str, spent: Spent) -> str:
    """One line of the table."""
    per_cpu, per_wall = spent.varbinds / spent.cpu_s, spent.varbinds / spent.wall_s
    return (
        f"  {name:<30} {spent.varbinds:>10,} varbinds ({spent.columns:.1f} columns an ONT)  {spent.wall_s:7.2f} s  "
        f"{per_wall:>10,.0f} /wall s  {per_cpu:>10,.0f} /CPU s  {spent.gaps} gaps"
    )


async def measure(options: argparse.Namespace) -> None:
    """Print one table."""
    async with fleet(options) as targets:
        print(f"{options.olts} OLTs × {options.onts} ONTs, {options.vendor}, reply delay {options.delay_ms:g} ms")
        await _series("read, in units", targets, Nowhere(), options)
        with tempfile.TemporaryDirectory(prefix="cycle-") as folder:
            store = EmbeddedTelemetry(Path(folder))
            try:
                await _series("read, in units, stored", targets, store, options)
                began = time.perf_counter()
                worst = await store.worst(Where(OPERATOR), ONT_RX_DBM, 100)
                took_ms = (time.perf_counter() - began) * 1e3
                print(f"  the worst {len(worst)} received levels of the fleet: {took_ms:.1f} ms")
                print(f"  store: {_size(Path(folder)) / 1e6:.1f} MB")
            finally:
                await store.close()
    print(f"  peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def _series(name: str, targets: Sequence[OltTarget], store: TelemetrySink, options: argparse.Namespace) -> None:
    reader = ColumnReader()
    cycles = ColumnCycle(reader, WallClock(), Budgets(), ALWAYS)
    try:
        for number in range(options.cycles):
            spent = await one_cycle(cycles, targets, store, options.parallel)
            print(line(f"{name}{' (first)' if number == 0 else ''}", spent), flush=True)
    finally:
        await reader.close()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cycle")
    parser.add_argument("--olts", type=int, default=20)
    parser.add_argument("--onts", type=int, default=2048)
    parser.add_argument("--cycles", type=int, default=3)
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--vendor", default="huawei_smartax")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
