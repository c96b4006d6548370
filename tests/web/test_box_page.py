"""The record of a box on the page: what it told a while ago says when, in French."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.box import Inform
from domain.box_tables import Host
from domain.identifiers import MacAddress
from domain.metric import Readings
from domain.metrics import box as m
from domain.metrics.box_tables import BOX_HOSTS
from domain.reading import Reading, Source, Via, known
from domain.states import Oper, PppStatus, Reach
from tests.web import golden
from tests.web.html import all_words, parse, words
from tests.web.world import SUPPORT, World

HOUR = timedelta(hours=1)
TWO_DAYS_AGO = datetime.fromisoformat("2019-05-07T07:29:00+02:00")


async def shown(world: World, at: datetime, **others: Any) -> dict[str, str]:
    """What the page shows of a box that informs every hour, and told all this then."""

    def told(value: Any, path: str, when: datetime = at) -> Reading[Any]:
        return known(value, when, Source(Via.CWMP, f"InternetGatewayDevice.{path}"))

    access = await world.service.records.accesses.get(SUPPORT, golden.ID1)
    box = await world.service.records.boxes.of_access(access)
    assert box is not None
    path = "InternetGatewayDevice.LANDevice.1.Hosts.Host.1."
    host = Host(path, MacAddress.parse("02:00:00:00:00:04"), "192.168.1.10", "local")
    interval = Readings({m.BOX_INFORM_INTERVAL_S: told(3600, "ManagementServer.PeriodicInformInterval")})
    values: dict[Any, Reading[Any]] = {
        m.BOX_PPP_STATUS: told(PppStatus.CONNECTED, "WANDevice.1.ConnectionStatus"),
        m.BOX_PPP_LAST_ERROR: told(others.get("error", "ERROR_ISP_TIME_OUT"), "WANDevice.1.LastConnectionError"),
        m.BOX_WAN_LINK: told(Oper.UP, "WANDevice.1.PhysicalLinkStatus"),
        m.BOX_FIRMWARE: told("9.29.65_F5350_Box", "DeviceInfo.SoftwareVersion", others.get("firmware_at", at)),
        m.BOX_REACH: known(Reach.ANSWERED, at, Source(Via.CWMP, "ConnectionRequest")),
        BOX_HOSTS: told((host,), "LANDevice.1.Hosts."),
    }
    await world.service.records.boxes.informed(box, Inform(box.device, ("2 PERIODIC",), at), interval)
    await world.service.records.boxes.observed(box, Readings(values))
    async with world.client() as browser:
        page = parse((await browser.get("/acces/F00000015/details")).text)
    section = "//section[@id='box']"
    names, texts = all_words(page, f"{section}//dt"), all_words(page, f"{section}//dd")
    tables = {"tables": " | ".join(words(found) for found in page.xpath(f"{section}//h3 | {section}//td"))}
    return dict(zip(names, texts, strict=True)) | tables


async def test_what_an_inactive_box_told_last_says_when(world: World) -> None:
    long_ago = TWO_DAYS_AGO - timedelta(days=400)
    box = await shown(world, TWO_DAYS_AGO, firmware_at=long_ago)
    assert box["Etat de la box"] == "INACTIF"
    assert box["Etat de la connexion PPP"] == "connectée (dit le 07/05 à 07:29)"
    assert box["Dernière erreur PPP"] == "pas de réponse du réseau (dit le 07/05 à 07:29)"
    assert box["Lien WAN de la box"] == "actif (dit le 07/05 à 07:29)"
    assert box["Réponse de la box à la demande de connexion"] == "répond (constaté le 07/05 à 07:29)"
    assert box["Version du Firmware"] == "9.29.65_F5350_Box (dit le 02/04/2018 à 07:29)"
    assert box["Dernier Inform de la box"] == "07/05/2019 07:29:00"  # an instant itself
    assert "Appareils connus de la box (dit le 07/05 à 07:29)" in box["tables"]


async def test_what_an_active_box_has_just_told_bears_no_age_but_what_it_told_before_does(world: World) -> None:
    box = await shown(world, golden.NOW - HOUR, firmware_at=TWO_DAYS_AGO)
    assert box["Etat de la box"] == "ACTIF"
    assert box["Etat de la connexion PPP"] == "connectée"
    assert box["Version du Firmware"] == "9.29.65_F5350_Box (dit le 07/05 à 07:29)"
    assert "dit le" not in box["tables"]


@pytest.mark.parametrize(
    ("told", "read"), [("ERROR_NONE", "aucune"), ("ERROR_LINE_BUSY", "ERROR_LINE_BUSY"), ("maker's own", "maker's own")]
)
async def test_a_word_that_has_no_french_is_shown_as_the_box_said_it(world: World, told: str, read: str) -> None:
    assert (await shown(world, golden.NOW - HOUR, error=told))["Dernière erreur PPP"] == read


async def test_a_device_of_the_customer_keeps_the_name_that_he_gave_it(world: World) -> None:
    assert " | local | " in (await shown(world, golden.NOW - HOUR))["tables"]
