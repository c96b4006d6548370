"""From a diagnosis accepted (202) to its result stored; beside it, net-snmp reading the same data.

``python -m benchmarks.diagnosis [--count N] [--delay-ms 0 20]``. The plant runs in its own process; the client,
the service and the store are in this one. Nothing is asserted: figures go to docs/performance.md with the command.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable

from api.demo.running import Demo, demo_service
from api.logs import configure
from api.loop import run
from domain.identifiers import DiagnosisNumber

ACCESS = "F00000016"
ENTERPRISE = "1.3.6.1.4.1.637.61.1"


async def _timed(demo: Demo, test: str) -> float:
    """Seconds from the 202 to the event that follows the commit of the result, heard on the service's own bus."""
    accepted = await demo.client.post(f"/api/v1/accesses/{ACCESS}/diagnostics", json={"test": test})
    accepted.raise_for_status()
    began = time.perf_counter()
    with demo.service.bus.listen(DiagnosisNumber.parse(accepted.json()["number"])) as steps:
        while not (await steps.get()).final:
            pass
    return time.perf_counter() - began


async def _netsnmp(demo: Demo) -> float:
    """Seconds for snmpbulkwalk to read the three state columns of all ONTs, one process a column, as a script would."""
    host, port = demo.plant.snmp
    olt = await demo.service.records.network.olt(demo.olt)
    began = time.perf_counter()
    for column in (f"{ENTERPRISE}.35.10.4.1.2", f"{ENTERPRISE}.35.10.1.1.5", "1.3.6.1.2.1.2.2.1.8"):
        process = await asyncio.create_subprocess_exec(
            "snmpbulkwalk", "-v2c", "-c", olt.community.reveal(), "-On", "-Cr50", f"{host}:{port}", column,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await process.wait()
    return time.perf_counter() - began


async def _series(count: int, run: Callable[[], Awaitable[float]]) -> list[float]:
    await run()
    return [await run() for _ in range(count)]


def _line(name: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95) - 1]
    return f"  {name:<44} p50 {p50 * 1e3:7.1f} ms   p95 {p95 * 1e3:7.1f} ms   max {ordered[-1] * 1e3:7.1f} ms"


async def measure(count: int, delays_ms: list[float]) -> None:
    """Print one table a delay."""
    configure(logging.ERROR)
    for delay in delays_ms:
        async with demo_service(reply_delay_ms=delay) as demo:
            await demo.plant.control.call("announce", ont=ACCESS)
            print(f"agent's reply delay {delay:g} ms; goal p50 ≤ {3 * delay + 40:g} ms; {count} tests each")
            for test in ("Diagnostic DELC", "Diagnostic global"):
                print(_line(test, await _series(count, lambda test=test: _timed(demo, test))), flush=True)  # type: ignore[misc]  # mypy infers no lambda with a default
            if shutil.which("snmpbulkwalk"):
                walked = await _series(max(3, count // 10), lambda: _netsnmp(demo))
                print(_line("net-snmp: three state columns of the OLT", walked), flush=True)
            else:
                print("  net-snmp is not installed (make services): no peer figure")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--delay-ms", type=float, nargs="+", default=[0.0, 20.0])
    options = parser.parse_args()
    run(measure(options.count, options.delay_ms))


if __name__ == "__main__":
    main()
