"""Accounts, tokens and webhooks in a real browser: what an administrator does in a day."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from api.serve import http
from api.services.webhooks import WebhookSender
from api.web import campaigns, labels, pon_ports
from api.web.rendering import STATIC
from api.web.rights import FAMILIES, SHOWN
from api.web.webhooks import KINDS
from domain.account import Profile
from domain.announcement import AnnouncementKind
from domain.errors import NotFoundError
from domain.principal import Principal, Right
from tests.web import golden
from tests.web.html import alert, parse, words
from tests.web.world import ADMINISTRATOR, SUPPORT, World

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PROFILE = Profile("MARTIN", "Dominique", "dominique.martin@operateur.example", "0199001234")


@asynccontextmanager
async def signed_in(
    world: World, chromium: Browser, who: Principal = ADMINISTRATOR, path: str = "/comptes", **options: Any
) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of somebody signed in, and what its console complains of."""
    complaints: list[str] = []
    async with http(world.service, "127.0.0.1", 0) as port:
        settings = {"viewport": DESKTOP, "locale": "fr-FR", "base_url": f"http://127.0.0.1:{port}"} | options
        context = await chromium.new_context(**settings)
        page = await context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        code = world.service.codes.draw(world.tokens[f"{who.operator_id}/{who.account}"])
        await page.goto(f"/connexion/{code}?suite={path}")
        try:
            yield page, complaints
        finally:
            await context.close()


async def _made(world: World, *logins: str) -> None:
    for login in logins:
        await world.service.accounts.create(ADMINISTRATOR, login, PROFILE, frozenset({Right.TEST}))


async def _fill(page: Page, number: int, **values: str) -> None:
    for key, value in values.items():
        await page.locator(f"[name='{number}-{key}']").fill(value)


async def test_two_accounts_are_made_at_once_and_nothing_typed_is_lost(world: World, chromium: Browser) -> None:
    async with signed_in(world, chromium) as (page, complaints):
        await page.get_by_role("link", name="Nouveau compte").click()
        good = {"last_name": "DURAND", "first_name": "Camille", "email": "camille@operateur.example"}
        await _fill(page, 0, login="camille.durand", phone="0199001234", **good)
        await page.get_by_role("button", name="+ Un autre compte").click()
        await expect(page.locator("[name='0-email']")).to_have_value("camille@operateur.example")
        await _fill(page, 1, login="abcd", **good)
        await page.get_by_label("e-SAV Signalisation").nth(1).check()
        await page.get_by_role("button", name="Enregistrer").last.click()
        await expect(page.locator("#e-1-login")).to_contain_text("5 caractères au moins")
        await expect(page.locator("#e-1-phone")).to_be_visible()
        await expect(page.get_by_label("e-SAV Signalisation").nth(1)).to_be_checked()
        assert {one.login for one in await world.service.accounts.list(ADMINISTRATOR, "durand")} == set()
        await _fill(page, 1, login="camille.deux", mobile="0699001234")
        await page.keyboard.press("Enter")
        await expect(page.locator(".crees li")).to_have_count(2)
        await expect(page.locator(".crees code.secret").first).to_have_text(re.compile(r"^[\w-]{32}$"))
        found = {one.login: one.rights for one in await world.service.accounts.list(ADMINISTRATOR, "durand")}
        assert found == {
            "camille.durand": {Right.TEST},
            "camille.deux": {Right.TEST, Right.SIGNALISATION},
        }
        assert [text for text in complaints if "422" not in text] == []


async def test_a_login_in_use_is_told_beside_it_while_the_other_account_is_made(
    world: World, chromium: Browser
) -> None:
    await _made(world, "dominique")
    async with signed_in(world, chromium, path="/comptes/nouveaux") as (page, _):
        good = {"last_name": "DURAND", "first_name": "Camille", "email": "camille@operateur.example"}
        await _fill(page, 0, login="Dominique", phone="0199001234", **good)
        await page.get_by_role("button", name="+ Un autre compte").click()
        await _fill(page, 1, login="camille.durand", phone="0199001234", **good)
        await page.get_by_role("button", name="Enregistrer").last.click()
        await expect(page.locator(".crees li")).to_have_count(1)
        await expect(page.locator("#e-0-login")).to_contain_text("est, ou a été")
        await expect(page.locator("fieldset.bloc-compte")).to_have_count(1)


