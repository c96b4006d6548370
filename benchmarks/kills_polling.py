"""Kills -9 of a process that polls simulated OLTs over the wire, the server being down half of the time.

``python -m benchmarks.kills_polling [--kills 30] [--stores influx,embedded]``. Simulated OLTs of four vendors answer in
this process. Each round starts a process with the service's own polling (drivers, walks, cycles by columns, the outbox
towards InfluxDB or the embedded store) and kills it at a random instant after its first acknowledgement; towards
InfluxDB every second round meets a server that refuses or cuts every request. The process notes each batch once the
store has acknowledged it; at the end every noted cell is read back from the store and compared.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kills import OPERATOR, ROOT, opened, served
from collectors.cycle.cadence import Cadences
from collectors.cycle.columns import ColumnCycle
from collectors.polling import PollingLoop, Telemetry
from collectors.register import Site, driver
from collectors.snmp.column_reader import ColumnReader
from domain.clock import WallClock
from domain.metric import Metric, metric
from domain.olt import OltTarget, OltWalk
from domain.secret import Secret
from domain.telemetry import Batch, TelemetryStore, Where
from simulators.clock import SharedClock
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.run import DEMO_PLANT
from simulators.snmp.agent import SnmpAgent
from tests.storage.telemetry.gateway import CUT, Gateway

PLANTS = ("huawei", "zte_c320", "zte_c600", "fiberhome")
PERIOD, WALK_EVERY = timedelta(seconds=0.5), timedelta(seconds=2)
LONGEST_S = 1.5  # from the first acknowledgement to the kill


class Walks:
    """Walks are kept in memory: telemetry is what is killed here."""

    def __init__(self) -> None:
        self._last: dict[str, OltWalk] = {}

    async def keep(self, olt: OltTarget, walk: OltWalk) -> None:
        """Keep a walk."""
        self._last[olt.name] = walk

    async def last(self, olt: OltTarget) -> OltWalk | None:
        """The last one."""
        return self._last.get(olt.name)


class Sleeper:
    """Waits on the wall's clock."""

    async def until(self, instant: datetime) -> None:
        """Return at ``instant``."""
        await asyncio.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


@dataclass
class Noted:
    """A store that notes each batch once it was acknowledged: a length, then the arrays."""

    store: Any
    notes: io.BufferedWriter

    async def append(self, batches: Sequence[Batch]) -> None:
        """Append, then note."""
        await self.store.append(batches)
        for batch in batches:
            arrays: dict[str, Any] = {f"v:{m.key}": batch.values[m] for m in batch.values}
            arrays |= {f"r:{m.key}": batch.reasons[m] for m in batch.reasons}
            told = io.BytesIO()
            np.savez(told, keys=batch.keys, olt=batch.olt, at=int(batch.at.timestamp() * 1e6), **arrays)
            self.notes.write(len(told.getvalue()).to_bytes(4, "big") + told.getvalue())
        self.notes.flush()
        sys.stdout.write("kept\n")
        sys.stdout.flush()


async def child(name: str, folder: Path, url: str, database: str, targets: list[OltTarget]) -> None:
    """Poll for ever."""
    store = opened(name, folder / "store", url, database)
    site, clock, reader = Site(), WallClock(), ColumnReader()
    drivers = {target.vendor: driver(target.vendor, clock, site) for target in targets}

    async def inventory() -> list[OltTarget]:
        return targets

    loop = PollingLoop(drivers.__getitem__, inventory, Walks(), clock, Sleeper(), PERIOD)
    always = Cadences(every=dict.fromkeys(Cadences().every, timedelta(0)), sampled=1.0)
    with (folder / "notes").open("ab") as notes:
        cycles = ColumnCycle(reader, clock, site.budgets, always)
        loop.telemetry = Telemetry(Noted(store, notes), cycles, WALK_EVERY)
        await loop.run()


async def killed(name: str, folder: Path, gateway: Gateway, targets: list[OltTarget], after_s: float) -> None:
    """Start a child, and kill it some time after its first acknowledgement."""
    told = json.dumps([[t.name, t.vendor, t.port] for t in targets])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.kills_polling", "--child", name, str(folder), gateway.url, gateway.database,
        told, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    while b"kept" not in said:
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(said.decode())
        said += line
    rest = asyncio.create_task(process.stdout.read())
    await asyncio.sleep(after_s)
    process.kill()
    await rest
    await process.wait()


