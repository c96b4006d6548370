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


async def test_a_clock_that_jumps_during_a_test_does_not_void_what_the_test_read(demo: Demo) -> None:
    await demo.plant.control.call("announce", ont="F00000015")
    await demo.plant.control.call("fault", kind="box-hung", target="F00000015")
    accepted = await demo.client.post("/api/v1/accesses/F00000015/diagnostics", json={"test": "Diagnostic global"})
    location = accepted.headers["location"]
    async with demo.client.stream("GET", f"{location}/events") as events:
        async for line in events.aiter_lines():
            if '"En cours"' in line:  # the OLT answers within milliseconds, the box is waited for
                await demo.plant.control.call("clock", advance=3 * 3600)
    result = (await demo.client.get(location)).json()
    await demo.plant.control.call("repair", fault="all")
    rows = {row["label"]: row["value"] for row in result["blocks"][0]["rows"]}
    assert (rows["Lien ONT-OLT"], rows["Mesure ONT rx"]) == ("OK", "-19.36")
    assert result["verdict"]["family"] == "OK_SESSION_INACTIVE"


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
