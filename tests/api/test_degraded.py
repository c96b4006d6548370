"""Half of the reads fail: the test ends within its deadline with what it has, and says what it has not."""

from __future__ import annotations

import pytest

from api.demo.asking import ask
from api.demo.running import Demo, demo_service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_the_olt_silent_the_box_still_proves_the_service(demo: Demo) -> None:
    await demo.plant.control.call("announce", ont="F00000016")
    await demo.plant.control.call("fault", kind="olt-unreachable")
    asked = await ask(demo.client, "F00000016")
    await demo.plant.control.call("repair", fault="all")
    assert asked.result["state"] == "Terminé"
    assert asked.seconds < demo.service.settings.test_deadline_s + 1
    box = {row["label"]: row["value"] for row in asked.result["blocks"][1]["rows"]}
    assert box["Etat de la box"] == "ACTIF"
    assert {row["value"] for row in asked.result["blocks"][0]["rows"] if row["label"].startswith("Mesure")} == {
        "non mesuré"
    }
    assert asked.result["not_measured"]


async def test_with_the_acs_down_the_access_is_judged_and_the_box_is_not_called_inactive(demo: Demo) -> None:
    await demo.plant.control.call("announce", ont="F00000017")
    await demo.service.stop_acs()
    asked = await ask(demo.client, "F00000017")
    assert asked.result["state"] == "Terminé"
    assert asked.result["verdict"]["family"] in {"OK", "INDETERMINE"}
    assert asked.result["blocks"][0]["rows"][3]["value"] == "OK"


async def test_with_the_whole_plant_killed_the_test_still_ends() -> None:
    async with demo_service() as demo:
        demo.plant.process.kill()
        await demo.plant.process.wait()
        asked = await ask(demo.client, "F00000015")
        assert asked.result["state"] == "Terminé"
        assert asked.result["verdict"]["family"] == "INDETERMINE"
        assert asked.seconds < demo.service.settings.test_deadline_s + 1
