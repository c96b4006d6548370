"""A day of a park of simulated boxes against the real ACS, its store and its STUN server: what breaks, its cost.

``python -m benchmarks.park [--boxes 10000] [--calm]``. The boxes are ``python -m simulators boxes``, one process: two
data models, some behind NAT, on slow links, with defects of firmware, wrong answers, deaths in their sessions. The ACS
and its store (SQLite on disk) are this process. First contacts all at once, a period of Informs, values that change,
live reads, a firmware, faults of the plant as the boxes tell them. Exits 1 when a box is refused or lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import structlog
import uvloop

from benchmarks.acs import KEY, provisioned
from benchmarks.files import served
from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.connection_request import networks
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.server import AcsServer
from collectors.boxes.settings import AcsSettings
from collectors.boxes.stun import StunServer
from domain.box import Inform, KnownBox
from domain.box_actions import BoxOutcome, BoxResult, Download
from domain.clock import WallClock
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.metrics import box as m
from domain.ports import BoxStore
from domain.states import PppStatus, Reach
from simulators.control import ControlClient
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records

MANNERS = {"nat": 0.10, "slow": 0.05, "defects": 0.10, "wrong": 0.02, "deaths": 0.02}
PERIOD_S, RATE = 3600, 60  # an hour of the park in a minute
FAULTS: Mapping[str, Callable[[Readings], bool]] = {
    "wifi-weak": lambda r: (r.value(m.BOX_WIFI_RSSI_DBM) or 0.0) <= -80.0,
    "ppp-refused": lambda r: r.value(m.BOX_PPP_STATUS) not in (None, PppStatus.CONNECTED),
    "dns-custom": lambda r: r.value(m.BOX_DNS_SERVERS) == ("203.0.113.53",),
    "box-hung": lambda r: r.value(m.BOX_REACH) is not Reach.ANSWERED,
    "box-off": lambda r: r.value(m.BOX_REACH) is not Reach.ANSWERED,
}
"""Faults of the plant, and what the box itself must then show."""


class Counted:
    """The store, and what passes into it."""

    def __init__(self, store: BoxStore) -> None:
        self._store = store
        self.events: Counter[str] = Counter()
        self.heard: set[DeviceId] = set()

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        self.events.update(inform.events)
        self.heard.add(inform.device)
        await self._store.informed(box, inform, readings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass
class Here:
    """The ACS in service, and the park that informs it."""

    app: AcsApp
    records: Records
    store: Counted
    devices: list[dict[str, str]]
    controls: list[ControlClient]
    pid: int
    told: dict[str, Any] = field(default_factory=dict)
    refused: int = 0
    lost: int = 0

    async def known(self, device: Mapping[str, str]) -> KnownBox:
        """A box as the store has it."""
        found = await self.records.boxes.find(DeviceId(device["oui"], device["serial"]))
        assert found is not None, device
        return found

    async def rate(self, rate: float) -> None:
        """Plant seconds in one wall second: the plants share a clock."""
        await self.controls[0].call("clock", rate=rate)

    def control(self, device: Mapping[str, str]) -> ControlClient:
        """The plant that has a box."""
        return self.controls[int(device["plant"])]


def cpu_s(pid: int) -> float:
    """CPU that a process has had, seconds."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Memory that a process holds, MB."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


