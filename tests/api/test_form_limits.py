"""Every constraint of the forms at, below and above its limit; every label of the facts on the screens."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.signalisation.files import checked, kind_of
from api.signalisation.filling import faults_of
from api.signalisation.forms import Form, FormField, Kind, form_of, forms, read_form
from domain.errors import FormError
from tests.api.test_signalisation import FIELDS, PDF, api
from tests.shared import shared_dir
from tests.web import golden
from tests.web.html import parse, words
from tests.web.world import CLERK, DEPOSITOR, FORCER, SUPPORT, World, opened

FORM = form_of("FRM-MBFTTHGTR", 1)
STATES = ("Voyant éteint", "Voyant vert fixe", "Voyant rouge fixe", "Voyant vert clignotant")
LIGHTS = [field for field in FORM.fields if field.list == "voyants"]
BOUNDED = [
    (form, field)
    for form in forms()
    for field in form.fields
    if field.kind in {Kind.TEXT, Kind.AREA, Kind.DIGITS, Kind.PHONE}
]
CHOICES = [(form, field) for form in forms() for field in form.fields if form.options(field)]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


def filled(form: Form, **values: Any) -> dict[str, Any]:
    """A form without fault, but for these values."""
    own = {field.key for field in form.fields}
    return {key: value for key, value in FIELDS.items() if key in own} | values


def at_fault(form: Form, **values: Any) -> list[str]:
    return [key for key, _, _ in faults_of(form, filled(form, **values))]


def text_of(field: FormField, length: int) -> str:
    """A value of that length, of the field's kind."""
    return ("1" if field.kind in {Kind.DIGITS, Kind.PHONE} else "é") * length


@pytest.mark.parametrize(("form", "field"), BOUNDED, ids=[f"{form.code} {field.key}" for form, field in BOUNDED])
def test_a_text_fits_up_to_its_length_and_not_one_character_more(form: Form, field: FormField) -> None:
    for length in (field.max - 1, field.max):
        assert at_fault(form, **{field.key: text_of(field, length)}) == []
    assert at_fault(form, **{field.key: text_of(field, field.max + 1)}) == [field.key]
    assert at_fault(form, **{field.key: ""}) == ([field.key] if field.required else [])


@pytest.mark.parametrize(("form", "field"), BOUNDED, ids=[f"{form.code} {field.key}" for form, field in BOUNDED])
def test_the_length_printed_beside_a_label_is_the_one_that_is_checked(form: Form, field: FormField) -> None:
    printed = re.search(r"max ?: (\d+) caractères", field.constraint)
    if printed is not None:
        assert field.max == int(printed[1])
    assert ("(champ numérique)" in field.constraint) == (field.kind is Kind.DIGITS)
    assert "(obligatoire)" not in field.constraint or field.required


@pytest.mark.parametrize(("form", "field"), CHOICES, ids=[f"{form.code} {field.key}" for form, field in CHOICES])
def test_a_choice_takes_each_of_its_options_and_nothing_else(form: Form, field: FormField) -> None:
    many = field.kind is Kind.MANY
    for option in form.options(field):
        assert at_fault(form, **{field.key: [option] if many else option}) == []
    for other in ("autre", form.options(field)[0].upper(), form.options(field)[0] + " "):
        assert at_fault(form, **{field.key: [other] if many else other}) == [field.key]


def test_each_light_of_the_box_and_of_the_ont_takes_the_four_states_and_is_obligatory() -> None:
    assert [(field.key, field.label) for field in LIGHTS] == [
        ("box_alimentation", "ALIMENTATION"), ("box_dsl", "DSL"), ("ont_alimentation", "ALIMENTATION"),
    ]  # fmt: skip
    for field in LIGHTS:
        assert FORM.options(field) == STATES
        assert field.constraint == "(obligatoire)"
        assert at_fault(FORM, **{field.key: ""}) == [field.key]


def test_a_group_of_lights_that_is_added_to_the_description_is_asked_for() -> None:
    text = (Path(__file__).parents[2] / "api/signalisation/forms/frm_mbftthgtr_v1.yaml").read_text("utf-8")
    line = next(line for line in text.splitlines() if "key: box_dsl" in line)
    more = read_form(
        text.replace(line, f"{line}\n{line.replace('box_dsl', 'box_internet').replace('DSL', 'INTERNET')}")
    )
    assert at_fault(more) == ["box_internet"]
    assert at_fault(more, box_internet="Voyant rouge fixe") == []


