"""What a client of the sandbox emptied or deleted stands in no list's way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tmf.world import SANDBOX, client
from tests.web.world import World

CREATED: dict[str, dict[str, Any]] = {
    "alarm/v4/alarm": {
        "alarmType": "equipmentAlarm",
        "perceivedSeverity": "critical",
        "probableCause": "x",
        "alarmedObject": {"id": "o1"},
        "sourceSystemId": "ems-1",
        "state": "raised",
        "alarmRaisedTime": "2019-05-09T08:00:00Z",
    },
    "serviceProblemManagement/v4/serviceProblem": {
        "category": "x",
        "priority": 1,
        "description": "x",
        "reason": "x",
        "originatorParty": {"id": "x"},
    },
    "serviceTestManagement/v4/serviceTest": {
        "name": "x",
        "relatedService": {"id": "x"},
        "testSpecification": {"id": "x"},
    },
    "troubleTicket/v4/troubleTicket": {"description": "x", "severity": "x", "ticketType": "x"},
}


@pytest.mark.parametrize("address", CREATED)
async def test_a_document_without_its_attributes_is_listed_and_deleted(world: World, address: str) -> None:
    root, _, name = address.rpartition("/")
    async with client(world, SANDBOX, root) as http:
        made = (await http.post(f"/{name}", json=CREATED[address])).raise_for_status().json()
        for attribute in made:
            emptied = await http.patch(f"/{name}/{made['id']}", json={attribute: None})
            assert emptied.status_code in {200, 400}, (attribute, emptied.text)
            assert (await http.get(f"/{name}")).status_code == 200, attribute
        assert (await http.delete(f"/{name}/{made['id']}")).status_code == 204
        listed = await http.get(f"/{name}?sort=name")
        assert listed.status_code == 200, listed.text
        assert made["id"] not in [one["id"] for one in listed.json()]
        assert (await http.get(f"/{name}/{made['id']}")).status_code == 404


async def test_an_emptied_problem_is_acknowledged_or_refused(world: World) -> None:
    async with client(world, SANDBOX, "serviceProblemManagement/v4") as http:
        body = CREATED["serviceProblemManagement/v4/serviceProblem"]
        made = (await http.post("/serviceProblem", json=body)).raise_for_status().json()
        (await http.patch(f"/serviceProblem/{made['id']}", json={"status": None})).raise_for_status()
        said = await http.post("/problemAcknowledgement", json={"problem": [{"id": made["id"]}]})
        assert said.status_code in {201, 409}


async def test_a_characteristic_without_a_value_is_refused_as_one_that_is_not_there(world: World) -> None:
    async with client(world, SANDBOX, "serviceProblemManagement/v4") as http:
        body = CREATED["serviceProblemManagement/v4/serviceProblem"]
        for one in ({"name": "x", "value": None}, {"name": "x"}):
            refused = await http.post("/serviceProblem", json={**body, "characteristic": [one]})
            assert (refused.status_code, "value" in refused.json()["message"]) == (400, True)
