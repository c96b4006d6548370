"""Reading columns of one OLT: our cycle and our reader beside net-snmp, snmp_exporter, gufo-snmp, pysnmp, in one run.

``python -m benchmarks.collection [--onts N] [--repetitions R] [--count K]``. One agent, in its own process, answers
all of them. The cycle is what polling uses: declared columns in units, sentinels told, load contract obeyed; the reader
brings raw columns. Peers ask for as many rows a request as ours may, where they can take them (gufo-snmp: 60). Then the
reader through a way that loses 5 % each way, doubles 1 % and delays by up to 100 ms; SNMPv3; one column of an OLT at
20 ms, and 200 OLTs at 20 ms.
Nothing is asserted: figures go to docs/performance.md with the command. CPU is the client's, user and system; where the
agent was busy for more than nine tenths of the wall time, the line says that the agent was the limit.
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
from dataclasses import replace

import uvloop

from benchmarks import peers
from benchmarks.cycle import ALWAYS, OPERATOR, fleet
from benchmarks.peers import Cost, Target
from benchmarks.usm_front import NETSNMP, USER
from collectors.cycle.columns import ColumnCycle
from collectors.load import Budgets, LoadContract
from collectors.snmp.column_reader import ColumnKind, ColumnReader, ColumnRequest
from collectors.snmp.usm.user import UsmUser
from collectors.snmp.values import Oid
from domain.clock import WallClock
from domain.olt import OltTarget
from domain.secret import Secret

_NK: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35)
_INT, _TEXT = ColumnKind.INTEGER, ColumnKind.OCTETS
# Twelve columns of an ONT of the Nokia ISAM: state, identity, firmware, distance, optics of both sides, errors.
_Column = tuple[Oid, ColumnKind, int]
COLUMNS: tuple[_Column, ...] = (
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
_GUFO_ROWS = 60  # it fails on replies above some 4 kB
_ROUGH = ("--loss", "0.05", "--duplicates", "0.01", "--jitter-ms", "100")


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


@contextlib.asynccontextmanager
async def _proxied(port: int) -> AsyncIterator[int]:
    """A way to the agent that loses, doubles and delays: its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "proxy", "--to", f"127.0.0.1:{port}", *_ROUGH, "--exit-with-parent",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        yield int(line.split()[0].rpartition(b":")[2])
    finally:
        process.stdin.close()
        await process.wait()


async def _raw(
    target: Target, reader: ColumnReader, credentials: Secret | UsmUser, columns: Sequence[_Column] = COLUMNS
) -> Cost:
    asked = [ColumnRequest(oid, kind, arity, max_repetitions=target.repetitions) for oid, kind, arity in columns]
    began, cpu = time.perf_counter(), time.process_time()
    found = await reader.read((target.host, target.port), credentials, asked, 120.0)
    spent = time.perf_counter() - began, time.process_time() - cpu
    gaps = {column.gap for column in found.values()} - {None}
    if gaps:
        raise SystemExit(f"columns were left unknown: {gaps}")
    return Cost(sum(len(column.index) + len(column.spoilt) for column in found.values()), *spent)


async def _public(target: Target, cycles: ColumnCycle) -> Cost:
    olt = OltTarget(OPERATOR, "bench", "nokia_isam", target.host, target.port, Secret(target.community))
    began, cpu = time.perf_counter(), time.process_time()
    cycle = await cycles.read(olt, 120.0)
    spent = time.perf_counter() - began, time.process_time() - cpu
    if cycle.gaps:
        raise SystemExit(f"metrics were left unknown: {cycle.gaps}")
    return Cost(cycle.varbinds, *spent)


class _Table:
    """Prints one line a reader: the median of its runs, and how many times slower than our cycle it is."""

    def __init__(self, agent: int, count: int) -> None:
        self._agent, self._count = agent, count
        self.walls: dict[str, float] = {}
        self.cpus: dict[str, float] = {}

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
        self.walls[name], self.cpus[name] = wall, cpu_rate
        limit = "; the agent is the limit" if statistics.median(busy) > _BUSY else ""
        print(
            f"  {name:<34} {costs[0].varbinds:>8,} varbinds   {wall / 1e3:8.1f} k per wall s   "
            f"{cpu_rate / 1e3:8.1f} k per client CPU s   agent busy {statistics.median(busy):4.0%}{limit}{note}",
            flush=True,
        )


async def _peers(table: _Table, target: Target, count: int) -> None:
    await table.line("snmpbulkwalk, one at a time", lambda: peers.snmpbulkwalk(target, together=False))
    await table.line("snmpbulkwalk, 12 processes", lambda: peers.snmpbulkwalk(target))
    small = replace(target, repetitions=min(target.repetitions, _GUFO_ROWS))
    await table.line("gufo-snmp", lambda: peers.gufo(small), f"; {small.repetitions} rows a request")
    await table.line("pysnmp", lambda: peers.pysnmp(target, _PYSNMP_ROWS), f"; one column, {_PYSNMP_ROWS} rows", 1)
    async with peers.snmp_exporter(target) as exporter:

        async def scraped() -> Cost | str:
            return "not installed (make services)" if exporter is None else await peers.scrape(target, *exporter)

        await table.line("snmp_exporter", scraped, count=min(count, 2))


