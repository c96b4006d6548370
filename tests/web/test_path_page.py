"""The optical budget on the result page: a drawing, and tables that say the same in words."""

from __future__ import annotations

from playwright.async_api import Browser

from api.schemas.path import PathOut
from api.serve import http
from api.web.drawing import WIDTH, drawing
from tests.web import golden
from tests.web.html import parse
from tests.web.world import SUPPORT, World

RESULTS = "/acces/F00000015/resultats"


async def test_the_drawing_has_every_part_its_loss_and_where_the_excess_sits(world: World) -> None:
    number = await world.finished(golden.lossy_line())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    [svg] = page.xpath("//svg")
    assert svg.get("role") == "img"
    assert len(svg.xpath(".//rect")) == 6
    assert len(svg.xpath(".//g[contains(@class, 'fibre')]")) == 3
    assert len(svg.xpath(".//line[@class='jonction']")) == 2
    suspects = svg.xpath(".//g[contains(@class, 'suspect')]")
    assert [" ".join(g.xpath(".//text[@class='marque']/text()")) for g in suspects] == ["▼ excès"] * 2
    assert "? m" in svg.xpath(".//g[contains(@class, 'fibre')][2]/text[1]/text()")
    assert svg.xpath(".//@style | .//script | .//@*[starts-with(name(), 'on')]") == []


async def test_the_tables_say_the_same_in_words(world: World) -> None:
    number = await world.finished(golden.lossy_line())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    text = " ".join(page.xpath("string(//section[@class='trajet'])").split())
    for words in (
        "L'excès est propre à cet accès : branchement ou prise (PTO).",
        "-23,10 dBm",
        "+3,7 dB",
        "Coupleur 1:8",
        "PBO <b>5-10-3-1</b> de la rue",
        "L'écart est compté depuis la référence de cet accès (08/02/2019 09:29)",
        "de 13,0 dB à 28,0 dB de perte",
    ):
        assert words in text, words
    rows = page.xpath("//table[starts-with(@id, 'parties-')]/tbody/tr")
    assert [row.xpath("string(td[last()])") for row in rows] == ["–"] * 6 + ["possible ici"] * 2 + ["–"]
    assert [" ".join(td.split()) for td in rows[3].xpath("td//text()")][1:3] == ["inconnue", "inconnu"]


async def test_a_verdict_from_before_the_drawing_shows_none(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
        told = (await browser.get(f"/api/v1/diagnostics/{number}")).json()
    assert page.xpath("//svg") == []
    assert told["path"] is None


def test_every_part_stands_within_the_drawing_in_order() -> None:
    path = PathOut.of(golden.lossy_line().path)
    assert path is not None
    found = drawing(path)
    assert [part.middle for part in found.parts] == sorted(part.middle for part in found.parts)
    half = found.box_width // 2
    boxes = [part.x for part in found.parts if not part.fibre]
    assert min(boxes) - half >= 0
    assert max(boxes) + half <= WIDTH
    assert [part.name for part in found.parts if part.full.startswith("PBO <b>")] == ["PBO <b>5-10-3-1<…"]


async def test_the_drawing_is_seen_in_a_browser_under_the_strict_policy(world: World, chromium: Browser) -> None:
    number = await world.finished(golden.lossy_line())
    complaints: list[str] = []
    async with http(world.service, "127.0.0.1", 0) as port:
        context = await chromium.new_context(
            base_url=f"http://127.0.0.1:{port}", viewport={"width": 1280, "height": 900}
        )
        page = await context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
        code = world.service.codes.draw(world.tokens[f"{SUPPORT.operator_id}/{SUPPORT.account}"])
        await page.goto(f"/connexion/{code}?suite={RESULTS}/{number}")
        drawn = await page.locator("svg.dessin").bounding_box()
        red = await page.locator("svg .suspect line").first.evaluate("line => getComputedStyle(line).stroke")
        texts = await page.locator("svg .boite").evaluate_all(
            "boxes => boxes.map(box => [box.querySelector('rect').getBBox().width,"
            " box.querySelector('.titre').getBBox().width])"
        )
        await context.close()
    assert drawn is not None
    assert drawn["width"] > 800
    assert red == "rgb(168, 30, 30)"
    assert all(words <= box for box, words in texts)
    assert complaints == []
