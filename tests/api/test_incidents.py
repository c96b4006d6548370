"""A PBO cut in the plant, seen over the wire: the incident opens, names itself to the next caller, and ends."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from api.demo.asking import ask
from api.demo.running import Demo
from domain.identifiers import OntName
from tests.api.test_signalisation import FIELDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLER = "F00000015"


@pytest.fixture
def network(demo: Demo) -> dict[str, str]:
    """Headers of the infrastructure operator."""
    return {"Authorization": f"Bearer {demo.network_token}"}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def repaired(demo: Demo) -> AsyncIterator[None]:
    yield
    await demo.plant.control.call("repair", fault="all")


async def cycle(demo: Demo, advance_s: float = 0.0) -> None:
    """One polling cycle of the OLT now, and everything that follows from it."""
    if advance_s:
        await demo.plant.control.call("clock", advance=advance_s)
    (target,) = [one for one in demo.service.collection.polling.targets if one.name == demo.olt]
    await demo.service.collection.polling.poll_once(target)
    async with asyncio.timeout(20):
        await demo.service.incidents.watch.caught_up()


async def listed(demo: Demo, headers: dict[str, str] | None = None, **question: Any) -> list[dict[str, Any]]:
    answer = await demo.client.get("/api/v1/incidents", params=question, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["incidents"]
    return found


async def pbo_of(demo: Demo, id1: str) -> str:
    return str((await demo.plant.control.call("state", ont=id1))["pbo"])


async def test_a_pbo_is_cut_found_told_to_the_next_caller_and_closed(
    demo: Demo, network: dict[str, str], stranger: dict[str, str]
) -> None:
    await cycle(demo)
    assert await listed(demo, network, open=True) == []
    pbo = await pbo_of(demo, CALLER)
    await demo.plant.control.call("fault", kind="pbo-cut", target=pbo)
    await cycle(demo, 600)

    (incident,) = await listed(demo, network, open=True)
    assert (incident["ancestor"], incident["place"], incident["cause"]) == ("pbo", pbo, "fibre")
    assert incident["accesses"] >= 2
    assert incident["down"] == incident["accesses"]
    assert incident["olts"] == [demo.olt]

    result = (await ask(demo.client, CALLER)).result
    verdict = result["verdict"]
    assert re.fullmatch(
        rf"Incident collectif connu depuis .*\d\d:\d\d, {incident['accesses']} accès, PBO {pbo.removeprefix('PBO-')}",
        verdict["synthesis"],
    ), verdict["synthesis"]
    assert (verdict["scope"], verdict["owner"]) == ("pbo", "opérateur d'infrastructure")
    assert "Ne pas envoyer de technicien" in verdict["action"]
    assert result["incident"] == incident["number"]

    (mine,) = await listed(demo)
    assert (mine["whole"], mine["down"], mine["olts"]) == (False, None, None)
    assert 1 <= mine["accesses"] <= incident["accesses"]
    assert await listed(demo, stranger) == []
    hidden = await demo.client.get(f"/api/v1/incidents/{incident['number']}", headers=stranger)
    assert hidden.status_code == 404

    await cycle(demo)  # so that no walk of the service's own is under way between the repair and the advance
    await demo.plant.control.call("repair", fault="all")
    await cycle(demo, 300)
    assert (await listed(demo, network, open=True))[0]["state"] == "recovering"
    assert (
        (await ask(demo.client, CALLER)).result["verdict"]["family"].startswith("OK")
    )  # its box may still be starting
    await cycle(demo, 300)
    assert await listed(demo, network, open=True) == []
    (ended,) = await listed(demo, network, open=False)
    assert (ended["number"], ended["state"]) == (incident["number"], "closed")

    whole = (await demo.client.get(f"/api/v1/incidents/{incident['number']}", headers=network)).json()
    kinds = [line["kind"] for line in whole["history"]]
    assert (kinds[0], kinds[-2:]) == ("opened", ["recovering", "closed"])


async def test_traps_alone_open_an_incident_and_who_follows_hears_of_it(demo: Demo, network: dict[str, str]) -> None:
    await cycle(demo, 600)
    pon = OntName.parse((await demo.plant.control.call("state", ont="F00000017"))["ont"]["name"]).pon_name
    news: list[dict[str, Any]] = []
    async with asyncio.timeout(30), demo.client.stream("GET", "/api/v1/incidents/stream", headers=network) as stream:
        await demo.plant.control.call("fault", kind="feeder-cut", target=str(pon))
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                news.append(json.loads(line.removeprefix("data:")))
                if news[-1]["incident"]["ancestor"] == "pon":
                    break
    assert news[0]["kind"] == "opened"
    await cycle(demo, 120)
    (incident,) = await listed(demo, network, open=True)
    assert (incident["ancestor"], incident["place"]) == ("pon", str(pon))
    assert incident["number"] == news[0]["incident"]["number"]


async def test_an_olt_that_falls_silent_leaves_its_incidents_as_they_were(
    demo: Demo, network: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.service.collection.polling, "_timeout_s", 3.0)
    pbo = await pbo_of(demo, CALLER)
    await demo.plant.control.call("fault", kind="pbo-cut", target=pbo)
    await cycle(demo, 600)
    before = {one["number"] for one in await listed(demo, network, open=True)}
    assert before
    await demo.plant.control.call("fault", kind="olt-unreachable", target="")
    await cycle(demo, 600)
    after = await listed(demo, network, open=True)
    assert before == {one["number"] for one in after}
    assert {one["state"] for one in after} == {"unknown"}
    assert all(one["unknown_since"] for one in after)
    verdict = (await ask(demo.client, CALLER)).result["verdict"]
    assert verdict["family"] == "INDETERMINE"
    assert "incident collectif connu" in verdict["synthesis"]


async def test_rights_filters_and_counters(demo: Demo, network: dict[str, str]) -> None:
    inventory = {"Authorization": f"Bearer {demo.inventory_token}"}
    assert (await demo.client.get("/api/v1/incidents", headers=inventory)).status_code == 200
    assert (await demo.client.get("/api/v1/incidents", headers={"Authorization": "Bearer x"})).status_code == 401
    unknown = await demo.client.get("/api/v1/incidents", params={"olt": "OLT-X"}, headers=network)
    assert unknown.status_code == 404
    for question in ({"open": "perhaps"}, {"since": "2019-05-09T10:00:00"}, {"limit": "0"}):
        assert (await demo.client.get("/api/v1/incidents", params=question)).status_code == 422
    assert (await demo.client.get("/api/v1/incidents/nonsense", headers=network)).status_code == 422
    assert (await demo.client.get("/api/v1/incidents/INC-190509-000000", headers=network)).status_code == 404
    assert await listed(demo, network, olt=demo.olt) != []
    assert await listed(demo, network, since="2100-01-01T00:00:00Z", open=False) == []
    metrics = (await demo.client.get("/metrics", headers=network)).text
    assert re.search(r"^jf_incidents_opened [1-9]", metrics, re.MULTILINE)


async def test_the_page_lists_the_incidents_and_shows_one_with_its_history(demo: Demo, network: dict[str, str]) -> None:
    html = {**network, "accept": "text/html"}
    (one, *_) = await listed(demo, network)
    for address in ("/incidents", "/incidents?clos=1"):
        assert (await demo.client.get(address, headers=html)).status_code == 200
    shown = (await demo.client.get(f"/incidents/{one['number']}", headers=html)).text
    assert one["number"] in shown
    assert "Historique" in shown
    part = (await demo.client.get("/incidents", headers={**html, "hx-request": "true"})).text
    assert "<html" not in part


async def test_an_incident_refuses_what_acts_on_its_accesses_and_is_told_at_the_deposit(
    demo: Demo, network: dict[str, str]
) -> None:
    await demo.plant.control.call("announce", ont=CALLER)
    pbo = await pbo_of(demo, CALLER)
    await demo.plant.control.call("fault", kind="pbo-cut", target=pbo)
    await cycle(demo, 600)
    (incident,) = [one for one in await listed(demo, network, open=True) if one["place"] == pbo]
    asked = {"action": "box_reboot", "reason": "le client attend"}
    for language, sentence in (
        ("fr", f"L'incident {incident['number']} explique le défaut : agir sur cet accès n'y changera rien"),
        ("en", f"Incident {incident['number']} explains the fault: acting on this access helps nothing"),
    ):
        answer = await demo.client.post(
            f"/api/v1/accesses/{CALLER}/teleactions", json=asked, headers={"Accept-Language": language}
        )
        assert answer.status_code == 409, answer.text
        assert {one["field"]: one["detail"] for one in answer.json()["errors"]}["no_incident"] == sentence
    body = {"id1": CALLER, "type": "84", "fields": FIELDS, "deposit": True}
    ticket = (await demo.client.post("/api/v1/tickets", json=body)).json()
    told = ticket["context"]["collective_incident"]
    assert re.fullmatch(rf"Incident collectif {incident['number']} connu depuis .+ \d\d:\d\d : .+", told), told

    await demo.plant.control.call("repair", fault="all")
    await cycle(demo, 120)
    again = await demo.client.post(f"/api/v1/accesses/{CALLER}/teleactions", json=asked)
    assert again.status_code == 202, again.text  # the incident is still recovering, and this ONT is up
    await demo.client.post(f"/api/v1/tickets/{ticket['number']}/moves", json={"action": "cancel"})


@pytest.mark.parametrize("place", ["pbo", "pm", "pon"])
async def test_an_incident_during_planned_works_says_so(demo: Demo, network: dict[str, str], place: str) -> None:
    await cycle(demo, 600)
    state = await demo.plant.control.call("state", ont=CALLER)
    known = await demo.service.records.network.outside_of(demo.olt, OntName.parse(state["ont"]["name"]))
    path = known[OntName.parse(state["ont"]["name"])]
    named = {"pbo": path.pbo, "pm": path.pm, "pon": str(OntName.parse(state["ont"]["name"]).pon_name)}
    now = demo.service.clock.now()
    works = {
        "label": "Reprise de soudures",
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=4)).isoformat(),
        "olt": demo.olt,
        place: named[place],
    }
    declared = await demo.client.post("/api/v1/planned-works", json=works, headers=network)
    assert declared.status_code == 201, declared.text
    await demo.plant.control.call("fault", kind="pbo-cut", target=state["pbo"])
    await cycle(demo, 600)
    (incident,) = [one for one in await listed(demo, network, open=True) if one["place"] == state["pbo"]]
    assert incident["works"] is True
    result = (await ask(demo.client, CALLER)).result
    evidence = json.dumps(result["verdict"], ensure_ascii=False)
    assert "Des travaux programmés couvrent cet incident." in evidence
    answer = await demo.client.delete(f"/api/v1/planned-works/{declared.json()['work_id']}", headers=network)
    assert answer.status_code == 204
    await cycle(demo, 30)
    (after,) = [one for one in await listed(demo, network, open=True) if one["number"] == incident["number"]]
    assert after["works"] is False
    await demo.plant.control.call("repair", fault="all")
    for _ in range(3):
        await cycle(demo, 300)
    assert incident["number"] not in {one["number"] for one in await listed(demo, network, open=True)}
