"""A few rounds of `benchmarks.kills` and `benchmarks.kills_polling`, which do thirty."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import kills_polling
from benchmarks.kills import rounds
from domain.metrics.ont import ONT_RX_DBM
from storage.telemetry.columns import micros
from storage.telemetry.embedded import EmbeddedTelemetry
from tests.storage.telemetry.gateway import Gateway
from tests.storage.telemetry.samples import cycles


@pytest.mark.parametrize("store", ["embedded", "influx"])
async def test_three_kills_9_lose_no_acknowledged_row(tmp_path: Path, gateway: Gateway, store: str) -> None:
    found = await rounds(store, tmp_path, gateway, 3)
    assert (found.kills, found.lost) == (3, 0)
    assert found.acknowledged > 0


async def test_three_kills_9_with_a_server_that_only_remembers(tmp_path: Path) -> None:
    with Gateway.running("", "memory") as gateway:
        found = await rounds("influx", tmp_path, gateway, 3)
    assert (found.kills, found.lost) == (3, 0)


@pytest.mark.parametrize(("store", "kills"), [("embedded", 1), ("influx", 2)])
async def test_kills_9_of_a_process_that_polls_lose_no_acknowledged_row(
    tmp_path: Path, gateway: Gateway, store: str, kills: int
) -> None:
    found = await kills_polling.rounds(store, tmp_path, gateway, kills)
    assert (found.kills, found.lost) == (kills, 0)
    assert found.acknowledged > 0


async def test_a_row_that_is_not_as_it_was_acknowledged_counts_as_lost(tmp_path: Path) -> None:
    (one,) = cycles(1)
    store = EmbeddedTelemetry(tmp_path)
    await store.append([one])
    column = kills_polling.digest(one.keys, one.values[ONT_RX_DBM], one.reasons[ONT_RX_DBM])
    bounds = [str(one.keys[0]), str(one.keys[-1]), "3"]
    for at, what, lost in ((one.at, column, 0), (one.at, "other", 3), (one.at + timedelta(minutes=5), column, 3)):
        told = [one.olt, str(micros(at)), ONT_RX_DBM.key, *bounds, what]
        assert await kills_polling.lost_of(store, told) == lost
    await store.close()
