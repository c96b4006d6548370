"""Following a diagnosis: while it runs, when it ends, in the list of 48 h, and after a restart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.bootstrap import running
from api.clock import WallTime
from api.demo.asking import ask
from api.demo.running import Demo
from api.settings import Settings
from domain.access import Access, TestName
from domain.identifiers import Id1
from domain.principal import Principal, Right
from storage.diagnosis_record import NewDiagnosis
from storage.operators import Operator
from tests.storage.samples import put_access

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_source_is_announced_as_it_is_read_and_the_end_comes_last(demo: Demo) -> None:
    await demo.plant.control.call("announce", ont="F00000016")
    for olt in await demo.service.records.olts.all():  # so that there is a history, however slow the machine
        assert await demo.service.collection.polling.poll_once(olt) is not None
    accepted = await demo.client.post("/api/v1/accesses/F00000016/diagnostics", json={"test": "Diagnostic global"})
    assert accepted.status_code == 202
    assert accepted.json()["state"] == "En cours"
    steps: list[tuple[str, dict[str, object]]] = []
    async with demo.client.stream("GET", f"{accepted.headers['location']}/events") as events:
        kind = ""
        async for line in events.aiter_lines():
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                steps.append((kind, json.loads(line.removeprefix("data:"))))
    assert steps[0] == ("state", {"state": "En cours"}) or steps == [("state", {"state": "Terminé"})]
    assert steps[-1] == ("state", {"state": "Terminé"})
    result = (await demo.client.get(accepted.headers["location"])).json()
    assert {source["kind"] for source in result["sources"]} >= {"olt_snmp", "olt_cli", "neighbours", "box", "session"}
    assert {source["outcome"] for source in result["sources"]} == {"ok"}
    assert result["duration_ms"] > 0


async def test_the_number_carries_the_sending_in_paris_time(demo: Demo) -> None:
    result = (await ask(demo.client, "F00000016", "Infos Box")).result
    assert result["number"].startswith("190509-10")
    assert result["sent_at"].startswith("2019-05-09T08")


async def test_the_history_ends_48_hours_after_the_sending(demo: Demo) -> None:
    number = (await ask(demo.client, "F00000017", "Infos Box")).result["number"]
    listed = await demo.client.get("/api/v1/accesses/F00000017/diagnostics")
    assert [item["number"] for item in listed.json()] == [number]
    await demo.plant.control.call("clock", advance=48 * 3600)
    assert (await demo.client.get("/api/v1/accesses/F00000017/diagnostics")).json() == []
    assert (await demo.client.get(f"/api/v1/diagnostics/{number}")).status_code == 404


@pytest.mark.asyncio(loop_scope="function")
async def test_what_a_stop_left_running_is_closed_at_the_next_start(tmp_path: Path) -> None:
    settings, who = Settings.ephemeral(tmp_path), Principal("OP", "agent.un", frozenset({Right.TEST, Right.INVENTORY}))
    async with running(settings, WallTime()) as service:
        await service.records.operators.put(Operator("OP", "OP"))
        now = service.clock.now()
        new = NewDiagnosis(Id1("F00000001"), TestName.DELC, "FTTHMB1P", now, who.account, "0.1.0")
        await put_access(service.records, who, Access("OP", new.id1, None, "Essai", "FTTHMB1P", None))
        record, _ = await service.records.diagnoses.create(who, new)
        assert not record.state.final
    async with running(settings, WallTime()) as service:
        closed = await service.records.diagnoses.get(who, record.number)
    assert closed.state.value == "En échec"
    assert closed.failure == "service restarted"
