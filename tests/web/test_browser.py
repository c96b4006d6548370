"""The page in a real browser: what scripts, the keyboard and a small screen make of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from api.serve import http
from domain.identifiers import DiagnosisNumber
from domain.reading import Reason
from domain.snapshot import Outcome, SourceKind, SourceReport
from tests.web import golden
from tests.web.world import AGENT, SUPPORT, WAIT_S, World

RESULTS = "/acces/F00000015/resultats"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def opened(world: World, chromium: Browser, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page signed in by a one-time link, and what its console complains of."""
    complaints: list[str] = []
    async with http(world.service, "127.0.0.1", 0) as port:
        base = f"http://127.0.0.1:{port}"
        settings = {"viewport": DESKTOP, "locale": "fr-FR", "base_url": base} | options
        context = await chromium.new_context(**settings)
        page = await context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        code = world.service.codes.draw(world.tokens[f"{SUPPORT.operator_id}/{SUPPORT.account}"])
        await page.goto(f"/connexion/{code}?suite=/acces/F00000015/demandes")
        try:
            yield page, complaints
        finally:
            await context.close()


async def _number(world: World) -> DiagnosisNumber:
    [record] = await world.service.diagnoses.recent(SUPPORT, golden.ID1)
    return record.number


async def _send(page: Page, *tests: str) -> None:
    for test in tests:
        await page.get_by_label(test).check()
    await page.get_by_role("button", name="Envoyer").click()
    await page.wait_for_url(f"**{RESULTS}")


async def test_a_running_test_is_followed_source_by_source_without_reloading_the_page(
    world: World, chromium: Browser
) -> None:
    async with opened(world, chromium) as (page, complaints):
        await _send(page, "Diagnostic global")
        number = await _number(world)
        line = page.locator(f"#d-{number}")
        await expect(line.locator(".etat")).to_have_text("En cours")
        await expect(page.locator("#ressources")).to_contain_text("inconnu")
        await asyncio.wait_for(world.bus.followed.wait(), WAIT_S)
        await page.evaluate("window.unchanged = true")
        await world.line.told(SourceReport(SourceKind.OLT_SNMP, Outcome.OK, None, 84.0, 3))
        await expect(line.locator(".sources li").nth(0)).to_contain_text("Lu 84 ms")
        await world.line.told(SourceReport(SourceKind.BOX, Outcome.FAILED, Reason.TIMEOUT, 2300.0, 1))
        await expect(line.locator(".sources li").nth(3)).to_contain_text("Echec : pas de réponse dans le délai")
        await expect(line.locator(".sources li").nth(1)).to_contain_text("lecture en cours…")
        world.line.go.set()
        await expect(line.locator("tr").first).to_contain_text("Terminé")
        await expect(line.locator(".sources")).to_have_count(0)
        await expect(page.locator("#annonce")).to_have_text(f"Diagnostic {number} : Terminé, OK.")
        await expect(page.locator("#ressources")).to_contain_text("OK (Voir détails) Diagnostic global du 09/05/2019")
        assert await page.evaluate("window.unchanged") is True
        assert complaints == []


async def test_three_tests_sent_at_once_all_end(world: World, chromium: Browser) -> None:
    async with opened(world, chromium) as (page, complaints):
        await _send(page, "Diagnostic global", "Diagnostic DELC", "Infos Box")
        await expect(page.locator(".etat.cours")).to_have_count(3)
        world.line.go.set()
        await expect(page.locator(".resultats .etat", has_text="Terminé")).to_have_count(3)
        assert complaints == []


async def test_details_open_and_close_in_place_and_keep_the_focus(world: World, chromium: Browser) -> None:
    number = await world.finished(golden.inactive_box())
    other = await world.finished(golden.cut_drop())
    async with opened(world, chromium) as (page, complaints):
        await page.goto(RESULTS)
        await page.evaluate("window.unchanged = true")
        await page.locator(f"#t-{number}").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(f"#r-{number}")).to_contain_text("Fonctionnement Accès FTTH OK")
        await expect(page.locator(f"#t-{number}")).to_be_focused()
        await page.locator(f"#t-{other}").click()
        await expect(page.locator("tr.detail")).to_have_count(2)
        assert page.url.endswith(f"{RESULTS}/{other}")
        await page.locator(f"#t-{number}").click()
        await expect(page.locator("tr.detail")).to_have_count(1)
        await expect(page.locator(f"#t-{number}")).to_have_text("Détails")
        assert await page.evaluate("window.unchanged") is True
        assert complaints == []


