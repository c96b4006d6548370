"""One round of `benchmarks.kills_polling`, which does thirty; and that its judge sees what is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.kills import opened
from benchmarks.kills_polling import _lost, _noted, rounds
from tests.storage.telemetry.gateway import Gateway


async def test_a_kill_while_olts_are_polled_loses_no_acknowledged_row(tmp_path: Path) -> None:
    with Gateway.running("", "memory") as gateway:
        found = await rounds("embedded", tmp_path, gateway, 1)
        assert (found.kills, found.lost) == (1, 0)
        assert found.rows > 0
        noted = list(_noted(tmp_path / "notes"))
        metric = next(iter(noted[0].values))
        one = {"values": {metric: noted[0].values[metric]}, "reasons": {metric: noted[0].reasons[metric]}}
        wrong = replace(noted[0], **{**one, "values": {metric: noted[0].values[metric] + 1}})  # type: ignore[arg-type] # arrays
        absent = replace(noted[0], olt="OLT-NOWHERE", **one)  # type: ignore[arg-type] # arrays
        store = opened("embedded", tmp_path / "store", gateway.url, gateway.database)
        try:
            lost = [await _lost(store, [batch], noted[0].at) for batch in (wrong, absent)]
        finally:
            await store.close()
    assert lost[1] == len(absent.keys)
    assert 0 < lost[0] <= len(wrong.keys)
