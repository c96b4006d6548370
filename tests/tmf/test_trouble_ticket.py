"""TMF621: signalisations deposited, followed and closed by another operator's information system."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.tmf.world import AGENT, INTRUDER, SANDBOX, client
from tests.web import golden
from tests.web.world import REPAIRER, STRANGER, SUPPORT, World

BASE = "troubleTicket/v4"
FIELDS = {
    "nom_deposant": "DURAND Camille",
    "telephone_deposant": "0199001234",
    "telephone_client": "0199005678",
    "mobile_client": "0699005678",
    "horaires_apres_midi": "14h00/18h00",
    "rendez_vous": "Oui",
    "prelocalise_client": "Non",
    "box_alimentation": "Voyant vert fixe",
    "box_dsl": "Voyant éteint",
    "ont_alimentation": "Voyant vert fixe",
}
ASKED: dict[str, Any] = {
    "description": "Plus de service depuis ce matin",
    "severity": "High",
    "ticketType": "84",
    "externalId": "OC-2019-0042",
    "relatedEntity": [{"id": "F00000015", "role": "prestation", "@referredType": "Service"}],
    "formField": FIELDS,
}
KIT = {"description": "Some Description", "severity": "High", "ticketType": "device"}


def api(world: World, who: Any = AGENT) -> httpx.AsyncClient:
    return client(world, who, BASE)


async def test_a_signalisation_is_deposited_with_its_results_attached(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    async with api(world) as http:
        made = await http.post("/troubleTicket", json=ASKED)
        assert made.status_code == 201, made.text
        ticket = made.json()
        assert (ticket["status"], ticket["severity"], ticket["externalId"]) == ("acknowledged", "High", "OC-2019-0042")
        assert (ticket["@type"], ticket["@baseType"]) == ("JustFibreSignalisation", "TroubleTicket")
        assert ticket["description"] == ASKED["description"]
        tests = [one["id"] for one in ticket["relatedEntity"] if one["@referredType"] == "ServiceTest"]
        assert tests == [number]
        assert ticket["formField"]["nom_deposant"] == "DURAND Camille"
        assert [one["status"] for one in ticket["statusChange"]] == ["pending", "acknowledged"]
        assert (await http.get(f"/troubleTicket/{ticket['id']}")).json() == ticket
        by_access = await http.get("/troubleTicket", params={"relatedEntity.id": "F00000015"})
        assert [one["id"] for one in by_access.json()] == [ticket["id"]]
        by_test = await http.get("/troubleTicket", params={"relatedEntity.id": number})
        assert [one["id"] for one in by_test.json()] == [ticket["id"]]
    kept = await world.service.records.tickets.get(AGENT, ticket["id"])
    assert kept.reference == "OC-2019-0042"


async def test_what_a_form_misses_leaves_it_pending_and_is_told(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with api(world) as http:
        short = {key: value for key, value in FIELDS.items() if key != "mobile_client"}
        ticket = (await http.post("/troubleTicket", json={**ASKED, "formField": short})).json()
        assert ticket["status"] == "pending"
        assert "mobile_client" in ticket["statusChangeReason"]
        assert "nom_deposant" not in ticket["statusChangeReason"]
        filled = await http.patch(f"/troubleTicket/{ticket['id']}", json={"formField": {"mobile_client": "0699005678"}})
        assert filled.json()["status"] == "acknowledged", filled.text
        unknown = await http.post("/troubleTicket", json={**ASKED, "formField": {"couleur": "bleu"}})
        assert unknown.status_code == 400
        assert "couleur" in unknown.json()["message"]


async def test_the_status_that_a_client_gives_at_creation_is_not_heard(world: World) -> None:
    async with api(world, SANDBOX) as http:
        for status in ("Resolved", "resolved", 5, {"a": 1}, None):
            made = await http.post("/troubleTicket", json={**KIT, "status": status})
            assert (made.status_code, made.json()["status"]) == (201, "acknowledged"), made.text


@pytest.mark.parametrize("missing", ["description", "severity", "ticketType"])
async def test_a_missing_attribute_is_a_400_that_names_it(world: World, missing: str) -> None:
    async with api(world, SANDBOX) as http:
        refused = await http.post("/troubleTicket", json={key: value for key, value in KIT.items() if key != missing})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith(missing)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"note": {"text": "x"}}, "note"),
        ({"ticketType": "device"}, "ticketType"),
        ({"relatedEntity": []}, "relatedEntity"),
        ({"relatedEntity": [{"id": "F00000099", "role": "x", "@referredType": "Service"}]}, "relatedEntity"),
        ({"relatedEntity": [{"id": "F00000015"}]}, "relatedEntity.0.role"),
        ({"requestedResolutionDate": "demain"}, "requestedResolutionDate"),
        ({"attachment": [{"name": "a.txt", "content": "%%"}]}, "attachment.content"),
    ],
)
async def test_what_is_wrong_is_a_400_that_names_it(world: World, change: dict[str, Any], field: str) -> None:
    await world.finished(golden.cut_drop())
    async with api(world) as http:
        refused = await http.post("/troubleTicket", json={**ASKED, **change})
    assert refused.status_code == 400, refused.text
    assert field in refused.json()["message"]


async def test_fields_give_exactly_what_is_asked_for_and_severity_filters(world: World) -> None:
    async with api(world, SANDBOX) as http:
        for severity in ("High", "Low", "High"):
            await http.post("/troubleTicket", json={**KIT, "severity": severity})
        found = await http.get("/troubleTicket", params={"severity": "High"})
        assert (len(found.json()), found.headers["x-total-count"]) == (2, "2")
        named = (await http.get("/troubleTicket", params={"fields": "severity,status"})).json()
        assert all(set(one) == {"severity", "status"} for one in named)
        assert all("status" in one for one in found.json())
        assert (await http.get("/troubleTicket/unknown")).status_code == 404


async def test_a_ticket_moves_from_hand_to_hand_to_its_closure(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with api(world) as http, api(world, REPAIRER) as repairer:
        number = (await http.post("/troubleTicket", json=ASKED)).json()["id"]
        path = f"/troubleTicket/{number}"
        steps: list[tuple[httpx.AsyncClient, dict[str, Any], int]] = [
            (http, {"status": "inProgress"}, 403),
            (repairer, {"status": "inProgress"}, 200),
            (repairer, {"status": "held", "statusChangeReason": "client absent"}, 200),
            (repairer, {"status": "inProgress"}, 200),
            (repairer, {"note": [{"text": "technicien sur place"}]}, 200),
            (repairer, {"severity": "Low"}, 403),
            (repairer, {"status": "resolved"}, 200),
            (http, {"status": "closed"}, 400),
            (http, {"status": "closed", "closingCode": "RET"}, 200),
            (http, {"status": "inProgress"}, 409),
            (http, {"status": "Closed"}, 400),
            (http, {"ticketType": "25O"}, 400),
        ]
        for who, change, expected in steps:
            answer = await who.patch(path, json=change)
            assert answer.status_code == expected, (change, answer.text)
        ticket = (await http.get(path)).json()
    assert (ticket["status"], ticket["closingCode"]) == ("closed", "RET")
    assert "technicien sur place" in [one["text"] for one in ticket["note"]]
    shown = [one["status"] for one in ticket["statusChange"]]
    assert shown == ["pending", "acknowledged", "inProgress", "held", "inProgress", "resolved", "closed"]


async def test_notes_and_files_are_added_and_what_was_said_stays(world: World) -> None:
    await world.finished(golden.cut_drop())
    file = {"name": "note.txt", "content": base64.b64encode(b"le client rappelle demain").decode()}
    async with api(world) as http:
        ticket = (await http.post("/troubleTicket", json={**ASKED, "note": [{"text": "un"}]})).json()
        path = f"/troubleTicket/{ticket['id']}"
        await http.patch(path, json={"note": [{"text": "deux"}], "attachment": [file]})
        ticket = (await http.get(path)).json()
        assert [one["text"] for one in ticket["note"]] == ["un", "deux"]
        (kept,) = ticket["attachment"]
        assert (kept["name"], kept["mimeType"]) == ("note.txt", "text/plain")
        wrong = {"name": "x.exe", "content": base64.b64encode(b"MZ\x90\x00").decode()}
        refused = await http.patch(path, json={"attachment": [wrong]})
        assert refused.status_code == 400, refused.text


async def test_only_a_draft_is_deleted(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with api(world) as http:
        draft = (await http.post("/troubleTicket", json={**ASKED, "formField": {}})).json()["id"]
        deposited = (await http.post("/troubleTicket", json=ASKED)).json()["id"]
        assert (await http.delete(f"/troubleTicket/{draft}")).status_code == 204
        assert (await http.get(f"/troubleTicket/{draft}")).status_code == 404
        assert (await http.delete(f"/troubleTicket/{deposited}")).status_code == 409
        assert [one["id"] for one in (await http.get("/troubleTicket")).json()] == [deposited]


async def test_the_sandbox_lives_the_life_of_a_kit(world: World) -> None:
    async with api(world, SANDBOX) as http:
        made = (await http.post("/troubleTicket", json=KIT)).json()
        path = f"/troubleTicket/{made['id']}"
        assert made["href"].endswith(path)
        patched = (await http.patch(path, json={"severity": "Low", "status": "inProgress"})).json()
        assert (patched["severity"], patched["status"]) == ("Low", "inProgress")
        assert (await http.patch(path, json={"status": "nowhere"})).status_code == 400
        assert (await http.delete(path)).status_code == 204
        assert (await http.get(path)).status_code == 404


async def test_rights_and_operators_are_apart(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with api(world) as http:
        number = (await http.post("/troubleTicket", json=ASKED)).json()["id"]
    async with api(world, SUPPORT) as http:
        assert (await http.get("/troubleTicket")).status_code == 403
        assert (await http.post("/troubleTicket", json=ASKED)).status_code == 403
    async with api(world, STRANGER) as http:
        assert (await http.get(f"/troubleTicket/{number}")).status_code in {403, 404}
    async with api(world, INTRUDER) as http:
        assert (await http.get("/troubleTicket")).json() == []
        for answer in (
            await http.get(f"/troubleTicket/{number}"),
            await http.patch(f"/troubleTicket/{number}", json={"severity": "x"}),
            await http.delete(f"/troubleTicket/{number}"),
        ):
            assert answer.status_code == 404
        assert (await http.post("/troubleTicket", json=ASKED)).status_code == 400


async def test_a_list_shows_each_ticket_as_it_is_read_alone_to_both_sides(world: World) -> None:
    await world.finished(golden.cut_drop())
    file = {"name": "note.txt", "content": base64.b64encode(b"le client rappelle demain").decode()}
    async with api(world) as http, api(world, REPAIRER) as repairer:
        draft = (await http.post("/troubleTicket", json={**ASKED, "formField": {}})).json()["id"]
        body = {**ASKED, "note": [{"text": "un"}], "attachment": [file], "name": "Panne de Camille"}
        deposited = (await http.post("/troubleTicket", json=body)).json()["id"]
        await repairer.patch(f"/troubleTicket/{deposited}", json={"status": "inProgress"})
        for reader, numbers in ((http, {draft, deposited}), (repairer, {deposited})):
            listed = (await reader.get("/troubleTicket")).json()
            assert {one["id"] for one in listed} == numbers
            for one in listed:
                assert one == (await reader.get(f"/troubleTicket/{one['id']}")).json()
        (shown,) = (await repairer.get("/troubleTicket")).json()
        assert (shown["name"], shown["attachment"][0]["name"], len(shown["relatedEntity"])) == (
            "Panne de Camille",
            "note.txt",
            2,
        )