async def test_without_the_event_stream_the_page_asks_again_by_itself(world: World, chromium: Browser) -> None:
    async def cut(route: Route) -> None:
        await route.abort()

    async with opened(world, chromium) as (page, _):
        asked = asyncio.Event()
        page.on("response", lambda answer: asked.set() if "/ligne" in answer.url else None)
        await page.route("**/suivi", cut)
        await _send(page, "Infos Box")
        await asyncio.wait_for(asked.wait(), WAIT_S)
        await expect(page.locator(".resultats .etat")).to_have_text(["En cours"])
        world.line.go.set()
        await expect(page.locator(".resultats .etat").first).to_have_text("Terminé")


async def test_a_service_that_does_not_answer_is_said_and_the_page_stays(world: World, chromium: Browser) -> None:
    number = await world.finished(golden.inactive_box())
    async with opened(world, chromium) as (page, _):
        await page.goto(RESULTS)
        await page.route("**/ligne?*", lambda route: route.abort())
        await page.locator(f"#t-{number}").click()
        await expect(page.locator("#messages")).to_contain_text("Le service ne répond pas.")
        await expect(page.locator(f"#d-{number}")).to_contain_text("OK_SESSION_INACTIVE")
        await page.unroute("**/ligne?*")
        await page.locator(f"#t-{number}").click()
        await expect(page.locator("tr.detail")).to_have_count(1)
        await expect(page.locator("#messages")).to_be_empty()


async def test_a_session_that_expires_on_an_open_page_leads_to_the_sign_in(world: World, chromium: Browser) -> None:
    number = await world.finished(golden.inactive_box())
    async with opened(world, chromium) as (page, _):
        await page.goto(RESULTS)
        world.clock.instant += golden.MINUTE * 60 * 24 * 30
        await page.locator(f"#t-{number}").click()
        await page.wait_for_url("**/connexion?**")
        await expect(page.get_by_text("Votre session a expiré.")).to_be_visible()


async def test_the_page_works_without_scripts(world: World, chromium: Browser) -> None:
    async with opened(world, chromium, java_script_enabled=False) as (page, _):
        await page.get_by_role("button", name="Envoyer").click()
        await expect(page.get_by_role("alert").last).to_contain_text("Cochez au moins un test")
        await _send(page, "Diagnostic global")
        await expect(page.locator(".resultats .etat").first).to_have_text("En cours")
        world.line.go.set()
        await expect(page.locator(".resultats .etat").first).to_have_text(
            "Terminé", timeout=10_000
        )  # it reloads itself
        await page.get_by_role("link", name="Détails", exact=True).last.click()
        await expect(page.locator("tr.detail")).to_contain_text(golden.PASSWORD)
        await page.get_by_role("link", name="moins de détails").click()
        await expect(page.locator("tr.detail")).to_have_count(0)
        await page.get_by_role("button", name="Se déconnecter").click()
        await expect(page.get_by_text("Vous êtes déconnecté.")).to_be_visible()


async def test_the_keyboard_alone_is_enough(world: World, chromium: Browser) -> None:
    world.line.go.set()
    async with opened(world, chromium) as (page, complaints):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        await page.get_by_label("Diagnostic DELC").focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Envoyer")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{RESULTS}")
        await expect(page.locator(".resultats .etat").first).to_have_text("Terminé")
        assert complaints == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280x800", "phone"])
async def test_no_page_is_wider_than_the_screen(world: World, chromium: Browser, size: dict[str, int]) -> None:
    finished = await world.finished(golden.inactive_box())
    await world.finished(golden.cut_drop())
    await world.asked()
    async with opened(world, chromium, viewport=size) as (page, complaints):
        tabs = [f"/acces/F00000015/{tab}" for tab in ("details", "teleactions", "demandes", "resultats")]
        for path in ["/", *tabs, f"{RESULTS}/{finished}", "/acces/F00000016/details"]:
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await page.goto(f"{RESULTS}/{finished}")
        wide = "[...document.querySelectorAll('.defile')].filter(e => e.scrollWidth > e.clientWidth).length"
        assert await page.evaluate(wide) == 0
        assert complaints == []


async def test_an_agent_reads_no_secret_in_the_page(world: World, chromium: Browser) -> None:
    number = await world.finished(golden.inactive_box())
    async with opened(world, chromium) as (page, _):
        code = world.service.codes.draw(world.tokens[f"{AGENT.operator_id}/{AGENT.account}"])
        await page.goto(f"/connexion/{code}?suite={RESULTS}/{number}")
        await expect(page.locator("tr.detail")).to_contain_text("********")
        assert golden.PASSWORD not in await page.content()
