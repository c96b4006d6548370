"""TMF656: collective incidents read, acknowledged and grouped by those that they touch."""

from __future__ import annotations

from typing import Any

import httpx

from tests.tmf.world import AGENT, INTRUDER, SANDBOX, client
from tests.tmf.world_incidents import NUMBER, closed, opened
from tests.web.world import DEPOSITOR, NOC, STRANGER, World

BASE = "serviceProblemManagement/v4"
KIT: dict[str, Any] = {
    "category": "supplier.originated",
    "priority": 1,
    "description": "Some Description",
    "reason": "reason",
    "originatorParty": {"id": "1", "@referredType": "Individual"},
}


def api(world: World, who: Any = AGENT) -> httpx.AsyncClient:
    return client(world, who, BASE)


async def test_an_incident_shows_its_own_accesses_to_who_is_touched_and_all_to_the_network(world: World) -> None:
    await opened(world)
    async with api(world) as touched, api(world, NOC) as network, api(world, STRANGER) as other:
        mine = (await touched.get(f"/serviceProblem/{NUMBER}")).json()
        whole = (await network.get(f"/serviceProblem/{NUMBER}")).json()
        assert (mine["status"], mine["affectedNumberOfServices"]) == ("inProgress", 1)
        assert whole["affectedNumberOfServices"] == 17
        assert [one["description"] for one in whole["trackingRecord"]] == ["opened"]
        assert "trackingRecord" not in mine
        assert "olts" not in str(mine)
        assert (await other.get(f"/serviceProblem/{NUMBER}")).status_code == 404
        assert (await other.get("/serviceProblem")).json() == []
        running = (await touched.get("/serviceProblem", params={"status": "inProgress"})).json()
        assert [one["id"] for one in running] == [NUMBER]
        assert (await touched.get("/serviceProblem", params={"status": "closed"})).json() == []
        fields = (await touched.get(f"/serviceProblem/{NUMBER}", params={"fields": "status"})).json()
        assert set(fields) == {"id", "href", "status"}
        await closed(world)
        assert (await touched.get(f"/serviceProblem/{NUMBER}")).json()["status"] == "closed"


async def test_an_acknowledgement_is_the_operator_s_own_and_can_be_taken_back(world: World) -> None:
    await opened(world)
    body = {"problem": [{"id": NUMBER}]}
    async with api(world) as touched, api(world, NOC) as network:
        done = await touched.post("/problemAcknowledgement", json=body)
        assert done.status_code == 201, done.text
        assert done.json()["ackProblem"][0]["id"] == NUMBER
        assert (await touched.get(f"/serviceProblem/{NUMBER}")).json()["status"] == "acknowledged"
        assert (await network.get(f"/serviceProblem/{NUMBER}")).json()["status"] == "inProgress"
        assert (await touched.post("/problemUnacknowledgement", json=body)).status_code == 201
        assert (await touched.get(f"/serviceProblem/{NUMBER}")).json()["status"] == "inProgress"
        await closed(world)
        assert (await touched.post("/problemAcknowledgement", json=body)).status_code == 409
        assert (await touched.post("/problemAcknowledgement", json={"problem": [{"id": "x"}]})).status_code == 400
        missing = await touched.post("/problemAcknowledgement", json={})
        assert (missing.status_code, missing.json()["message"][:7]) == (400, "problem")


async def test_a_client_writes_notes_and_its_own_numbers_and_opens_no_incident(world: World) -> None:
    await opened(world)
    async with api(world) as http:
        path = f"/serviceProblem/{NUMBER}"
        told = {"note": [{"text": "clients prévenus"}], "externalIdentifier": [{"id": "OC-7"}]}
        assert (await http.patch(path, json=told)).status_code == 200
        again = (await http.get(path)).json()
        assert (again["note"][0]["text"], again["externalIdentifier"][0]["id"]) == ("clients prévenus", "OC-7")
        for wrong in ({"status": "closed"}, {"priority": 1}, {"affectedNumberOfServices": 3}):
            assert (await http.patch(path, json=wrong)).status_code == 400
        assert (await http.delete(path)).status_code == 405
        refused = await http.post("/serviceProblem", json=KIT)
        assert (refused.status_code, refused.json()["code"]) == (405, "405")


async def test_the_history_is_read_as_event_records(world: World) -> None:
    await opened(world)
    async with api(world, NOC) as network, api(world, STRANGER) as other:
        (record,) = (await network.get("/serviceProblemEventRecord")).json()
        assert (record["eventType"], record["serviceProblem"]["id"]) == ("ServiceProblemCreateEvent", NUMBER)
        assert (await network.get(f"/serviceProblemEventRecord/{record['id']}")).json() == record
        by_problem = await network.get("/serviceProblemEventRecord", params={"serviceProblem.id": NUMBER})
        assert by_problem.json() == [record]
        assert (await other.get("/serviceProblemEventRecord")).json() == []
        assert (await other.get(f"/serviceProblemEventRecord/{record['id']}")).status_code == 404


async def test_the_sandbox_creates_groups_and_deletes_problems(world: World) -> None:
    async with api(world, SANDBOX) as http:
        first, second = [(await http.post("/serviceProblem", json=KIT)).json() for _ in range(2)]
        body = {"parentProblem": {"id": first["id"]}, "childProblem": [{"id": second["id"]}]}
        assert (await http.post("/problemGroup", json=body)).status_code == 201
        child = (await http.get(f"/serviceProblem/{second['id']}")).json()
        assert child["parentProblem"][0]["id"] == first["id"]
        assert (await http.post("/problemUngroup", json=body)).status_code == 201
        assert (await http.get(f"/serviceProblem/{second['id']}")).json()["parentProblem"] == []
        own = {"parentProblem": {"id": first["id"]}, "childProblem": [{"id": first["id"]}]}
        assert (await http.post("/problemGroup", json=own)).status_code == 400
        for missing in ("category", "priority", "description", "reason", "originatorParty"):
            refused = await http.post("/serviceProblem", json={k: v for k, v in KIT.items() if k != missing})
            assert (refused.status_code, refused.json()["message"][: len(missing)]) == (400, missing)
        assert (await http.delete(f"/serviceProblem/{first['id']}")).status_code == 204
        assert (await http.get(f"/serviceProblem/{first['id']}")).status_code == 404


async def test_rights_are_asked_for(world: World) -> None:
    await opened(world)
    async with api(world, DEPOSITOR) as http:
        assert (await http.get("/serviceProblem")).status_code == 403
    async with api(world, INTRUDER) as http:
        assert (await http.get(f"/serviceProblem/{NUMBER}")).status_code == 404
        assert (await http.post("/problemAcknowledgement", json={"problem": [{"id": NUMBER}]})).status_code == 400
