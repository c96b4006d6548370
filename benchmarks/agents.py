"""Agents at work beside a polling cycle: p50 and p99 of each kind of request, and the CPU time that each takes.

``python -m benchmarks.agents [--agents 200] [--seconds 60] [--think 1] [--accesses 2000] [--olts 2] [--onts 2048]
[--cycles-a-walk 12] [--no-polling]``.
A process serves a whole service on the demo plant, its records filled; it polls a simulated fleet at the pace of a
million ONTs in 300 s (``--pace``), each OLT walked whole every twelfth cycle. This one is the agents: each has its
connection, asks, thinks (exponentially, ``--think`` seconds on average), asks again; the first seconds, beside the
first walks of the fleet, are told apart. First, without agents and without polling, each kind is asked by itself, for
its CPU time, beside a route of the same framework that does nothing. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.agents_site import READS, Seeded

TICKS = os.sysconf("SC_CLK_TCK")
DIAGNOSIS = "diagnosis asked"


@dataclass(slots=True)
class Connection:
    """One connection of HTTP/1.1 that stays open: what a client takes must not count among the server's."""

    host: str
    port: int
    token: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> int:
        """The status of the answer, read to its end."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        content = b"" if body is None else json.dumps(body).encode()
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length[15:]))
        return int(head[9:12])

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


@dataclass(slots=True)
class Times:
    """What was waited for, in seconds, by kind; statuses other than 2xx."""

    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, seconds: float, status: int) -> None:
        """One answer."""
        self.taken[kind].append(seconds)
        if status >= 300:
            self.refused[kind].append(status)


def cpu_s(pid: int) -> float:
    """The CPU time of a process and its threads."""
    parts = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICKS


def drawn(site: Seeded, rng: random.Random) -> tuple[str, str, str, dict[str, str] | None]:
    """A kind of request, its method, path and body: nine reads of ten."""
    if rng.random() < 0.04:
        return DIAGNOSIS, "POST", f"/api/v1/accesses/{rng.choice(site.live)}/diagnostics", {"test": "Infos Box"}
    kind = rng.choice(list(READS))
    return kind, "GET", site.path(kind, rng), None


async def dear(site: Seeded, requests: int) -> None:
    """Each kind by itself: CPU milliseconds of the server a request, idle time taken off; beside the trivial route."""
    rng = random.Random(1)
    print(f"\nCPU of the server, {requests} requests of a kind over 4 connections")
    idle = await _idle(site.pid)
    trivial = await _spent(site, [("GET", "/trivial", None)] * requests, idle, site.trivial)
    kinds = {kind: [("GET", site.path(kind, rng), None) for _ in range(requests)] for kind in READS}
    for kind, asked in {"trivial route": None, **kinds}.items():
        spent = trivial if asked is None else await _spent(site, asked, idle)
        print(f"  {kind:<26} {spent * 1e3:7.2f} ms   × {spent / trivial:5.1f}", flush=True)
    asks = [f"/api/v1/accesses/{rng.choice(site.live)}/diagnostics" for _ in range(100)]
    posts: list[tuple[str, str, Any]] = [("POST", path, {"test": "Infos Box"}) for path in asks]
    spent = await _spent(site, posts, idle)
    print(f"  {DIAGNOSIS:<26} {spent * 1e3:7.2f} ms   × {spent / trivial:5.1f}   (tests included)", flush=True)


async def _idle(pid: int, seconds: float = 5.0) -> float:
    """CPU seconds a second that the server takes when nobody asks."""
    before = cpu_s(pid)
    await asyncio.sleep(seconds)
    return (cpu_s(pid) - before) / seconds


async def _spent(site: Seeded, asked: list[tuple[str, str, Any]], idle: float, port: int | None = None) -> float:
    connections = [Connection(site.host, port or site.port, site.token) for _ in range(4)]
    waiting = iter(asked)

    async def one(connection: Connection) -> None:
        for request in waiting:
            status = await connection.ask(*request)
            assert status < 300, (status, request)

    before, began = cpu_s(site.pid), time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in connections))
    spent = cpu_s(site.pid) - before - idle * (time.perf_counter() - began)
    for connection in connections:
        connection.close()
    return spent / len(asked)


async def minute(site: Seeded, options: argparse.Namespace) -> None:
    """The agents, all at once, for a while."""
    times, began_at = Times(), time.perf_counter() + options.settle
    first, end = Times(), began_at + options.seconds

    async def agent(number: int) -> None:
        rng = random.Random(number)
        connection = Connection(site.host, site.port, site.token)
        await asyncio.sleep(rng.random() * options.think)
        while time.perf_counter() < end:
            kind, method, path, body = drawn(site, rng)
            began = time.perf_counter()
            status = await connection.ask(method, path, body)
            (times if began >= began_at else first).note(kind, time.perf_counter() - began, status)
            await asyncio.sleep(rng.expovariate(1 / options.think))
        connection.close()

    async def spent() -> float:
        await asyncio.sleep(options.settle)
        return cpu_s(site.pid)

    settled = asyncio.create_task(spent())
    await asyncio.gather(*(agent(number) for number in range(options.agents)))
    before = await settled
    total = sum(map(len, times.taken.values()))
    print(f"\n{options.agents} agents, {options.seconds} s, {options.think:g} s of thought: {total} requests")
    print(f"  CPU of the server: {(cpu_s(site.pid) - before) / options.seconds * 100:.0f} %, polling included")
    waited = sorted(value for taken in first.taken.values() for value in taken)
    if waited:
        p99 = waited[int(len(waited) * 0.99)] * 1e3
        print(
            f"  before, {options.settle} s of first walks: "
            f"p50 {statistics.median(waited) * 1e3:.1f} ms, p99 {p99:.1f} ms"
        )
    for kind, taken in sorted(times.taken.items()):
        p50, p99 = statistics.median(taken) * 1e3, statistics.quantiles(taken, n=100)[98] * 1e3
        bad = times.refused[kind]
        refused = f"   refused: {len(bad)} ({sorted(set(bad))})" if bad else ""
        print(f"  {kind:<26} {len(taken):>6}   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms{refused}")


async def _main(options: argparse.Namespace) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.agents_site", "--accesses", str(options.accesses)),
        *("--olts", str(options.olts), "--onts", str(options.onts), "--pace", str(options.pace)),
        *("--cycles-a-walk", str(options.cycles_a_walk)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        site = Seeded(**json.loads(await process.stdout.readline()))
        print(f"{len(site.accesses)} accesses, {len(site.diagnoses)} results, {len(site.tickets)} signalisations")
        if not options.skip_cpu:
            await dear(site, options.requests)
        if not options.no_polling:
            process.stdin.write(b"poll\n")
            print((await process.stdout.readline()).decode().strip())
        await minute(site, options)
    finally:
        process.stdin.close()
        await process.wait()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--settle", type=int, default=10, help="seconds beside the first walks, told apart")
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--accesses", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=300, help="requests of a kind, for the CPU time of each")
    parser.add_argument("--skip-cpu", action="store_true", help="only the agents")
    parser.add_argument("--pace", type=float, default=1_000_000 / 300, help="ONTs polled a second (a million in 300 s)")
    parser.add_argument("--cycles-a-walk", type=int, default=12, help="cycles of an OLT to one walk (an hour of 300 s)")
    parser.add_argument("--no-polling", action="store_true", help="nothing polled beside them")
    parser.add_argument("--olts", type=int, default=2, help="OLTs of the fleet that is polled meanwhile")
    parser.add_argument("--onts", type=int, default=2_048, help="ONTs of each")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
