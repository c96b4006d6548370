"""Reading columns of one OLT: our column reader beside net-snmp, snmp_exporter, gufo-snmp and pysnmp, in one run.

``python -m benchmarks.collection [--onts N] [--repetitions R] [--count K]``. One agent, in its own process, answers
all of them; each asks for the same number of rows a request. Nothing is asserted: figures go to docs/performance.md
with the command. CPU is the client's, user and system; where the agent was busy for more than nine tenths of the wall
time, the line says that the agent was the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import uvloop

from benchmarks import peers
from benchmarks.peers import Cost, Target
from benchmarks.usm_front import NETSNMP, USER
from collectors.snmp.column_reader import ColumnKind, ColumnReader, ColumnRequest
from collectors.snmp.usm.user import UsmUser
from collectors.snmp.values import Oid
from domain.secret import Secret

_NK: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35)
_INT, _TEXT = ColumnKind.INTEGER, ColumnKind.OCTETS
# Twelve columns of an ONT of the Nokia ISAM: state, identity, firmware, distance, optics of both sides, errors.
COLUMNS: tuple[tuple[Oid, ColumnKind, int], ...] = (
    ((*_NK, 10, 4, 1, 2), _INT, 1),
    ((*_NK, 10, 1, 1, 2), _INT, 1),
    ((*_NK, 10, 1, 1, 5), _TEXT, 1),
    ((*_NK, 10, 1, 1, 9), _TEXT, 1),
    ((*_NK, 10, 1, 1, 11), _TEXT, 1),
    ((*_NK, 10, 4, 1, 3), _INT, 1),
    ((*_NK, 10, 14, 1, 2), _INT, 1),
    ((*_NK, 10, 14, 1, 4), _INT, 1),
    ((*_NK, 10, 18, 1, 2), _INT, 1),
    ((*_NK, 11, 4, 1, 3), _INT, 2),
    ((*_NK, 11, 4, 1, 4), _INT, 2),
    ((*_NK, 11, 4, 1, 5), _INT, 2),
)
_BUSY = 0.9
_PYSNMP_ROWS = 4_000


@contextlib.asynccontextmanager
async def _started(*arguments: str) -> AsyncIterator[tuple[dict[str, object], int]]:
    """A process of ours that prints one JSON line when it is ready, and ends when its input closes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            yield json.loads(await process.stdout.readline()), process.pid
    except TimeoutError:
        raise SystemExit("the agent did not become ready") from None
    finally:
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ours(target: Target, reader: ColumnReader, credentials: Secret | UsmUser) -> Cost:
    asked = [ColumnRequest(oid, kind, arity, max_repetitions=target.repetitions) for oid, kind, arity in COLUMNS]
    began, cpu = time.perf_counter(), time.process_time()
    found = await reader.read((target.host, target.port), credentials, asked, 120.0)
    spent = time.perf_counter() - began, time.process_time() - cpu
    gaps = {column.gap for column in found.values()} - {None}
    if gaps:
        raise SystemExit(f"columns were left unknown: {gaps}")
    return Cost(sum(len(column.index) + len(column.spoilt) for column in found.values()), *spent)


class _Table:
    """Prints one line a reader: the median of its runs."""

    def __init__(self, agent: int, count: int) -> None:
        self._agent, self._count = agent, count
        self.walls: dict[str, float] = {}

    async def line(
        self, name: str, run: Callable[[], Awaitable[Cost | str]], note: str = "", count: int | None = None
    ) -> None:
        costs, busy = [], []
        for _ in range(count or self._count):
            cpu = peers.process_cpu_s(self._agent)
            cost = await run()
            if isinstance(cost, str):
                print(f"  {name:<34} {cost}: no figure")
                return
            costs.append(cost)
            busy.append((peers.process_cpu_s(self._agent) - cpu) / cost.wall_s)
        wall = statistics.median(cost.varbinds / cost.wall_s for cost in costs)
        cpu_rate = statistics.median(cost.varbinds / max(cost.cpu_s, 1e-9) for cost in costs)
        self.walls[name] = wall
        limit = "; the agent is the limit" if statistics.median(busy) > _BUSY else ""
        print(
            f"  {name:<34} {costs[0].varbinds:>8,} varbinds   {wall / 1e3:8.1f} k per wall s   "
            f"{cpu_rate / 1e3:8.1f} k per client CPU s   agent busy {statistics.median(busy):4.0%}{limit}{note}",
            flush=True,
        )


async def measure(onts: int, repetitions: int, count: int) -> None:
    """Start the agent and read it with everyone."""
    fleet = ("simulators", "fleet", "--olts", "1", "--onts", str(onts), "--vendors", "nokia_isam", "--port", "0")
    async with _started(*fleet, "--ready-json", "--exit-with-parent") as (ready, agent):
        host, port = ready["olts"]["OLT-00001"]  # type: ignore[index]
        community = str(ready["community"])
        target = Target(host, port, community, [(oid, arity) for oid, _, arity in COLUMNS], repetitions)
        print(f"one agent (the simulated fleet), {onts:,} ONTs x {len(COLUMNS)} columns, {repetitions} rows a request")
        table = _Table(agent, count)
        reader = ColumnReader()
        await _ours(target, reader, Secret(community))  # the agent encodes its tables once
        await table.line("column reader (raw)", lambda: _ours(target, reader, Secret(community)))
        await table.line("snmpbulkwalk, one at a time", lambda: peers.snmpbulkwalk(target, together=False))
        await table.line("snmpbulkwalk, 12 processes", lambda: peers.snmpbulkwalk(target))
        await table.line("gufo-snmp", lambda: peers.gufo(target))
        await table.line("pysnmp", lambda: peers.pysnmp(target, _PYSNMP_ROWS), f"; one column, {_PYSNMP_ROWS} rows", 1)
        async with peers.snmp_exporter(target) as exporter:

            async def scraped() -> Cost | str:
                return "not installed (make services)" if exporter is None else await peers.scrape(target, *exporter)

            await table.line("snmp_exporter", scraped, count=min(count, 2))
        async with _started("benchmarks.usm_front", "--backend", str(port), "--community", community) as (front, pid):
            secured = Target(host, int(str(front["port"])), community, target.columns, repetitions)
            v3 = _Table(pid, count)
            await _ours(secured, reader, USER)
            print("  SNMPv3 authPriv (SHA-1, AES-128), the same agent behind a front that seals for it:")
            await v3.line("column reader (raw), v3", lambda: _ours(secured, reader, USER))
            await v3.line("snmpbulkwalk, v3", lambda: peers.snmpbulkwalk(secured, NETSNMP), count=1)
        await reader.close()
    _ratios(table.walls)


def _ratios(walls: dict[str, float]) -> None:
    ours = walls["column reader (raw)"]
    for peer, goal in (("snmpbulkwalk, one at a time", 5), ("snmpbulkwalk, 12 processes", 5), ("snmp_exporter", 15)):
        if peer in walls:
            print(f"  column reader: {ours / walls[peer]:.1f} x {peer} per wall second (goal {goal} x)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collection")
    parser.add_argument("--onts", type=int, default=16_384)
    parser.add_argument("--repetitions", type=int, default=60)
    parser.add_argument("--count", type=int, default=5)
    options = parser.parse_args(arguments)
    uvloop.run(measure(options.onts, options.repetitions, options.count))


if __name__ == "__main__":
    main()
