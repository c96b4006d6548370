"""The list of what is going to fail, over the wire: a plant that ages for weeks, polled, scanned at night, listed."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import yaml

from api.demo.running import Demo, demo_service
from domain.trend import Unmeasured
from simulators.run import DEMO_PLANT

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY_S = 86_400
LIST = "/api/v1/telemetry/will-fail"
DRIFTING, FLAPPING = "F00000016", "F00000017"
AGEING = "PON-1-1-5-10"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """Nineteen days of a plant of three PON ports: a connector, a module and a contact grow bad."""
    plant = yaml.safe_load(DEMO_PLANT.read_text("utf-8"))
    plant["pons"] = [pon for pon in plant["pons"] if "onts" in pon]
    plant["pattern"]["drops"] = [[2], [2], [2], [1, 1], [2], [1, 1], [1, 1], [1]]
    for model in plant["box_models"].values():
        model["periodic_inform_s"] = 7 * DAY_S  # weeks pass: their boxes need not tell each hour of them
    file = tmp_path_factory.mktemp("plant") / "small.yaml"
    file.write_text(yaml.safe_dump(plant), "utf-8")
    async with demo_service(description_file=file) as running:
        await aged(running)
        yield running


async def aged(demo: Demo) -> None:
    control = demo.plant.control
    target = next(t for t in await demo.service.records.network.olts() if t.name == demo.olt)
    polling = demo.service.collection.polling
    ramp = {"loss_db": 4.0, "ramp_s": 20 * DAY_S}
    await control.call("fault", kind="dirty-connector", target=DRIFTING, parameters=ramp)
    ageing = {**ramp, "bias": 1.8}
    await control.call("fault", kind="olt-tx-weak", target=AGEING, parameters=ageing)
    for _ in range(19):
        await control.call("clock", advance=DAY_S)
        assert await polling.cycle_once(target)


@pytest.fixture
def network(demo: Demo) -> dict[str, str]:
    """Headers of the infrastructure operator."""
    return {"Authorization": f"Bearer {demo.network_token}"}


async def scanned(demo: Demo, network: dict[str, str]) -> dict[str, Any]:
    """The report of a scan of now; one that the clock began may be running."""
    async with asyncio.timeout(60):
        while (answer := await demo.client.post(f"{LIST}/scan", headers=network)).status_code == 409:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def listed(demo: Demo, network: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await demo.client.get(LIST, params=query, headers=network)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_night_scans_without_being_asked(demo: Demo, network: dict[str, str]) -> None:
    async with asyncio.timeout(60):
        while (await listed(demo, network))["scan"] is None:  # noqa: ASYNC110 - the clock has passed many nights
            await asyncio.sleep(0.05)


async def test_a_drifting_connector_is_listed_with_its_cause_its_slope_and_its_days(
    demo: Demo, network: dict[str, str]
) -> None:
    report = await scanned(demo, network)
    assert report["onts"] > 30
    state = await demo.plant.control.call("state", ont=DRIFTING)
    [line] = [one for one in (await listed(demo, network))["items"] if one["ont"] == state["ont"]["name"]]
    assert (line["kind"], line["cause"], line["scope"]) == ("drift", "line", "individual")
    assert line["slope_db_day"] == pytest.approx(0.2, abs=0.05)
    assert line["days_left"] > 0
    assert line["confidence"] >= 0.7
    assert line["access"] is None  # the network's owner is not told whose it is
    assert any("La perte descendante augmente de 0,2" in told for told in line["evidence"])
    began = datetime.fromisoformat(line["since"])
    assert abs(began - demo.service.clock.now()) < timedelta(days=23)


async def test_an_ageing_module_is_one_line_and_not_one_a_customer(demo: Demo, network: dict[str, str]) -> None:
    await scanned(demo, network)
    items = (await listed(demo, network))["items"]
    [port] = [one for one in items if one["pon"] == AGEING]
    assert (port["cause"], port["scope"], port["ont"]) == ("olt_sfp", "pon", None)
    assert port["onts"] > 10
    assert any(told.startswith("Le port émet moins : 0,2") for told in port["evidence"])
    assert len(items) <= 3


async def test_the_list_is_filtered_paged_and_sorted_by_days_left(demo: Demo, network: dict[str, str]) -> None:
    await scanned(demo, network)
    every = (await listed(demo, network))["items"]
    left = [one["days_left"] for one in every if one["days_left"] is not None]
    assert left == sorted(left)
    assert [one["days_left"] is None for one in every] == sorted(one["days_left"] is None for one in every)
    first = await listed(demo, network, limit=1)
    second = await listed(demo, network, limit=1, offset=1)
    assert (first["total"], [*first["items"], *second["items"]]) == (len(every), every[:2])
    assert (await listed(demo, network, horizon_days=left[0]))["items"] == every[:1]
    assert (await listed(demo, network, horizon_days=left[0] - 0.01))["items"] == []
    assert (await listed(demo, network, kind="cycle"))["items"] == []
    line = next(one for one in every if one["cause"] == "line")
    assert (await listed(demo, network, pbo=line["pbo"]))["items"] == [line]
    unknown = await demo.client.get(LIST, params={"olt": "OLT-X"}, headers=network)
    assert unknown.status_code == 404


async def test_the_export_says_the_same_in_columns(demo: Demo, network: dict[str, str]) -> None:
    await scanned(demo, network)
    answer = await demo.client.get(f"{LIST}.csv", headers=network)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")), delimiter=";"))
    items = (await listed(demo, network))["items"]
    assert rows[0][:3] == ["OLT", "Port PON", "ONT"]
    assert [row[1] for row in rows[1:]] == [one["pon"] for one in items]
    english = await demo.client.get(f"{LIST}.csv", headers={**network, "accept-language": "en"})
    assert "optical module of the port" in english.text


async def test_a_commercial_operator_sees_the_onts_of_its_accesses_and_no_other(
    demo: Demo, network: dict[str, str], stranger: dict[str, str]
) -> None:
    await scanned(demo, network)
    mine = (await demo.client.get(LIST)).json()
    assert [one["access"] for one in mine["items"]] == [DRIFTING]
    assert mine["scan"] is None
    assert (await demo.client.get(LIST, headers=stranger)).json()["items"] == []
    assert (await demo.client.get(f"{LIST}/unmeasured")).status_code == 403
    assert (await demo.client.post(f"{LIST}/scan")).status_code == 403


async def test_an_ont_that_was_off_all_along_is_listed_as_not_measured(demo: Demo, network: dict[str, str]) -> None:
    await scanned(demo, network)
    told = (await demo.client.get(f"{LIST}/unmeasured", headers=network)).json()
    assert told["total"] == len(told["items"])
    assert all(one["reason"] in set(Unmeasured) and one["reason_label"] for one in told["items"])


async def test_the_page_shows_the_list_in_french(demo: Demo, network: dict[str, str]) -> None:
    await scanned(demo, network)
    page = await demo.client.get("/previsions", headers={**network, "accept": "text/html"})
    assert page.status_code == 200
    for words in ("Ce qui va tomber", "Module optique du port (OLT)", "dB/jour", "Exporter (CSV)"):
        assert words in page.text
    wrong = await demo.client.get("/previsions?horizon=demain", headers={**network, "accept": "text/html"})
    assert (wrong.status_code, "nombre de jours" in wrong.text) == (422, True)


async def test_a_contact_that_comes_and_goes_is_listed_as_falls_by_light(demo: Demo, network: dict[str, str]) -> None:
    control = demo.plant.control
    target = next(t for t in await demo.service.records.network.olts() if t.name == demo.olt)
    await control.call("fault", kind="flapping-light", target=FLAPPING)  # 144 s of darkness, each 2 h
    for _ in range(7):
        await control.call("clock", advance=7200)
        assert await demo.service.collection.polling.cycle_once(target)
    await control.call("repair", fault="all")
    state = await control.call("state", ont=FLAPPING)
    await scanned(demo, network)
    found = (await listed(demo, network, kind="flapping"))["items"]
    assert [one["ont"] for one in found] == [state["ont"]["name"]]
    assert found[0]["days_left"] is None
