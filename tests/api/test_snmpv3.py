"""An OLT reached as an SNMPv3 user: the live client, the walk and the column cycle all prove and hide what they ask."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.demo.running import Demo

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).resolve().parents[2]
USER = {
    "name": "bench", "auth": "sha1", "auth_key": "authentic-words", "privacy": "aes128", "privacy_key": "private-words",
}  # fmt: skip


@asynccontextmanager
async def front(backend: int, community: str) -> AsyncIterator[int]:
    """An SNMPv3 engine before the demo's OLT; its port."""
    command = [sys.executable, "-m", "benchmarks.usm_front", "--backend", str(backend), "--community", community]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        yield int(json.loads(await asyncio.wait_for(process.stdout.readline(), 20))["port"])
    finally:
        process.terminate()
        await process.wait()


async def test_an_olt_is_walked_and_read_by_columns_as_a_user(demo: Demo) -> None:
    headers = {"Authorization": f"Bearer {demo.network_token}"}
    reading = demo.service.collection
    community = (await demo.service.records.network.olt(demo.olt)).community.reveal()
    async with front(demo.plant.snmp[1], community) as port:
        body = {"vendor": "nokia_isam", "host": "127.0.0.1", "port": port, "user": USER}
        (await demo.client.put("/api/v1/olts/OLT-V3", json=body, headers=headers)).raise_for_status()
        async with asyncio.timeout(30):
            while reading.polling.of("OLT-V3").walked is None:  # noqa: ASYNC110 - a state of polling
                await asyncio.sleep(0.02)
        target = await demo.service.records.network.olt("OLT-V3")
        assert await reading.polling.cycle_once(target)
        polled = reading.polling.of("OLT-V3")
        assert polled.cycled is not None, polled.why
        assert reading.site.sessions.counters.dropped.total() == 0
        onboarded = await demo.client.post("/api/v1/olts/OLT-V3/onboarding", headers=headers)
        assert onboarded.status_code == 200, onboarded.text
        assert len(onboarded.json()["inventory"]["onts"]) > 500
        (await demo.client.delete("/api/v1/olts/OLT-V3", headers=headers)).raise_for_status()