@asynccontextmanager
async def running(folder: Path, boxes: int, manners: Mapping[str, float]) -> AsyncIterator[Here]:
    """The ACS with its store, and the park in a process of its own, all of it on its way to its first contact."""
    command = [sys.executable, "-m", "simulators", "boxes", "--count", str(boxes), "--period", str(PERIOD_S)]
    file = folder / "devices.json"
    naming = await asyncio.create_subprocess_exec(
        *command, "--acs", "http://127.0.0.1:9/", "--devices", str(file), "--only-devices",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await naming.wait()
    devices = json.loads(file.read_text("utf-8"))
    url, credentials = f"sqlite+aiosqlite:///{folder / 'records.sqlite'}", BoxCredentials(KEY)
    await migrate(url)
    async with (
        Records.opened(url, lambda device: credentials.of(device)[1], WallClock()) as records,
        StunServer(credentials, WallClock(), "127.0.0.1") as stun,
    ):
        await records.operators.put(Operator("alpha", "Alpha"))
        await provisioned(url, [(item["id1"], item["oui"], item["serial"]) for item in devices])
        counted = Counted(records.boxes)
        settings = AcsSettings(stun=("127.0.0.1", stun.port))
        app = acs_app(cast("BoxStore", counted), WallClock(), KEY, networks("127.0.0.0/8"), settings)
        app.gateway.udp = stun
        async with AcsServer(app, "127.0.0.1", 0) as server:
            shares = [word for name, share in manners.items() for word in (f"--{name}", str(share))]
            park = await asyncio.create_subprocess_exec(
                *command, *shares, "--acs", f"http://127.0.0.1:{server.port}/", "--burst", "--report", "1",
                "--concurrency", str(max(1, 200 * 3200 // boxes)),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            assert park.stdout is not None
            first = json.loads(await park.stdout.readline())
            controls = [ControlClient(port=port, timeout_s=60) for port in first["controls"]]
            here = Here(app, records, counted, devices, controls, park.pid)
            listening = asyncio.create_task(_listen(park.stdout, here))
            try:
                yield here
            finally:
                park.terminate()
                await park.wait()
                await listening


async def _listen(lines: asyncio.StreamReader, here: Here) -> None:
    async for line in lines:
        here.told = json.loads(line)


async def _until(condition: Callable[[], bool], longest_s: float) -> bool:
    end = time.perf_counter() + longest_s
    while not condition():
        if time.perf_counter() > end:
            return False
        await asyncio.sleep(0.2)
    return True


async def phase(here: Here, name: str, work: Awaitable[str]) -> None:
    """Run one and print what it cost."""
    began, ours, theirs = time.perf_counter(), time.process_time(), cpu_s(here.pid)
    informs, rpcs = here.app.stats.informs, here.app.stats.rpcs
    said = await work
    elapsed = time.perf_counter() - began
    informs, rpcs = here.app.stats.informs - informs, here.app.stats.rpcs - rpcs
    cost = time.process_time() - ours, cpu_s(here.pid) - theirs, rss_mb(os.getpid()), rss_mb(here.pid)
    print(f"{name}: {said}")
    print(
        f"    {elapsed:.0f} s, {informs} Informs ({informs / elapsed:.0f}/s), {rpcs} requests; CPU of ACS and store "
        "{:.1f} s, of the park {:.1f} s; RSS {:.0f} MB and {:.0f} MB".format(*cost),
        flush=True,
    )


async def first_contacts(here: Here) -> str:
    """All at once, as after an outage."""
    whole = await _until(lambda: len(here.store.heard) == len(here.devices), 900)
    for _ in range(3):  # those that broke come back
        await _until(lambda: not here.app.stats.open_sessions, 60)
        await asyncio.sleep(5)
    here.lost += 0 if whole else len(here.devices) - len(here.store.heard)
    return f"{len(here.store.heard)} of {len(here.devices)} boxes heard"


async def periodic(here: Here) -> str:
    """One period: every box informs at its own instant."""
    here.store.heard.clear()
    await here.rate(RATE)
    await _until(lambda: False, PERIOD_S / RATE)
    late = len(here.devices) - len(here.store.heard)
    await _until(lambda: len(here.store.heard) == len(here.devices), 60)  # those that failed and come back
    await here.rate(1)
    missing = len(here.devices) - len(here.store.heard)
    here.lost += missing
    return (
        f"{len(here.store.heard)} of {len(here.devices)} boxes heard in a period of {PERIOD_S} s, {late} of them late"
    )


async def value_changes(here: Here) -> str:
    """PPP sessions that fall and come back: the address of the box has changed meanwhile."""
    chosen = here.devices[:: max(1, len(here.devices) // 500)]
    before, informs = here.store.events["4 VALUE CHANGE"], len(chosen)
    for device in chosen:
        await here.control(device).call("fault", kind="ppp-refused", target=device["ont"])
    for control in here.controls:
        await control.call("repair", fault="all")
    await here.rate(RATE)  # sessions are tried again each minute of the plant
    good = await _until(lambda: here.store.events["4 VALUE CHANGE"] - before >= informs, 60)
    await here.rate(1)
    here.lost += 0 if good else informs - (here.store.events["4 VALUE CHANGE"] - before)
    return f"{here.store.events['4 VALUE CHANGE'] - before} changes told by {informs} boxes whose PPP session came back"


async def _at_once(many: int, work: Sequence[Awaitable[None]]) -> None:
    gate = asyncio.Semaphore(many)

    async def one(item: Awaitable[None]) -> None:
        async with gate:
            await item

    await asyncio.gather(*(one(item) for item in work))


async def calls(here: Here) -> str:
    """Live reads: call with digest (UDP behind NAT), session, values."""
    chosen, outcomes, seconds = here.devices[:: max(1, len(here.devices) // 1000)], Counter[str](), []
    udp = here.app.stats.calls_udp

    async def read(device: Mapping[str, str]) -> None:
        known, began = await here.known(device), time.perf_counter()
        reach = (await here.app.gateway.read(known, 20)).readings.value(m.BOX_REACH)
        seconds.append(time.perf_counter() - began)
        outcomes[str(reach)] += 1

    await _at_once(20, [read(device) for device in chosen])
    answered = outcomes[str(Reach.ANSWERED)]
    here.lost += len(chosen) - answered
    ordered = sorted(seconds)
    p50, p99 = statistics.median(ordered) * 1e3, ordered[int(len(ordered) * 0.99) - 1] * 1e3
    called = here.app.stats.calls_udp - udp
    return (
        f"{answered} of {len(chosen)} boxes read live, 20 at once, {called} called over UDP behind their NAT: "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; {dict(outcomes)}"
    )


async def downloads(here: Here, files: str) -> str:
    """A firmware: good, damaged, or absent from its server."""
    chosen = here.devices[3 :: max(1, len(here.devices) // 300)]
    results: dict[str, Counter[str]] = {"good": Counter(), "corrupt": Counter(), "absent": Counter()}

    async def install(device: Mapping[str, str], name: str, number: int) -> None:
        file = Download("1 Firmware Upgrade Image", f"{files}/{name}.img")
        result: BoxResult = await here.app.actions.act(await here.known(device), file, f"fw{number}", 120)
        code = "" if result.fault is None else f" {result.fault.code}"
        results[name][f"{result.outcome}{code}"] += 1
        if name == "good" and result.outcome is BoxOutcome.DONE:
            runs = (await here.control(device).call("state", ont=device["ont"]))["box"]["firmware"]
            results[name]["runs it"] += runs == "10.0.1"

    await here.rate(10)
    kinds = ("good",) * 8 + ("corrupt", "absent")
    await _at_once(20, [install(device, kinds[n % 10], n) for n, device in enumerate(chosen)])
    await here.rate(1)
    here.lost += sum(count for said in results.values() for what, count in said.items() if what == "not_sent")
    return "; ".join(f"{name}: {dict(said)}" for name, said in results.items())


async def faults(here: Here) -> str:
    """Faults of the plant as the boxes tell them."""
    seen: dict[str, str] = {}
    step = max(1, len(here.devices) // 100)
    for number, (kind, shows) in enumerate(FAULTS.items()):
        chosen = here.devices[number + 5 :: step][:20]
        good = 0
        for device in chosen:
            await here.control(device).call("fault", kind=kind, target=device["ont"])
            read = await here.app.gateway.read(await here.known(device), 1.5)
            good += shows(read.readings)
        seen[kind] = f"{good} of {len(chosen)}"
        here.lost += len(chosen) - good
    return f"faults of the plant shown by the box: {seen}"


async def measure(boxes: int, manners: Mapping[str, float]) -> bool:
    """Every phase; whether nothing was refused nor lost."""
    with tempfile.TemporaryDirectory(prefix="bench-park-") as name:
        folder = Path(name)
        files = folder / "files"
        files.mkdir()
        (files / "good.img").write_text("version=10.0.1\n")
        (files / "corrupt.img").write_text("version=10.0.2\ndefect=corrupt\n")
        with served(files) as url:
            async with running(folder, boxes, manners) as here:
                shares = ", ".join(f"{share:.0%} {name}" for name, share in manners.items())
                print(f"{boxes} boxes in one process: {shares}", flush=True)
                await phase(here, "first contacts at once", first_contacts(here))
                await phase(here, "periodic Informs", periodic(here))
                await phase(here, "value changes", value_changes(here))
                await phase(here, "connection requests", calls(here))
                await phase(here, "downloads", downloads(here, url))
                await phase(here, "faults", faults(here))
                await asyncio.sleep(1.5)  # its last report
                stats = here.app.stats
                here.refused += stats.store_errors + stats.malformed + stats.oversized + stats.unauthenticated
                print(
                    f"sessions that broke and came back: {here.told['failures']}, {here.told['deaths']} of them by the "
                    f"death of the box; wrong answers {stats.unexpected}, faults {stats.faults}, "
                    f"expired {stats.expired}, superseded {stats.superseded}"
                )
                print(f"refused {here.refused} (goal 0), lost {here.lost} (goal 0)")
                return not here.refused and not here.lost


def main() -> int:
    """Read the options; 1 when a box was refused or lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.park", description=__doc__)
    parser.add_argument("--boxes", type=int, default=10_000)
    parser.add_argument("--calm", action="store_true", help="no box misbehaves")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return 0 if uvloop.run(measure(options.boxes, {} if options.calm else MANNERS)) else 1


if __name__ == "__main__":
    sys.exit(main())
