"""TMF642: what is wrong now, acknowledged, commented, cleared and grouped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.tmf.alarm import numbers
from domain.events import EventKind
from tests.tmf.world import AGENT, INTRUDER, SANDBOX, client
from tests.tmf.world_incidents import NUMBER, closed, fell, opened
from tests.web import golden
from tests.web.world import DEPOSITOR, NOC, World

BASE = "alarm/v4"
INCIDENT = numbers.of_incident(NUMBER)
KIT: dict[str, Any] = {
    "alarmType": "equipmentAlarm",
    "perceivedSeverity": "critical",
    "probableCause": "x",
    "alarmedObject": {"id": "o1"},
    "sourceSystemId": "ems-1",
    "state": "raised",
    "alarmRaisedTime": "2019-05-09T08:00:00Z",
}


def api(world: World, who: Any = AGENT) -> httpx.AsyncClient:
    return client(world, who, BASE)


def test_the_number_of_an_alarm_leads_back_to_its_incident_and_fits_a_javascript_number() -> None:
    for number in (NUMBER, "INC-991231-FFFFFF", "INC-000101-000000"):
        assert numbers.incident_of(numbers.of_incident(number)) == number
        assert numbers.of_incident(number) < 2**53
    seen = {numbers.of_diagnosis(one) for one in ("190509-1029-2879560", "190509-1029-2879561", "190509-1030-2879560")}
    assert len(seen) == 3
    assert numbers.of_diagnosis("991231-2359-9999999") < 2**53
    assert numbers.of_event("OLT", "los") < 2**53
    with pytest.raises(ValueError, match="x"):
        numbers.of_incident("x")


async def test_an_incident_is_a_critical_alarm_until_it_ends(world: World) -> None:
    await opened(world)
    async with api(world) as http:
        (alarm,) = (await http.get("/alarm")).json()
        assert (alarm["id"], alarm["state"], alarm["perceivedSeverity"]) == (INCIDENT, "raised", "critical")
        assert (alarm["probableCause"], alarm["ackState"]) == ("lossOfSignal", "unacknowledged")
        assert (await http.get(f"/alarm/{INCIDENT}")).json() == alarm
        assert (await http.get("/alarm", params={"perceivedSeverity": "major"})).json() == []
        await closed(world)
        ended = (await http.get(f"/alarm/{INCIDENT}")).json()
        assert (ended["state"], ended["perceivedSeverity"]) == ("cleared", "cleared")
        world.clock.instant = golden.NOW + timedelta(hours=49)
        assert (await http.get("/alarm")).json() == []


async def test_a_line_is_one_alarm_for_tests_in_a_row_and_cleared_by_the_one_that_finds_it_well(world: World) -> None:
    first = await world.finished(golden.cut_drop())
    world.clock.instant += timedelta(minutes=5)
    await world.finished(golden.cut_drop())
    async with api(world) as http:
        (alarm,) = (await http.get("/alarm")).json()
        assert (alarm["id"], alarm["state"]) == (numbers.of_diagnosis(str(first)), "raised")
        assert alarm["perceivedSeverity"] == golden.cut_drop().severity.value
        assert alarm["affectedService"] == [{"id": "F00000015"}]
        world.clock.instant += timedelta(minutes=5)
        await world.finished(golden.inactive_box())
        (alarm,) = (await http.get("/alarm")).json()
        assert (alarm["id"], alarm["state"]) == (numbers.of_diagnosis(str(first)), "cleared")


async def test_the_network_sees_what_an_olt_announced_and_did_not_take_back(world: World) -> None:
    down, back = "ONT-1-1-5-10-41", "ONT-1-1-5-10-42"
    await world.service.events.observed([fell(down, EventKind.LOS), fell(back, EventKind.ONT_DOWN)])
    await world.service.events.observed([fell(back, EventKind.ONT_UP)])
    async with api(world, NOC) as network, api(world) as operator:
        (alarm,) = (await network.get("/alarm")).json()
        assert (alarm["alarmedObject"]["id"], alarm["probableCause"]) == (f"OLT-LYON-03/{down}", "lossOfSignal")
        assert (await operator.get("/alarm")).json() == []


async def test_alarms_are_acknowledged_commented_and_cleared_by_pattern(world: World) -> None:
    await opened(world)
    pattern = [{"id": INCIDENT}]
    who = {"ackSystemId": "si", "ackUserId": "camille"}
    async with api(world) as http, api(world, NOC) as network:
        done = await http.post("/ackAlarms", json={**who, "alarmPattern": pattern})
        assert done.status_code == 201, done.text
        assert (done.json()["state"], done.json()["ackedAlarm"][0]["id"]) == ("done", INCIDENT)
        assert (await http.get(f"/ackAlarms/{done.json()['id']}")).json() == done.json()
        assert len((await http.get("/ackAlarms")).json()) == 1
        alarm = (await http.get(f"/alarm/{INCIDENT}")).json()
        assert (alarm["ackState"], alarm["ackUserId"]) == ("acknowledged", "camille")
        assert (await network.get(f"/alarm/{INCIDENT}")).json()["ackState"] == "unacknowledged"
        by_object = [{"alarmedObject": {"id": "PBO-3"}}]
        assert (await http.post("/unAckAlarms", json={**who, "alarmPattern": by_object})).status_code == 201
        assert (await http.get(f"/alarm/{INCIDENT}")).json()["ackState"] == "unacknowledged"
        said = {"comment": {"comment": "équipe en route"}, "alarmPattern": pattern}
        assert (await http.post("/commentAlarms", json=said)).status_code == 201
        assert (await http.get(f"/alarm/{INCIDENT}")).json()["comment"][0]["userId"] == "si"
        clear = {
            "clearSystemId": "si",
            "clearUserId": "camille",
            "alarmClearedTime": "2019-05-09T08:30:00Z",
            "alarmPattern": pattern,
        }
        assert (await http.post("/clearAlarms", json=clear)).status_code == 201
        alarm = (await http.get(f"/alarm/{INCIDENT}")).json()
        assert (alarm["state"], alarm["perceivedSeverity"]) == ("cleared", "cleared")
        patterns: list[list[Any]] = [[], [{}], [{"id": 7}], [{"id": "x"}]]
        for wrong in patterns:
            refused = await http.post("/ackAlarms", json={**who, "alarmPattern": wrong})
            assert (refused.status_code, "alarmPattern" in refused.json()["message"]) == (400, True)


async def test_a_client_acknowledges_by_patch_and_changes_nothing_of_what_is_seen(world: World) -> None:
    await opened(world)
    async with api(world) as http:
        path = f"/alarm/{INCIDENT}"
        patched = await http.patch(path, json={"ackState": "acknowledged", "ackUserId": "camille"})
        assert patched.status_code == 200, patched.text
        for wrong in ({"perceivedSeverity": "minor"}, {"probableCause": "x"}, {"state": "updated"}):
            refused = await http.patch(path, json=wrong)
            assert (refused.status_code, next(iter(wrong)) in refused.json()["message"]) == (400, True)
        assert (await http.delete(path)).status_code == 409
        assert (await http.patch(path, json={"state": "cleared"})).json()["state"] == "cleared"
        assert (await http.delete(path)).status_code == 204
        assert (await http.get(path)).status_code == 404
        assert (await http.post("/alarm", json=KIT)).status_code == 405


async def test_the_sandbox_raises_groups_and_deletes_alarms(world: World) -> None:
    async with api(world, SANDBOX) as http:
        first, second = [(await http.post("/alarm", json=KIT)).json() for _ in range(2)]
        body = {
            "sourceSystemId": "si",
            "alarmChangedTime": "2019-05-09T08:30:00Z",
            "parentAlarm": {"id": first["id"]},
            "correlatedAlarm": [{"id": second["id"]}],
        }
        assert (await http.post("/groupAlarms", json=body)).status_code == 201
        child = (await http.get(f"/alarm/{second['id']}")).json()
        assert child["parentAlarm"][0]["id"] == str(first["id"])
        assert (await http.post("/unGroupAlarms", json=body)).status_code == 201
        assert "parentAlarm" not in (await http.get(f"/alarm/{second['id']}")).json()
        for missing in KIT:
            refused = await http.post("/alarm", json={k: v for k, v in KIT.items() if k != missing})
            assert (refused.status_code, refused.json()["message"][: len(missing)]) == (400, missing)
        assert (await http.delete(f"/alarm/{first['id']}")).status_code == 204


async def test_rights_and_operators_are_apart(world: World) -> None:
    await opened(world)
    await world.finished(golden.cut_drop())
    async with api(world, DEPOSITOR) as http:
        assert (await http.get("/alarm")).status_code == 403
        assert (await http.get("/ackAlarms")).status_code == 403
    async with api(world, INTRUDER) as http:
        assert (await http.get("/alarm")).json() == []
        assert (await http.get(f"/alarm/{INCIDENT}")).status_code == 404