async def test_the_list_narrows_while_one_types(world: World, chromium: Browser) -> None:
    await _made(world, "dominique", "dominique.2")
    async with signed_in(world, chromium) as (page, complaints):
        await page.evaluate("window.unchanged = true")
        await page.get_by_role("searchbox").press_sequentially("martin")
        await expect(page.locator("#comptes tbody tr")).to_have_count(2)
        await expect(page).to_have_url(re.compile(r"/comptes\?q=martin$"))
        await page.get_by_role("searchbox").fill("personne")
        await expect(page.locator("#comptes")).to_contain_text("Aucun compte.")
        assert await page.evaluate("window.unchanged") is True
        assert complaints == []


async def test_an_account_is_changed_but_for_its_login(world: World, chromium: Browser) -> None:
    await _made(world, "a/b#c@d!")
    async with signed_in(world, chromium) as (page, complaints):
        await page.get_by_role("row", name="a/b#c@d!").get_by_role("link", name="Modifier").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Compte a/b#c@d!")
        assert await page.locator("input[name='login']:not([type='hidden'])").count() == 0
        await expect(page.get_by_label("Inventaire")).to_be_disabled()
        await page.get_by_label("Nom", exact=False).first.fill("  ")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.locator("#e-last_name")).to_be_visible()
        await page.locator("#last_name").fill("BERNARD")
        await page.get_by_label("e-SAV Test").uncheck()
        await page.get_by_label("Expert").check()
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("status").filter(has_text="Le compte est modifié")).to_be_visible()
        account = await world.service.accounts.get(ADMINISTRATOR, "a/b#c@d!")
        assert account.profile is not None
        assert (account.profile.last_name, account.rights) == ("BERNARD", frozenset({Right.EXPERT}))
        assert [text for text in complaints if "422" not in text] == []


async def test_deactivating_asks_first_in_a_pop_up_and_no_means_no(world: World, chromium: Browser) -> None:
    await _made(world, "dominique")
    async with signed_in(world, chromium) as (page, complaints):
        button = page.get_by_role("link", name="Désactiver dominique")
        await button.click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Désactiver dominique ?")
        await dialog.get_by_role("button", name="Non").click()
        await expect(dialog).to_have_count(0)
        await expect(button).to_be_focused()
        assert (await world.service.accounts.get(ADMINISTRATOR, "dominique")).disabled_at is None
        await button.click()
        await dialog.get_by_role("button", name="Oui").click()
        await expect(page.get_by_role("status").filter(has_text="Le compte est désactivé")).to_be_visible()
        await expect(page.locator("#comptes")).not_to_contain_text("dominique")
        with pytest.raises(NotFoundError):
            await world.service.accounts.get(ADMINISTRATOR, "dominique")
        assert complaints == []


async def test_a_password_is_reset_and_set_with_the_code_that_is_shown(world: World, chromium: Browser) -> None:
    await _made(world, "dominique")
    async with signed_in(world, chromium, path="/comptes/fiche?login=dominique") as (page, complaints):
        await page.get_by_role("button", name="Réinitialiser le mot de passe").click()
        code = await page.locator("code.secret").inner_text()
        await page.goto("/mot-de-passe")
        await page.get_by_label("Code reçu").fill(code)
        await page.get_by_label("Nouveau mot de passe").fill("une phrase assez longue 42")
        await page.get_by_role("button", name="Enregistrer").click()
        await page.get_by_role("link", name="Se connecter avec un login et un mot de passe").click()
        await page.get_by_label("Opérateur").fill(golden.OPERATOR)
        await page.get_by_label("Login").fill("dominique")
        await page.get_by_label("Mot de passe").fill("une phrase assez longue 42")
        await page.get_by_role("button", name="Ouvrir la session").click()
        await page.goto("/jetons")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Compte dominique")
        await expect(page.get_by_role("table", name="Sessions ouvertes").locator("tbody tr")).to_have_count(1)
        assert complaints == []


async def test_a_personal_token_is_made_with_its_scopes_shown_once_and_revoked(world: World, chromium: Browser) -> None:
    async with signed_in(world, chromium, SUPPORT, "/jetons") as (page, complaints):
        await page.get_by_label("Nom").fill("notre supervision")
        await page.get_by_role("button", name="Créer le jeton").click()
        await expect(page.get_by_text("Cochez un droit au moins")).to_be_visible()
        await expect(page.get_by_label("Nom")).to_have_value("notre supervision")
        await expect(page.get_by_label("Inventaire")).to_have_count(0)
        await page.get_by_label("e-SAV Test").check()
        await page.get_by_label("Durée").select_option("30")
        await page.get_by_role("button", name="Créer le jeton").click()
        token = await page.locator("#jeton-cree").inner_text()
        who = await world.service.records.tokens.authenticate(token, world.clock.now())
        assert who == Principal(SUPPORT.operator_id, SUPPORT.account, frozenset({Right.TEST}))
        await page.goto("/jetons")
        assert token not in await page.content()
        row = page.get_by_role("row", name="notre supervision")
        await expect(row).to_contain_text("08/06/2019")
        await row.get_by_role("button", name="Révoquer notre supervision").click()
        await expect(page.get_by_role("row", name="notre supervision")).to_have_count(0)
        assert [text for text in complaints if "422" not in text] == []


