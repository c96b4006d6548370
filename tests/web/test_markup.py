"""What holds for every page: its headers, its accessibility, its words."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

import pytest

from api.certificates.listing import Order
from api.web.labels import age, catalogue, instant, label, metres, percent, seconds
from api.web.rendering import STATIC
from domain.certificate import CertificateState, Origin, RevocationReason
from domain.incident import Ancestor
from domain.incidents import Cause, Kind, State
from domain.optical_path import Basis, ExcessPlace, PartKind
from domain.reading import Quality, Reason, Via
from domain.snapshot import Outcome, SourceKind
from domain.trend import TrendCause, TrendKind
from domain.verdict import Prelocalisation, Scope, Severity
from tests.web import golden
from tests.web.html import parse
from tests.web.world import ADMINISTRATOR, World

SHOWN: tuple[type[StrEnum], ...] = (
    *(Prelocalisation, Scope, Severity, SourceKind, Outcome, Reason, Quality, Via),
    *(PartKind, ExcessPlace, Basis, TrendKind, TrendCause),
    *(Ancestor, Cause, Kind, State),
    *(CertificateState, Origin, RevocationReason, Order),
)


async def _pages(world: World) -> dict[str, Any]:
    """Every kind of page, rendered."""
    finished = await world.finished(golden.inactive_box())
    running = await world.asked()
    paths = [
        "/",
        "/?id1=zz",
        "/connexion?motif=expiree",
        "/connexion/none",
        "/rien",
        *(f"/acces/F00000015/{tab}" for tab in ("details", "teleactions", "demandes", "resultats")),
        f"/acces/F00000015/resultats/{finished}",
        f"/acces/F00000015/resultats/{running}",
        "/acces/F00000016/details",
        f"/acces/F00000015/resultats/{await world.finished(golden.lossy_line())}",
        "/previsions?horizon=demain",
    ]
    async with world.client() as browser, world.client(ADMINISTRATOR) as boss:
        made = await boss.post("/certificats", data={"eservice": "e-SAV", "environnement": "Production"})
        number = parse(made.text).xpath("string(//a[text()='Télécharger']/@href)").split("/")[-2]
        managed = ("", "/nouveau", "/reglages", f"/{number}", "?filtres=true&eservice=TAO")
        administered = {f"/certificats{path}": await boss.get(f"/certificats{path}") for path in managed}
        return {path: await browser.get(path) for path in paths} | {"/certificats (POST)": made} | administered


async def test_nothing_inline_runs_and_nothing_foreign_loads(world: World) -> None:
    for path, answer in (await _pages(world)).items():
        policy = answer.headers["content-security-policy"]
        nonce = re.findall(r"script-src 'nonce-([\w-]{20,})';", policy)
        page = parse(answer.text)
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert page.xpath("//script/@nonce") == nonce * 3, path
        assert page.xpath("//script[text()] | //style | //*[@style] | //iframe") == [], path
        assert page.xpath("//@*[starts-with(., 'javascript:')]") == [], path
        handlers = [key for element in page.iter() for key in element.attrib if key.startswith(("on", "hx-on"))]
        assert handlers == [], path
        outside = [url for url in page.xpath("//@src | //@href | //@action") if not url.startswith(("/", "#"))]
        assert outside == [], path


async def test_every_page_keeps_itself_out_of_caches_frames_and_referrers(world: World) -> None:
    for path, answer in (await _pages(world)).items():
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["x-frame-options"] == "DENY", path
        assert answer.headers["referrer-policy"] == "same-origin", path


async def test_the_nonce_is_new_for_every_page(world: World) -> None:
    policies = [answer.headers["content-security-policy"] for answer in (await _pages(world)).values()]
    assert len(set(policies)) == len(policies)


async def test_every_page_is_french_titled_and_has_one_main_heading(world: World) -> None:
    titles = set()
    for path, answer in (await _pages(world)).items():
        page = parse(answer.text)
        assert page.xpath("/html/@lang") == ["fr"], path
        assert len(page.xpath("//h1")) == 1, path
        assert len(page.xpath("//main")) == 1, path
        titles.add(page.xpath("string(//title)"))
    assert len(titles) >= 7


async def test_every_field_has_its_label_and_every_reference_its_element(world: World) -> None:
    for path, answer in (await _pages(world)).items():
        page = parse(answer.text)
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        fields = page.xpath("//input[not(@type='hidden')]/@id | //select/@id | //textarea/@id")
        assert len(fields) == len(page.xpath("//input[not(@type='hidden')] | //select | //textarea")), path
        assert sorted(page.xpath("//label/@for")) == sorted(fields), path
        named = page.xpath("//@aria-describedby | //@aria-controls | //@aria-labelledby")
        missing = [name for names in named for name in names.split() if name not in ids]
        assert missing == [], path
        assert all(page.xpath("//table//th/@scope")), path
        assert page.xpath("//button[not(normalize-space())] | //a[not(normalize-space())]") == [], path


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_every_value_that_the_page_shows_has_its_french_words(kind: type[StrEnum]) -> None:
    assert [value for value in kind if not label(value)] == []


def test_the_catalogue_holds_no_word_of_a_value_that_is_gone() -> None:
    kinds = {kind.__name__: {value.value for value in kind} for kind in SHOWN}
    orphans = [entry for entry in catalogue() if entry[0] in kinds and entry[1] not in kinds[entry[0]]]
    assert orphans == []


def test_no_state_is_told_by_its_colour_alone() -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    states = set(re.findall(r"^\.etat\.(\w+) \{ color", style, re.MULTILINE))
    signs = set(re.findall(r"^\.etat\.(\w+)::before", style, re.MULTILINE))
    assert states == signs == {"ok", "ko", "inconnu", "arret", "cours"}


def _luminance(colour: str) -> float:
    digits = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("--encre", "--fond"),
        ("--gris", "--fond"),
        ("--gris", "--teinte"),
        ("--lien", "--teinte"),
        ("--lien", "--fond"),
        ("--vert", "--teinte"),
        ("--rouge", "--rouge-fond"),
        ("--ambre", "--teinte"),
        ("--marine", "--teinte"),
        ("--carte", "--lien"),
        ("--carte", "--marine"),
    ],
)
def test_texts_stand_out_from_their_background_as_wcag_asks(ink: str, paper: str) -> None:
    colours = dict(re.findall(r"(--[\w-]+): (#\w+);", (STATIC / "style.css").read_text("utf-8")))
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_numbers_and_instants_are_written_as_in_france() -> None:
    space = "\N{NO-BREAK SPACE}"
    assert instant(golden.NOW) == "09/05/2019 10:29"
    assert percent(0.855) == f"86{space}%"
    assert (seconds(840), seconds(2310)) == (f"840{space}ms", f"2,3{space}s")
    assert metres(3420.4) == f"3\N{NARROW NO-BREAK SPACE}420{space}m"
    ages = [age(golden.MINUTE * minutes) for minutes in (-1, 0, 5, 125, 180, 1700)]
    assert [text.replace(space, " ") for text in ages] == ["0 s", "0 s", "5 min", "2 h 5 min", "3 h", "1 j 4 h"]
