"""Campaigns and PON ports in a real browser, on the whole demo: boxes and an OLT that really act."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from api.demo.running import Demo, demo_service
from benchmarks.campaign import BAD, written
from benchmarks.files import served

ACCESSES = ("F00000015", "F00000016", "F00000017")
PORT = "PON-1-1-5-4"
LONG_MS = 60_000


async def picture(page: Page, name: str) -> None:
    """A screenshot, where somebody wants to look."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def signed_in(demo: Demo, chromium: Browser, token: str, path: str = "/", **options: Any) -> AsyncIterator[Page]:
    """A browser of its own, signed in; whatever its console complains of fails the test."""
    complaints: list[str] = []
    settings = {"viewport": {"width": 1280, "height": 800}, "locale": "fr-FR", "base_url": demo.url} | options
    context = await chromium.new_context(**settings)
    page = await context.new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"/connexion/{demo.service.codes.draw(token)}?suite={path}")
    try:
        yield page
    finally:
        await context.close()
    assert [line for line in complaints if "422" not in line] == []  # a form refused says so itself


@pytest.fixture
async def acting(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo with a firmware catalogue, boxes that have informed and start fast."""
    with served(tmp_path) as url:
        catalogue = written(tmp_path, url, ["F@st 5350", "F@st 5670"])
        async with demo_service(firmwares=catalogue) as running:
            running.service.teleactions.hurry(0.02)
            await running.plant.control.call("orders", restart_s=0.5)
            for id1 in ACCESSES:
                await running.plant.control.call("announce", ont=id1)
            yield running


async def _fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.locator(f"#{name}").fill(value)


async def test_a_campaign_is_counted_launched_paused_resumed_and_read_to_its_end(
    acting: Demo, chromium: Browser
) -> None:
    async with signed_in(acting, chromium, acting.token) as page:
        await page.get_by_role("link", name="Campagnes").click()
        await expect(page.get_by_text("Aucune campagne n'a encore été lancée.")).to_be_visible()
        await page.get_by_role("link", name="Nouvelle campagne").click()
        await page.get_by_role("link", name="Redémarrer la box").click()
        await _fill(page, canary="1", wave="2", motif="box à redémarrer", olt="OLT-INCONNU")
        await page.evaluate("window.unchanged = true")
        await page.get_by_role("button", name="Compter les accès").click()
        await expect(page.locator("#compte")).to_have_text("0 accès répondent aux critères")
        await _fill(page, olt=acting.olt)
        await page.get_by_role("button", name="Compter les accès").click()
        await expect(page.locator("#compte")).to_have_text("3 accès répondent aux critères")
        assert await page.evaluate("window.unchanged") is True
        await picture(page, "campagne_nouvelle")
        await page.get_by_role("button", name="Lancer le témoin").click()
        await page.get_by_role("button", name="Mettre en pause").click()
        await expect(page.locator(".faits .etat").first).to_have_text("En pause")
        await picture(page, "campagne_en_pause")
        await page.get_by_role("button", name="Reprendre").click()
        await expect(page.locator(".faits .etat").first).to_have_text("Terminée", timeout=LONG_MS)
        await expect(page.locator("table .etat", has_text="Saine")).to_have_count(3)
        waves = await page.locator("table").first.locator("tbody tr th, tbody tr td").all_inner_texts()
        assert waves[:2] == ["Témoin", "1"]
        await picture(page, "campagne_finie")
        await page.locator("table").last.get_by_role("link").nth(1).click()
        await expect(page.locator("tr.detail")).to_contain_text("box à redémarrer")
        await page.goto("/campagnes")
        await expect(page.locator("table.liste")).to_contain_text("Terminée")
        await picture(page, "campagnes")


async def test_a_bad_firmware_stops_at_the_canary_and_the_page_says_so_in_english_too(
    acting: Demo, chromium: Browser
) -> None:
    async with signed_in(
        acting, chromium, acting.token, locale="en-GB", viewport={"width": 390, "height": 844}
    ) as page:
        await page.goto("/campagnes/nouvelle?action=box_firmware")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await _fill(page, canary="1", p_version=BAD, motif="new version")
        await page.locator("#most_unhealthy").fill("200")
        await page.locator("form.champs").evaluate("form => form.noValidate = true")
        await page.get_by_role("button", name="Launch the canary").click()
        await expect(page.locator("#erreur")).to_contain_text("a value within the bounds of the form")
        await expect(page.locator("#p_version")).to_have_value(BAD)
        await page.locator("#most_unhealthy").fill("5")
        await page.get_by_role("button", name="Launch the canary").click()
        await expect(page.locator(".faits .etat").first).to_have_text("Stopped", timeout=LONG_MS)
        await expect(page.locator(".faits")).to_contain_text("Canary: 1/1")
        await expect(page.locator("table .etat", has_text="Worse")).to_have_count(1)
        await expect(page.locator("table .etat", has_text="Waiting")).to_have_count(2)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await picture(page, "campaign_stopped_phone")


async def _port(demo: Demo) -> tuple[str, bool]:
    """The port of an access in the plant, and whether it is shut."""
    state = await demo.plant.control.call("state", ont=ACCESSES[0])
    return str(state["pon"]["name"]), not state["pon"]["admin_up"]


async def test_a_pon_port_is_shut_by_two_accounts_one_of_which_types_its_name(acting: Demo, chromium: Browser) -> None:
    async with (
        signed_in(acting, chromium, acting.network_token, "/incidents") as first,
        signed_in(acting, chromium, acting.noc_token, "/incidents") as second,
    ):
        port, _ = await _port(acting)
        await first.get_by_role("link", name="Ports PON").click()
        await _fill(first, port="le port 4", motif="travaux")
        await first.get_by_role("button", name="Demander un second compte").click()
        await expect(first.locator("#erreur")).to_be_visible()
        await _fill(first, port=port)
        await first.get_by_role("button", name="Demander un second compte").click()
        await expect(first.get_by_text("Vous l'avez demandée : un autre compte du NOC doit confirmer.")).to_be_visible()
        await expect(first.get_by_role("button", name="Confirmer")).to_have_count(0)
        await picture(first, "port_demande")
        await second.goto("/ports-pon")
        await second.get_by_label(f"Tapez {port} pour confirmer").fill("PON-1-1-5-5")
        await second.get_by_role("button", name="Confirmer").click()
        await expect(second.get_by_role("alert").filter(has_text="retapé")).to_be_visible()
        await picture(second, "port_a_confirmer")
        assert await _port(acting) == (port, False)
        await second.get_by_label(f"Tapez {port} pour confirmer").fill(port)
        await second.get_by_role("button", name="Confirmer").click()
        line = second.locator("tbody tr").first
        await expect(line).to_contain_text("Faite", timeout=LONG_MS)
        await expect(line).to_contain_text("demo.network")
        await expect(line).to_contain_text("demo.noc")
        assert await _port(acting) == (port, True)
        await picture(second, "port_ferme")


async def test_a_request_on_a_port_is_cancelled_before_anybody_confirms(acting: Demo, chromium: Browser) -> None:
    async with signed_in(acting, chromium, acting.noc_token, "/ports-pon", locale="en-US") as page:
        await _fill(page, port=PORT, motif="works")
        await page.get_by_role("button", name="Ask for a second account").click()
        await page.get_by_role("button", name="Cancel the request").click()
        await expect(page.locator("tbody tr").first).to_contain_text("Cancelled")
        await picture(page, "port_cancelled")
