"""A few rounds of `benchmarks.kills`, which does thirty."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills import rounds
from tests.storage.telemetry.gateway import Gateway


@pytest.mark.parametrize("store", ["embedded", "influx"])
async def test_three_kills_9_lose_no_acknowledged_row(tmp_path: Path, gateway: Gateway, store: str) -> None:
    found = await rounds(store, tmp_path, gateway, 3)
    assert (found.kills, found.lost) == (3, 0)
    assert found.acknowledged > 0


async def test_three_kills_9_with_a_server_that_only_remembers(tmp_path: Path) -> None:
    with Gateway.running("", "memory") as gateway:
        found = await rounds("influx", tmp_path, gateway, 3)
    assert (found.kills, found.lost) == (3, 0)
