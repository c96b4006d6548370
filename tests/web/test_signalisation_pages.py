"""« Dépôt de signalisation »: the two steps, the three tabs, every label as printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.async_api import Browser, expect

from api.serve import http
from domain.account import Profile
from domain.principal import Right
from domain.verdict import Family
from tests.web import golden
from tests.web.html import alert, all_words, parse, words
from tests.web.world import ADMINISTRATOR, AGENT, CLERK, DEPOSITOR, FORCER, REPAIRER, World

PAGE = "/acces/F00000015/signalisation/84"
FILLED = {
    "nom_deposant": "DURAND Camille",
    "telephone_deposant": "0199001234",
    "telephone_client": "0199005678",
    "mobile_client": "0699005678",
    "horaires_apres_midi": "14h00/18h00",
    "rendez_vous": "Oui",
    "prelocalise_client": "Non",
    "box_alimentation": "Voyant vert fixe",
    "box_dsl": "Voyant éteint",
    "ont_alimentation": "Voyant vert fixe",
    "defauts": "Ligne en défaut prélocalisée ligne",
}
LABELS = [
    "Informations générales", "Informations complémentaires", "Défauts constatés", "ID1 de la prestation en défaut :",
    "ID2 de la prestation en défaut :", "Nature de la prestation :", "Formulaire :", "Type de signalisation :",
    "Numéro de signalisation du déposant :", "Nom *:", "Téléphone *:", "Fax:", "Email :", "Mobile :", "Horaires :",
    "Contact Extrémité B :", "Existence d'au moins une signalisation en cours :",
    "Existence de travaux programmés en cours :", "HO GTR 600 Lundi au Samedi 8h à 18h",
    "Contact téléphonique du client final (max: 20 caractères) (champ numérique) (obligatoire)",
    "Contact téléphonique mobile du client final (max: 10 caractères) (champ numérique) (obligatoire)",
    "Horaires spécifiques au week end (max: 50 caractères)",
    "L'accès au site nécessite-t-il de prendre rendez vous ? (obligatoire)",
    "Le client est il informé d'une possible intervention d'un technicien Orange ?",
    "Date de la déclaration de la signalisation par le client final (max: 20 caractères)",
    "La pré localisation a situé le défaut chez le client (obligatoire)", "ETAT DES VOYANTS BOX :",
    "ETAT DES VOYANTS ONT:", "ALIMENTATION (obligatoire)", "DSL (obligatoire)", "Voyant éteint", "Voyant vert fixe",
    "Voyant rouge fixe", "Voyant vert clignotant", "Ajout d'une pièce jointe à la signalisation", "Nature du défaut :",
    "Défauts constatés :",
    "Service interrompu", "La prestation a-t-elle déjà fonctionné ?", "Autre défaut / description complémentaire",
    "Utilisation du droit de Forçage (si diagnostic OK)", "Forçage du dépôt :", "Effacer", "Déposer",
    "Accès FTTH OK - session inactive (U1)", "Défaut prélocalisé ONT (U1)", "Ligne en défaut prélocalisée ligne (U1)",
    "Problème Internet (U1)", "Problème de résolution DNS (U1)", "Problème d'authentification (U1)", "Flux bloqué (U1)",
]  # fmt: skip


async def test_every_label_of_the_screen_is_there_as_printed(world: World) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    async with world.client(DEPOSITOR) as browser:
        answer = await browser.get(PAGE)
    read = words(parse(answer.text))
    assert [label for label in LABELS if label not in read] == []
    assert "F00000015" in read
    assert "VIA00000002136" in read
    assert "FRM-MBFTTHGTR Version: 1" in read
    assert "84 - incident FTTH" in read


async def test_the_first_step_lists_the_types_that_the_account_may_deposit(world: World) -> None:
    for who, count in ((DEPOSITOR, 1), (FORCER, 3)):
        async with world.client(who) as browser:
            page = parse((await browser.get("/acces/F00000015/signalisation")).text)
        assert len(page.xpath("//ul[@class='choix']/li")) == count
    async with world.client(AGENT) as browser:
        assert (await browser.get("/acces/F00000015/signalisation")).status_code == 403


async def test_the_defect_of_the_last_verdict_is_ticked_beforehand(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with world.client(DEPOSITOR) as browser:
        page = parse((await browser.get(PAGE)).text)
    assert page.xpath("//input[@name='defauts'][@checked]/@value") == ["Ligne en défaut prélocalisée ligne"]


async def test_a_deposit_that_is_refused_keeps_what_was_entered_and_its_files(world: World) -> None:
    await world.finished(golden.cut_drop())
    files = {"piece_jointe": ("note.txt", b"le client rappelle demain")}
    async with world.client(DEPOSITOR) as browser:
        refused = await browser.post(PAGE, data={**FILLED, "mobile_client": "06 99"}, files=files)
        assert refused.status_code == 422
        page = parse(refused.text)
        assert all_words(page, "//*[@id='e-mobile_client']") == ["Des chiffres seulement"]
        assert page.xpath("//input[@name='mobile_client']/@value") == ["06 99"]
        assert "note.txt" in words(page)
        assert page.xpath("//a[@data-fautes]/@href") == ["#t-complementaires"]
        action = page.xpath("string(//form[@data-saisie]/@action)")
        done = await browser.post(action, data=FILLED)
        assert done.status_code == 303
        shown = words(parse((await browser.get(done.headers["location"])).text))
    assert "Déposée" in shown
    assert "note.txt" in shown
    assert "LIGNE" in shown


async def test_an_ok_diagnosis_asks_for_the_forcing_right_on_the_page(world: World) -> None:
    await world.finished(replace(golden.inactive_box(), family=Family.OK, defect=None))
    async with world.client(DEPOSITOR) as browser:
        assert "demande le droit de Forçage" in (await browser.get(PAGE)).text
        forced = {**FILLED, "forcage": "Oui", "autre_defaut": "coupures"}
        refused = parse((await browser.post(PAGE, data=forced)).text)
    assert all_words(refused, "//*[@id='e-forcage']") == ["Votre compte n'a pas le droit « droit de Forçage »"]


async def test_who_repairs_moves_a_signalisation_from_its_page_to_its_closure(world: World) -> None:
    await world.finished(golden.cut_drop())
    async with world.client(DEPOSITOR) as browser:
        where = (await browser.post(PAGE, data=FILLED)).headers["location"]
        mine = parse((await browser.get(where)).text)
        assert mine.xpath("//select[@name='action']/option/@value") == ["cancel"]
    async with world.client(REPAIRER) as browser:
        assert (await browser.get("/")).headers["location"] == "/signalisations"
        for action in ("take", "restore"):
            assert (await browser.post(f"{where}/avancement", data={"action": action})).status_code == 303
        assert (await browser.post(f"{where}/avancement", data={"action": "close"})).status_code == 422
        assert (await browser.post(f"{where}/avancement", data={"action": "close", "code": "RET"})).status_code == 303
        ended = words(parse((await browser.get(where)).text))
    assert "Clôturée" in ended
    assert "RET – Service rétabli" in ended


async def test_an_account_sets_its_password_and_signs_in_by_the_page(world: World) -> None:
    profile = Profile("DURAND", "Camille", "camille@operateur.example", "0199001234")
    rights = frozenset({Right.SIGNALISATION})
    _, made = await world.service.accounts.create(ADMINISTRATOR, "camille.durand", profile, rights)
    assert made.code is not None
    account = {"operateur": golden.OPERATOR, "login": "camille.durand", "mot_de_passe": "une phrase assez longue 42"}
    async with world.client(None) as browser:
        short = await browser.post("/mot-de-passe", data={"code": made.code.reveal(), "mot_de_passe": "court"})
        assert "12 à 128 caractères" in alert(parse(short.text))
        data = {"code": made.code.reveal(), "mot_de_passe": account["mot_de_passe"]}
        assert (await browser.post("/mot-de-passe", data=data)).headers["location"] == "/connexion?motif=choisi"
        assert (await browser.post("/mot-de-passe", data=data)).status_code == 401
        wrong = await browser.post("/connexion/compte", data=account | {"mot_de_passe": "faux"})
        assert wrong.status_code == 401
        assert "mot de passe inconnu" in alert(parse(wrong.text))
        signed = await browser.post("/connexion/compte", data=account | {"suite": "/signalisations"})
        assert signed.headers["location"] == "/signalisations"
        assert (await browser.get("/signalisations")).status_code == 200


async def test_in_a_browser_tabs_show_one_part_and_clear_empties_it_alone(
    world: World, chromium: Browser, tmp_path: Path
) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    await world.finished(golden.cut_drop())
    complaints: list[str] = []
    async with http(world.service, "127.0.0.1", 0) as port:
        context = await chromium.new_context(
            base_url=f"http://127.0.0.1:{port}", viewport={"width": 1280, "height": 900}
        )
        page = await context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
        code = world.service.codes.draw(world.tokens[f"{FORCER.operator_id}/{FORCER.account}"])
        await page.goto(f"/connexion/{code}?suite={PAGE}")
        await expect(page.get_by_role("heading", name="Extrémité A")).to_be_visible()
        await page.get_by_label("Nom *").fill("DURAND Camille")
        await page.get_by_label("Téléphone *").fill("0199001234")
        await page.screenshot(path=tmp_path / "saisie-1.png", full_page=True)
        await page.get_by_role("link", name="Informations complémentaires").click()
        await expect(page.get_by_role("heading", name="Extrémité A")).to_be_hidden()
        await page.get_by_label("Horaires spécifiques au week end").fill("samedi matin")
        await page.get_by_role("button", name="Effacer").click()
        await expect(page.get_by_label("Horaires spécifiques au week end")).to_have_value("")
        await expect(page.locator("[name=nom_deposant]")).to_have_value("DURAND Camille")
        for key, value in FILLED.items():
            field = page.locator(f"[name={key}]")
            if await field.first.get_attribute("type") in {"radio", "checkbox"}:
                await page.locator(f"[name={key}][value='{value}']").evaluate("field => { field.checked = true; }")
            else:
                await field.evaluate("(field, value) => { field.value = value; }", value)
        await page.screenshot(path=tmp_path / "saisie-2.png", full_page=True)
        await page.get_by_role("link", name="Défauts constatés").click()
        await page.screenshot(path=tmp_path / "saisie-3.png", full_page=True)
        await page.get_by_role("button", name="Déposer").click()
        await page.wait_for_url("**/signalisations/SIG*")
        await expect(page.get_by_text("Déposée").first).to_be_visible()
        await page.screenshot(path=tmp_path / "signalisation.png", full_page=True)
        await context.close()
    assert complaints == []
