"""The seed's own screen, over SNMP, CLI, CWMP and RADIUS: 22 + 3 rows, character for character."""

from __future__ import annotations

import pytest

from api.demo.asking import ask
from api.demo.running import Demo

pytestmark = pytest.mark.asyncio(loop_scope="module")

DELC = [
    ("Etat de la carte OLT", "OK"),
    ("Type de la carte OLT", "FTTH"),
    ("Etat du port PON", "OK"),
    ("Lien ONT-OLT", "OK"),
    ("ID ONT", "ONT-1-1-5-10-19"),
    ("Constructeur ONT", "HWTC"),
    ("N° Série configuré dans l'OLT", "HWTC0172629D (485754430172629D)"),
    ("Password ONT configuré dans l'OLT", "0848525835"),
    ("Etat provisionné", "OK"),
    ("Etat opérationnel", "OK"),
    ("Date de dernier changement d'état de l'ONT", "29/04/19 16:34:56"),
    ("Firmware actif", "HWTCA31610115"),
    ("Firmware planifié", "48:57:54:43:41:33:31:36:31:30:31:31:35:00"),
    ("Mesure taux d'erreurs Up", "0"),
    ("Mesure taux d'erreurs Down", "0"),
    ("Lien ONT-LB", "OK"),
    ("Type de négociation", "Auto"),
    ("Etat de la négociation", "Gigabit Ethernet"),
    ("Mesure OLT tx", "3.4"),
    ("Mesure OLT rx", "-20.7"),
    ("Mesure ONT tx", "2.28"),
    ("Mesure ONT rx", "-19.36"),
]
BOX = [
    ("Etat de la box", "INACTIF"),
    ("Version du Firmware", "9.29.65_F5350_Box"),
    ("Adresse MAC de la box", "D8D775557E90"),
]


async def test_a_box_that_informed_once_and_hung_gives_the_seed_s_screen(demo: Demo) -> None:
    control = demo.plant.control
    await control.call("announce", ont="F00000015")
    await control.call("fault", kind="box-hung", target="F00000015")
    await control.call("clock", advance=3 * 3600)

    result = (await ask(demo.client, "F00000015")).result

    assert [block["title"] for block in result["blocks"]] == ["Diagnostic DELC", "Infos Box"]
    delc, box = ([(row["label"], row["value"]) for row in block["rows"]] for block in result["blocks"])
    assert delc == DELC
    assert box == BOX
    assert result["verdict"]["family"] == "OK_SESSION_INACTIVE"
    assert result["verdict"]["synthesis"] == "Fonctionnement Accès FTTH OK"
    assert result["verdict"]["defect"] == "Accès FTTH OK - session inactive"
    assert result["result"] == "OK"
    assert result["state"] == "Terminé"
    rules = [finding["rule"] for finding in result["verdict"]["findings"]]
    assert not any("firmware" in rule for rule in rules), "the planned firmware is the active one, padded"


async def test_the_ont_password_is_masked_to_an_agent_without_the_right(demo: Demo) -> None:
    number = (await ask(demo.client, "F00000015", "Diagnostic DELC")).result["number"]
    headers = {"Authorization": f"Bearer {demo.agent_token}"}

    seen = await demo.client.get(f"/api/v1/diagnostics/{number}", headers=headers)

    rows = {row["label"]: row for row in seen.json()["blocks"][0]["rows"]}
    password = rows["Password ONT configuré dans l'OLT"]
    assert password["value"] == "********"
    assert password["masked"]
    assert "0848525835" not in seen.text
