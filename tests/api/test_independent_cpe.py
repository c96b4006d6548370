"""A TR-069 client written by others, as its package is, in a process of its own against the ACS of the service.

It is locked among the tools of development, and is nothing that the product uses. It knows names, values and sets, one
session long; no connection request, no download, no test.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from api.bootstrap import running
from api.clock import WallTime
from api.settings import Settings
from domain.access import Access
from domain.identifiers import DeviceId, Id1
from domain.metrics import box as m
from domain.principal import Principal, Right
from storage.operators import Operator
from tests.storage.samples import put_access

DRIVER = Path(__file__).with_name("independent_cpe.py")
DEVICE = DeviceId("FFFFFF", "0123456")  # what it says it is


async def test_an_independent_client_makes_its_first_contact_is_given_its_secrets_and_is_read(tmp_path: Path) -> None:
    async with running(Settings.ephemeral(tmp_path), WallTime()) as service:
        await service.records.operators.put(Operator("A", "A"))
        access = Access("A", Id1("F00000001"), None, "x", "FTTHMB1P", None, box=DEVICE)
        await put_access(service.records, Principal("A", "x", frozenset(Right)), access)
        url = f"http://127.0.0.1:{service.acs_port}/"
        client = await asyncio.create_subprocess_exec(
            sys.executable, str(DRIVER), url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(client.communicate(), 60)
        box = await service.records.boxes.of_access(access)
        stats = service.acs.stats
    assert (stats.informs, stats.completed, stats.malformed, stats.unexpected) == (1, 1, 0, 0), said.decode()[-600:]
    assert stats.rpcs > 3
    assert box is not None
    assert box.readings.value(m.BOX_FIRMWARE) == "0.0.1"
    assert box.readings.value(m.BOX_SERIAL) == DEVICE.serial
