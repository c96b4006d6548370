"""The other readers of `benchmarks.collection`: each reads the same columns of the same agent and says what it cost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
from gufo.snmp import SnmpError
from gufo.snmp.aio import SnmpSession
from pysnmp.hlapi.v3arch import asyncio as hlapi

from collectors.snmp.values import Oid, dotted

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Target:
    """The agent, its columns with the arity of their index, and the rows that every reader asks for at once."""

    host: str
    port: int
    community: str
    columns: Sequence[tuple[Oid, int]]
    repetitions: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one reading brought and took: CPU of the reader alone, user and system."""

    varbinds: int
    wall_s: float
    cpu_s: float


def process_cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def snmpbulkwalk(target: Target, security: Sequence[str] = (), *, together: bool = True) -> Cost | str:
    """net-snmp, one process a column, all at once or one after another; numbers not resolved."""
    program = shutil.which("snmpbulkwalk")
    if program is None:
        return "not installed (make services)"
    options = [*(security or ("-v2c", "-c", target.community)), "-On", f"-Cr{target.repetitions}"]
    environment = {**os.environ, "MIBS": ""}

    turns = asyncio.Semaphore(len(target.columns) if together else 1)

    async def walk(column: Oid, out: IO[bytes]) -> None:
        arguments = (*options, f"{target.host}:{target.port}", dotted(column))
        async with turns:
            process = await asyncio.create_subprocess_exec(program, *arguments, stdout=out, env=environment)
            await process.wait()

    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in target.columns]
        began, cpu = time.perf_counter(), _children_cpu_s()
        await asyncio.gather(*(walk(column, out) for (column, _), out in zip(target.columns, files, strict=True)))
        wall_s, cpu_s = time.perf_counter() - began, _children_cpu_s() - cpu
        return Cost(sum(_lines(out) for out in files), wall_s, cpu_s)


def _lines(out: IO[bytes]) -> int:
    out.seek(0)
    return sum(line.startswith(b".") for line in out)


async def gufo(target: Target) -> Cost | str:
    """gufo-snmp, the columns side by side."""

    async def one(column: Oid) -> int:
        session = SnmpSession(addr=target.host, port=target.port, community=target.community, timeout=30)
        async with session:
            return len([name async for name, _ in session.getbulk(dotted(column), target.repetitions)])

    began, cpu = time.perf_counter(), time.process_time()
    try:
        counts = await asyncio.gather(*(one(column) for column, _ in target.columns))
    except SnmpError as error:  # replies above some 4 kB
        return f"failed: {type(error).__name__} {error}"
    return Cost(sum(counts), time.perf_counter() - began, time.process_time() - cpu)


async def pysnmp(target: Target, most: int) -> Cost:
    """pysnmp's walk of one column, ``most`` rows of it: it takes too long for more."""
    engine = hlapi.SnmpEngine()
    transport = await hlapi.UdpTransportTarget.create((target.host, target.port), timeout=30)
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    walk = hlapi.bulk_walk_cmd(
        engine, hlapi.CommunityData(target.community), transport, hlapi.ContextData(), 0, target.repetitions,
        hlapi.ObjectType(hlapi.ObjectIdentity(target.columns[0][0])), lexicographicMode=False, lookupMib=False,
    )  # fmt: skip
    async for failure, status, _, found in walk:
        if failure or status:
            break
        count += len(found)
        if count >= most:
            break
    spent = Cost(count, time.perf_counter() - began, time.process_time() - cpu)
    engine.close_dispatcher()
    return spent


def exporter_config(target: Target) -> str:
    """A module with one metric a column, as snmp_exporter's generator writes it."""
    lines = ["bench:", "  walk:", *(f"  - {dotted(column)}" for column, _ in target.columns), "  metrics:"]
    for place, (column, arity) in enumerate(target.columns):
        lines += [f"  - name: column_{place}", f"    oid: {dotted(column)}", "    type: gauge", "    help: a column"]
        lines += ["    indexes:"]
        for number in range(arity):
            lines += [f"    - labelname: i{number}", "      type: gauge"]
    lines += ["  version: 2", f"  max_repetitions: {target.repetitions}", "  timeout: 60s", "  auth:"]
    return "\n".join([*lines, f"    community: {target.community}", ""])


@contextlib.asynccontextmanager
async def snmp_exporter(target: Target) -> AsyncIterator[tuple[str, int] | None]:
    """prometheus-snmp-exporter with these columns: its URL and process; ``None`` where it is not installed."""
    program = shutil.which("prometheus-snmp-exporter")
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "snmp.yml"
        config.write_text(exporter_config(target))
        process = await asyncio.create_subprocess_exec(
            program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await _listening(port)
            yield f"http://127.0.0.1:{port}/snmp", process.pid
        finally:
            process.terminate()
            await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def scrape(target: Target, url: str, pid: int) -> Cost:
    """One scrape, read to its end; samples of the columns are counted, not the exporter's own."""
    began, cpu = time.perf_counter(), process_cpu_s(pid)
    asked = {"target": f"{target.host}:{target.port}", "module": "bench"}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:
        answer = await client.get(url, params=asked)
    answer.raise_for_status()
    wall_s = time.perf_counter() - began
    return Cost(answer.content.count(b"\ncolumn_"), wall_s, process_cpu_s(pid) - cpu)
