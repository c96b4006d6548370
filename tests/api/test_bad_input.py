"""What is wrong gets a clear problem document in the reader's language; nothing is lost, nothing crashes."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import timedelta

import httpx
import pytest

from api.demo.asking import ask
from api.demo.running import Demo
from domain.principal import Principal, Right

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = "/api/v1/accesses/F00000015/diagnostics"


async def test_an_unknown_access_and_another_operator_s_access_are_the_same_404(
    demo: Demo, stranger: dict[str, str]
) -> None:
    unknown = await demo.client.post("/api/v1/accesses/F99999999/diagnostics", json={"test": "Diagnostic global"})
    foreign = await demo.client.post(ASK, json={"test": "Diagnostic global"}, headers=stranger)
    for answer, id1 in ((unknown, "F99999999"), (foreign, "F00000015")):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == f"Aucun accès « {id1} » n'est connu de votre opérateur"


async def test_no_route_shows_another_operator_what_is_not_its_own(demo: Demo, stranger: dict[str, str]) -> None:
    number = (await ask(demo.client, "F00000015", "Infos Box")).result["number"]
    routes = [
        "/api/v1/accesses/F00000015", ASK, f"/api/v1/diagnostics/{number}", f"/api/v1/diagnostics/{number}/events",
        "/acces/F00000015/resultats",
    ]  # fmt: skip
    for route in routes:
        answer = await demo.client.get(route, headers=stranger)
        assert answer.status_code == 404, route
        assert "LB FTTH" not in answer.text
        assert "profil 07" not in answer.text
    assert (await demo.client.get("/api/v1/accesses", headers=stranger)).json() == []


async def test_a_wrong_identifier_names_its_field_in_french_and_in_english(demo: Demo) -> None:
    french = await demo.client.post("/api/v1/accesses/F123/diagnostics", json={"test": "Diagnostic global"})
    english = await demo.client.post(
        "/api/v1/accesses/F123/diagnostics", json={"test": "Diagnostic global"}, headers={"Accept-Language": "en-GB"}
    )
    assert french.status_code == english.status_code == 422
    assert french.json()["errors"] == [
        {"field": "id1", "detail": "« F123 » n'est pas un ID1 tel que F00000015 (F et 8 chiffres)"}
    ]
    assert english.json()["errors"][0]["detail"] == "« F123 » is not an ID1 such as F00000015 (F and 8 digits)"
    assert english.headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"test": "Diagnostic DELCO"}', 422, "test"),
        (b'{"test": "Diagnostic global", "priority": 1}', 422, "priority"),
        (b"{}", 422, "test"),
        (b'{"test": ', 400, "body"),
        (b"[]", 422, "body"),
        (b'\xff\xfe{"test"', 400, None),
    ],
)
async def test_a_wrong_body_says_what_is_wrong(demo: Demo, body: bytes, status: int, field: str | None) -> None:
    answer = await demo.client.post(ASK, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert [item["field"] for item in answer.json()["errors"]] == [field]


async def test_without_a_token_or_with_a_wrong_one_nothing_is_served(demo: Demo) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer jf_wrong"}, {"Authorization": "Basic YTpi"}):
        answer = await demo.client.get(ASK, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_access_without_ont_ends_without_inventing_a_verdict(demo: Demo) -> None:
    provisioner = {"Authorization": f"Bearer {demo.inventory_token}"}
    body = {"id1": "F00000099", "offer_label": "MB FTTH Internet profil 07", "service_type": "FTTHMB1P"}
    created = await demo.client.put("/api/v1/accesses/F00000099", json=body, headers=provisioner)
    assert created.status_code == 201
    result = (await ask(demo.client, "F00000099")).result
    assert result["state"] == "Terminé"
    assert result["verdict"]["family"] == "INDETERMINE"
    assert result["verdict"]["not_measured"] if "not_measured" in result["verdict"] else result["not_measured"]


async def test_an_oversized_body_is_refused(demo: Demo) -> None:
    answer = await demo.client.post(ASK, content=b" " * (5 << 20), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["not XML", "too large", "entity bomb"])
async def test_a_broken_inform_is_refused_and_the_acs_goes_on(demo: Demo, kind: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><l>&b;</l>'
    content = {"not XML": b"Inform please", "too large": b"<a>" + b"x" * (10 << 20), "entity bomb": bomb}[kind]
    async with httpx.AsyncClient() as box:
        try:
            answer = await box.post(f"http://127.0.0.1:{demo.service.acs_port}/", content=content)
        except (httpx.WriteError, httpx.ReadError):  # the ACS closed before the 10 MB had been sent
            assert kind == "too large"
        else:
            assert answer.status_code in {400, 413}
    await demo.plant.control.call("announce", ont="F00000015")
    assert (await ask(demo.client, "F00000015", "Infos Box")).result["state"] == "Terminé"


async def test_random_datagrams_at_every_port_are_dropped(demo: Demo) -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for port in (demo.service.radius_port, demo.service.syslog_port, demo.plant.snmp[1]):
            for size in (0, 1, 19, 20, 64, 1400):
                await loop.sock_sendto(sender, os.urandom(size), ("127.0.0.1", port))
    assert (await ask(demo.client, "F00000016")).result["state"] == "Terminé"


async def test_an_idempotency_key_gives_one_diagnosis_and_refuses_another_content(demo: Demo) -> None:
    headers = {"Idempotency-Key": "appel-4711"}
    answers = await asyncio.gather(
        *(demo.client.post(ASK, json={"test": "Diagnostic DELC"}, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert [answer.headers.get("idempotency-replayed") for answer in answers].count(None) == 1
    other = await demo.client.post(ASK, json={"test": "Infos Box"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["detail"] == "clé d'idempotence « appel-4711 » : elle a déjà servi à une autre demande"


@pytest.mark.parametrize(
    ("body", "headers", "told"),
    [
        (b'{"test": "DELC"}', {}, "Valeurs admises : Diagnostic global, Diagnostic DELC, Infos Box"),
        (b'{"test": "\xff"}', {}, "Le corps de la requête est illisible"),
        (b'{"test": "Infos Box"}', {"Idempotency-Key": "deux mots"}, r"La forme attendue est : ^[\x21-\x7e]+$"),
    ],
)
async def test_a_refusal_in_french_has_no_english_left_in_it(
    demo: Demo, body: bytes, headers: dict[str, str], told: str
) -> None:
    answer = await demo.client.post(ASK, content=body, headers={"Content-Type": "application/json", **headers})
    problem = answer.json()
    assert told in [problem["detail"], *(item["detail"] for item in problem.get("errors", ()))]


async def test_the_network_s_routes_show_an_intruder_with_every_right_nothing_of_the_plant(demo: Demo) -> None:
    intruder = Principal("512345678", "intruder", frozenset(Right))
    issued = await demo.service.records.tokens.issue(intruder, demo.service.clock.now(), timedelta(days=1))
    headers = {"Authorization": f"Bearer {issued.token.reveal()}"}
    metric = {"metric": "ont.rx_power_dbm"}
    at = {"at": demo.service.clock.now().isoformat()}
    for about in ({"access": "F00000015"}, {"olt": demo.olt}, {"olt": demo.olt, "pon": "PON-1-1-5-10"}):
        for path in ("last", "series", "as-of", "worst", "trend"):
            answer = await demo.client.get(f"/api/v1/telemetry/{path}", params=about | metric | at, headers=headers)
            assert answer.status_code in {404, 422}, (path, about, answer.text)
            assert "-19" not in answer.text
    for path in ("load", "collection", "reconciliation"):
        assert (await demo.client.get(f"/api/v1/olts/{demo.olt}/{path}", headers=headers)).status_code == 404, path
    assert (await demo.client.delete(f"/api/v1/olts/{demo.olt}", headers=headers)).status_code == 404
    named = await demo.client.get("/api/v1/network-events", params={"olt": demo.olt}, headers=headers)
    assert named.status_code == 404 or named.json()["events"] == []
    assert (await demo.client.get("/api/v1/network-events", headers=headers)).json()["events"] == []
