"""Reference measures, over the wire: kept under the right rights, and compared with before the medians of telemetry."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.demo.asking import ask
from api.demo.running import Demo
from api.services.fair import Allowance, Limits
from api.services.references import ReferenceTests
from domain.identifiers import DiagnosisNumber, Id1
from domain.metrics.ont import ONT_RX_DBM
from domain.metrics.reference import REFERENCE_OLT_RX_DBM, REFERENCE_ONT_RX_DBM
from domain.principal import Principal, Right
from domain.reading import Quality
from domain.reference import Occasion, measured
from tests.api.test_signalisation import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCESS = "F00000015"
PATH = f"/api/v1/accesses/{ACCESS}/references"
WHO = Principal("397480930", "demo.support", frozenset({Right.TEST}))


@pytest.fixture
def ordering(demo: Demo) -> dict[str, str]:
    """Headers of the operator's ordering side."""
    return {"Authorization": f"Bearer {demo.inventory_token}"}


async def test_a_measure_kept_at_the_commissioning_is_what_the_next_test_compares_with(
    demo: Demo, ordering: dict[str, str]
) -> None:
    at = (demo.service.clock.now() - timedelta(days=90)).isoformat()
    body = {"at": at, "occasion": "commissioning", "source": "recette", "ont_rx_dbm": -16.1, "olt_rx_dbm": -17.5}
    answer = await demo.client.post(PATH, json=body, headers=ordering)
    assert answer.status_code == 201, answer.text
    result = (await ask(demo.client, ACCESS)).result
    path = result["path"]
    assert (path["basis"], path["reference_source"]) == ("reference", "commissioning: recette")
    assert path["down"]["excess_db"] == pytest.approx(-16.1 - path["down"]["received_dbm"], abs=0.01)
    assert path["down"]["excess_db"] > 2
    record = await demo.service.diagnoses.get(WHO, DiagnosisNumber.parse(result["number"]))
    assert record.snapshot is not None
    reference = record.snapshot.readings[REFERENCE_ONT_RX_DBM]
    assert (reference.value, reference.quality) == (-16.1, Quality.STORED)
    after = measured(record.snapshot.readings, record.sent_at, Occasion.TICKET_CLOSED, record.number)
    assert after is not None
    assert after.values[REFERENCE_ONT_RX_DBM] == path["down"]["received_dbm"]


async def test_the_newest_measure_is_the_reference(demo: Demo, ordering: dict[str, str]) -> None:
    now = demo.service.clock.now()
    for days, level in ((10, -19.0), (60, -12.0)):
        at = (now - timedelta(days=days)).isoformat()
        body = {"at": at, "occasion": "ont_exchange", "source": "N° 1", "ont_rx_dbm": level}
        assert (await demo.client.post(PATH, json=body, headers=ordering)).status_code == 201
    last = await demo.service.records.references.last("397480930", Id1(ACCESS))
    assert last is not None
    assert last.values == {REFERENCE_ONT_RX_DBM: -19.0}
    listed = (await demo.client.get(PATH)).json()
    assert [one["at"] for one in listed] == sorted((one["at"] for one in listed), reverse=True)
    again = {**{k: v for k, v in listed[0].items() if v is not None}, "olt_rx_dbm": -20.0}
    assert (await demo.client.post(PATH, json=again, headers=ordering)).status_code == 201
    same = (await demo.client.get(PATH)).json()
    assert (len(same), same[0]["olt_rx_dbm"]) == (len(listed), -20.0)
    kept = await demo.service.records.references.last("397480930", Id1(ACCESS))
    assert kept is not None
    assert kept.values[REFERENCE_OLT_RX_DBM] == -20.0


