"""What a list of the TM Forum interfaces costs: 100 service tests, 100 trouble tickets, each whole.

``python -m benchmarks.tmf_lists [--documents 100] [--times 5]``. The application in this process, on SQLite:
CPU counts, for the clock belongs to whatever else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from tests.tmf.test_trouble_ticket import ASKED
from tests.tmf.world import AGENT, client, site
from tests.web import golden

LISTS = (
    ("serviceTestManagement/v4", "/serviceTest"),
    ("serviceTestManagement/v4", "/serviceTest?fields=state,name"),
    ("troubleTicket/v4", "/troubleTicket"),
    ("troubleTicket/v4", "/troubleTicket?fields=status"),
)


async def measured(http: httpx.AsyncClient, path: str, times: int) -> str:
    """CPU and clock of one list, in ms, its first read apart."""
    await http.get(path)
    cpu, clock = time.process_time(), time.perf_counter()
    for _ in range(times):
        answer = await http.get(path)
    cpu, clock = (time.process_time() - cpu) / times * 1e3, (time.perf_counter() - clock) / times * 1e3
    found = answer.headers["x-result-count"]
    return f"{path}: {cpu:.0f} ms of CPU, {clock:.0f} ms, {found} documents, {len(answer.content)} octets"


async def main(documents: int, times: int) -> None:
    """Fill the records, then read each list."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        async with site(Path(folder), patch) as world:
            async with client(world, AGENT, "troubleTicket/v4") as http:
                for _ in range(documents):
                    await world.finished(golden.cut_drop())
                    (await http.post("/troubleTicket", json={**ASKED, "formField": {}})).raise_for_status()
            for base, path in LISTS:
                async with client(world, AGENT, base) as http:
                    print(await measured(http, path, times))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(main(given.documents, given.times))