async def measure(onts: int, repetitions: int, count: int) -> None:
    """Start the agent and read it with everyone."""
    options = ("simulators", "fleet", "--olts", "1", "--onts", str(onts), "--vendors", "nokia_isam", "--port", "0")
    async with _started(*options, "--ready-json", "--exit-with-parent") as (ready, agent):
        host, port = ready["olts"]["OLT-00001"]  # type: ignore[index]  # what JSON gave
        community = Secret(str(ready["community"]))
        target = Target(host, port, community.reveal(), [(oid, arity) for oid, _, arity in COLUMNS], repetitions)
        print(f"one agent (the simulated fleet), {onts:,} ONTs x {len(COLUMNS)} columns, {repetitions} rows a request")
        table, reader, budgets = _Table(agent, count), ColumnReader(), Budgets()
        budgets.agree(host, port, LoadContract(max_repetitions=repetitions))
        cycles = ColumnCycle(reader, WallClock(), budgets, ALWAYS)
        await _public(target, cycles)  # the agent encodes its tables once, and we learn what it bears
        await _raw(target, reader, community)
        await table.line("our cycle (public read)", lambda: _public(target, cycles))
        await table.line("our column reader (raw)", lambda: _raw(target, reader, community))
        await _peers(table, target, count)
        _ratios(table)
        async with _proxied(port) as rough:
            way = replace(target, port=rough)
            await table.line("raw, 5 % loss, 100 ms jitter", lambda: _raw(way, reader, community), count=2)
        arguments = ("benchmarks.usm_front", "--backend", str(port), "--community", target.community)
        async with _started(*arguments) as (front, pid):
            secured = replace(target, port=int(str(front["port"])))
            v3 = _Table(pid, count)
            await _raw(secured, reader, USER)
            print("  SNMPv3 authPriv (SHA-1, AES-128), the same agent behind a front that seals for it:")
            await v3.line("our column reader (raw), v3", lambda: _raw(secured, reader, USER))
            await v3.line("snmpbulkwalk, v3", lambda: peers.snmpbulkwalk(secured, NETSNMP), count=1)
        await reader.close()


def _ratios(table: _Table) -> None:
    """How many times faster than each peer; goals are those of the issue, per wall second."""
    goals = {"snmpbulkwalk, one at a time": 5, "snmpbulkwalk, 12 processes": 5, "snmp_exporter": 15}
    ours = [name for name in table.walls if name.startswith("our ")]
    for peer in [name for name in table.walls if name not in ours]:
        times = [f"{name} {table.walls[name] / table.walls[peer]:6.1f} x wall" for name in ours]
        times += [f"{table.cpus[name] / table.cpus[peer]:6.1f} x CPU" for name in ours[:1]]
        goal = f"   (goal {goals[peer]} x wall)" if peer in goals else ""
        print(f"  against {peer:<28} {'   '.join(times)}{goal}")


async def alone(onts: int, count: int) -> None:
    """One column of one OLT 20 ms away: by one chain the first time, by several once its rows are known."""
    options = argparse.Namespace(olts=1, onts=onts, delay_ms=20.0, vendor="nokia_isam")
    async with fleet(options) as (olt,):
        reader, target = ColumnReader(), Target(olt.host, olt.port, olt.community.reveal(), [], 200)
        costs = [await _raw(target, reader, olt.community, COLUMNS[:1]) for _ in range(1 + count)]
        again = statistics.median(cost.wall_s for cost in costs[1:])
        print(f"one column of {onts:,} ONTs, {options.delay_ms:g} ms: {costs[0].wall_s:.2f} s, then {again:.2f} s")
        await reader.close()


async def many(olts: int, onts: int, count: int) -> None:
    """All OLTs of a fleet at once, each 20 ms away."""
    options = argparse.Namespace(olts=olts, onts=onts, delay_ms=20.0, vendor="nokia_isam")
    async with fleet(options) as targets:
        asked = [ColumnRequest(oid, kind, arity) for oid, kind, arity in COLUMNS]

        async def once(reader: ColumnReader) -> tuple[float, float]:
            began, cpu = time.perf_counter(), time.process_time()
            found = await asyncio.gather(*(reader.read((t.host, t.port), t.community, asked, 60.0) for t in targets))
            if any(column.gap is not None for one in found for column in one.values()):
                raise SystemExit("columns were left unknown")
            return time.perf_counter() - began, time.process_time() - cpu

        fresh, reader = ColumnReader(), ColumnReader()
        await once(fresh)  # the agent encodes its tables
        first = await once(reader)
        costs = [await once(reader) for _ in range(count)]
        wall, cpu = (statistics.median(part) for part in zip(*costs, strict=True))
        repeated = f"{reader.counters.repeated} requests repeated"
        print(
            f"{olts} OLTs x {onts} ONTs x {len(COLUMNS)} columns, {options.delay_ms:g} ms: {wall:.2f} s, "
            f"client CPU {cpu:.2f} s (first read {first[0]:.2f} s, CPU {first[1]:.2f} s; {repeated})"
        )
        await fresh.close()
        await reader.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collection")
    parser.add_argument("--onts", type=int, default=16_384)
    parser.add_argument("--repetitions", type=int, default=LoadContract().max_repetitions)
    parser.add_argument("--count", type=int, default=5)
    options = parser.parse_args(arguments)
    uvloop.run(measure(options.onts, options.repetitions, options.count))
    uvloop.run(alone(options.onts, options.count))
    uvloop.run(many(200, 256, options.count))


if __name__ == "__main__":
    main()
