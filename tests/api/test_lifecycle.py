"""The life of accesses as the ordering side tells it, the files of accesses, works, references, appointments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.services.references import ReferenceTests
from domain.access import TestName
from domain.appointment import AppointmentType, appointment
from domain.building import Building, BuildingKind
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.verdict import Owner, Prelocalisation, Scope
from tests.web import golden
from tests.web.world import CLERK, SUPPORT, World, opened

BOTH = Principal(golden.OPERATOR, "commandes.n2", frozenset({Right.TEST, Right.INVENTORY}))
HOUSE = {
    "imb": "IMB/77058/X/0218", "kind": "pavillon", "state": "Mis à disposition", "insee": "77058", "rivoli": "0361",
    "dwellings": 1, "x": 678771.23, "y": 6860548.07, "projection": "RGF93", "pm": "FI-77058-000B", "pmt": "PT 001113",
    "pbo": "PT 002053", "pbo_type": "CH:EN CHAMBRE", "location_type": "PME", "patching": "OC", "works": "SOUTERRAIN",
    "pm_prdm_link": "77243LAG_FI-77058-000B", "accepts_from": "2019-03-06",
}  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        issued = await found.service.records.tokens.issue(BOTH, golden.NOW, timedelta(days=7))
        found.tokens["both"] = issued.token.reveal()
        yield found


def api(world: World) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {world.tokens['both']}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test/api/v1", headers=headers
    )


async def test_an_exchanged_box_stays_in_the_history_and_serves_elsewhere(world: World) -> None:
    async with api(world) as client:
        changed = await client.post(
            "/accesses/F00000015/box-exchange", json={"box": {"oui": "d8d775", "serial": "NEW"}}
        )
        assert changed.json()["box"] == {"oui": "D8D775", "serial": "NEW"}
        event, created = (await client.get("/accesses/F00000015/history")).json()
        assert created["kind"] == "création"
        assert event["kind"] == "échange de box"
        assert event["before"] == {"box": "D8D775-LK18106DP440012"}
        assert event["after"] == {"box": "D8D775-NEW"}
        assert event["account"] == "commandes.n2"
        body = {"box": {"oui": "D8D775", "serial": "LK18106DP440012"}}
        assert (await client.post("/accesses/F00000016/box-exchange", json=body)).status_code == 200


async def test_an_exchanged_ont_an_option_and_a_termination_are_told_in_order(world: World) -> None:
    async with api(world) as client:
        await client.post("/accesses/F00000015/ont-exchange", json={"serial": "HWTC0172629D"})
        await client.post("/accesses/F00000015/ont-exchange", json={"serial": "SMBS00000001"})
        await client.put("/accesses/F00000015/gtr", json={"gtr": True})
        ended = (await client.post("/accesses/F00000015/termination")).json()
        assert (ended["state"], ended["place"], ended["box"]) == ("résilié", None, None)
        kinds = [event["kind"] for event in (await client.get("/accesses/F00000015/history")).json()]
        assert kinds == ["résiliation", "option GTR", "échange d'ONT", "modification", "création"]
        assert (await client.post("/accesses/F00000015/termination")).status_code == 409
        assert (await client.put("/accesses/F00000015/gtr", json={"gtr": False})).status_code == 409
        place = {"place": {"olt": "OLT-LYON-03", "ont": str(golden.ONT)}}
        assert (await client.post("/accesses/F00000016/ont-exchange", json=place)).status_code == 200


async def test_the_building_of_address_translation_says_where_an_access_hangs(world: World) -> None:
    body = {"id1": "F00000077", "offer_label": "MB", "service_type": "FTTHMB1P", "building": HOUSE}
    async with api(world) as client:
        made = (await client.put("/accesses/F00000077", json=body)).json()
        assert made["building"]["works"] == "SOUTERRAIN"
        assert made["outside"]["pm"] == "FI-77058-000B"
        assert made["outside"]["pbo"] == "PT 002053"


async def test_a_file_of_accesses_is_reported_line_by_line_in_the_reader_s_language(world: World) -> None:
    text = (
        "id1;offer_label;service_type;gtr;building.floor;building.pbo;ppp_username\n"
        "F00000101;MB FTTH Internet profil 07;FTTHMB1P;oui;RDC;PT 002053;jf/1\n"
        "F101;MB;FTTHMB1P;;;;\n"
        "F00000102;;FTTHMB1P;;;;\n"
        "F00000101;MB;FTTHMB1P;;;;\n"
        "F00000103;MB;FTTHMB1P;peut-être;;;\n"
        "F00000015;MB FTTH Internet profil 08;FTTHMB1P;;;;\n"
    )
    headers = {"Content-Type": "text/csv"}
    async with api(world) as client:
        dry = await client.post("/access-imports", content=text.encode(), headers=headers, params={"dry_run": True})
        assert [line["outcome"] for line in dry.json()["lines"]] == ["created", *["refused"] * 4, "changed"]
        assert (await client.get("/accesses/F00000101")).status_code == 404
        report = (
            await client.post("/access-imports", content="\ufeff".encode() + text.encode(), headers=headers)
        ).json()
        english = await client.post(
            "/access-imports", content=text.encode(), headers={**headers, "Accept-Language": "en"}
        )
        assert (await client.get("/accesses/F00000101")).json()["building"]["floor"] == "RDC"
    assert [(line["line"], line["outcome"]) for line in report["lines"]] == [
        (2, "created"), (3, "refused"), (4, "refused"), (5, "refused"), (6, "refused"), (7, "changed"),
    ]  # fmt: skip
    assert report["lines"][1]["errors"][0] == {
        "field": "id1", "detail": "« F101 » n'est pas un ID1 tel que F00000015 (F et 8 chiffres)",
    }  # fmt: skip
    assert report["lines"][2]["errors"][0]["field"] == "offer_label"
    assert report["summary"] == "1 créé(s), 1 modifié(s), 0 inchangé(s), 4 refusé(s)"
    assert english.json()["summary"] == "0 created, 0 changed, 2 unchanged, 4 refused"
    assert "jf/1" not in str(report)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"id1;couleur\n", "text/csv", 422),
        (b"\xff\xfe", "text/csv", 422),
        (b"\xff\xfe\x00", "text/csv", 422),
        (b"id1;offer_label\n", "text/csv; charset=klingon", 422),
        (b"{}", "application/json", 422),
        (b"[", "application/json", 422),
        (b"[1, null]", "application/json", 200),
        (b"", "application/xml", 415),
    ],
)
async def test_a_file_that_is_none_is_refused_whole_or_line_by_line(
    world: World, content: bytes, kind: str, status: int
) -> None:
    async with api(world) as client:
        answer = await client.post("/access-imports", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    if status == 200:
        assert [line["outcome"] for line in answer.json()["lines"]] == ["refused", "refused"]


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_what_was_exported_is_taken_in_again_and_changes_nothing(world: World, form: str) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), building=Building(floor="-1", pm="FI-1")))
    kind = {"csv": "text/csv", "json": "application/json"}[form]
    async with api(world) as client:
        out = await client.get("/access-exports", params={"format": form})
        report = await client.post("/access-imports", content=out.content, headers={"Content-Type": kind})
    assert [line["outcome"] for line in report.json()["lines"]] == ["unchanged", "unchanged"], report.text


async def test_an_exchange_is_followed_by_a_delc_and_one_that_read_no_level_is_no_reference(world: World) -> None:
    service = world.service
    references = ReferenceTests(service.diagnoses, service.records, world.clock, enabled=True)
    world.line.go.set()
    service.lifecycle._references = references
    await service.lifecycle.provision(CLERK, replace(golden.access(Id1("F00000088"), bare=True), place=None))
    assert not await references.step()  # no ONT: nothing to refer to
    async with api(world) as client:
        await client.post("/accesses/F00000015/box-exchange", json={"box": {"oui": "D8D775", "serial": "NEW"}})
        assert await references.step()
        (record,) = await service.diagnoses.recent(SUPPORT, golden.ID1)
        assert record.test is TestName.DELC
        assert (await client.get("/accesses/F00000015/references")).json() == []


async def test_planned_works_cover_who_hangs_from_the_place_named_and_only_while_they_last(world: World) -> None:
    infra = Principal("OI", "provision", frozenset({Right.INVENTORY}))
    from api.schemas.lifecycle import WorkIn

    now = world.clock.now()
    access = await world.service.records.accesses.get(SUPPORT, golden.ID1)
    for place, covered in (
        ({"pbo": "PT 002053"}, True), ({"pbo": "PT 1"}, False), ({}, True), ({"pon": "PON-1-1-5-10"}, True),
        ({"pon": "PON-1-1-5-11"}, False), ({"pm": "FI-69383-001A"}, True),
    ):  # fmt: skip
        body = {"label": "x", "starts_at": now, "ends_at": now + timedelta(hours=1), "olt": "OLT-LYON-03", **place}
        work = await world.service.lifecycle.announce_works(infra, WorkIn.model_validate(body).work())
        assert bool(await world.service.lifecycle.covering(access)) is covered, place
        later = await world.service.records.planned_works.covering(access, now + timedelta(hours=1))
        assert later == []
        await world.service.lifecycle.cancel_works(infra, work.work_id)
    async with api(world) as client:
        body = {"label": "x", "starts_at": "2019-05-09T08:00:00Z", "ends_at": "2019-05-09T08:00:00Z"}
        assert (await client.post("/planned-works", json={**body, "id1": "F00000015"})).status_code == 422
        body["ends_at"] = "2019-05-09T09:00:00Z"
        assert (await client.post("/planned-works", json={**body, "olt": "OLT-LYON-03"})).status_code == 404


OURS = replace(golden.cut_drop(), owner=Owner.INFRASTRUCTURE)
FLAT = Building(kind=BuildingKind.IMMEUBLE, floor="3")


@pytest.mark.parametrize(
    ("verdict", "building", "kind"),
    [
        (OURS, Building(kind=BuildingKind.PAVILLON), AppointmentType.PAVILLON),
        (OURS, FLAT, AppointmentType.IMMEUBLE),
        (OURS, replace(FLAT, floor="RDC"), AppointmentType.IMMEUBLE_RDC),
        (OURS, replace(FLAT, floor="0"), AppointmentType.IMMEUBLE_RDC),
        (replace(OURS, prelocalisation=Prelocalisation.ONT), FLAT, AppointmentType.COURT),
        (OURS, None, None),
    ],
)
def test_the_verdict_names_the_appointment_that_the_building_needs(
    verdict: Any, building: Building | None, kind: AppointmentType | None
) -> None:
    found = appointment(verdict, building, golden.NOW)
    assert found is not None
    assert found.type is kind
    assert (found.first_day, found.last_day) == (date(2019, 5, 17), date(2019, 6, 4))
    soon = appointment(verdict, building, golden.NOW, golden.NOW + timedelta(days=1))
    assert soon is not None
    assert (soon.first_day, soon.last_day) == (date(2019, 5, 9), date(2019, 5, 10))


@pytest.mark.parametrize(
    "verdict",
    [
        replace(OURS, scope=Scope.PBO),
        replace(OURS, owner=Owner.CUSTOMER),
        replace(OURS, prelocalisation=Prelocalisation.RESEAU_OLT),
        golden.inactive_box(),
    ],
)
def test_nobody_is_sent_for_what_is_repaired_elsewhere_or_by_the_customer(verdict: Any) -> None:
    assert appointment(verdict, FLAT, golden.NOW) is None
