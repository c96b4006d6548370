"""The seed's own screen, over SNMP, CLI, CWMP and RADIUS: 22 + 3 rows, character for character."""

from __future__ import annotations

import pytest

from api.demo.asking import ask
from api.demo.running import Demo
from tests.screen import DELC, INFOS_BOX

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_box_that_informed_once_and_hung_gives_the_seed_s_screen(demo: Demo) -> None:
    control = demo.plant.control
    await control.call("announce", ont="F00000015")
    await control.call("fault", kind="box-hung", target="F00000015")
    await control.call("clock", advance=3 * 3600)

    result = (await ask(demo.client, "F00000015")).result

    assert [block["title"] for block in result["blocks"]] == ["Diagnostic DELC", "Infos Box"]
    delc, box = ([(row["label"], row["value"]) for row in block["rows"]] for block in result["blocks"])
    assert delc == list(DELC)
    assert box == list(INFOS_BOX)
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
