from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.reading import Reason
from domain.secret import MASK
from domain.snapshot import Outcome, SourceKind, SourceReport
from tests.screen import DELC, INFOS_BOX
from tests.web import golden
from tests.web.html import alert, all_words, parse, words
from tests.web.world import AGENT, STRANGER, SUPPORT, WAIT_S, World

COLUMNS = [
    "Date d'envoi",
    "N°",
    "Diagnostic",
    "Type prestation",
    "Date de dernière mise à jour",
    "Etat",
    "Diagnostic",
    "Code",
]
RESULTS = "/acces/F00000015/resultats"


async def test_the_list_has_the_columns_and_the_warning_of_the_screen(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(RESULTS)).text)
    assert all_words(page, "//table[contains(@class, 'resultats')]/thead//th") == COLUMNS
    assert "Attention : l'historique des diagnostics est disponible 48h seulement." in words(page)
    assert all_words(page, "//*[@id='rafraichir']") == ["Rafraîchir"]
    assert all_words(page, f"//tbody[@id='d-{number}']/tr[1]/*")[:8] == [
        "09/05/2019 10:29",
        str(number),
        "Diagnostic global",
        "FTTHMB1P",
        "09/05/2019 10:30",
        "Terminé",
        "OK",
        "OK_SESSION_INACTIVE",
    ]


async def test_an_access_never_tested_says_so(world: World) -> None:
    async with world.client() as browser:
        page = parse((await browser.get(RESULTS)).text)
    assert "Aucun diagnostic n'a été demandé pour cet accès depuis 48h." in words(page)
    assert page.xpath("//table") == []


