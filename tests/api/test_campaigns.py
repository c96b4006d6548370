"""Firmware and campaigns over the wire: boxes fetch their images, a bad one stops the campaign at its canary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.demo.running import Demo, demo_service
from benchmarks.campaign import BAD, GOOD, written
from benchmarks.files import served

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCESSES = ("F00000015", "F00000016", "F00000017")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("images")
    with served(folder) as url:
        catalogue = written(folder, url, ["F@st 5350", "F@st 5670"])
        async with demo_service(firmwares=catalogue) as running:
            running.service.teleactions.hurry(0.02)
            await running.plant.control.call("orders", restart_s=0.5)
            for id1 in ACCESSES:
                await running.plant.control.call("announce", ont=id1)
            yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def rested(demo: Demo) -> None:
    """An hour later: no cooldown is left."""
    await demo.plant.control.call("clock", advance=1900)


async def firmwares(demo: Demo) -> list[str]:
    states = [await demo.plant.control.call("state", ont=id1) for id1 in ACCESSES]
    return [str(state["box"]["firmware"]) for state in states]


async def created(demo: Demo, version: str, **pace: Any) -> httpx.Response:
    body = {
        "action": "box_firmware",
        "parameters": {"version": version},
        "reason": "nouvelle version",
        "pace": {"canary": 1, "wave": 2, **pace},
    }
    return await demo.client.post("/api/v1/campaigns", json=body)


async def over(demo: Demo, name: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            report: dict[str, Any] = (await demo.client.get(f"/api/v1/campaigns/{name}")).json()
            if report["state"] not in ("en cours", "en pause"):
                return report
            await asyncio.wait([asyncio.create_task(demo.plant.control.call("faults"))])  # let both processes work


async def test_a_firmware_that_is_not_released_is_refused(demo: Demo) -> None:
    body = {"action": "box_firmware", "parameters": {"version": "0.0.1"}, "reason": "essai"}
    answer = await demo.client.post(f"/api/v1/accesses/{ACCESSES[0]}/teleactions", json=body)
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["released"]


async def test_a_bad_firmware_stops_the_campaign_at_its_canary(demo: Demo) -> None:
    answer = await created(demo, BAD)
    assert answer.status_code == 201, answer.text
    report = await over(demo, answer.json()["campaign"])
    assert (report["state"], report["stopped_by"]) == ("arrêtée", "canary: 1/1")
    assert [member["outcome"] for member in report["members"]] == ["dégradée", "en attente", "en attente"]
    assert [version == BAD for version in await firmwares(demo)] == [True, False, False]
    found = (await demo.client.get(f"/api/v1/teleactions/{report['members'][0]['teleaction']}")).json()
    assert found["effect"]["text"] == f"Le firmware {BAD} est installé ; le lien PPP n'est pas remonté"
    assert found["campaign"] == report["campaign"]


async def test_a_good_firmware_goes_on_by_waves_after_a_pause(demo: Demo) -> None:
    name = (await created(demo, GOOD)).json()["campaign"]
    paused = (await demo.client.post(f"/api/v1/campaigns/{name}/pause")).json()
    assert paused["state"] == "en pause"
    assert (await demo.client.post(f"/api/v1/campaigns/{name}/pause")).status_code == 409
    assert (await demo.client.post(f"/api/v1/campaigns/{name}/resume")).json()["state"] == "en cours"
    report = await over(demo, name)
    assert (report["state"], report["waves"]) == ("terminée", [{"wave": 0, "saine": 1}, {"wave": 1, "saine": 2}])
    assert await firmwares(demo) == [GOOD] * 3
    assert (await demo.client.post(f"/api/v1/campaigns/{name}/cancel")).status_code == 409


async def test_a_campaign_is_its_operators_and_takes_the_right(demo: Demo) -> None:
    stranger = {"Authorization": f"Bearer {demo.stranger_token}"}
    [last, *_] = (await demo.client.get("/api/v1/campaigns")).json()
    assert (await demo.client.get(f"/api/v1/campaigns/{last['campaign']}", headers=stranger)).status_code == 404
    assert (await demo.client.get("/api/v1/campaigns", headers=stranger)).json() == []
    agent = {"Authorization": f"Bearer {demo.agent_token}"}
    body = {"action": "box_reboot", "reason": "essai"}
    assert (await demo.client.post("/api/v1/campaigns", json=body, headers=agent)).status_code == 403


async def test_what_is_irreversible_or_secret_is_not_for_campaigns(demo: Demo) -> None:
    for body in (
        {"action": "box_factory_reset", "reason": "essai"},
        {"action": "box_wifi_network", "parameters": {"network": 1, "key": "la meme partout"}, "reason": "essai"},
    ):
        assert (await demo.client.post("/api/v1/campaigns", json=body)).status_code == 409
    nobody = {"action": "box_reboot", "reason": "essai", "selection": {"model": "inconnue"}}
    assert (await demo.client.post("/api/v1/campaigns", json=nobody)).status_code == 422
