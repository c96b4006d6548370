"""Kills -9 while a process appends telemetry, the server being down half of the time: acknowledged rows lost.

``python -m benchmarks.kills [--kills 30] [--stores embedded,influx]``. Each round starts a process that appends cycles
one after the other (and seals, for the embedded store), and kills it at a random instant after its first
acknowledgement. Then every acknowledged row is read back and compared. Towards InfluxDB: its write path in front of
Debian's InfluxDB 1.6.7, or in front of a memory where that is absent; it refuses or cuts every request in every second
round.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from domain.clock import FixedClock
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_RX_DBM, ONT_TX_DBM
from domain.reading import Reason
from domain.secret import Secret
from domain.telemetry import REASON_CODES, Batch, Codes, Instants, TelemetryStore, Track, Values, Where, pack, pack_pon
from storage.telemetry.columns import micros
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer
from storage.telemetry.influx_lines import LineWriter
from tests.storage.telemetry.gateway import CUT, Gateway
from tests.storage.telemetry.servers import influxd

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 5, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
OPERATOR = "infra"
OLTS = ("OLT-A", "OLT-B")
KEYS = np.array([pack(OntName(1, 1, 1, 1 + number // 32, number % 32)) for number in range(128)], dtype=np.int64)
PORTS = np.array([pack_pon(PonName(1, 1, 1, 1 + number)) for number in range(4)], dtype=np.int64)
COLUMNS: tuple[Metric[Any], ...] = (ONT_RX_DBM, ONT_TX_DBM, OLT_RX_DBM)
SPAN_S = 1800


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of some kills.

    Attributes:
        kills: Processes killed.
        down: Rounds during which the server was down.
        acknowledged: Rows acknowledged (an ONT or a port, and a cycle).
        lost: Acknowledged cells that are missing or wrong.
    """

    kills: int
    down: int
    acknowledged: int
    lost: int


def cells(cycle: int, width: int, column: int) -> tuple[Values, Codes]:
    """Values and reasons of a column in a cycle: known to the one who writes and to the one who checks."""
    place = np.arange(width)
    off = (place + cycle) % 17 == 0
    values = -15 - (place * 7 + cycle * 3 + column) % 1000 / 100
    return np.where(off, np.nan, values), np.where(off, REASON_CODES[Reason.OFFLINE], 0).astype(np.uint8)


def batches(cycle: int) -> list[Batch]:
    """One cycle: the ONTs of each OLT, then its ports."""
    found = []
    for olt in OLTS:
        for keys, metrics in ((KEYS, COLUMNS), (PORTS, (PON_TX_DBM,))):
            columns = {metric: cells(cycle, len(keys), place) for place, metric in enumerate(metrics)}
            values = {metric: column[0] for metric, column in columns.items()}
            codes = {metric: column[1] for metric, column in columns.items()}
            found.append(Batch(OPERATOR, olt, START + cycle * STEP, keys, values, codes))
    return found


def opened(name: str, folder: Path, url: str, database: str) -> EmbeddedTelemetry | InfluxTelemetry:
    """The store under test."""
    if name == "embedded":
        return EmbeddedTelemetry(folder, span_s=SPAN_S)
    return InfluxTelemetry(
        folder,
        InfluxServer(url, "org", database, Secret("token")),
        FixedClock(START + timedelta(days=400)),
        first_wait_s=0.01,
    )


async def child(name: str, folder: Path, url: str, database: str, first: int) -> None:
    """Append cycles for ever, saying each number once acknowledged."""
    store = opened(name, folder, url, database)
    cycle = first
    while True:
        await store.append(batches(cycle))
        sys.stdout.write(f"kept {cycle}\n")
        sys.stdout.flush()
        if isinstance(store, EmbeddedTelemetry) and cycle % 3 == 0:
            await store.seal(START + cycle * STEP, grace_s=0)
        cycle += 1


