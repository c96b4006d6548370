"""Files of accesses as operators send them: encodings, separators, lines that are none, ten thousand of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.services.bulk_reading import Malformed, rows_of_csv
from domain.building import LABELS, Building, BuildingKind
from domain.principal import Principal, Right
from tests.web import golden
from tests.web.html import parse, words
from tests.web.world import CLERK, SUPPORT, World, opened

BOTH = Principal(golden.OPERATOR, "commandes.n2", frozenset({Right.TEST, Right.INVENTORY}))
HEADER = "id1;offer_label;service_type;building.street\n"
STREET = "2 Allée Léon Gambetta"
BUILDING = Building(
    imb="IMB/77058/X/0218", kind=BuildingKind.IMMEUBLE, state="Mis à disposition", oi_code="F1234", name="B",
    staircase="A", floor="3", x=678771.23, y=6860548.07, projection="RGF93", insee="77058", rivoli="0361", dwellings=1,
    accepts_from=date(2019, 3, 6), delivers_from=date(2019, 3, 6), town="BUSSY-ST-GEORGES", street=STREET,
    pm="FI-77058-000B", pmt="PT 001113", pbo="PT 002053", pbo_type="CH:EN CHAMBRE", location_type="PME", patching="OC",
    works="SOUTERRAIN", pm_prdm_link="77243LAG_FI-77058-000B", ftth_premises=4, connectable="RACCORDABLE",
    existing_lines=0, outlet_present=True,
)  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        issued = await found.service.records.tokens.issue(BOTH, golden.NOW, timedelta(days=7))
        found.tokens["both"] = issued.token.reveal()
        yield found


def api(world: World) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {world.tokens['both']}"}
    transport = httpx.ASGITransport(world.app)
    return httpx.AsyncClient(transport=transport, base_url="http://sav.test/api/v1", headers=headers)


async def sent(world: World, content: bytes, kind: str = "text/csv", **params: Any) -> dict[str, Any]:
    async with api(world) as client:
        headers = {"Content-Type": kind}
        answer = await client.post("/access-imports", content=content, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def street(world: World, id1: str) -> str | None:
    async with api(world) as client:
        building = (await client.get(f"/accesses/{id1}")).json()["building"]
    return None if building is None else building["street"]


@pytest.mark.parametrize(
    ("encoding", "kind", "told"),
    [
        ("utf-8", "text/csv", "utf-8"),
        ("utf-8-sig", "text/csv", "utf-8"),
        ("utf-16", "text/csv", "utf-16"),
        ("cp1252", "text/csv", "windows-1252"),
        ("iso8859-15", "text/csv; charset=iso-8859-15", "iso-8859-15"),
        ("utf-8", 'text/csv; charset="UTF-8"', "utf-8"),
    ],
)
async def test_a_file_is_read_in_the_encoding_that_it_has(world: World, encoding: str, kind: str, told: str) -> None:
    text = f"{HEADER}F00000101;MB;FTTHMB1P;{STREET}\n"
    report = await sent(world, text.encode(encoding), kind)
    assert (report["encoding"], report["lines"][0]["outcome"]) == (told, "created")
    assert await street(world, "F00000101") == STREET


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_separators_and_ends_of_lines_are_found_out(world: World, separator: str, end: str) -> None:
    lines = [HEADER.strip(), f'F00000101;MB;FTTHMB1P;"{STREET}; bâtiment, A"', "", ";;;", "F00000102;MB;FTTHMB1P;x"]
    quoted = [separator.join(next(csv.reader([line], delimiter=";"))) for line in lines]
    quoted[1] = separator.join(["F00000101", "MB", "FTTHMB1P", f'"{STREET}; bâtiment, A"'])
    report = await sent(world, end.join(quoted).encode())
    assert report["separator"] == separator
    assert [(line["line"], line["outcome"]) for line in report["lines"]] == [(2, "created"), (5, "created")]
    assert await street(world, "F00000101") == f"{STREET}; bâtiment, A"


async def test_a_line_that_is_none_loses_none_of_the_others(world: World) -> None:
    lines = [
        "F00000101;MB;FTTHMB1P;x",
        'F00000102;MB;FTTHMB1P;"jamais refermé',
        "F00000103;MB;FTTHMB1P;y",
        'F00000104;MB;FTTHMB1P;"un"deux',
        "F00000105;MB;FTTHMB1P",
        "F00000106;MB;FTTHMB1P;z;de trop",
        "F00000101;MB;FTTHMB1P;x",
        'F00000107;MB;FTTHMB1P;"sur deux',
        'lignes"',
        "F00000108;MB;FTTHMB1P;w",
        "F00000109;M\0B;FTTHMB1P;w",
    ]
    report = await sent(world, (HEADER + "\n".join(lines)).encode())
    told = {line["line"]: line for line in report["lines"]}
    assert {number: line["outcome"] for number, line in told.items()} == {
        2: "created", 3: "refused", 4: "created", 5: "refused", 6: "refused", 7: "refused", 8: "refused",
        9: "created", 11: "created", 12: "refused",
    }  # fmt: skip
    assert told[3]["errors"][0]["detail"] == "Un guillemet n'est pas refermé, ou se trouve au milieu d'une cellule"
    assert told[6]["errors"][0]["detail"] == "La ligne a 3 cellules, l'en-tête 4"
    assert told[8]["errors"][0]["field"] == "id1"
    assert await street(world, "F00000107") == "sur deux\nlignes"


async def test_a_json_item_that_is_none_loses_none_of_the_others(world: World) -> None:
    good = {"id1": "F00000101", "offer_label": "MB", "service_type": "FTTHMB1P"}
    items: list[Any] = [good, None, 7, [], {"id1": 1}, {"id1": "F00000102"}, good | {"id1": "F00000103", "x": 1}, good]
    items.append(good | {"id1": "F00000105", "offer_label": "M\0B"})
    items.append(good | {"id1": "F00000104", "building": {"floor": "RDC"}})
    report = await sent(world, json.dumps(items).encode(), "application/json")
    assert [line["outcome"] for line in report["lines"]] == ["created", *["refused"] * 8, "created"]
    assert [line["line"] for line in report["lines"]] == list(range(1, 11))


async def test_what_a_line_does_not_speak_of_stays_and_an_empty_cell_takes_away(world: World) -> None:
    accesses = world.service.records.accesses
    full = replace(golden.access(), ppp_username="jf/1", gtr=True, building=BUILDING)
    await world.service.lifecycle.provision(CLERK, full)
    report = await sent(world, b"id1;building.floor\nF00000015;4\n")
    assert report["lines"][0]["outcome"] == "changed"
    now = await accesses.get(CLERK, golden.ID1)
    assert now.building == replace(BUILDING, floor="4")
    assert (now.box, now.place, now.ppp_username, now.gtr) == (full.box, full.place, "jf/1", True)
    await sent(world, b"id1;box.oui;box.serial;building.floor;gtr\nF00000015;;;;\n")
    now = await accesses.get(CLERK, golden.ID1)
    assert (now.box, now.gtr, now.ppp_username) == (None, True, "jf/1")
    assert now.building == replace(BUILDING, floor=None)
    await sent(world, b'[{"id1": "F00000015", "building": null}]', "application/json")
    assert (await accesses.get(CLERK, golden.ID1)).building is None


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_an_export_taken_in_again_loses_neither_a_building_nor_a_secret(world: World, form: str) -> None:
    full = replace(golden.access(), ppp_username="jf/1", building=BUILDING)
    await world.service.lifecycle.provision(CLERK, full)
    async with api(world) as client:
        out = await client.get("/access-exports", params={"format": form})
    assert "jf/1" not in out.text
    kind = {"csv": "text/csv", "json": "application/json"}[form]
    report = await sent(world, out.content, kind)
    assert [line["outcome"] for line in report["lines"]] == ["unchanged", "unchanged"], report
    assert (await world.service.records.accesses.get(CLERK, golden.ID1)).ppp_username == "jf/1"


async def test_a_file_of_address_translation_is_read_by_its_own_labels(world: World) -> None:
    row = {
        "id1": "F00000101", "offer_label": "MB", "service_type": "FTTHMB1P", "Code immeuble": "IMB/77058/X/0218",
        "Type de bâtiment": "immeuble", "Etage": "3", "Ref PM": "FI-77058-000B", "Ref PMT": "PT 001113",
        "Ref PBO": "PT 002053", "Type PBO": "CH:EN CHAMBRE", "Type emplacement": "PME", "Type brassage": "OC",
        "Nature des travaux": "SOUTERRAIN", "Coordonnée X": "678 771,23", "Date début Fourniture accès": "06/03/19",
        "Date début acceptation d'accès": "06/03/2019", "Ligne(s) Existante(s)": "0", "Prise Optique présente": "non",
    }  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), delimiter=";")
    writer.writeheader()
    writer.writerow(row)
    report = await sent(world, text.getvalue().encode("cp1252"))
    assert report["lines"] == [{"line": 2, "id1": "F00000101", "outcome": "created", "errors": []}]
    async with api(world) as client:
        access = (await client.get("/accesses/F00000101")).json()
    kept = {name: value for name, value in access["building"].items() if value is not None}
    assert kept == {
        "imb": "IMB/77058/X/0218", "kind": "immeuble", "floor": "3", "pm": "FI-77058-000B", "pmt": "PT 001113",
        "pbo": "PT 002053", "pbo_type": "CH:EN CHAMBRE", "location_type": "PME", "patching": "OC",
        "works": "SOUTERRAIN", "x": 678771.23, "accepts_from": "2019-03-06", "delivers_from": "2019-03-06",
        "existing_lines": 0, "outlet_present": False,
    }  # fmt: skip


async def test_the_screen_shows_the_building_by_the_labels_of_address_translation(world: World) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), building=BUILDING))
    async with world.client(SUPPORT) as browser:
        read = words(parse((await browser.get("/acces/F00000015/details")).text))
    assert [label for label in LABELS.values() if label not in read] == []
    for value in ("IMB/77058/X/0218", "RACCORDABLE", "678771.23", "06/03/2019", "CH:EN CHAMBRE", "SOUTERRAIN", "oui"):
        assert value in read


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "header"),
        (b"\n\n", "header"),
        (b"offer_label;service_type\nx;y\n", "header"),
        (b"id1;id1\nF00000101;F00000101\n", "header"),
        (b'"id1;x\n', "header"),
        (b"id1\n" + b"F00000101\n" * 20_001, "body"),
    ],
)
async def test_a_file_without_a_header_that_is_known_is_refused_whole(world: World, content: bytes, field: str) -> None:
    async with api(world) as client:
        answer = await client.post("/access-imports", content=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_ten_thousand_lines_are_each_reported_and_the_bad_ones_lose_nothing(world: World) -> None:
    lines = [f"F{n:08d};MB FTTH Internet profil 07;FTTHMB1P;{n} {STREET}" for n in range(10_000, 20_000)]
    lines[100] = "F101;MB;FTTHMB1P;x"
    lines[5_000] = lines[4_999]
    lines[9_000] = 'F00019000;MB;FTTHMB1P;"'
    report = await sent(world, (HEADER + "\n".join(lines)).encode())
    assert report["summary"] == "9997 créé(s), 0 modifié(s), 0 inchangé(s), 3 refusé(s)"
    assert [line["line"] for line in report["lines"] if line["outcome"] == "refused"] == [102, 5_002, 9_002]
    assert len(report["lines"]) == 10_000
    assert await street(world, "F00019999") == f"19999 {STREET}"


def test_a_quotation_mark_left_open_costs_its_own_line_alone() -> None:
    lines = [f'F{n:08d};"ouvert' if n % 3 == 0 else f"F{n:08d};x" for n in range(300)]
    rows = rows_of_csv(("id1;offer_label\n" + "\n".join(lines)).encode()).rows
    assert len(rows) == 300
    assert [isinstance(row, Malformed) for _, row in rows] == [n % 3 == 0 for n in range(300)]