@pytest.mark.parametrize(
    ("hours", "good"),
    [
        ("00h00/00h01", True), ("00h00/00h00", False), ("23h58/23h59", True), ("23h59/24h00", False),
        ("08h00/12h00", True), ("12h00/08h00", False), ("12h00/12h00", False), ("11h59/12h00", True),
        ("8h00/12h00", False), ("08h0/12h00", False), ("08h00/12h60", False), ("08h59/09h00", True),
        ("08H00/12H00", False), ("08h00-12h00", False), ("08h00/12h000", False), ("08h00/ 12h00", False),
        ("٠٨h٠٠/١٢h٠٠", False), ("08h00/12h00/", False), ("", False),
    ],
)  # fmt: skip
def test_hours_are_two_hours_of_a_day_the_second_after_the_first(hours: str, good: bool) -> None:
    assert at_fault(FORM, horaires_apres_midi=hours) == ([] if good else ["horaires_apres_midi"])


@pytest.mark.parametrize(
    ("value", "good"),
    [("0" * 20, True), ("0", True), ("0 1", False), ("+33", False), ("٠١", False), ("０１", False), ("1.5", False)],
)
def test_a_numeric_field_takes_digits_alone(value: str, good: bool) -> None:
    assert at_fault(FORM, telephone_client=value) == ([] if good else ["telephone_client"])


def test_one_defect_or_words_about_it_are_needed() -> None:
    assert at_fault(FORM, defauts=[], autre_defaut="") == ["defauts"]
    assert at_fault(FORM, defauts=[], autre_defaut="débit faible le soir") == []
    assert at_fault(FORM, defauts=["Flux bloqué"], autre_defaut="") == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.txt", PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0....", "image/jpeg"),
        ("a.csv", b"\xef\xbb\xbfa;b\n1;2\n", "text/csv"),
        ("a.CSV", "é;b\n".encode(), "text/csv"),
        ("a.txt", "voyant éteint\n".encode(), "text/plain"),
        ("a", b"x", "text/plain"),
        ("a.png", b"\x89PNG", None),
        ("a.pdf", b" %PDF-1.4", "text/plain"),
        ("a.gif", b"GIF89a\x01\x00", None),
        ("a.zip", b"PK\x03\x04\x14\x00", None),
        ("a.exe", b"MZ\x90\x00", None),
        ("a.txt", "latin é".encode("latin-1"), None),
        ("a.txt", b"a\x00b", None),
        ("a.txt", b"a\x1bb", None),
        ("a.svg", b"<svg onload='x'/>", None),
        ("a.html", b"\n\n <!doctype html>", None),
        ("a.txt", b"\xef\xbb\xbf<script>", None),
    ],
)
def test_the_kind_of_a_file_is_read_in_its_content(name: str, content: bytes, kind: str | None) -> None:
    assert kind_of(name, content) == kind


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_file_is_taken_up_to_its_size_and_not_one_octet_more(more: int) -> None:
    limits = FORM.attachment
    assert limits is not None
    content = PDF.ljust(limits.max_bytes + more)
    if more > 0:
        with pytest.raises(FormError):
            checked(limits, "a.pdf", content, 0, golden.NOW)
        return
    assert checked(limits, "a.pdf", content, 0, golden.NOW).size == limits.max_bytes + more


async def test_the_sixth_file_is_refused_and_the_five_are_kept(world: World) -> None:
    async with api(world, DEPOSITOR) as client:
        number = (await client.post("/tickets", json={"id1": "F00000015", "type": "84"})).json()["number"]
        path = f"/tickets/{number}/files"
        taken = [await client.post(path, files={"file": (f"{n}.txt", io.BytesIO(b"x"))}) for n in range(6)]
        assert [answer.status_code for answer in taken] == [201] * 5 + [422]
        assert taken[-1].json()["errors"] == [{"field": "piece_jointe", "detail": "5 pièces jointes au plus"}]
        assert len((await client.get(f"/tickets/{number}")).json()["files"]) == 5
        one = taken[0].json()["file_id"]
        assert (await client.delete(f"{path}/{one}")).status_code == 204
        assert (await client.post(path, files={"file": ("7.txt", b"x")})).status_code == 201


