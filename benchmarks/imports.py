"""A file of accesses over HTTP on a whole service: seconds and processor seconds, when all is new and when nothing is.

``python -m benchmarks.imports [--lines N]``. Nothing is asserted: figures go to docs/performance.md with the command.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import time

from api.demo.running import Demo, demo_service
from api.logs import configure

HEADER = "id1;offer_label;service_type;gtr;building.imb;building.kind;building.floor;building.pm;building.pbo\n"


def _file(lines: int) -> bytes:
    line = "F{n:08d};MB FTTH Internet profil 07;FTTHMB1P;oui;IMB/77058/X/{n};immeuble;3;FI-77058-000B;PT {n}"
    return (HEADER + "\n".join(line.format(n=20_000_000 + n) for n in range(lines))).encode("cp1252")


async def _send(demo: Demo, what: str, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {demo.inventory_token}", "Content-Type": "text/csv"}
    began, used = time.perf_counter(), time.process_time()
    answer = await demo.client.post("/api/v1/access-imports", content=content, headers=headers, timeout=600)
    summary = answer.raise_for_status().json()["summary"]
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{what}: {summary} in {took:.1f} s, {cpu:.1f} processor seconds")


async def _measure(lines: int) -> None:
    content = _file(lines)
    async with demo_service() as demo:
        await _send(demo, "all new", content)
        await _send(demo, "nothing new", content)


def main() -> None:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=10_000)
    configure(logging.ERROR)
    asyncio.run(_measure(options.parse_args().lines))


if __name__ == "__main__":
    main()
