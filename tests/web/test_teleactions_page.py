"""Tab « Téléactions »: what the account may do, the form that confirms, the history, cancelling."""

from __future__ import annotations

import re

from tests.web.html import parse, words
from tests.web.world import AGENT, SUPPORT, World

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
