from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import TestName
from domain.identifiers import Id1
from domain.principal import Principal
from domain.session import AccountingEvent, AccountingStatus, AuthEvent
from domain.states import AuthResult
from tests.storage.samples import put_access
from tests.web import golden
from tests.web.html import alert, all_words, parse, words
from tests.web.world import ADMINISTRATOR, AGENT, CLERK, DEPOSITOR, NOC, REPAIRER, STRANGER, SUPPORT, World

PATHS = ["details", "teleactions", "demandes", "resultats"]
TABS = ["Détails", "Téléactions", "Demandes de diagnostics", "Résultats des diagnostics"]


async def _sent(world: World) -> list[str]:
    return [record.test.value for record in await world.service.diagnoses.recent(SUPPORT, golden.ID1)]


async def test_home_lists_the_accesses_of_the_operator_and_opens_one_by_its_id1(world: World) -> None:
    async with world.client() as browser:
        home = parse((await browser.get("/")).text)
        found = await browser.get("/", params={"id1": " f00000015 "})
    assert all_words(home, "//tbody//th") == ["F00000015", "F00000016"]
    assert (found.status_code, found.headers["location"]) == (303, "/acces/F00000015")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (DEPOSITOR, "/signalisations"),
        (REPAIRER, "/signalisations"),
        (ADMINISTRATOR, "/comptes"),
        (NOC, "/incidents"),
    ],
)
async def test_who_may_not_test_begins_on_the_page_of_his_work(world: World, who: Principal, path: str) -> None:
    async with world.client(who) as browser:
        home = await browser.get("/")
        assert (home.status_code, home.headers["location"]) == (303, path)
        assert (await browser.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("F00000099", 404, "Aucun accès « F00000099 » n'est connu de votre opérateur"),
        ("F1", 422, "« F1 » n'est pas un ID1 tel que F00000015 (F et 8 chiffres)"),
        ("<script>", 422, "« <SCRIPT> » n'est pas un ID1 tel que F00000015 (F et 8 chiffres)"),
    ],
)
async def test_an_id1_that_cannot_be_opened_is_explained_beside_the_field(
    world: World, typed: str, status: int, sentence: str
) -> None:
    async with world.client() as browser:
        answer = await browser.get("/", params={"id1": typed})
    page = parse(answer.text)
    assert answer.status_code == status
    assert alert(page) == sentence
    assert page.xpath("//input[@id='id1' and @aria-invalid='true' and @aria-describedby='erreur-id1']/@value") == [
        typed
    ]


async def test_an_operator_without_access_reads_it(world: World) -> None:
    async with world.client(STRANGER) as browser:
        home = parse((await browser.get("/")).text)
    assert "Aucun accès n'est encore déclaré pour votre opérateur." in words(home)


async def test_the_list_of_accesses_is_cut_into_pages(world: World) -> None:
    for number in range(100, 160):
        access = golden.access(Id1(f"F00000{number}"), bare=True)
        await put_access(world.service.records, SUPPORT, access)
    async with world.client() as browser:
        first = parse((await browser.get("/")).text)
        last = parse((await browser.get("/", params={"page": "2"})).text)
    assert len(first.xpath("//tbody/tr")) == 50
    assert all_words(first, "//nav[@class='feuilles']/*") == ["Page 1 sur 2", "Suivants"]
    assert len(last.xpath("//tbody/tr")) == 12


@pytest.mark.parametrize(("path", "tab"), list(zip(PATHS, TABS, strict=True)))
async def test_every_tab_has_its_address_and_shows_the_header_of_the_access(world: World, path: str, tab: str) -> None:
    async with world.client() as browser:
        page = parse((await browser.get(f"/acces/F00000015/{path}")).text)
    assert all_words(page, "//nav[@class='onglets']/a") == TABS
    assert all_words(page, "//nav[@class='onglets']/a[@aria-current='page']") == [tab]
    assert all_words(page, "//h1") == ["Dépôt(s) de diagnostic(s) > Prestation ID1 : F00000015"]
    header = all_words(page, "//header[contains(@class, 'entete')]//dl/div")
    assert header[0] == "Libellé de l'offre : MB FTTH Internet profil 07"
    assert header[1].startswith("Etat des ressources : inconnu (Voir détails)")


