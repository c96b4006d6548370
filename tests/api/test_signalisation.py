"""« Dépôt de signalisation »: what a form takes, what goes with a deposit, what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from api.signalisation.filling import faults_of
from api.signalisation.forms import form_of, forms, read_form
from domain.identifiers import Id1
from domain.principal import Principal
from domain.states import Policy
from domain.verdict import Family, ResultCode
from tests.web import golden
from tests.web.world import CLERK, DEPOSITOR, FORCER, REPAIRER, STRANGER, SUPPORT, World, opened

FIELDS: dict[str, Any] = {
    "reference": "OP-2019-0042",
    "nom_deposant": "DURAND Camille",
    "telephone_deposant": "0199001234",
    "email_deposant": "support@operateur.example",
    "telephone_client": "0199005678",
    "mobile_client": "0699005678",
    "horaires_apres_midi": "14h00/18h00",
    "rendez_vous": "Oui",
    "prelocalise_client": "Non",
    "box_alimentation": "Voyant vert fixe",
    "box_dsl": "Voyant éteint",
    "ont_alimentation": "Voyant vert clignotant",
    "nature_defaut": "Service interrompu",
    "defauts": ["Ligne en défaut prélocalisée ligne"],
}
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


def api(world: World, who: Principal) -> httpx.AsyncClient:
    token = world.tokens[f"{who.operator_id}/{who.account}"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test/api/v1", headers=headers
    )


async def deposit(world: World, who: Principal = DEPOSITOR, id1: str = "F00000015", **fields: Any) -> httpx.Response:
    body = {"id1": id1, "type": "84", "fields": {**FIELDS, **fields}, "deposit": True}
    async with api(world, who) as client:
        return await client.post("/tickets", json=body)


def ok_verdict() -> Any:
    return replace(golden.inactive_box(), family=Family.OK, defect=None, result=ResultCode.OK)


async def test_the_seed_s_example_is_deposited_with_its_diagnoses_attached(world: World) -> None:
    access = replace(golden.access(), gtr=True)
    await world.service.lifecycle.provision(CLERK, access)
    first = await world.finished(golden.inactive_box())
    second = await world.finished(golden.cut_drop())
    answer = await deposit(world)
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert ticket["state"] == "Déposée"
    assert ticket["number"].startswith("SIG190509-")
    assert ticket["reference"] == "OP-2019-0042"
    assert {item["number"] for item in ticket["diagnoses"]} == {str(first), str(second)}
    assert ticket["gtr"]["label"] == "HO GTR 600 Lundi au Samedi 8h à 18h"
    assert ticket["gtr"]["deadline_at"] == "2019-05-10T08:29:00Z"
    assert ticket["gtr"]["remaining_s"] == 36_000
    assert ticket["context"]["open_tickets"] == []
    assert ticket["forcing"] is None


async def test_attached_results_stay_readable_with_their_rows_after_48_hours(world: World) -> None:
    number = await world.finished(golden.cut_drop())
    ticket = (await deposit(world)).json()["number"]
    world.clock.instant += timedelta(days=5)
    async with api(world, FORCER) as client:
        assert (await client.get(f"/diagnostics/{number}")).status_code == 404
        kept = await client.get(f"/tickets/{ticket}/diagnostics/{number}")
    assert kept.status_code == 200
    assert kept.json()["verdict"]["family"] == "LIGNE"
    assert kept.json()["sources"]
    assert golden.PASSWORD not in kept.text


async def test_results_older_than_48_hours_are_not_attached(world: World) -> None:
    await world.finished(golden.inactive_box())
    world.clock.instant += timedelta(hours=48)
    edge = await deposit(world)
    assert len(edge.json()["diagnoses"]) == 1
    async with api(world, DEPOSITOR) as client:
        await client.post(f"/tickets/{edge.json()['number']}/moves", json={"action": "cancel"})
    world.clock.instant += timedelta(seconds=1)
    world.line.go.set()
    later = await deposit(world)
    assert [item["code"] for item in later.json()["diagnoses"]] == ["OK_SESSION_INACTIVE"]
    assert later.json()["diagnoses"][0]["sent_at"] == "2019-05-11T08:29:01Z"


async def test_without_any_test_in_48_hours_one_is_run_first_and_attached(world: World) -> None:
    world.verdicts.append(golden.cut_drop())
    world.line.go.set()
    ticket = (await deposit(world)).json()
    assert ticket["state"] == "Déposée"
    assert [item["code"] for item in ticket["diagnoses"]] == ["LIGNE"]
    assert ticket["context"]["last_family"] == "LIGNE"


@pytest.mark.parametrize(
    ("family", "needed"), [(Family.OK, True), (Family.OK_SESSION_INACTIVE, False), (Family.INDETERMINE, False)]
)
async def test_the_forcing_right_is_needed_where_the_last_family_is_ok_and_only_there(
    world: World, family: Family, needed: bool
) -> None:
    await world.finished(replace(golden.inactive_box(), family=family, defect=None))
    answer = await deposit(world)
    if not needed:
        assert answer.status_code == 201
        return
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == ["forcage"]
    assert "droit de Forçage" in answer.json()["errors"][0]["detail"]


async def test_forcing_needs_the_right_and_a_reason_and_is_traced(world: World) -> None:
    number = await world.finished(ok_verdict())
    mute = await deposit(world, FORCER, forcage="Oui")
    assert [item["field"] for item in mute.json()["errors"]] == ["autre_defaut"]
    refused = await deposit(world, DEPOSITOR, forcage="Oui", autre_defaut="coupures le soir")
    assert refused.status_code == 403
    forced = await deposit(world, FORCER, forcage="Oui", autre_defaut="coupures le soir")
    assert forced.status_code == 201
    assert forced.json()["forcing"] == {"account": "depots.n2", "diagnosis": str(number), "why": "coupures le soir"}
    assert str(number) in forced.json()["events"][-1]["text"]


async def test_a_later_ko_ends_the_need_of_forcing(world: World) -> None:
    await world.finished(ok_verdict())
    world.clock.instant += timedelta(minutes=10)
    await world.finished(golden.cut_drop())
    assert (await deposit(world)).status_code == 201


LIMITS = [
    ("telephone_client", "1" * 20, "1" * 21),
    ("mobile_client", "1" * 10, "1" * 11),
    ("telephone_client", "1", "1a"),
    ("horaires_weekend", "x" * 50, "x" * 51),
    ("date_declaration", "x" * 20, "x" * 21),
    ("horaires_apres_midi", "00h00/23h59", "24h00/25h00"),
    ("horaires_apres_midi", "08h00/08h01", "08h00/08h00"),
    ("horaires_apres_midi", "08h00/12h00", "8h00/12h00"),
    ("horaires_apres_midi", "08h00/12h00", "08:00/12:00"),
    ("rendez_vous", "Non", "Peut-être"),
    ("box_dsl", "Voyant rouge fixe", "Voyant bleu"),
    ("nature_defaut", "Service dégradé", "Autre"),
    ("email_deposant", "a@b.example", "a@b@c"),
    ("telephone_deposant", "+33 1 99 00 12 34", "abc"),
    ("autre_defaut", "x" * 2000, "x" * 2001),
]


@pytest.mark.parametrize(("key", "good", "bad"), LIMITS)
def test_every_constraint_holds_at_its_limit_and_breaks_above(key: str, good: str, bad: str) -> None:
    form = form_of("FRM-MBFTTHGTR", 1)
    assert faults_of(form, {**FIELDS, key: good}) == []
    assert [field for field, _, _ in faults_of(form, {**FIELDS, key: bad})] == [key]


def test_every_obligatory_field_is_asked_for() -> None:
    form = form_of("FRM-MBFTTHGTR", 1)
    asked = [field for field, _, _ in faults_of(form, {"defauts": ["Flux bloqué"]})]
    assert asked == [field.key for field in form.fields if field.required]
    assert len(asked) == 10
    assert {field.key for field in form.fields if "(obligatoire)" in field.constraint} <= set(asked)


def test_the_seven_defects_are_the_screen_s_and_another_is_refused() -> None:
    form = form_of("FRM-MBFTTHGTR", 1)
    defects = next(field for field in form.fields if field.key == "defauts")
    assert len(defects.options) == 7
    assert faults_of(form, {**FIELDS, "defauts": list(defects.options)}) == []
    assert faults_of(form, {**FIELDS, "defauts": ["Autre"]})[0][0] == "defauts"


def test_a_form_whose_description_does_not_hold_together_is_refused() -> None:
    text = "code: X\nversion: 1\ntypes: []\nlists: {}\ntabs: []\nat_least_one: [absent]\n"
    with pytest.raises(ValidationError, match="absent"):
        read_form(text)
    assert {form.code for form in forms()} == {"FRM-MBFTTHGTR", "FRM-MBFTTHPORT25"}


async def test_a_draft_loses_nothing_and_says_what_is_wrong_in_both_languages(world: World) -> None:
    async with api(world, DEPOSITOR) as client:
        body = {"id1": "F00000015", "type": "84", "fields": {**FIELDS, "mobile_client": "06 99"}, "deposit": True}
        refused = await client.post("/tickets", json=body, headers={"Accept-Language": "en"})
        assert refused.status_code == 422
        assert refused.json()["errors"] == [{"field": "mobile_client", "detail": "Digits only"}]
        (draft,) = (await client.get("/tickets", params={"state": "Brouillon"})).json()
        assert (await client.get(f"/tickets/{draft['number']}")).json()["fields"]["nom_deposant"] == "DURAND Camille"
        faults = (await client.get(f"/tickets/{draft['number']}/faults")).json()
        assert faults == [{"field": "mobile_client", "detail": "Des chiffres seulement"}]
        saved = await client.put(f"/tickets/{draft['number']}/fields", json={"fields": FIELDS})
        assert saved.status_code == 200
        world.line.go.set()
        done = await client.post(f"/tickets/{draft['number']}/deposit")
        assert done.json()["state"] == "Déposée"
        again = await client.post(f"/tickets/{draft['number']}/deposit")
        assert again.status_code == 409


async def test_an_idempotency_key_makes_one_signalisation(world: World) -> None:
    body = {"id1": "F00000015", "type": "84", "fields": FIELDS}
    async with api(world, DEPOSITOR) as client:
        answers = [await client.post("/tickets", json=body, headers={"Idempotency-Key": "appel-1"}) for _ in range(3)]
        other = await client.post("/tickets", json={**body, "fields": {}}, headers={"Idempotency-Key": "appel-1"})
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("photo.pdf", PDF, None),
        ("../../etc/passwd", b"notes\n", None),
        ("virus.pdf", b"MZ\x90\x00" + b"\0" * 60, "piece_jointe"),
        ("page.txt", b"<html><script>alert(1)</script>", "piece_jointe"),
        ("vide.txt", b"", "piece_jointe"),
        ("gros.pdf", PDF + b" " * (3 * 1024 * 1024 - len(PDF) + 1), "piece_jointe"),
        ("juste.pdf", PDF + b" " * (3 * 1024 * 1024 - len(PDF)), None),
    ],
)
async def test_a_file_is_taken_by_its_content_and_its_size(
    world: World, name: str, content: bytes, told: str | None
) -> None:
    async with api(world, DEPOSITOR) as client:
        number = (await client.post("/tickets", json={"id1": "F00000015", "type": "84"})).json()["number"]
        answer = await client.post(f"/tickets/{number}/files", files={"file": (name, content)})
        if told is not None:
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == told
            return
        assert answer.status_code == 201, answer.text
        assert "/" not in answer.json()["name"]
        read = await client.get(f"/tickets/{number}/files/{answer.json()['file_id']}")
        assert read.content == content
        assert read.headers["content-disposition"].startswith("attachment")


async def test_a_signalisation_lives_to_its_closure_and_nobody_skips_a_step(world: World) -> None:
    await world.finished(golden.cut_drop())
    number = (await deposit(world)).json()["number"]
    async with api(world, REPAIRER) as ours, api(world, DEPOSITOR) as theirs:

        async def move(client: httpx.AsyncClient, action: str, **rest: str) -> tuple[int, str]:
            answer = await client.post(f"/tickets/{number}/moves", json={"action": action, **rest})
            return answer.status_code, answer.json().get("state", "")

        assert await move(theirs, "take") == (403, "")
        assert await move(ours, "close", code="RET") == (409, "")
        assert await move(ours, "take") == (200, "En cours")
        assert await move(ours, "hold", text="client absent") == (200, "Gelée")
        assert await move(ours, "resume") == (200, "En cours")
        assert await move(ours, "restore") == (200, "Rétablie")
        assert await move(theirs, "reopen", text="toujours coupé") == (200, "En cours")
        assert await move(ours, "restore") == (200, "Rétablie")
        assert await move(theirs, "close", code="XXX") == (422, "")
        assert await move(theirs, "close", code="RET") == (200, "Clôturée")
        assert await move(theirs, "cancel") == (409, "")
        told = (await theirs.get(f"/tickets/{number}")).json()
    assert told["closing_code"] == "RET"
    assert [event["state"] for event in told["events"]] == [
        "Brouillon", "Déposée", "En cours", "Gelée", "En cours", "Rétablie", "En cours", "Rétablie", "Clôturée",
    ]  # fmt: skip
    assert told["events"][2]["account"] == "OI/reparation"


async def test_who_repairs_sees_deposits_on_his_olts_and_no_drafts(world: World) -> None:
    await world.finished(golden.cut_drop())
    number = (await deposit(world)).json()["number"]
    async with api(world, DEPOSITOR) as client:
        await client.post("/tickets", json={"id1": "F00000015", "type": "84"})
    async with api(world, REPAIRER) as client:
        assert [one["number"] for one in (await client.get("/tickets")).json()] == [number]
    async with api(world, STRANGER) as client:
        assert (await client.get(f"/tickets/{number}")).status_code == 403  # no right at all
    async with api(world, SUPPORT) as client:
        assert (await client.get("/tickets")).status_code == 403  # e-SAV Test is not e-SAV Signalisation


async def test_a_breach_is_announced_once_and_a_kept_commitment_never(world: World) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    await world.finished(golden.cut_drop())
    number = (await deposit(world)).json()["number"]
    watch = world.service.tickets.commitments.watch
    world.clock.instant += timedelta(hours=24)  # exactly the deadline
    assert await watch() == 0
    world.clock.instant += timedelta(seconds=1)
    assert [await watch(), await watch()] == [1, 0]
    async with api(world, REPAIRER) as client:
        told = (await client.post(f"/tickets/{number}/moves", json={"action": "restore"})).json()
    assert told["breached_at"] == "2019-05-10T08:29:01Z"
    assert told["gtr"]["breached"] is True
    assert told["gtr"]["met"] is False


async def test_port_25_has_a_right_of_its_own(world: World) -> None:
    body = {
        "id1": "F00000015",
        "type": "25O",
        "fields": {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"},
        "deposit": True,
    }
    async with api(world, DEPOSITOR) as client:
        assert (await client.post("/tickets", json=body)).status_code == 403
        assert [one["code"] for one in (await client.get("/ticket-types")).json()] == ["84"]
    async with api(world, FORCER) as client:
        asked = await client.post("/tickets", json=body)
        assert [one["code"] for one in (await client.get("/ticket-types")).json()] == ["84", "25O", "25F"]
    assert asked.status_code == 201, asked.text
    assert asked.json()["state"] == "Déposée"
    assert asked.json()["diagnoses"] == []


async def test_a_request_about_port_25_is_an_order_asked_then_done_and_traced(world: World) -> None:
    fields = {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"}
    body = {"id1": "F00000015", "type": "25O", "fields": fields, "deposit": True}
    async with api(world, FORCER) as client:
        number = (await client.post("/tickets", json=body)).json()["number"]
        (order,) = (await client.get("/port25-orders")).json()
        assert (order["number"], order["state"], order["opens"]) == (number, "demandée", True)
        twice = await client.post("/tickets", json={**body, "type": "25F"})
        assert twice.status_code == 409
        assert "port 25" in twice.json()["detail"]
        drafts = (await client.get("/tickets", params={"state": "Brouillon"})).json()
        assert len(drafts) == 1  # what was refused is kept as a draft
    async with api(world, DEPOSITOR) as client:
        assert (await client.get("/port25-orders")).status_code == 403
    async with api(world, REPAIRER) as client:
        (waiting,) = (await client.get("/port25-orders", params={"state": "demandée"})).json()
        assert waiting["number"] == number
        assert (await client.post(f"/tickets/{number}/moves", json={"action": "restore"})).status_code == 200
        (done,) = (await client.get("/port25-orders")).json()
        assert (done["state"], done["done_by"]) == ("faite", REPAIRER.account)
    records = world.service.records
    assert (await records.accesses.get(CLERK, golden.ID1)).port25 is Policy.OPEN
    async with api(world, FORCER) as client:
        await client.post(f"/tickets/{number}/moves", json={"action": "reopen", "text": "toujours fermé"})
        assert [one["state"] for one in (await client.get("/port25-orders")).json()] == ["demandée"]
        await client.post(f"/tickets/{number}/moves", json={"action": "cancel"})
        assert [one["state"] for one in (await client.get("/port25-orders")).json()] == ["annulée"]
    trail = await records.audit.of(FORCER.operator_id, number)
    assert [(one["kind"], one["state"], one["account"]) for one in trail] == [
        ("port25", "demandée", FORCER.account),
        ("port25", "faite", REPAIRER.account),
        ("port25", "demandée", FORCER.account),
        ("port25", "annulée", FORCER.account),
    ]
    assert (await records.audit.verify()).breaks == ()
    async with api(world, STRANGER) as client:
        assert (await client.get("/port25-orders")).status_code == 403


async def test_port_25_opens_once_the_request_is_settled_and_not_before(world: World) -> None:
    body = {
        "id1": "F00000015",
        "type": "25O",
        "fields": {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"},
        "deposit": True,
    }
    id1, accesses = Id1("F00000015"), world.service.records.accesses
    async with api(world, FORCER) as client:
        number = (await client.post("/tickets", json=body)).json()["number"]
    assert (await accesses.get(CLERK, id1)).port25 is Policy.CLOSED
    async with api(world, REPAIRER) as client:
        await client.post(f"/tickets/{number}/moves", json={"action": "restore"})
        assert (await accesses.get(CLERK, id1)).port25 is Policy.OPEN
    async with api(world, FORCER) as client:
        closing = (await client.post("/tickets", json=body | {"type": "25F"})).json()["number"]
    async with api(world, REPAIRER) as client:
        await client.post(f"/tickets/{closing}/moves", json={"action": "restore"})
    assert (await accesses.get(CLERK, id1)).port25 is Policy.CLOSED
    events = await world.service.records.access_history.of(CLERK, id1)
    told = [event for event in events if event.kind.value == "port 25"]
    assert [event.account for event in told] == [f"signalisation: {closing}", f"signalisation: {number}"]


async def test_an_open_signalisation_and_planned_works_are_told_at_the_deposit(world: World) -> None:
    from api.schemas.lifecycle import WorkIn

    now = world.clock.now()
    works = WorkIn(
        label="Reprise de câble", starts_at=now, ends_at=now + timedelta(hours=4), id1=Id1("F00000015")
    ).work()
    await world.service.lifecycle.announce_works(CLERK, works)
    await world.finished(golden.cut_drop())
    first = (await deposit(world)).json()
    second = (await deposit(world)).json()
    assert first["context"]["planned_works"] == ["Reprise de câble"]
    assert second["context"]["open_tickets"] == [first["number"]]