async def killed(name: str, folder: Path, url: str, database: str, first: int, after_s: float) -> int:
    """Start a child, kill it some time after its first acknowledgement; the cycle after the last acknowledged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.kills", "--child", name, str(folder), url, database, str(first),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    while b"kept" not in said:  # among the logs of what fails
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(said.decode())
        said += line
    rest = asyncio.create_task(process.stdout.read())
    await asyncio.sleep(after_s)
    process.kill()
    said += await rest
    await process.wait()
    return max(int(number) for number in re.findall(rb"^kept (\d+)\n", said, re.MULTILINE)) + 1


async def rounds(name: str, folder: Path, gateway: Gateway, kills: int, seed: int = 1) -> Outcome:
    """Kill again and again, then read everything back."""
    chance = random.Random(seed)
    cycle = down = 0
    for number in range(kills):
        gateway.always = None if number % 2 == 0 else (503 if number % 4 == 1 else CUT)
        down += gateway.always is not None
        cycle = await killed(name, folder, gateway.url, gateway.database, cycle, chance.uniform(0, 0.5))
    gateway.always = None
    store = opened(name, folder, gateway.url, gateway.database)
    try:
        if isinstance(store, InfluxTelemetry):
            await store.emptied()
        lost = _missing_lines(gateway, cycle) if name == "influx" and not gateway.behind else await _lost(store, cycle)
    finally:
        await store.close()
    return Outcome(kills, down, cycle * len(OLTS) * (len(KEYS) + len(PORTS)), lost)


async def _lost(store: TelemetryStore, cycles: int) -> int:
    lost = 0
    asked = [(KEYS, metric, place) for place, metric in enumerate(COLUMNS)] + [(PORTS, PON_TX_DBM, 0)]
    for keys, metric, place in asked:
        expected = [cells(cycle, len(keys), place) for cycle in range(cycles)]
        found = {track.olt: track async for track in _tracks(store, metric, cycles)}
        for olt in OLTS:
            lost += _unlike(found.get(olt), np.stack([values for values, _ in expected], axis=1),
                            np.stack([codes for _, codes in expected], axis=1))  # fmt: skip
    return lost


async def _tracks(store: TelemetryStore, metric: Metric[Any], cycles: int) -> AsyncIterator[Track]:
    tracks = store.tracks(Where(OPERATOR), metric, START, START + cycles * STEP)
    async with aclosing(tracks) as found:  # type: ignore[type-var] # both stores give generators
        async for track in found:
            yield track


def _unlike(track: Track | None, values: Values, codes: Codes) -> int:
    """Cells, by ONT and cycle, that are not as they were given."""
    if track is None:
        return values.size
    ats: Instants = micros(START) + np.arange(values.shape[1]) * (STEP // timedelta(microseconds=1))
    keys = np.unique(track.keys)
    if len(keys) != len(values) or len(track.keys) != values.size:
        return values.size
    order = np.array_equal(track.at, np.tile(ats, len(keys))) and np.array_equal(track.keys, np.repeat(keys, len(ats)))
    if not order:
        return values.size
    same = (track.reasons == codes.ravel()) & ((track.values == values.ravel()) | (codes.ravel() != 0))
    return int((~same).sum())


def _missing_lines(gateway: Gateway, cycles: int) -> int:
    """Without a server that answers: lines that never arrived, whatever the zeros after their numbers."""
    writer = LineWriter()
    kept = {_plain(line) for line in gateway.lines}
    return sum(_plain(line) not in kept for cycle in range(cycles) for line in writer.lines(batches(cycle)))


def _plain(line: bytes) -> bytes:
    return re.sub(rb"(\.\d)(\d*?)0*(?=[, ])", rb"\1\2", line.rstrip(b"\n"))


@contextmanager
def served(folder: Path) -> Iterator[Gateway]:
    """InfluxDB 2's write path, in front of InfluxDB 1.6.7 or of a memory."""
    with ExitStack() as stack:
        behind = database = ""
        if shutil.which("influxd"):
            server = stack.enter_context(influxd(folder))
            behind, database = server.url, server.new_database()
        yield stack.enter_context(Gateway.running(behind, database or "memory"))


async def measure(kills: int, stores: list[str]) -> bool:
    """Print what came of it; whether nothing was lost."""
    whole = True
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as temporary:
        server = Path(temporary) / "server"
        server.mkdir()
        with served(server) as gateway:
            for name in stores:
                found = await rounds(name, Path(temporary) / name, gateway, kills)
                print(f"{name}: {found.kills} kills -9, server down in {found.down if name == 'influx' else 0} rounds, "
                      f"{found.acknowledged:,} rows acknowledged, {found.lost} cells lost", flush=True)  # fmt: skip
                whole = whole and found.lost == 0
    return whole


def main() -> int:
    """Read the options; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--stores", default="embedded,influx")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, folder, url, database, first = options.child
        asyncio.run(child(name, Path(folder), url, database, int(first)))
    return 0 if asyncio.run(measure(options.kills, options.stores.split(","))) else 1


if __name__ == "__main__":
    sys.exit(main())
