"""The main job in a real browser, on the whole demo: sign in, open the access, ask, watch, read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from api.demo.running import Demo
from tests.screen import DELC, INFOS_BOX

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "resultats.png"
HUNG_S = 3 * 3600
TEST_MS = 30_000
TABS = ["Détails", "Téléactions", "Demandes de diagnostics", "Résultats des diagnostics"]


async def _hang_the_box(demo: Demo) -> None:
    """The box of the screen's example: it has informed, then hung, and three hours have gone by."""
    control = demo.plant.control
    await control.call("announce", ont="F00000015")
    await control.call("fault", kind="box-hung", target="F00000015")
    await control.call("clock", advance=HUNG_S)


async def _rows(page: Page, block: str) -> list[tuple[str, str]]:
    table = page.locator("table.bloc", has=page.locator("caption", has_text=block))
    labels = await table.locator("tbody th").all_inner_texts()
    values = await table.locator("tbody td:nth-child(2)").all_inner_texts()
    return list(zip(labels, values, strict=True))


async def test_an_agent_diagnoses_the_access_of_the_screen_from_sign_in_to_rows(demo: Demo, chromium: Browser) -> None:
    await _hang_the_box(demo)
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    try:
        await page.goto(demo.sign_in_url)
        await page.get_by_role("link", name="F00000015").click()
        for tab in TABS:
            await page.get_by_role("link", name=tab, exact=True).click()
            await expect(page.locator("nav.onglets [aria-current=page]")).to_have_text(tab)
            await expect(page.locator("h1")).to_have_text("Dépôt(s) de diagnostic(s) > Prestation ID1 : F00000015")
        await page.get_by_role("link", name="Demandes de diagnostics").click()
        await page.get_by_label("Diagnostic global").check()
        await page.get_by_role("button", name="Envoyer").click()
        line = page.locator("table.resultats > tbody").first
        await expect(line).to_contain_text("Terminé", timeout=TEST_MS)
        await expect(line).to_contain_text("OK_SESSION_INACTIVE")
        await line.get_by_role("link", name="Détails").click()
        await expect(line.locator(".phrases")).to_contain_text("Fonctionnement Accès FTTH OK")
        await expect(page.locator("#ressources dd")).to_contain_text("OK (Voir détails) Diagnostic global du")
        delc, box = await _rows(page, "Diagnostic DELC"), await _rows(page, "Infos Box")
        if os.environ.get("UPDATE_SCREENSHOT") == "1":
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            await page.mouse.move(0, 0)
            await page.screenshot(path=PICTURE, full_page=True)
    finally:
        await context.close()
    changed = dict(delc)["Date de dernier changement d'état de l'ONT"]
    assert re.fullmatch(r"\d{2}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}", changed)  # the date is the plant's
    expected = [(label, changed if label.startswith("Date de dernier") else value) for label, value in DELC]
    assert delc == expected
    assert box == list(INFOS_BOX)
    assert complaints == []
