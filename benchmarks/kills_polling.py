"""Kills -9 of a process that polls OLTs over the wire, the server being down half of the time: acknowledged rows lost.

``python -m benchmarks.kills_polling [--kills 30] [--stores embedded,influx]``. A fleet of two OLTs answers SNMP in this
process; each round starts a process that reads them by columns and appends what it read, and kills it at a random
instant. For each append that was acknowledged it says a digest of each column: read back, they must be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.kills import ROOT, Outcome, opened, served
from collectors.columns import Cadence
from collectors.cycle.cadence import Cadences
from collectors.cycle.columns import ColumnCycle
from collectors.snmp.column_reader import ColumnReader
from domain.clock import WallClock
from domain.metric import all_metrics
from domain.olt import OltTarget
from domain.secret import Secret
from domain.telemetry import Codes, Keys, TelemetryStore, Values, Where
from simulators.fleet.agent import FleetAgent
from simulators.fleet.fleet import Fleet
from simulators.fleet.model import instant_us
from simulators.fleet.options import FleetOptions
from storage.telemetry.columns import instant, micros
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.influx import InfluxTelemetry
from tests.storage.telemetry.gateway import CUT, Gateway

OPERATOR = "infra"
ONTS = 256
ALWAYS = Cadences(dict.fromkeys(Cadence, timedelta(0)), sampled=1.0)


def digest(keys: Keys, values: Values, codes: Codes) -> str:
    """What a column was, whatever the bits of its NaN."""
    known = np.where(codes == 0, values + 0.0, 0.0)
    return hashlib.blake2b(keys.tobytes() + known.tobytes() + codes.tobytes(), digest_size=8).hexdigest()


async def child(name: str, folder: Path, url: str, database: str, ports: list[int]) -> None:
    """Poll for ever: a line for each column of each batch, once it is acknowledged."""
    store, clock = opened(name, folder, url, database), WallClock()
    cycles = ColumnCycle(ColumnReader(), clock, None, ALWAYS)
    olts = [OltTarget(OPERATOR, f"OLT-{n:05d}", "nokia_isam", "127.0.0.1", port, Secret("public"))
            for n, port in enumerate(ports, 1)]  # fmt: skip
    while True:
        for olt in olts:
            batches = (await cycles.read(olt, 20.0)).batches
            await store.append(batches)
            for batch in batches:
                for metric, values in batch.values.items():
                    what = digest(batch.keys, values, batch.reasons[metric])
                    at, first, last = micros(batch.at), batch.keys[0], batch.keys[-1]
                    sys.stdout.write(f"kept {batch.olt} {at} {metric.key} {first} {last} {len(values)} {what}\n")
            sys.stdout.flush()


async def killed(arguments: list[str], after_s: float) -> list[list[str]]:
    """Start a child, kill it some time after its first acknowledgement; what it says that it kept."""
    command = [sys.executable, "-m", "benchmarks.kills_polling", "--child", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
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
    said += await rest
    await process.wait()
    lines = said.decode().split("\n")[:-1]  # the last one may be half a line
    return [line.split()[1:] for line in lines if line.startswith("kept ") and len(line.split()) == 8]


async def rounds(name: str, folder: Path, gateway: Gateway, kills: int, seed: int = 1) -> Outcome:
    """Kill again and again, then read back what was acknowledged."""
    chance, down = random.Random(seed), 0
    fleet = Fleet(FleetOptions(olts=2, onts=ONTS))
    began, origin = asyncio.get_running_loop().time(), instant_us(fleet.options.origin)
    kept: list[list[str]] = []
    # A minute of the fleet each second: light and counters move from one cycle to the next.
    async with FleetAgent(fleet, lambda: origin + int((asyncio.get_running_loop().time() - began) * 6e7)) as agent:
        ports = [str(port) for _, port in agent.addresses.values()]
        for number in range(kills):
            gateway.always = None if number % 2 == 0 else (503 if number % 4 == 1 else CUT)
            down += gateway.always is not None
            arguments = [name, str(folder), gateway.url, gateway.database, ",".join(ports)]
            kept += await killed(arguments, chance.uniform(0, 0.5))
    gateway.always = None
    store = opened(name, folder, gateway.url, gateway.database)
    try:
        if isinstance(store, InfluxTelemetry):
            await store.emptied()
        elif isinstance(store, EmbeddedTelemetry):
            await store.seal(WallClock().now() + timedelta(days=2), grace_s=0)
        lost = sum([await lost_of(store, one) for one in kept])
    finally:
        await store.close()
    return Outcome(kills, down, sum(int(one[5]) for one in kept), lost)


async def lost_of(store: TelemetryStore, one: list[str]) -> int:
    """Cells of an acknowledged column, if it is not there as it was."""
    olt, at, metric, first, last, count, what = one
    since: datetime = instant(int(at))
    asked = store.tracks(Where(OPERATOR, olt), all_metrics()[metric], since, since + timedelta(microseconds=1))
    async with aclosing(asked) as found:  # type: ignore[type-var] # both stores give generators
        async for track in found:
            mine = (track.keys >= int(first)) & (track.keys <= int(last))
            if digest(track.keys[mine], track.values[mine], track.reasons[mine]) == what:
                return 0
    return int(count)


async def measure(kills: int, stores: list[str]) -> bool:
    """Print what came of it; whether nothing was lost."""
    whole = True
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as temporary:
        server = Path(temporary) / "server"
        server.mkdir()
        with served(server) as gateway:
            for name in stores:
                found = await rounds(name, Path(temporary) / name, gateway, kills)
                print(f"{name}: {found.kills} kills -9 while polling, server down in {found.down} rounds, "
                      f"{found.acknowledged:,} cells acknowledged, {found.lost} lost", flush=True)  # fmt: skip
                whole = whole and found.lost == 0
    return whole


def main() -> int:
    """Read the options; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills_polling")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--stores", default="embedded,influx")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, folder, url, database, ports = options.child
        asyncio.run(child(name, Path(folder), url, database, [int(port) for port in ports.split(",")]))
    return 0 if asyncio.run(measure(options.kills, options.stores.split(","))) else 1


if __name__ == "__main__":
    sys.exit(main())