async def test_the_api_says_the_same_as_the_description_field_by_field(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with api(world, DEPOSITOR) as client:
        described = (await client.get("/ticket-forms/FRM-MBFTTHGTR/1")).json()
        number = (await client.post("/tickets", json={"id1": "F00000015", "type": "84"})).json()["number"]
        for field in (field for field in FORM.fields if field.kind in {Kind.TEXT, Kind.DIGITS}):
            for length, told in ((field.max, []), (field.max + 1, [field.key])):
                values = filled(FORM, **{field.key: text_of(field, length)})
                await client.put(f"/tickets/{number}/fields", json={"fields": values})
                faults = (await client.get(f"/tickets/{number}/faults")).json()
                assert [one["field"] for one in faults] == told, field.key
    shown = [field for tab in described["tabs"] for section in tab["sections"] for field in section["fields"]]
    assert [(one["key"], one["max"], one["required"]) for one in shown] == [
        (field.key, field.max, field.required) for field in FORM.fields
    ]


def facts(start: str, end: str) -> str:
    """A part of the page of facts, between two headings."""
    text = (shared_dir() / "facts" / "seed_fields.md").read_text("utf-8")
    return text[text.index(start) : text.index(end)]


def labels_in(text: str) -> list[str]:
    """What the first cell of each line of its tables prints."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return [label for row in rows for label in re.findall(r"`([^`]+)`", row)]


def as_printed(label: str) -> str:
    """A label of the facts without the marks of its reading."""
    return re.sub(r" (\(obligatoire\)|:)$", "", label).replace(" …", " ").strip()


async def _pages(world: World, *paths: str) -> str:
    found = []
    for path in paths:
        who = FORCER if "signalisation" in path else SUPPORT
        async with world.client(who) as browser:
            answer: httpx.Response = await browser.get(path)
            assert answer.status_code == 200, path
            found.append(words(parse(answer.text)))
    return re.sub(r"\s+", " ", " ".join(found))


async def test_every_label_of_the_facts_about_the_deposit_is_on_its_page(world: World) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    read = await _pages(world, "/acces/F00000015/signalisation", "/acces/F00000015/signalisation/84")
    text = facts("### 3.1", "### 3.5")
    labels = [as_printed(one) for one in labels_in(text)]
    assert len(labels) > 30
    assert [label for label in labels if label not in read] == []
    for title in re.findall(r"^Section `([^`]+)`", text, re.M) + re.findall(r"^\d\. `([^`]+)`", text, re.M):
        assert title in read
    for choice in (*STATES, "HO GTR 600 Lundi au Samedi 8h à 18h", "Déposer", "Effacer", "Service interrompu"):
        assert choice in read


async def test_every_label_of_the_facts_about_the_test_is_on_its_pages(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    base = "/acces/F00000015"
    read = await _pages(world, f"{base}/details", f"{base}/demandes", f"{base}/resultats/{number}")
    headings, columns, rows = (
        facts(*span) for span in (("### 2.2", "### 2.4"), ("### 2.5", "### 2.6"), ("#### Block", "**Key reading"))
    )
    labels = [*labels_in(headings), *labels_in(columns)]
    assert len(labels) > 8
    assert [label for label in map(as_printed, labels) if label not in read] == []
    table = [one for one in re.findall(r"^\| (?:\d+ \| )?`([^`]+)`", rows, re.M) if one != "Libellé"]
    assert len(table) == 22 + 3
    assert [label for label in table if label not in read] == []
    assert [text for text in SAID if text not in read] == []


SAID = [
    "Choisissez le/les test(s) à effectuer", "Envoyer", "Diagnostic global", "Diagnostic DELC", "Tests unitaires",
    "Infos Box", "Attention : l'historique des diagnostics est disponible 48h seulement.", "Rafraîchir",
    "Identifiant du diagnostic :", "Synthèse :", "Interprétation :", "Libellé", "Valeur", "Téléactions",
    "Demandes de diagnostics", "Résultats des diagnostics", "Détails",
]  # fmt: skip
