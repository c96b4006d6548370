"""Tab « Téléactions »: what the account may do, the form that confirms, the history, cancelling."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.metric import Readings
from domain.principal import Principal
from domain.teleaction import LineState, NewTeleaction, Sentence, Target, TargetKind
from tests.web.html import alert, parse, words
from tests.web.world import AGENT, EXPERT, NOC, SUPPORT, World

BASE = "/acces/F00000015/teleactions"


async def asked(world: World, action: str = "box_reboot", **fields: str) -> str:
    async with world.client() as browser:
        form = (await browser.get(f"{BASE}/faire/{action}")).text
        key = re.search(r'name="cle" value="([^"]+)"', form)
        assert key is not None
        answer = await browser.post(f"{BASE}/faire/{action}", data={"cle": key[1], "motif": "box figée", **fields})
        assert answer.status_code == 303, words(parse(answer.text))
        return answer.headers["location"].rpartition("/")[2]


async def test_level_two_sees_the_catalogue_and_a_plain_agent_does_not(world: World) -> None:
    async with world.client() as browser:
        page = words(parse((await browser.get(BASE)).text))
    assert "Redémarrer la box" in page
    assert "Désactiver l'ONT" in page
    assert "Fermer ou ouvrir le port PON" not in page
    assert "Lire des paramètres" not in page
    async with world.client(AGENT) as browser:
        page = words(parse((await browser.get(BASE)).text))
        refused = await browser.get(f"{BASE}/faire/box_reboot")
    assert "Votre compte ne peut demander aucune téléaction." in page
    assert refused.status_code == 403


async def test_the_form_says_what_will_happen_before_anything_is_sent(world: World) -> None:
    async with world.client() as browser:
        page = words(parse((await browser.get(f"{BASE}/faire/box_factory_reset")).text))
    assert "Irréversible" in page
    assert "Coupe le client un moment" in page
    assert "✗ La box a déjà contacté son serveur : La box n'a jamais contacté son serveur" in page
    assert "Je confirme" in page


async def test_a_box_that_was_never_heard_is_refused_with_its_reason(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.post(f"{BASE}/faire/box_reboot", data={"motif": "box figée"})
    assert answer.status_code == 422
    assert "elle est injoignable" in words(parse(answer.text))
    [record] = await world.service.records.teleactions.list(SUPPORT)
    assert record.state == "refusée"


async def test_without_a_reason_nothing_is_asked(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.post(f"{BASE}/faire/box_reboot", data={"motif": " "})
    assert answer.status_code == 422
    assert "Donnez un motif" in words(parse(answer.text))
    assert await world.service.records.teleactions.list(SUPPORT) == []


async def test_what_waits_is_shown_and_can_be_cancelled(world: World) -> None:
    await world.heard()
    number = await asked(world, "box_wifi_network", p_network="1", p_key="une cle bien secrete")
    async with world.client() as browser:
        page = await browser.get(f"{BASE}/{number}")
        assert "demandée" in words(parse(page.text))
        assert "une cle bien secrete" not in page.text
        assert "key = ********" in words(parse(page.text))
        gone = await browser.post(f"{BASE}/{number}/annuler")
        page = await browser.get(gone.headers["location"])
    assert "Annulée par support.n2 avant tout envoi" in words(parse(page.text))


async def test_a_form_sent_twice_asks_once(world: World) -> None:
    await world.heard()
    async with world.client() as browser:
        form = {"cle": "abcdef", "motif": "box figée"}
        first = await browser.post(f"{BASE}/faire/box_reboot", data=form)
        second = await browser.post(f"{BASE}/faire/box_reboot", data=form)
    assert first.headers["location"] == second.headers["location"]
    assert len(await world.service.records.teleactions.list(SUPPORT)) == 1


async def test_a_second_teleaction_on_the_same_access_is_refused(world: World) -> None:
    await world.heard()
    await asked(world)
    async with world.client() as browser:
        answer = await browser.post(f"{BASE}/faire/box_ppp_reconnect", data={"motif": "encore"})
    assert answer.status_code == 422
    assert "une autre téléaction y est en cours" in words(parse(answer.text))


async def left_unknown(world: World) -> None:
    """What was asked is sent, and nothing tells what became of it."""
    jobs, now = world.service.records.jobs, world.clock.now()
    [job] = await jobs.claim("w", now, now + timedelta(seconds=30), 1)
    assert await jobs.acting(job, "w", now, LineState(now, "OK", "OK", Readings()))
    said = Sentence("It is not known yet whether the PPP link was reset")
    assert await jobs.unsettled(job, "w", now, now + timedelta(hours=1), said)


async def test_an_expert_closes_without_proof_what_nothing_tells_of(world: World) -> None:
    await world.heard()
    number = await asked(world, "box_ppp_reconnect")
    await left_unknown(world)
    async with world.client(EXPERT) as browser:
        page = words(parse((await browser.get(f"{BASE}/{number}")).text))
        assert "On ne sait pas encore si le lien PPP a été relancé" in page
        assert "Motif de la clôture" in page
        without = await browser.post(f"{BASE}/{number}/clore", data={"motif": "  "})
        assert (without.status_code, alert(parse(without.text))) == (
            422, "Donnez un motif d'au moins 3 caractères. Rien n'a été clos.",
        )  # fmt: skip
        closed = await browser.post(f"{BASE}/{number}/clore", data={"motif": "le client a de nouveau Internet"})
        page = words(parse((await browser.get(closed.headers["location"])).text))
        assert "sans preuve" in page
        told = "Close sans preuve par expert.n2 : son effet n'est pas connu. le client a de nouveau Internet"
        assert told in page
        assert "close sans preuve (expert.n2)" in page  # in the trace
        assert "Motif de la clôture" not in page
        again = await browser.post(f"{BASE}/{number}/clore", data={"motif": "encore"})
        assert (again.status_code, "son effet n'est pas inconnu" in alert(parse(again.text))) == (422, True)
    assert await asked(world, "box_reboot") != number  # the access is free


async def test_who_is_no_expert_is_not_offered_to_close_and_may_not(world: World) -> None:
    await world.heard()
    number = await asked(world, "box_ppp_reconnect")
    await left_unknown(world)
    for who in (SUPPORT, AGENT):
        async with world.client(who) as browser:
            assert "Clore sans preuve" not in (await browser.get(f"{BASE}/{number}")).text
            assert (await browser.post(f"{BASE}/{number}/clore", data={"motif": "essai"})).status_code == 403
    [record] = await world.service.records.teleactions.list(SUPPORT)
    assert record.state == "inconnue"


async def port_left_unknown(world: World, who: Principal = NOC) -> str:
    place, now = "OLT-LYON-03/PON-1-1-5-10", world.clock.now()
    target = Target(TargetKind.PON, f"pon/{place}", place)
    new = NewTeleaction(None, "pon_admin", target, {"on": False}, {"on": False}, "travaux", "page", now, now)
    record, _ = await world.service.records.teleactions.ask(who, new)
    await left_unknown(world)
    return str(record.number)


async def test_the_noc_closes_without_proof_an_action_on_a_port(world: World) -> None:
    number = await port_left_unknown(world)
    async with world.client(NOC) as browser:
        page = words(parse((await browser.get("/ports-pon")).text))
        assert "Motif de la clôture" in page
        without = await browser.post(f"/ports-pon/{number}/clore", data={"motif": ""})
        assert without.status_code == 422
        closed = await browser.post(f"/ports-pon/{number}/clore", data={"motif": "vu sur place"})
        assert closed.headers["location"] == f"/ports-pon#t-{number}"
        page = words(parse((await browser.get("/ports-pon")).text))
    assert "Sans preuve" in page
    assert "Close sans preuve par supervision : son effet n'est pas connu. vu sur place" in page