async def test_a_result_older_than_48_hours_is_gone(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    world.clock.instant += timedelta(hours=48, minutes=1)
    async with world.client() as browser:
        listed = parse((await browser.get(RESULTS)).text)
        opened = await browser.get(f"{RESULTS}/{number}")
    assert listed.xpath("//tbody") == []
    assert opened.status_code == 404
    assert f"Aucun diagnostic « {number} »" in alert(parse(opened.text))


async def test_details_open_and_close_by_plain_links(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        closed = parse((await browser.get(RESULTS)).text)
        opened = parse((await browser.get(f"{RESULTS}/{number}")).text)
    more = closed.xpath(f"//a[@id='t-{number}']")[0]
    less = opened.xpath(f"//a[@id='t-{number}']")[0]
    assert (words(more), more.get("href"), more.get("aria-expanded")) == ("Détails", f"{RESULTS}/{number}", "false")
    assert (words(less), less.get("href"), less.get("aria-expanded")) == ("moins de détails", RESULTS, "true")


async def test_a_result_shows_every_row_of_the_screen(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    text = words(page)
    assert f"Identifiant du diagnostic : {number} (Date d'exécution du test : 09/05/2019 10:29)" in text
    assert "Synthèse : Diagnostic global Fonctionnement Accès FTTH OK" in text
    assert "Interprétation : L'accès fonctionne de l'OLT jusqu'à la box" in text
    blocks = page.xpath("//table[@class='bloc']")
    assert [words(block.xpath("caption")[0]) for block in blocks] == ["Diagnostic DELC", "Infos Box"]
    assert all_words(blocks[0], "thead//th")[:2] == ["Libellé", "Valeur"]
    for block, rows in zip(blocks, (DELC, INFOS_BOX), strict=True):
        shown = zip(all_words(block, "tbody/tr/th"), all_words(block, "tbody/tr/td[1]"), strict=True)
        assert tuple(shown) == rows


async def test_a_result_says_where_who_how_sure_and_why(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    facts = dict(
        zip(all_words(page, "//dl[@class='faits']//dt"), all_words(page, "//dl[@class='faits']//dd"), strict=True)
    )
    assert facts == {
        "Diagnostic": "OK",
        "Gravité": "Majeure : ce client est coupé",
        "Prélocalisation": "Desserte interne ou box, chez le client",
        "Périmètre": "Ce client seul",
        "Qui agit": "client final",
        "Confiance": "86 %",
        "Défaut à signaler": "Accès FTTH OK - session inactive",
    }
    text = words(page)
    assert "Pour : La box n'a pas donné signe depuis 27 h 12 min." in text
    assert "Contre : Aucune tentative d'authentification refusée." in text
    assert "Ce qui trancherait : l'état des voyants de la box" in text
    assert "Téléaction conseillée : " in text
    assert "box_reboot" not in text
    assert "box, voyant Alimentation : allumé fixe ? Sinon : La box est éteinte : la faire rebrancher." in text
    assert "Adresse IP de la box : la box n'a pas répondu à la demande de connexion" in text
    assert "Box (CWMP) Echec : pas de réponse dans le délai 2,3 s" in text
    assert "Règles : 2019.05-1" in text


async def test_each_value_says_its_source_and_its_age(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    cells = page.xpath("//table[@class='bloc']/tbody/tr/td[2]")
    shown = dict(zip(all_words(page, "//table[@class='bloc']/tbody/tr/th"), map(words, cells), strict=True))
    assert shown["Mesure ONT rx"] == "SNMP, en direct"
    assert shown["ID ONT"] == "référentiel"
    assert shown["Etat de la box"] == "CWMP, il y a 1 j 3 h"
    assert cells[0].get("title") == "snmp:1.3.6.1.4.1.637.61.1.35.10.1.1.9 · 09/05/2019 10:29:00"


async def test_a_secret_is_masked_without_the_right_to_see_it(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client(AGENT) as browser:
        masked = await browser.get(f"{RESULTS}/{number}")
        fragment = await browser.get(f"{RESULTS}/{number}/ligne?detail=1")
    async with world.client(SUPPORT) as browser:
        shown = await browser.get(f"{RESULTS}/{number}")
    assert golden.PASSWORD not in masked.text + fragment.text
    assert MASK in masked.text
    assert "masqué : droit « secrets ONT » requis" in masked.text
    assert golden.PASSWORD in shown.text


async def test_a_value_that_was_not_measured_says_why_and_markup_stays_text(world: World) -> None:
    number = await world.finished(golden.cut_drop())
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    row = page.xpath("//table[@class='bloc']/tbody/tr[th='Mesure ONT rx']/td")
    assert [words(cell) for cell in row] == ["non mesuré", "équipement hors ligne"]
    assert "Défaut sur la ligne <b>entre le PBO et l'ONT</b>" in words(page)
    assert all_words(page, "//tr[@class='ko']/th") == ["Lien ONT-OLT", "Etat opérationnel", "Lien ONT-LB"]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("service restarted", "Le service a redémarré pendant le test."), ("KeyError", "Une erreur interne a interrompu")],
)
async def test_a_test_that_failed_says_so_in_french(world: World, reason: str, sentence: str) -> None:
    number = await world.failed(reason)
    async with world.client() as browser:
        page = parse((await browser.get(f"{RESULTS}/{number}")).text)
    assert sentence in alert(page)
    assert "En échec" in all_words(page, f"//tbody[@id='d-{number}']/tr[1]/td")
    assert "KeyError" not in words(page)


async def test_a_result_is_not_found_under_another_access_nor_by_another_operator(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        elsewhere = await browser.get(f"/acces/F00000016/resultats/{number}")
        malformed = await browser.get(f"{RESULTS}/12")
    async with world.client(STRANGER) as browser:
        foreign = [await browser.get(f"{RESULTS}/{number}{part}") for part in ("", "/ligne", "/suivi")]
    assert elsewhere.status_code == 404
    assert malformed.status_code == 422
    assert alert(parse(malformed.text)) == "« 12 » n'est pas un numéro de diagnostic tel que 190509-1029-2879560"
    assert [answer.status_code for answer in foreign] == [404, 404, 404]


async def test_a_running_test_shows_its_sources_and_refreshes_itself_without_scripts_too(world: World) -> None:
    number = await world.asked()
    async with world.client() as browser:
        page = parse((await browser.get(RESULTS)).text)
    body = page.xpath(f"//tbody[@id='d-{number}']")[0]
    assert body.get("sse-connect") == f"{RESULTS}/{number}/suivi"
    assert body.xpath(".//@sse-swap") == ["olt_snmp", "olt_cli", "neighbours", "box", "session", "history"]
    assert page.xpath("//noscript/meta[@http-equiv='refresh']")


async def test_a_page_where_nothing_runs_does_not_refresh_itself(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        page = parse((await browser.get(RESULTS)).text)
    assert page.xpath("//meta[@http-equiv='refresh']") == []
    assert page.xpath(f"//tbody[@id='d-{number}']/@sse-connect") == []


async def test_progress_is_told_source_by_source_then_the_end(world: World) -> None:
    async with world.client() as browser:
        await browser.post("/acces/F00000015/demandes", data={"test": "Diagnostic global"})
        [record] = await world.service.diagnoses.recent(SUPPORT, golden.ID1)
        following = asyncio.create_task(browser.get(f"{RESULTS}/{record.number}/suivi"))
        await asyncio.wait_for(world.bus.followed.wait(), WAIT_S)
        await world.line.told(SourceReport(SourceKind.OLT_SNMP, Outcome.OK, None, 84.0, 3))
        await world.line.told(SourceReport(SourceKind.BOX, Outcome.FAILED, Reason.TIMEOUT, 2300.0, 1))
        world.line.go.set()
        answer = await asyncio.wait_for(following, WAIT_S)
        line = await browser.get(f"{RESULTS}/{record.number}/ligne?fin=1", headers={"hx-request": "true"})
    events = [part.splitlines() for part in answer.text.replace("\r", "").strip().split("\n\n")]
    assert [event[0] for event in events] == ["event: olt_snmp", "event: box", "event: state"]
    assert words(parse(events[1][1].removeprefix("data: "))) == "Echec : pas de réponse dans le délai 2,3 s"
    fragment = parse(f"<table>{line.text}</table>")
    assert "Terminé" in words(fragment)
    assert f"Diagnostic {record.number} : Terminé, OK." in words(fragment)
    assert "Etat des ressources : OK (Voir détails) Diagnostic global du 09/05/2019 10:29" in words(fragment)


async def test_following_a_test_that_has_ended_says_so_at_once(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    async with world.client() as browser:
        answer = await asyncio.wait_for(browser.get(f"{RESULTS}/{number}/suivi"), WAIT_S)
    assert answer.text.replace("\r", "").strip() == "event: state\ndata: fin"


async def test_what_htmx_asks_in_vain_comes_back_as_a_message_of_the_page(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.get(f"{RESULTS}/190509-1029-0000000/ligne", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#messages", "innerHTML")
    assert words(parse(answer.text)).startswith("Introuvable. Aucun diagnostic")
