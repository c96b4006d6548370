"""« Mes certificats numériques » in the page: the screen's words, its three actions, and who sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from playwright.async_api import Browser, expect

from api.security.sign_in import COOKIE
from api.serve import http
from tests.api.certificate_kit import DELEGATE, INTRUDER, issued, request_of, token_of, with_mail
from tests.api.test_certificates import SCREEN, the_screen
from tests.web import golden
from tests.web.html import parse
from tests.web.world import ADMINISTRATOR, SUPPORT, World

LABELS = [label for _, _, label in SCREEN]


async def browser(world: World, who: Any = ADMINISTRATOR) -> httpx.AsyncClient:
    cookies = {COOKIE: await token_of(world, who)}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test", cookies=cookies,
        headers={"accept": "text/html"},
    )  # fmt: skip


def rows(text: str) -> list[list[str]]:
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./td | ./th")]
        for row in parse(text).xpath("//table//tr")
    ]


async def test_the_page_has_the_words_and_the_rows_of_the_screen(world: World) -> None:
    await the_screen(world)
    async with await browser(world) as boss:
        answer = await boss.get("/certificats")
    page = parse(answer.text)
    trail = " ".join(page.xpath("string(//nav[@class='fil'])").split())
    assert trail == "Accueil > Mes e-services > Mes certificats numériques"
    assert page.xpath("string(//header//a[@href='/certificats'])") == "Mes certificats Numériques"
    assert page.xpath("string(//input[@name='mots']/@placeholder)") == "Rechercher un fichier"
    assert page.xpath("string(//summary)") == "Trier/Filtrer"
    said = [" ".join(label.split()) for label in page.xpath("//details//label/text()")]
    assert {"Croissant", "Décroissant"} <= set(said)
    facet = [" ".join(label.text_content().split()) for label in page.xpath("//fieldset[2]//label")]
    assert facet == ["e-RDV (1)", "e-SAV (2)", "FCI (2)", "Grafic (2)", "TAO (2)"]
    head, *lines = rows(answer.text)
    assert head == ["Télécharger", "Libellé", "eService", "Environnement", "Expire le", "Publié le"]
    assert [line[1] for line in lines] == LABELS
    assert lines[0] == [
        "Télécharger 397480930_eRDV_prod", "397480930_eRDV_prod", "e-RDV", "Production", "16/05/2021", "17/05/2019",
    ]  # fmt: skip
    assert "Effacer le filtre de eService" not in answer.text


async def test_search_sort_and_facet_go_together_and_the_facet_is_taken_off(world: World) -> None:
    await the_screen(world)
    async with await browser(world) as boss:
        text = (await boss.get("/certificats?mots=397&eservice=Grafic&tri=label&ordre=desc")).text
        assert [line[1] for line in rows(text)[1:]] == ["397480930_GRA_test", "397480930_Gra_prod"]
        page = parse(text)
        (clear,) = page.xpath("//a[text()='Effacer le filtre de eService']/@href")
        (close,) = page.xpath("//a[text()='Fermer']/@href")
        assert page.xpath("boolean(//details/@open)")
        assert len(rows((await boss.get(clear)).text)) == 1 + 8
        assert len(rows((await boss.get(close)).text)) == 1 + 2
        (export,) = page.xpath("//a[text()='Exporter (CSV)']/@href")
        assert len((await boss.get(export)).text.splitlines()) == 1 + 2
        for bad in ("eservice=x", "tri=x", "ordre=x", "mots=" + "x" * 101):
            assert (await boss.get(f"/certificats?{bad}")).status_code == 400, bad


async def test_what_ends_soon_is_marked_and_what_ended_is_shown_on_demand(world: World) -> None:
    await the_screen(world)
    world.clock.instant = golden.NOW + timedelta(days=701)
    async with await browser(world) as boss:
        marked = {line[1]: line[4] for line in rows((await boss.get("/certificats")).text)[1:]}
        assert marked["Test certificat à renouveler bientôt"] == "08/05/2021 à renouveler bientôt"
        assert marked["397480930_eSAV_prod"] == "15/05/2021"
        world.clock.instant = golden.NOW + timedelta(days=731)
        assert len(rows((await boss.get("/certificats")).text)) == 1 + 7
        everything = {line[1]: line[4] for line in rows((await boss.get("/certificats?tous=true")).text)[1:]}
        assert everything["Test certificat à renouveler bientôt"] == "08/05/2021 Expiré"


async def test_a_certificate_is_asked_for_downloaded_renewed_and_revoked_without_scripts(world: World) -> None:
    await with_mail(world)
    form = {"eservice": "e-SAV", "environnement": "Hors-Production", "droit": ["e-SAV Test"]}
    async with await browser(world) as boss:
        made = await boss.post("/certificats", data=form)
        assert made.status_code == 201
        page = parse(made.text)
        password = page.xpath("string(//code[@class='mot-de-passe'])")
        (file,) = page.xpath("//a[text()='Télécharger']/@href")
        pkcs12.load_key_and_certificates((await boss.get(file)).content, password.encode())
        number = file.split("/")[-2]
        again = await boss.get(f"/certificats/{number}")
        assert password not in again.text
        assert "Dépôt d'un certificat – création · en attente d'envoi" in parse(again.text).text_content()
        renewed = await boss.post(f"/certificats/{number}/renouvellement", data={})
        assert renewed.status_code == 201
        assert "le certificat précédent" in renewed.text
        twice = await boss.post(f"/certificats/{number}/renouvellement", data={})
        assert twice.status_code == 409
        assert "il a déjà été renouvelé" in twice.text
        revoked = await boss.post(f"/certificats/{number}/revocation", data={"motif": "keyCompromise"})
        assert revoked.status_code == 303
        assert "Révoqué (Clé compromise" in " ".join((await boss.get(f"/certificats/{number}")).text.split())


async def test_what_the_form_refuses_is_said_and_what_was_entered_stays(world: World) -> None:
    good = {"eservice": "e-SAV", "environnement": "Production"}
    weak = request_of(ec.generate_private_key(ec.SECP224R1()))
    async with await browser(world) as boss:
        for change, said in (
            ({"eservice": "e-mail"}, "Choisissez un eService"),
            ({"environnement": "Prod"}, "Choisissez un eService"),
            ({"droit": "tout"}, "Choisissez un eService"),
            ({"libelle": "ab"}, "un libellé de 3 à 80"),
            ({"csr": "rien"}, "une demande de certificat"),
            ({"csr": weak}, "une clé RSA de 2048 bits"),
            ({"mot_de_passe": "court"}, "16 à 128 caractères"),
        ):
            answer = await boss.post("/certificats", data={**good, "libelle": "Gardé", **change})
            assert answer.status_code == 422, change
            assert said in answer.text, change
            assert change.get("libelle", "Gardé") in answer.text
            assert "court" not in parse(answer.text).xpath("//input[@type='password']/@value")
        assert (await boss.post("/certificats", data={**good, "droit": "NOC"})).status_code == 403


async def test_delays_and_delegates_are_changed_at_once(world: World) -> None:
    await with_mail(world)
    async with await browser(world) as boss, await browser(world, DELEGATE) as agent:
        assert (await agent.get("/certificats")).status_code == 403
        given = await boss.post("/certificats/reglages/acces", data={"login": DELEGATE.account})
        assert given.status_code == 303
        assert (await agent.get("/certificats")).status_code == 200
        home = parse((await agent.get("/")).text)
        assert home.xpath("string(//header//a[@href='/certificats'])") == "Mes certificats Numériques"
        settings = await agent.get("/certificats/reglages")
        assert "Collaborateurs" not in settings.text  # a delegate does not delegate
        assert (await agent.post("/certificats/reglages/acces", data={"login": "agent.n1"})).status_code == 403
        kept = await agent.post("/certificats/reglages/delais", data={"alerte": "60", "rappel": "20"})
        assert kept.status_code == 303
        for alerte, rappel in (("20", "20"), ("dix", "5"), ("400", "5"), ("30", "0")):
            answer = await boss.post("/certificats/reglages/delais", data={"alerte": alerte, "rappel": rappel})
            assert answer.status_code == 422, (alerte, rappel)
        assert parse((await boss.get("/certificats/reglages")).text).xpath("//input[@name='alerte']/@value") == ["60"]
        unknown = await boss.post("/certificats/reglages/acces", data={"login": "personne"})
        assert unknown.status_code == 422
        await boss.post("/certificats/reglages/acces", data={"login": DELEGATE.account, "retirer": "true"})
        assert (await agent.get("/certificats")).status_code == 403
        assert "/certificats" not in (await agent.get("/")).text


async def test_another_operator_and_other_accounts_see_nothing(world: World) -> None:
    number = (await issued(world, label="Le secret de l'autre"))["certificate"]["certificate_id"]
    async with await browser(world, INTRUDER) as other, await browser(world, SUPPORT) as agent:
        for path in ("", "?tous=true", "?mots=secret", "?eservice=e-SAV"):
            answer = await other.get(f"/certificats{path}")
            assert answer.status_code == 200
            assert "l&#39;autre" not in answer.text
            assert number not in answer.text
            assert (await agent.get(f"/certificats{path}")).status_code == 403
        assert (await other.get(f"/certificats/{number}")).status_code == 404
        assert (await other.post(f"/certificats/{number}/renouvellement", data={})).status_code == 404
        assert (await other.post(f"/certificats/{number}/depot", data={"certificat": "x"})).status_code == 404
        revoked = await other.post(f"/certificats/{number}/revocation", data={"motif": "superseded"})
        assert revoked.status_code == 404
        assert (await agent.get(f"/certificats/{number}")).status_code == 403
    assert (await world.service.certificates.get(ADMINISTRATOR, number)).revoked_at is None


async def test_two_clicks_from_home_to_the_file_in_a_real_browser(world: World, chromium: Browser) -> None:
    await issued(world, csr=request_of(ec.generate_private_key(ec.SECP256R1())))
    number = (await world.service.records.certificates.list(ADMINISTRATOR))[0].certificate_id
    pem = (await world.service.records.certificates.get(ADMINISTRATOR, number)).pem
    complaints: list[str] = []
    async with http(world.service, "127.0.0.1", 0) as port:
        context = await chromium.new_context(base_url=f"http://127.0.0.1:{port}", locale="fr-FR")
        page = await context.new_page()
        page.on("console", lambda line: complaints.append(line.text))
        code = world.service.codes.draw(await token_of(world, ADMINISTRATOR))
        await page.goto(f"/connexion/{code}?suite=/certificats/reglages")
        await page.get_by_role("link", name="Mes certificats Numériques", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mes certificats numériques")
        async with page.expect_download() as started:
            await page.get_by_role("link", name="Télécharger 397480930_eSAV_prod").click()
        file = await (await started.value).path()
        assert (await started.value).suggested_filename == "397480930_eSAV_prod.pem"
        assert file.read_text("ascii") == pem
        await page.get_by_text("Trier/Filtrer").click()
        await page.get_by_label("e-SAV (1)").check()
        await page.get_by_role("button", name="Appliquer").click()
        await page.get_by_role("link", name="Effacer le filtre de eService").click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        assert complaints == []
        await context.close()
