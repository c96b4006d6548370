"""Sign-in through a provider written by others, in a real browser: there, back, out, and refused."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime

from playwright.async_api import Browser, expect

from api.serve import http
from api.wiring.oidc import oidc
from tests.api.oidc_kit import CAMILLE, declared, foreign_provider, free_port
from tests.web.world import World


async def test_an_agent_goes_to_the_provider_and_comes_back_to_the_page_asked_for(
    world: World, chromium: Browser
) -> None:
    world.clock.instant = datetime.now(UTC)
    outsider = {"sub": "u-outsider", "preferred_username": "un.autre", "groups": ["cantine"]}
    async with AsyncExitStack() as stack:
        issuer, _, _ = await stack.enter_async_context(foreign_provider(CAMILLE, outsider))
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        settings = world.service.settings.model_copy(
            update={"oidc": {"annuaire": declared(issuer)}, "public_url": base}
        )
        world.service.oidc = await stack.enter_async_context(oidc(settings, world.clock, world.service.records))
        await stack.enter_async_context(http(world.service, "127.0.0.1", port))
        context = await chromium.new_context(locale="fr-FR", base_url=base)
        stack.push_async_callback(context.close)
        page = await context.new_page()
        await page.goto("/acces/F00000015/demandes")
        await page.get_by_role("link", name="Se connecter avec Annuaire").click()
        await page.get_by_role("button", name="u-camille").click()
        await page.wait_for_url("**/acces/F00000015/demandes")
        await expect(page.get_by_role("link", name="camille.durand")).to_be_visible()
        await page.get_by_role("button", name="Se déconnecter").click()
        await expect(page.get_by_role("status").filter(has_text="Vous êtes déconnecté.")).to_be_visible()
        await page.get_by_role("link", name="Se déconnecter aussi de Annuaire").click()
        await page.wait_for_url(f"{issuer}/oauth2/end_session**")
        await page.get_by_role("button").first.click()
        await page.wait_for_url("**/connexion?motif=deconnexion**")
        await page.goto("/acces/F00000015/demandes")
        await page.get_by_role("link", name="Se connecter avec Annuaire").click()
        await page.get_by_role("button", name="u-outsider").click()
        await expect(page.get_by_role("alert").last).to_contain_text("Aucun de vos groupes")
        await page.get_by_role("link", name="Autres moyens de se connecter").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")