async def test_a_webhook_is_declared_tested_and_its_dead_letters_sent_again(world: World, chromium: Browser) -> None:
    records = world.service.records
    async with signed_in(world, chromium, path="/webhooks") as (page, complaints):
        await page.get_by_label("Adresse").fill("ftp://192.0.2.7/sav")
        await page.get_by_role("button", name="Ajouter").click()
        await expect(page.locator("#e-url")).to_contain_text("HTTPS")
        await page.get_by_label("Adresse").fill("http://127.0.0.1:9/sav")
        await page.get_by_label("Etat d'un diagnostic").check()
        await page.get_by_label("Fin d'un incident collectif").check()
        await page.get_by_role("button", name="Ajouter").click()
        await expect(page.locator("#secret")).to_have_text(re.compile("^[A-Za-z0-9+/=]{40,}$"))
        (hook,) = await records.webhooks.list(ADMINISTRATOR)
        assert hook.kinds == frozenset({AnnouncementKind.DIAGNOSIS, AnnouncementKind.INCIDENT_END})
        for _ in range(2):
            await world.service.webhooks.test(ADMINISTRATOR, hook.webhook_id)
        await page.goto("/webhooks")
        await page.get_by_role("button", name="Tester http").click()
        await expect(page.locator("#envois tr")).to_have_count(3)
        await expect(page.locator("#envois")).to_contain_text("En attente")
        await _give_up(world)
        await page.goto("/webhooks")
        waiting = page.get_by_role("row", name="http://127.0.0.1:9/sav")
        dead = int(await waiting.get_by_role("link").last.inner_text())
        assert dead == 3
        await waiting.get_by_role("link").last.click()
        await expect(page.locator("#envois tr")).to_have_count(dead)
        line = page.locator("#envois tr").first
        await expect(line).to_contain_text("Lettre morte")
        await line.get_by_text("Contenu").click()
        await expect(line.locator("code.contenu")).to_contain_text("webhook.test")
        await page.evaluate("window.unchanged = true")
        await line.get_by_role("button", name="Renvoyer").click()
        await expect(line).to_contain_text("En attente")
        assert await page.evaluate("window.unchanged") is True
        await page.reload()
        await page.get_by_role("button", name=f"Renvoyer les lettres mortes ({dead - 1})").click()
        await expect(page.locator("#envois tr")).to_have_count(dead)
        await expect(page.locator("#envois")).not_to_contain_text("Lettre morte")
        await page.goto("/webhooks")
        former = await records.webhooks.list(ADMINISTRATOR)
        await page.get_by_role("button", name="Changer le secret").click()
        await expect(page.locator("#secret")).not_to_have_text(former[0].secret.reveal())
        await page.get_by_role("button", name="Désactiver http").click()
        await expect(page.get_by_role("row", name="http://127.0.0.1:9/sav")).to_contain_text("désactivé")
        assert [text for text in complaints if "422" not in text] == []


async def _give_up(world: World) -> None:
    """Let every attempt fail until the dead letters are there: nobody listens on that port."""
    sender = WebhookSender(world.service.records.webhooks, world.clock, insecure=True)
    world.clock.instant += timedelta(hours=25)
    while await sender.once():
        world.clock.instant += timedelta(minutes=31)
    await sender._client.aclose()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280x800", "phone"])
async def test_the_pages_of_management_fit_their_screen(world: World, chromium: Browser, size: dict[str, int]) -> None:
    await _made(world, "dominique", "un.login.assez.long.pour.une.colonne@operateur.example")
    hook = await world.service.webhooks.add(ADMINISTRATOR, f"http://192.0.2.7/{'sav-' * 30}", None)
    await world.service.webhooks.test(ADMINISTRATOR, hook.webhook_id)
    paths = [*PAGES, f"/webhooks/{hook.webhook_id}", "/comptes/desactivation?login=dominique"]
    async with signed_in(world, chromium, viewport=size) as (page, complaints):
        for path in paths:
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert complaints == []