async def test_the_first_tab_opens_by_default(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.get("/acces/F00000015")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acces/F00000015/details")


async def test_the_state_of_the_resources_is_that_of_the_last_finished_diagnosis(world: World) -> None:
    await world.finished(golden.inactive_box())
    world.clock.instant += golden.MINUTE * 5
    number = await world.finished(golden.cut_drop())
    world.clock.instant += golden.MINUTE * 5
    await world.failed("service restarted")
    async with world.client() as browser:
        page = parse((await browser.get("/acces/F00000015/details")).text)
    state = page.xpath("//header[contains(@class, 'entete')]//dl/div[2]")[0]
    assert words(state) == "Etat des ressources : KO (Voir détails) Diagnostic global du 09/05/2019 10:34"
    assert state.xpath(".//a/@href") == [f"/acces/F00000015/resultats/{number}"]


async def test_the_record_of_an_access_shows_its_optical_path_and_its_box(world: World) -> None:
    async with world.client() as browser:
        page = parse((await browser.get("/acces/F00000015/details")).text)
    names = all_words(page, "//dl[@class='fiche']/dt")
    values = all_words(page, "//dl[@class='fiche']/dd")
    record = dict(zip(names, values, strict=True))
    assert record["ID2 de la prestation"] == "VIA00000002136"
    assert record["Nature de la prestation"] == "FTTHMB1P"
    assert record["ID ONT"] == "ONT-1-1-5-10-19"
    assert record["N° de série de la box"] == "LK18106DP440012"
    assert all_words(page, "//ol[@class='chemin']/li") == [
        "OLT OLT-LYON-03",
        "PM FI-69383-001A",
        "Coupleur 1 CPL-69383-0007",
        "Coupleur 2 CPL-69383-0112",
        "PBO PT 002053",
        "ONT ONT-1-1-5-10-19",
    ]


async def test_an_access_without_ont_or_box_says_so(world: World) -> None:
    async with world.client() as browser:
        text = words(parse((await browser.get("/acces/F00000016/details")).text))
    assert "aucun ONT installé" in text
    assert "aucune box livrée" in text
    assert "None" not in text


async def test_the_tests_to_tick_carry_the_labels_of_the_screen(world: World) -> None:
    async with world.client() as browser:
        page = parse((await browser.get("/acces/F00000015/demandes")).text)
    assert all_words(page, "//h2") == ["Choisissez le/les test(s) à effectuer"]
    assert all_words(page, "//fieldset[not(contains(@class, 'groupe'))]/div/label") == [
        "Diagnostic global",
        "Diagnostic DELC",
    ]
    assert all_words(page, "//fieldset[contains(@class, 'groupe')]/legend") == ["Tests unitaires"]
    assert all_words(page, "//fieldset[contains(@class, 'groupe')]/div/label") == ["Infos Box"]
    assert all_words(page, "//section//button") == ["Envoyer"]
    assert page.xpath("//input[@type='checkbox' and @checked]") == []


async def test_nothing_ticked_is_a_clear_error_and_nothing_is_sent(world: World) -> None:
    async with world.client(AGENT) as browser:
        answer = await browser.post("/acces/F00000015/demandes", data={"cle": "abc"})
    assert answer.status_code == 422
    assert alert(parse(answer.text)) == "Cochez au moins un test avant d'envoyer. Rien n'a été envoyé."
    assert await _sent(world) == []


async def test_a_test_that_does_not_exist_sends_nothing_at_all(world: World) -> None:
    async with world.client(AGENT) as browser:
        answer = await browser.post("/acces/F00000015/demandes", data={"test": ["Infos Box", "Infos ONT"]})
    assert answer.status_code == 422
    assert "Le test demandé n'existe pas." in alert(parse(answer.text))
    assert await _sent(world) == []


async def test_each_test_that_is_ticked_is_one_diagnosis(world: World) -> None:
    async with world.client(AGENT) as browser:
        answer = await browser.post("/acces/F00000015/demandes", data={"test": ["Infos Box", "Diagnostic DELC"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/acces/F00000015/resultats")
    assert sorted(await _sent(world)) == ["Diagnostic DELC", "Infos Box"]


async def test_a_form_sent_twice_asks_once_and_a_new_form_asks_again(world: World) -> None:
    async with world.client(AGENT) as browser:
        for _ in range(2):
            page = parse((await browser.get("/acces/F00000015/demandes")).text)
            form = {"test": TestName.BOX.value, "cle": page.xpath("//input[@name='cle']/@value")[0]}
            for _ in range(2):
                assert (await browser.post("/acces/F00000015/demandes", data=form)).status_code == 303
    assert await _sent(world) == ["Infos Box", "Infos Box"]


@pytest.mark.parametrize(
    "path", ["/acces/F00000099/details", "/acces/F00000099/demandes", "/acces/F00000099/resultats"]
)
async def test_an_unknown_access_is_a_french_page(world: World, path: str) -> None:
    async with world.client() as browser:
        answer = await browser.get(path)
    assert answer.status_code == 404
    assert alert(parse(answer.text)) == "Aucun accès « F00000099 » n'est connu de votre opérateur"


async def test_the_access_of_another_operator_is_as_unknown_as_one_that_does_not_exist(world: World) -> None:
    async with world.client(STRANGER) as browser:
        answers = [
            await browser.get("/acces/F00000015/details"),
            await browser.post("/acces/F00000015/demandes", data={"test": "Infos Box"}),
        ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert await _sent(world) == []


async def test_an_id1_of_the_wrong_form_is_explained(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.get("/acces/X15/details")
    assert answer.status_code == 422
    assert alert(parse(answer.text)) == "« X15 » n'est pas un ID1 tel que F00000015 (F et 8 chiffres)"


async def test_an_account_without_the_right_reads_which_one_it_lacks(world: World) -> None:
    async with world.client(CLERK) as browser:
        answer = await browser.get("/acces/F00000015/details")
    assert answer.status_code == 403
    assert alert(parse(answer.text)) == "Votre compte n'a pas le droit « e-SAV Test »"


async def test_a_form_that_another_site_sends_is_refused(world: World) -> None:
    async with world.client() as browser:
        headers = {"sec-fetch-site": "cross-site"}
        answer = await browser.post("/acces/F00000015/demandes", data={"test": "Infos Box"}, headers=headers)
    assert answer.status_code == 403
    assert await _sent(world) == []


async def test_an_address_that_leads_nowhere_is_a_page_for_a_browser_and_json_for_a_program(world: World) -> None:
    async with world.client() as browser:
        page = await browser.get("/rien")
        program = await browser.get("/rien", headers={"accept": "application/json"})
        api = await browser.get("/api/v1/rien")
        refused = await browser.put("/connexion")
    assert alert(parse(page.text)) == "Il n'y a rien à cette adresse."
    assert program.json()["status"] == 404
    assert api.json()["status"] == 404
    assert (refused.status_code, refused.headers["content-type"]) == (405, "text/html; charset=utf-8")


async def test_a_failure_of_the_service_is_a_french_page_with_its_headers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(world.service.records.accesses, "list", broken)
    async with world.client() as browser:
        answer = await browser.get("/")
    assert answer.status_code == 500
    assert "Le service a échoué" in alert(parse(answer.text))
    assert "disk" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_the_sessions_of_an_access_are_part_of_its_record_without_its_identifier(world: World) -> None:
    access = replace(await world.service.records.accesses.get(SUPPORT, golden.ID1), ppp_username="fti/s3cret@ppp")
    assert access.ppp_username is not None
    await put_access(world.service.records, SUPPORT, access)
    begin = golden.NOW - timedelta(hours=5)
    events = [
        AccountingEvent(access.ppp_username, "1", AccountingStatus.START, begin, "198.18.0.96"),
        AccountingEvent(
            access.ppp_username, "1", AccountingStatus.STOP, begin + timedelta(minutes=90), None, None, "Lost-Carrier"
        ),
    ]
    refused = AuthEvent(access.ppp_username, AuthResult.REJECT, golden.NOW, f"user {access.ppp_username} unknown")
    await world.service.records.sessions.accounted(events)
    await world.service.records.sessions.authenticated([refused])
    async with world.client() as browser:
        page = parse((await browser.get("/acces/F00000015/details")).text)
    shown = words(page)
    for text in ("Sessions Internet", "1 h 30 min", "lien perdu", "198.18.0.96", "Refusée", "********", "Fermé"):
        assert text in shown
    assert access.ppp_username not in shown
