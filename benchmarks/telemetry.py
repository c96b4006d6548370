"""The telemetry stores: rows per CPU second, bytes a row sealed, and how long each question takes while one writes.

``python -m benchmarks.telemetry [--onts N] [--days D] [--step-s S] [--sections append,queries,columns,lines]``. The
default is smaller than the goal's size: ``--onts 100000 --days 30 --step-s 900 --sections append,queries`` is 288
million rows, 1.7 GB sealed, a quarter of an hour. Days are appended and sealed one after the other by the public API.
``--onts 1000000 --sections columns`` reads the last samples of a country. Nothing is asserted: figures go to
docs/telemetry.md with the command.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.telemetry_influx import measure_lines
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.ont import ONT_RX_DBM
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Batch, Where, pack
from storage.telemetry.embedded import EmbeddedTelemetry

START = datetime(2026, 5, 1, tzinfo=UTC)
PER_OLT = 256
PER_PON = 64
OFFLINE = REASON_CODES[Reason.OFFLINE]
RESOLUTIONS: tuple[tuple[str, float, float, float], ...] = (
    # name, mean, spread among ONTs, noise from one reading to the next, each at the resolution of ITU-T G.988 Anx. A
    ("rx_power_dbm", -19.0, 3.0, 0.08), ("tx_power_dbm", 2.4, 0.4, 0.05), ("olt_rx_power_dbm", -21.0, 3.0, 0.1),
    ("bias_ma", 13.0, 3.0, 0.1), ("temperature_c", 45.0, 6.0, 0.6), ("voltage_v", 3.28, 0.03, 0.01),
)  # fmt: skip


def _columns() -> list[Metric[Any]]:
    """Twelve columns: six optical ones, distance, two counters of errors, three states."""
    optics = [Metric(f"bench.{name}", float, name) for name, *_ in RESOLUTIONS]
    optics[0] = ONT_RX_DBM
    others = ("distance_m", "errors_up", "errors_down", "oper", "admin", "ranging")
    return [*optics, *(Metric(f"bench.{name}", float, name) for name in others)]


COLUMNS = _columns()


@dataclass(frozen=True)
class Fleet:
    """ONTs spread over OLTs of 256, four PON ports each; values drift, repeat and drop out like real ones."""

    onts: int
    seed: int = 3

    @property
    def olts(self) -> int:
        return max(1, self.onts // PER_OLT)

    def cycle(self, at: datetime, rng: np.random.Generator) -> list[Batch]:
        """One cycle of the whole fleet; each OLT some milliseconds after the other."""
        count = self.olts * PER_OLT
        fixed = np.random.default_rng(self.seed)
        off = fixed.random(count) < 0.02
        columns = []
        for _, mean, spread, noise in RESOLUTIONS:
            level = mean + fixed.normal(0, spread, count) + rng.normal(0, noise, count)
            columns.append(np.round(level, 1 if spread > 2 else 2))
        minutes = (at - START).total_seconds() / 60
        columns.append(np.round(fixed.uniform(200, 18_000, count)))
        columns += [np.floor(fixed.exponential(0.02, count) * minutes) for _ in range(2)]
        columns += [np.ones(count), np.ones(count), np.zeros(count)]
        for place in range(6):
            columns[place][off] = np.nan
        return [self._batch(number, at, columns, off) for number in range(self.olts)]

    def _batch(self, number: int, at: datetime, columns: list[Any], off: Any) -> Batch:
        cut = slice(number * PER_OLT, (number + 1) * PER_OLT)
        none, codes = np.zeros(PER_OLT, dtype=np.uint8), np.where(off[cut], OFFLINE, 0).astype(np.uint8)
        return Batch(
            "infra",
            f"OLT-{number:05d}",
            at + timedelta(milliseconds=number),
            KEYS,
            {metric: columns[place][cut] for place, metric in enumerate(COLUMNS)},
            {metric: codes if place < 6 else none for place, metric in enumerate(COLUMNS)},
        )


KEYS = np.array(
    [pack(OntName(1, 1, 1, 1 + number // PER_PON, number % PER_PON)) for number in range(PER_OLT)], dtype=np.int64
)


def _cycles(fleet: Fleet, days: float, step_s: int) -> Iterator[tuple[datetime, list[Batch]]]:
    rng = np.random.default_rng(7)
    for number in range(int(days * 86_400 / step_s)):
        at = START + timedelta(seconds=number * step_s)
        yield at, fleet.cycle(at, rng)


async def _fill(store: EmbeddedTelemetry, fleet: Fleet, days: float, step_s: int) -> None:
    """Append every cycle, sealing each day as it closes, but the last two as a store with a hot day would have them."""
    rows = cpu = wall = 0.0
    sealed_rows = sealed_bytes = open_bytes = 0
    seal_cpu = 0.0
    for at, batches in _cycles(fleet, days, step_s):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        await store.append(batches)
        cpu, wall = cpu + time.process_time() - cpu_before, wall + time.perf_counter() - wall_before
        rows += fleet.olts * PER_OLT
        if at.hour == 0 and at.minute * 60 < step_s:
            cpu_before = time.process_time()
            for done in await store.seal(at, grace_s=0):
                sealed_rows, sealed_bytes = sealed_rows + done.rows, sealed_bytes + done.size
                open_bytes += done.before
                print(f"  sealed {done.rows:,} rows: {done.size / done.rows:.1f} B/row", flush=True)
            seal_cpu += time.process_time() - cpu_before
    print(f"append: {rows:,.0f} rows of {len(COLUMNS)} columns, {rows / cpu:,.0f} rows per CPU second, "
          f"{rows / wall:,.0f} per wall second")  # fmt: skip
    if sealed_rows:
        print(f"sealed: {sealed_bytes / sealed_rows:.1f} B/row (open {open_bytes / sealed_rows:.0f}), "
              f"{sealed_rows / seal_cpu:,.0f} rows per CPU second, both proofs included")  # fmt: skip


async def _timed(name: str, goal: str, ask: Callable[[], Awaitable[Any]], count: int) -> None:
    found = await ask()
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        await ask()
        seconds.append(time.perf_counter() - began)
    size = len(next(iter(found.values()))) if isinstance(found, dict) else len(found)
    p95 = sorted(seconds)[int(count * 0.95) - 1]
    print(f"  {name:<34} p50 {statistics.median(seconds) * 1e3:8.2f} ms  p95 {p95 * 1e3:8.2f} ms  "
          f"goal {goal:<8} {size} rows", flush=True)  # fmt: skip


async def _queries(store: EmbeddedTelemetry, folder: Path, fleet: Fleet, days: float, step_s: int) -> None:
    """Each question, warm, while another process appends a cycle every second: the whole fleet in one append."""
    end = START + timedelta(days=days)
    command = ["-m", "benchmarks.telemetry", "--write-to", str(folder), "--onts", str(fleet.onts), "--days", str(days)]
    writer = await asyncio.create_subprocess_exec(_python(), *command, stdout=asyncio.subprocess.PIPE)
    assert writer.stdout is not None
    await writer.stdout.readline()
    olt, name = f"OLT-{fleet.olts // 2:05d}", OntName(1, 1, 1, 2, 7)
    one = Where("infra", olt, ont=name)
    port = Where("infra", olt, pon=PonName(1, 1, 1, 2))
    everything = Where("infra")
    print(f"questions over {days:g} days of {fleet.onts:,} ONTs each {step_s} s, another process writing:")
    try:
        await _timed("last of one ONT", "1 ms", lambda: store.last(one, [ONT_RX_DBM]), 200)
        await _timed("fleet's worst 100", "30 ms", lambda: store.worst(everything, ONT_RX_DBM, 100), 50)
        since = end - timedelta(hours=48)
        await _timed("one ONT, 48 h", "20 ms", lambda: store.series(one, ONT_RX_DBM, since, end), 50)
        await _timed(
            f"one PON, {days:g} days hourly",
            "150 ms",
            lambda: store.downsampled(port, ONT_RX_DBM, START, end, 3600),
            20,
        )
        await _timed("one PON as of yesterday", "-", lambda: store.as_of(port, ONT_RX_DBM, since), 20)
        await _scan(store, START, end)
    finally:
        writer.terminate()
        await writer.wait()


async def _scan(store: EmbeddedTelemetry, since: datetime, until: datetime) -> None:
    """The whole history: four metrics by ONT and day, as a trend reads it, then every sample of one of them."""
    began, cpu, values, olts = time.perf_counter(), time.process_time(), 0, 0
    async for summary in store.summaries(Where("infra"), COLUMNS[:4], since, until):
        values, olts = values + sum(int(counts.sum()) for counts in summary.counts.values()), olts + 1
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"  summaries by day of 4 metrics of {olts} OLTs: {values:,} values in {took:.1f} s ({cpu:.1f} s of CPU), "
          f"{values / took:,.0f} a second, {_peak_mb()} MB at most in this process", flush=True)  # fmt: skip
    began, samples, olts = time.perf_counter(), 0, 0
    async for track in store.tracks(Where("infra"), ONT_RX_DBM, since, until):
        samples, olts = samples + len(track.keys), olts + 1
    took = time.perf_counter() - began
    print(f"  tracks of {olts} OLTs: {samples:,} samples in {took:.1f} s, {samples / took:,.0f} a second, "
          f"{_peak_mb()} MB at most in this process", flush=True)  # fmt: skip


async def _last_columns(fleet: Fleet, folder: Path) -> None:
    """The last samples of a whole fleet as columns, as an incident reads them."""
    store = EmbeddedTelemetry(folder)
    rng = np.random.default_rng(5)
    for number in range(2):
        await store.append(fleet.cycle(START + timedelta(seconds=300 * number), rng))
    print(f"last samples of {fleet.olts * PER_OLT:,} ONTs:")
    metrics = COLUMNS[:4]
    await _timed("latest, 4 metrics", "3 s", lambda: store.latest(Where("infra"), metrics), 5)
    await _timed("fleet's worst 100", "-", lambda: store.worst(Where("infra"), ONT_RX_DBM, 100), 5)
    print(f"  {_peak_mb()} MB at most in this process")
    await store.close()


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _python() -> str:
    return sys.executable


async def _write_on(folder: Path, fleet: Fleet, days: float) -> None:
    """The other process: one append of the whole fleet a second, in the day that follows, until it is ended."""
    store = EmbeddedTelemetry(folder)
    rng = np.random.default_rng(11)
    at = START + timedelta(days=days)
    while True:
        await store.append(fleet.cycle(at, rng))
        print(at, flush=True)
        at += timedelta(seconds=300)
        await asyncio.sleep(1)


async def measure(options: argparse.Namespace) -> None:
    """Print every section asked."""
    fleet = Fleet(options.onts)
    if options.write_to:
        await _write_on(Path(options.write_to), fleet, options.days)
        return
    sections = options.sections.split(",")
    with tempfile.TemporaryDirectory(prefix="bench-telemetry-", dir=options.folder) as temporary:
        if {"append", "queries"} & set(sections):
            store = EmbeddedTelemetry(Path(temporary))
            await _fill(store, fleet, options.days, options.step_s)
            await store.close()
            if "queries" in sections:
                reader = EmbeddedTelemetry(Path(temporary))
                await _queries(reader, Path(temporary), fleet, options.days, options.step_s)
                await reader.close()
        if "columns" in sections:
            await _last_columns(fleet, Path(temporary) / "last")
        if "lines" in sections:
            await measure_lines([fleet.cycle(START + timedelta(minutes=5 * n), np.random.default_rng(n))
                                 for n in range(9)], Path(temporary))  # fmt: skip


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telemetry")
    parser.add_argument("--onts", type=int, default=20_480)
    parser.add_argument("--days", type=float, default=3)
    parser.add_argument("--step-s", "--step", type=int, default=300, help="seconds from one cycle to the next")
    parser.add_argument("--sections", default="append,queries,lines")
    parser.add_argument("--folder", default=None, help="where temporary files go")
    parser.add_argument("--write-to", default=None, help=argparse.SUPPRESS)
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