async def test_who_reads_english_is_answered_in_english(world: World, chromium: Browser) -> None:
    await _made(world, "dominique")
    async with signed_in(world, chromium, locale="en-GB") as (page, complaints):
        await expect(page.get_by_role("heading", level=1)).to_have_text("Accounts of your operator")
        assert await page.locator("html").get_attribute("lang") == "en"
        await page.get_by_role("link", name="Deactivate dominique").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Deactivate dominique?")
        assert complaints == []


PAGES = ("/comptes", "/comptes/nouveaux", "/comptes/fiche?login=dominique", "/jetons", "/webhooks")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_each_page_of_management_is_whole_in_both_languages(world: World, language: str) -> None:
    await _made(world, "dominique")
    hook = await world.service.webhooks.add(ADMINISTRATOR, "http://192.0.2.7/sav", None)
    async with world.client(ADMINISTRATOR) as browser:
        browser.headers["accept-language"] = language
        for path in (*PAGES, f"/webhooks/{hook.webhook_id}", "/comptes/fiche?login=nobody"):
            answer = await browser.get(path)
            page = parse(answer.text)
            assert answer.status_code == (404 if "nobody" in path else 200), path
            assert page.xpath("/html/@lang") == [language], path
            assert answer.headers["content-language"] == language, path
            assert len(page.xpath("//h1")) == 1, path
            ids = page.xpath("//@id")
            assert len(ids) == len(set(ids)), path
            fields = page.xpath("//input[not(@type='hidden')]/@id | //select/@id")
            assert sorted(page.xpath("//label/@for")) == sorted(fields), path
            named = page.xpath("//@aria-describedby | //@aria-controls | //@aria-labelledby")
            assert [name for names in named for name in names.split() if name not in ids] == [], path
            assert page.xpath("//script[text()] | //style | //*[@style]") == [], path


async def test_an_agent_sees_neither_the_accounts_nor_their_links(world: World) -> None:
    async with world.client(SUPPORT) as browser:
        for path in ("/comptes", "/comptes/nouveaux", "/comptes/fiche?login=admin.un", "/webhooks"):
            answer = await browser.get(path)
            assert answer.status_code == 403, path
            assert "administrateur" in alert(parse(answer.text))
        home = parse((await browser.get("/")).text)
        assert home.xpath("//a[@href='/comptes' or @href='/webhooks']") == []
        assert words(home.xpath("//a[@href='/jetons']")[0]) == SUPPORT.account


async def test_another_operator_s_account_is_not_touched_by_its_login_in_a_form(world: World) -> None:
    await _made(world, "dominique")
    stranger = Principal("512345678", "admin.deux", frozenset({Right.ADMINISTRATOR}))
    issued = await world.service.records.tokens.issue(stranger, golden.NOW, timedelta(days=1))
    world.tokens["512345678/admin.deux"] = issued.token.reveal()
    (token,) = await world.service.accounts.tokens(ADMINISTRATOR)
    async with world.client(stranger) as browser:
        for path in ("/comptes/fiche", "/comptes/mot-de-passe", "/comptes/desactivation"):
            answer = await browser.post(path, data={"login": "dominique", "last_name": "X"})
            assert answer.status_code == 404, path
        assert (await browser.post("/jetons/revocation", data={"jeton": token.token_id})).status_code == 404
    assert (await world.service.accounts.get(ADMINISTRATOR, "dominique")).disabled_at is None


def test_every_word_of_the_bilingual_pages_has_its_french_and_none_is_left_over() -> None:
    used = {family for family, _ in FAMILIES} | set(KINDS.values())
    used |= {text for shown in SHOWN.values() for text in (shown.name, shown.help)}
    for states in (campaigns.STATES, campaigns.OUTCOMES, pon_ports.STATES):
        used |= {text for text, _ in states.values()}
    web = STATIC.parent
    for file in Path(web / "templates").glob("*.html"):
        used |= set(re.findall(r'\b_\("([^"]+)"', file.read_text("utf-8")))
    for file in web.glob("*.py"):
        used |= set(re.findall(r'\bwords\([^,()]+, "([^"]+)"', file.read_text("utf-8")))
    assert {name for context, name in labels.catalogue() if context == "page"} == used
    assert set(SHOWN) == set(Right)
    assert set(KINDS) == set(AnnouncementKind)
