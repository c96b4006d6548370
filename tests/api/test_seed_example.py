"""The seed's own example, from the test to the closure, over HTTP on the demo's plant, as an operator sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from api.demo.asking import ask
from api.demo.running import Demo
from api.holidays import closed_in
from domain.gtr import GtrZone, deadline
from domain.identifiers import Id1
from domain.principal import Principal, Right
from tests.api.test_webhooks import Receiver
from tests.screen import DELC, INFOS_BOX

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID1 = "F00000015"
DEFECT = "Accès FTTH OK - session inactive"
ADDRESS = {
    "kind": "immeuble", "street": "20 Rue Général Mouton Duvernet", "floor": "3", "staircase": "A", "name": "B",
    "insee": "69383", "town": "LYON 03",
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "reference": "OP-2019-0042",
    "nom_a": "DURAND Camille",
    "horaires_a": "09h00/18h00",
    "nom_deposant": "MARTIN Dominique",
    "telephone_deposant": "0199001234",
    "email_deposant": "support@operateur.example",
    "telephone_client": "0199005678",
    "mobile_client": "0699005678",
    "horaires_weekend": "samedi matin",
    "horaires_apres_midi": "14h00/18h00",
    "rendez_vous": "Oui",
    "client_informe": "Oui",
    "date_declaration": "09/05/2019 10:00",
    "prelocalise_client": "Oui",
    "box_alimentation": "Voyant vert fixe",
    "box_dsl": "Voyant éteint",
    "ont_alimentation": "Voyant vert fixe",
    "nature_defaut": "Service interrompu",
    "deja_fonctionne": "Oui",
    "defauts": [DEFECT],
    "forcage": "Non",
}
ADMINISTRATOR = Principal("397480930", "demo.admin", frozenset({Right.ADMINISTRATOR}))


@pytest_asyncio.fixture(loop_scope="module")
async def receiver(demo: Demo) -> AsyncIterator[Receiver]:
    """The operator's own system, told of everything."""
    found = Receiver()
    await found.start()
    await demo.service.webhooks.add(ADMINISTRATOR, f"http://127.0.0.1:{found.port}/sav", None)
    yield found
    await found.stop()


async def the_screen_s_access(demo: Demo) -> None:
    """Its building as address translation tells it, its GTR option; its box has informed once, then hung."""
    ordering = {"Authorization": f"Bearer {demo.inventory_token}"}
    access = (await demo.client.get(f"/api/v1/accesses/{ID1}", headers=ordering)).json()
    order = {key: access[key] for key in ("id1", "id2", "offer_label", "service_type", "place", "box", "optical_class")}
    known = await demo.service.records.accesses.get(ADMINISTRATOR, Id1(ID1))
    body = {**order, "gtr": True, "building": ADDRESS, "ppp_username": known.ppp_username}
    answer = await demo.client.put(f"/api/v1/accesses/{ID1}", json=body, headers=ordering)
    assert answer.status_code == 200, answer.text
    await demo.plant.control.call("announce", ont=ID1)
    await demo.plant.control.call("fault", kind="box-hung", target=ID1)
    await demo.plant.control.call("clock", advance=3 * 3600)


