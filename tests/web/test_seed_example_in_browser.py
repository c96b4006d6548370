"""The seed's own example in a real browser, on the whole demo: test, deposit in two steps and three tabs, results."""

from __future__ import annotations

from playwright.async_api import Browser, FilePayload, Page, expect

from api.demo.running import Demo
from tests.screen import INFOS_BOX

HUNG_S = 3 * 3600
TEST_MS = 30_000
DEFECT = "Accès FTTH OK - session inactive"


async def _diagnosed(page: Page) -> str:
    """Ask for a « Diagnostic global » on the page; returns its number."""
    await page.get_by_role("link", name="Demandes de diagnostics").click()
    await page.get_by_label("Diagnostic global").check()
    await page.get_by_role("button", name="Envoyer").click()
    line = page.locator("table.resultats > tbody").first
    await expect(line).to_contain_text("OK_SESSION_INACTIVE", timeout=TEST_MS)
    return (await line.locator("th").inner_text()).strip()


async def _general(page: Page) -> None:
    for label, value in (
        ("Numéro de signalisation du déposant :", "OP-2019-0042"),
        ("Nom *:", "MARTIN Dominique"),
        ("Téléphone *:", "0199001234"),
        ("Email :", "support@operateur.example"),
    ):
        await page.get_by_label(label).fill(value)


async def _further(page: Page) -> None:
    await page.get_by_role("link", name="Informations complémentaires").click()
    for label, value in (
        ("Contact téléphonique du client final", "0199005678"),
        ("Contact téléphonique mobile du client final", "0699005678"),
        ("Horaires spécifiques au week end", "samedi matin"),
        ("Horaires accessibilité après midi", "14h00/18h00"),
    ):
        await page.get_by_label(label).fill(value)
    for group, choice in (
        ("L'accès au site nécessite-t-il de prendre rendez vous ?", "Oui"),
        ("La pré localisation a situé le défaut chez le client", "Oui"),
        ("DSL", "Voyant éteint"),
    ):
        await page.get_by_role("group", name=group).get_by_label(choice).check()
    lights = page.get_by_role("group", name="ALIMENTATION")
    for rank in range(await lights.count()):
        await lights.nth(rank).get_by_label("Voyant vert fixe").check()
    note: FilePayload = {"name": "voyants.txt", "mimeType": "text/plain", "buffer": "voyant DSL éteint".encode()}
    await page.get_by_label("Pièce jointe :").set_input_files(note)


async def _defects(page: Page) -> None:
    await page.get_by_role("link", name="Défauts constatés").click()
    await expect(page.get_by_label(f"{DEFECT} (U1)")).to_be_checked()
    await page.get_by_label("Nature du défaut :").select_option("Service interrompu")
    worked = page.get_by_role("group", name="La prestation a-t-elle déjà fonctionné ?")
    await worked.get_by_label("Oui").check()


async def test_the_example_is_deposited_from_the_page_with_its_diagnosis_attached(
    demo: Demo, chromium: Browser
) -> None:
    control = demo.plant.control
    await control.call("announce", ont="F00000015")
    await control.call("fault", kind="box-hung", target="F00000015")
    await control.call("clock", advance=HUNG_S)
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    try:
        await page.goto(demo.sign_in_url)
        await page.get_by_role("link", name="F00000015").click()
        number = await _diagnosed(page)
        await page.get_by_role("link", name="Déposer une signalisation").click()
        await expect(page.locator("h1")).to_have_text("Dépôt de signalisation > Choix du type de signalisation")
        await page.get_by_role("link", name="84 - incident FTTH").click()
        await expect(page.locator("h1")).to_have_text("Dépôt de signalisation > Saisie des informations")
        await expect(page.locator("#a-joindre")).to_contain_text(number)
        await _general(page)
        await _further(page)
        await _defects(page)
        await page.get_by_role("button", name="Déposer").click()
        await page.wait_for_url("**/signalisations/SIG*", timeout=TEST_MS)
        await expect(page.get_by_text("Déposée").first).to_be_visible()
        await expect(page.get_by_text("voyants.txt")).to_be_visible()
        await page.get_by_role("link", name=number).click()
        rows = page.locator("table.bloc", has=page.locator("caption", has_text="Infos Box")).locator("tbody tr")
        told = [
            (await row.locator("th").inner_text(), await row.locator("td").first.inner_text())
            for row in await rows.all()
        ]
    finally:
        await context.close()
    assert told == list(INFOS_BOX)
    assert complaints == []