async def test_who_may_not_keep_one_is_told_and_nobody_sees_another_operator_s(
    demo: Demo, ordering: dict[str, str], stranger: dict[str, str]
) -> None:
    body = {"occasion": "commissioning", "source": "x", "ont_rx_dbm": -20.0}
    assert (await demo.client.post(PATH, json=body)).status_code == 403  # support has no right « inventaire »
    assert (await demo.client.get(PATH, headers=stranger)).status_code == 404
    network = {"Authorization": f"Bearer {demo.network_token}"}
    assert (await demo.client.post(PATH, json=body, headers=network)).status_code == 404
    unknown = "/api/v1/accesses/F99999999/references"
    assert (await demo.client.post(unknown, json=body, headers=ordering)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ont_rx_dbm": None}, "reference"),
        ({"ont_rx_dbm": -45.1}, "ont_rx_dbm"),
        ({"ont_rx_dbm": 12.1}, "ont_rx_dbm"),
        ({"ont_bias_ma": 150.1}, "ont_bias_ma"),
        ({"occasion": "party"}, "occasion"),
        ({"source": ""}, "source"),
        ({"at": "2099-01-01T00:00:00Z"}, "at"),
        ({"at": "2019-01-01T00:00:00"}, "at"),
    ],
)
async def test_a_measure_that_cannot_be_is_refused_with_its_field(
    demo: Demo, ordering: dict[str, str], change: dict[str, object], field: str
) -> None:
    body = {"occasion": "commissioning", "source": "x", "ont_rx_dbm": -20.0, **change}
    answer = await demo.client.post(PATH, json=body, headers=ordering)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def moved(demo: Demo, number: str, **body: str) -> None:
    headers = {"Authorization": f"Bearer {demo.network_token}"}
    answer = await demo.client.post(f"/api/v1/tickets/{number}/moves", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_an_exchange_and_a_closure_each_leave_the_levels_of_a_delc_that_later_tests_compare_with(
    demo: Demo, ordering: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = ReferenceTests(demo.service.diagnoses, demo.service.records, demo.service.clock, enabled=True)
    for part in (demo.service.lifecycle, demo.service.tickets):
        monkeypatch.setattr(part, "_references", tests)
    access, path = "F00000017", "/api/v1/accesses/F00000017/references"
    box = (await demo.client.get(f"/api/v1/accesses/{access}")).json()["box"]
    for serial in ("ANOTHER", box["serial"]):  # two exchanges of one evening: one reference, of the last
        body = {"box": {**box, "serial": serial}}
        answer = await demo.client.post(f"/api/v1/accesses/{access}/box-exchange", json=body, headers=ordering)
        assert answer.status_code == 200, answer.text
    assert [await tests.step(), await tests.step()] == [True, False]
    (newest,) = (await demo.client.get(path)).json()
    assert newest["occasion"] == "box_exchange"
    delc = await demo.service.diagnoses.get(WHO, DiagnosisNumber.parse(newest["number"]))
    assert delc.snapshot is not None
    assert newest["ont_rx_dbm"] == delc.snapshot.readings.value(ONT_RX_DBM)
    assert newest["source"] == f"N° {delc.number}"

    fields = {**FIELDS, "forcage": "Oui", "autre_defaut": "le client insiste"}
    ticket = {"id1": access, "type": "84", "fields": fields, "deposit": True}
    deposited = await demo.client.post("/api/v1/tickets", json=ticket)
    assert deposited.status_code == 201, deposited.text
    number = deposited.json()["number"]
    await moved(demo, number, action="restore")
    await moved(demo, number, action="close", code="RET")
    assert await tests.step()
    closed = (await demo.client.get(path)).json()[0]
    assert closed["occasion"] == "ticket_closed"

    result = (await ask(demo.client, access)).result
    assert (result["path"]["basis"], result["path"]["reference_source"]) == (
        "reference",
        f"ticket_closed: N° {closed['number']}",
    )


async def test_a_line_that_is_still_broken_at_its_closure_leaves_no_reference(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="drop-cut", target="F00000016")
    tests = ReferenceTests(demo.service.diagnoses, demo.service.records, demo.service.clock, enabled=True)
    access = await demo.service.records.accesses.get(WHO, Id1("F00000016"))
    await tests.wanted((access, Occasion.TICKET_CLOSED))
    assert [await tests.step(), await tests.step()] == [True, False]
    path = "/api/v1/accesses/F00000016/references"
    assert (await demo.client.get(path)).json() == []
    await demo.plant.control.call("repair", fault="all")
    await demo.plant.control.call("clock", advance=3600)
    assert await tests.step()  # an hour later it is tried again
    assert [one["occasion"] for one in (await demo.client.get(path)).json()] == ["ticket_closed"]
    assert await demo.service.records.wanted_references.first_due() is None


async def test_a_file_of_accesses_queues_its_references_and_costs_no_agent_his_turn(
    demo: Demo, ordering: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = ReferenceTests(demo.service.diagnoses, demo.service.records, demo.service.clock, enabled=True)
    monkeypatch.setattr(demo.service.lifecycle, "_references", tests)
    monkeypatch.setattr(demo.service.diagnoses, "_limits", Limits(Allowance(pending=0, per_minute=1)))
    known = (await demo.client.get("/api/v1/access-exports?format=json")).json()
    exchanged = [{"id1": one["id1"], "box": one["box"] | {"serial": f"N{n}"}} for n, one in enumerate(known)]
    report = (await demo.client.post("/api/v1/access-imports", json=exchanged, headers=ordering)).json()
    assert [line["outcome"] for line in report["lines"]] == ["changed"] * len(known)
    assert [await tests.step() for _ in known] == [True] * len(known)
    refused = await demo.client.post(f"/api/v1/accesses/{ACCESS}/diagnostics", json={"test": "Infos Box"})
    assert refused.status_code == 429  # the allowance is the agents': no reference was counted in it
    assert len((await demo.client.get("/api/v1/accesses/F00000017/diagnostics")).json()) >= 1


async def test_what_is_wanted_is_taken_by_itself_and_what_gave_none_an_hour_later(demo: Demo) -> None:
    control, path = demo.plant.control, "/api/v1/accesses/F00000016/references"
    tests = ReferenceTests(demo.service.diagnoses, demo.service.records, demo.service.clock, enabled=True)
    access = await demo.service.records.accesses.get(WHO, Id1("F00000016"))
    known = len((await demo.client.get(path)).json())
    await control.call("fault", kind="drop-cut", target="F00000016")
    running = asyncio.create_task(tests.run())
    try:
        await tests.wanted((access, Occasion.BOX_EXCHANGE))
        async with asyncio.timeout(60):
            while not await _put_off(demo):
                await demo.client.get("/healthz")
            await control.call("repair", fault="all")
            await control.call("clock", advance=3660)
            while len((await demo.client.get(path)).json()) == known:
                await demo.client.get("/healthz")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _put_off(demo: Demo) -> bool:
    """Whether what was wanted is due later."""
    due = await demo.service.records.wanted_references.first_due()
    return due is not None and due > demo.service.clock.now()