async def test_the_example_is_tested_deposited_repaired_and_closed_with_its_diagnoses_attached(
    demo: Demo, receiver: Receiver
) -> None:
    await the_screen_s_access(demo)
    delc_alone = (await ask(demo.client, ID1, "Diagnostic DELC")).result
    whole = (await ask(demo.client, ID1)).result
    numbers = [whole["number"], delc_alone["number"]]
    assert (whole["result"], whole["code"], whole["verdict"]["defect"]) == ("OK", "OK_SESSION_INACTIVE", DEFECT)

    shown = (await demo.client.get(f"/api/v1/accesses/{ID1}/ticket-context")).json()
    assert [one["number"] for one in shown["diagnoses"]] == numbers
    assert shown["computed"] | {"id2": ""} == {
        "id1": ID1, "id2": "", "nature": "FTTHMB1P", "formulaire": "FRM-MBFTTHGTR Version: 1",
        "type": "84 - incident FTTH",
        "adresse_a": "20 Rue Général Mouton Duvernet Et. 3 Esc. A Bat. B 69383 LYON 03",
        "signalisation_en_cours": "Non", "travaux_en_cours": "Non", "incident_collectif": "Non",
        "engagement": "HO GTR 600 Lundi au Samedi 8h à 18h",
    }  # fmt: skip
    assert shown["proposed"] == {"defauts": [DEFECT]}
    assert (shown["test_first"], shown["forcing_needed"], shown["forcing_allowed"]) == (False, False, True)

    ticket = await deposited(demo)
    at = f"/api/v1/tickets/{ticket['number']}"

    assert ticket["state"] == "Déposée"
    assert [one["number"] for one in ticket["diagnoses"]] == numbers
    assert ticket["files"][0]["name"] == "voyants.txt"
    assert ticket["context"]["open_tickets"] == []
    since = datetime.fromisoformat(ticket["deposited_at"])
    due = deadline(since, closed_in(GtrZone.METROPOLE))
    assert due is not None
    assert datetime.fromisoformat(ticket["gtr"]["deadline_at"]) == due.deadline_at
    joined = (await demo.client.get(f"{at}/diagnostics/{whole['number']}")).json()
    delc, box = ([(row["label"], row["value"]) for row in block["rows"]] for block in joined["blocks"])
    assert [label for label, _ in delc] == [label for label, _ in DELC]
    assert box == list(INFOS_BOX)

    await repaired_and_closed(demo, at)
    after = (await demo.client.get(f"{at}/diagnostics/{whole['number']}")).json()
    assert after["blocks"] == joined["blocks"]
    told = [f"{ticket['number']} {state}" for state in ("Déposée", "En cours", "Rétablie", "Clôturée")]
    async with asyncio.timeout(20):
        while [one for one in receiver.effects[ID1] if one.startswith("SIG")] != told:
            await demo.client.get("/healthz")
    states = [one for one in receiver.effects[ID1] if one.startswith(whole["number"])]
    assert states == [f"{whole['number']} {state}" for state in ("En cours", "Terminé")]


async def deposited(demo: Demo) -> dict[str, Any]:
    """The draft is corrected, a file is attached, the whole is deposited."""
    draft = (await demo.client.post("/api/v1/tickets", json={"id1": ID1, "type": "84", "fields": {}})).json()
    at = f"/api/v1/tickets/{draft['number']}"
    wrong = FIELDS | {"mobile_client": "06 99 00 56 78"}
    await demo.client.put(f"{at}/fields", json={"fields": wrong})
    faults = (await demo.client.get(f"{at}/faults")).json()
    assert [one["field"] for one in faults] == ["mobile_client"]
    await demo.client.put(f"{at}/fields", json={"fields": FIELDS})
    attached = await demo.client.post(f"{at}/files", files={"file": ("voyants.txt", "voyant éteint".encode())})
    assert attached.status_code == 201, attached.text
    ticket: dict[str, Any] = (await demo.client.post(f"{at}/deposit")).raise_for_status().json()
    return ticket


async def repaired_and_closed(demo: Demo, at: str) -> None:
    """The infrastructure operator repairs two days later; the depositor closes with a code."""
    network = {"Authorization": f"Bearer {demo.network_token}"}
    for action in ("take", "restore"):
        answer = await demo.client.post(f"{at}/moves", json={"action": action}, headers=network)
        assert answer.status_code == 200, answer.text
    await demo.plant.control.call("clock", advance=timedelta(hours=50).total_seconds())
    answer = await demo.client.post(f"{at}/moves", json={"action": "close", "code": "CLI", "text": "box redémarrée"})
    closed = answer.raise_for_status().json()
    assert (closed["state"], closed["closing_code"], closed["gtr"]["met"]) == ("Clôturée", "CLI", True)
    assert [one["state"] for one in closed["events"]][-4:] == ["Déposée", "En cours", "Rétablie", "Clôturée"]