@asynccontextmanager
async def olts(folder: Path) -> AsyncIterator[list[OltTarget]]:
    """Simulated OLTs on free ports of this process; their time runs sixty times faster, so that values move."""
    async with AsyncExitStack() as stack:
        found = []
        for name in PLANTS:
            description = load(DEMO_PLANT.with_name(f"{name}.yaml"))
            clock = stack.enter_context(SharedClock.create(folder / f"clock-{name}", description.clock.origin, 60.0))
            plant = Plant(description, clock)
            await stack.enter_async_context(plant)
            agent = await stack.enter_async_context(SnmpAgent(plant, "127.0.0.1", 0, "public"))
            vendor = description.olt.vendor
            found.append(OltTarget(OPERATOR, name.upper(), vendor, "127.0.0.1", agent.port, Secret("public")))
        yield found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: rows and cells that were acknowledged, and cells of these that are missing or wrong."""

    kills: int
    down: int
    batches: int
    rows: int
    cells: int
    lost: int


async def rounds(name: str, folder: Path, gateway: Gateway, kills: int, seed: int = 1) -> Outcome:
    """Kill again and again, then read everything back."""
    chance, down, began = random.Random(seed), 0, datetime.now(UTC)
    async with olts(folder) as targets:
        for number in range(kills):
            gateway.always = None if number % 2 == 0 else (503 if number % 4 == 1 else CUT)
            down += gateway.always is not None
            await killed(name, folder, gateway, targets, chance.uniform(0, LONGEST_S))
    gateway.always = None
    store = opened(name, folder / "store", gateway.url, gateway.database)
    try:
        if hasattr(store, "emptied"):
            await store.emptied()
        noted = list(_noted(folder / "notes"))
        lost = await _lost(store, noted, began)
    finally:
        await store.close()
    cells = sum(len(batch.keys) * len(batch.values) for batch in noted)
    return Outcome(kills, down, len(noted), sum(len(batch.keys) for batch in noted), cells, lost)


def _noted(path: Path) -> Iterator[Batch]:
    """What was acknowledged and noted; a note cut by a kill counts for nothing."""
    data, at = path.read_bytes(), 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + size > len(data):
            return
        with np.load(io.BytesIO(data[at + 4 : at + 4 + size])) as told:
            values = {metric(key[2:]): told[key] for key in told if key.startswith("v:")}
            codes = {metric(key[2:]): told[key] for key in told if key.startswith("r:")}
            instant = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(told["at"]))
            yield Batch(OPERATOR, str(told["olt"]), instant, told["keys"], values, codes)
        at += 4 + size


async def _lost(store: TelemetryStore, noted: Sequence[Batch], began: datetime) -> int:
    until = datetime.now(UTC) + timedelta(hours=1)
    lost = 0
    for one in sorted({found for batch in noted for found in batch.values}, key=lambda found: found.key):
        kept = await _kept(store, one, began - timedelta(hours=1), until)
        for batch in (batch for batch in noted if one in batch.values):
            lost += _missing(kept.get((batch.olt, _micros(batch.at)), {}), batch, one)
    return lost


async def _kept(
    store: TelemetryStore, one: Metric[Any], begin: datetime, end: datetime
) -> dict[tuple[str, int], dict[int, tuple[float, int]]]:
    """What the store holds of a metric: by OLT and instant (microseconds), then by packed name."""
    kept: dict[tuple[str, int], dict[int, tuple[float, int]]] = {}
    async with aclosing(store.tracks(Where(OPERATOR), one, begin, end)) as tracks:  # type: ignore[type-var] # generators
        async for track in tracks:
            rows = zip(
                track.at.tolist(), track.keys.tolist(), track.values.tolist(), track.reasons.tolist(), strict=True
            )
            for at, key, value, reason in rows:
                kept.setdefault((track.olt, at), {})[key] = (value, reason)
    return kept


def _missing(kept: dict[int, tuple[float, int]], batch: Batch, one: Metric[Any]) -> int:
    """Cells that are not there, or not as they were acknowledged."""
    lost = 0
    for key, value, reason in zip(
        batch.keys.tolist(), batch.values[one].tolist(), batch.reasons[one].tolist(), strict=True
    ):
        found = kept.get(key)
        near = 1e-3 + 1e-6 * abs(value)  # lines carry fewer digits
        lost += found is None or found[1] != reason or not (reason or abs(found[0] - value) <= near)
    return lost


def _micros(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


async def measure(kills: int, stores: list[str]) -> bool:
    """Print what came of it; whether nothing was lost."""
    whole = True
    with tempfile.TemporaryDirectory(prefix="bench-kills-polling-") as temporary:
        server = Path(temporary) / "server"
        server.mkdir()
        with served(server) as gateway:
            behind = "InfluxDB 1.6.7" if shutil.which("influxd") else "a memory"
            for name in stores:
                (Path(temporary) / name).mkdir()
                found = await rounds(name, Path(temporary) / name, gateway, kills)
                told = f"{behind} down in {found.down} rounds" if name == "influx" else "on this disk"
                print(f"{name} ({told}), polling {len(PLANTS)} OLTs over SNMP: {found.kills} kills -9, "
                      f"{found.batches:,} batches, {found.rows:,} rows, {found.cells:,} cells acknowledged, "
                      f"{found.lost} lost", flush=True)  # fmt: skip
                whole = whole and found.lost == 0 and found.rows > 0
    return whole


def main() -> int:
    """Read the options; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills_polling")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--stores", default="influx,embedded")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, folder, url, database, told = options.child
        bare = OltTarget(OPERATOR, "", "", "127.0.0.1", 0, Secret("public"))
        targets = [replace(bare, name=olt, vendor=vendor, port=port) for olt, vendor, port in json.loads(told)]
        asyncio.run(child(name, Path(folder), url, database, targets))
    return 0 if asyncio.run(measure(options.kills, options.stores.split(","))) else 1


if __name__ == "__main__":
    sys.exit(main())
