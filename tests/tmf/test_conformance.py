"""Every answer and every notification is what the published OpenAPI files say, where these are at hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from domain.incidents import Kind, State
from domain.ticket import Action
from storage.tables import WebhookDeliveryRow
from tests.tmf.published import Published
from tests.tmf.test_alarm import KIT as ALARM
from tests.tmf.test_hub import happened
from tests.tmf.test_service_problem import KIT as PROBLEM
from tests.tmf.test_trouble_ticket import ASKED as SIGNALISATION
from tests.tmf.test_trouble_ticket import KIT as TICKET
from tests.tmf.world import AGENT, SANDBOX, client
from tests.tmf.world_incidents import NUMBER, incident, opened
from tests.web import golden
from tests.web.world import CLERK, NOC, REPAIRER, World

TEST = {"name": "kit", "relatedService": {"id": "s1"}, "testSpecification": {"id": "spec1"}}
ACTION = {"relatedService": {"id": "F00000015"}, "testSpecification": {"id": "teleaction-box_reboot"}}
SPECIFICATION = {"name": "kit", "relatedServiceSpecification": [{"id": "s1"}]}
COLLECTIONS = [
    ("653", "serviceTestManagement/v4", "serviceTest", "ServiceTest", TEST, {"description": "x"}),
    ("653", "serviceTestManagement/v4", "serviceTestSpecification", "ServiceTestSpecification", SPECIFICATION, {}),
    ("621", "troubleTicket/v4", "troubleTicket", "TroubleTicket", TICKET, {"severity": "Low"}),
    ("656", "serviceProblemManagement/v4", "serviceProblem", "ServiceProblem", PROBLEM, {"priority": 2}),
    ("642", "alarm/v4", "alarm", "Alarm", ALARM, {"ackState": "acknowledged"}),
]


@pytest.mark.parametrize(("interface", "base", "path", "definition", "body", "patch"), COLLECTIONS)
async def test_the_life_of_a_resource_of_the_sandbox_is_as_published(
    world: World, interface: str, base: str, path: str, definition: str, body: Any, patch: Any
) -> None:
    published = Published(interface)
    async with client(world, SANDBOX, base) as http:
        hub = await http.post("/hub", json={"callback": "http://127.0.0.1:9/kit", "query": ""})
        published.check("EventSubscription", hub.json())
        made = await http.post(f"/{path}", json=body)
        assert made.status_code == 201, made.text
        published.check(definition, made.json())
        number = made.json()["id"]
        assert made.headers["location"].endswith(f"/{path}/{number}")
        read = await http.get(f"/{path}/{number}")
        published.check(definition, read.json())
        for one in (await http.get(f"/{path}")).json():
            published.check(definition, one)
        patched = await http.patch(f"/{path}/{number}", json=patch)
        assert patched.status_code == 200, patched.text
        published.check(definition, patched.json())
        for refused in (
            await http.post(f"/{path}", json={}),
            await http.get(f"/{path}/unknown"),
            await http.get(f"/{path}", params={"limit": "x"}),
            await http.get(f"/{path}", headers={"Authorization": ""}),
            await http.put(f"/{path}/{number}", json={}),
        ):
            assert refused.status_code in {400, 401, 404, 405}
            published.check("Error", refused.json())
        assert (await http.delete(f"/{path}/{number}")).status_code == 204
    names = await _told(world, published)
    assert any(name.endswith("CreateEvent") for name in names)


async def test_what_is_ours_is_as_published(world: World) -> None:
    await opened(world)
    number = str(await world.finished(golden.cut_drop()))
    await world.finished(golden.inactive_box())
    await world.finished(golden.cut_drop())
    for interface, base, path, definition, *_ in COLLECTIONS:
        published = Published(interface)
        async with client(world, AGENT, base) as http:
            await http.post("/hub", json={"callback": "http://127.0.0.1:9/si"})
            if path == "troubleTicket":
                (await http.post(f"/{path}", json={**SIGNALISATION, "note": [{"text": "x"}]})).raise_for_status()
            found = (await http.get(f"/{path}")).json()
            assert found, path
            for one in found:
                published.check(definition, one)
        await _told(world, published)
    async with client(world, AGENT, COLLECTIONS[0][1]) as http:
        Published("653").check("ServiceTest", (await http.get(f"/serviceTest/{number}")).json())


async def test_tasks_are_as_published(world: World) -> None:
    await opened(world)
    problems, alarms = Published("656"), Published("642")
    body = {"problem": [{"id": NUMBER}]}
    async with client(world, NOC, "serviceProblemManagement/v4") as http:
        for name in ("problemAcknowledgement", "problemUnacknowledgement"):
            problems.check(name[:1].upper() + name[1:], _made(await http.post(f"/{name}", json=body)))
        for one in (await http.get("/serviceProblemEventRecord")).json():
            problems.check("ServiceProblemEventRecord", one)
    async with client(world, SANDBOX, "serviceProblemManagement/v4") as http:
        first, second = [(await http.post("/serviceProblem", json=PROBLEM)).json()["id"] for _ in range(2)]
        group = {"parentProblem": {"id": first}, "childProblem": [{"id": second}]}
        for name in ("problemGroup", "problemUngroup"):
            problems.check(name[:1].upper() + name[1:], _made(await http.post(f"/{name}", json=group)))
    async with client(world, SANDBOX, "alarm/v4") as http:
        await http.post("/hub", json={"callback": "http://127.0.0.1:9/si"})
        first, second = [(await http.post("/alarm", json=ALARM)).json()["id"] for _ in range(2)]
        at, pattern = "2019-05-09T08:30:00Z", [{"id": first}]
        who = {"ackSystemId": "x", "ackUserId": "x", "alarmPattern": pattern}
        grouping = {
            "sourceSystemId": "x",
            "alarmChangedTime": at,
            "parentAlarm": {"id": first},
            "correlatedAlarm": [{"id": second}],
        }
        clear = {"clearSystemId": "x", "clearUserId": "x", "alarmClearedTime": at, "alarmPattern": pattern}
        asked = {
            "ackAlarms": who,
            "unAckAlarms": who,
            "commentAlarms": {"comment": {"comment": "x"}, "alarmPattern": pattern},
            "groupAlarms": grouping,
            "unGroupAlarms": grouping,
            "clearAlarms": clear,
        }
        for name, wanted in asked.items():
            definition = name[:1].upper() + name[1:]
            made = _made(await http.post(f"/{name}", json=wanted))
            alarms.check(definition, made)
            alarms.check(definition, (await http.get(f"/{name}/{made['id']}")).json())
        for one in (await http.get("/alarm")).json():
            alarms.check("Alarm", one)
    names = await _told(world, alarms)
    assert {f"{name[:1].upper()}{name[1:]}CreateEvent" for name in asked} < set(names)


def _made(answer: httpx.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _told(world: World, published: Published) -> list[str]:
    """Check every event of the outbox of an interface; returns their names."""
    names: list[str] = []
    async with world.service.records.webhooks._database.read() as session:
        for row in await session.scalars(select(WebhookDeliveryRow)):
            event = json.loads(row.payload)
            if row.kind == published.kind:
                assert published.knows(event["eventType"]), event["eventType"]
                published.check(event["eventType"], event)
                names.append(event["eventType"])
    return names


async def test_every_event_of_ours_is_as_published(world: World) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    for base in {base for _, base, *_ in COLLECTIONS}:
        async with client(world, AGENT, base) as http:
            await http.post("/hub", json={"callback": "http://127.0.0.1:9/si"})
    begun = incident()
    await happened(world, begun, Kind.OPENED)
    await happened(world, replace(begun, state=State.UNKNOWN), Kind.LOST, spread=False)
    await happened(world, replace(begun, state=State.CLOSED, closed_at=golden.NOW, down=0), Kind.CLOSED)
    await world.finished(golden.cut_drop())
    async with client(world, AGENT, "troubleTicket/v4") as http:
        await http.post("/troubleTicket", json={**SIGNALISATION, "formField": {}})
        number = (await http.post("/troubleTicket", json=SIGNALISATION)).json()["id"]
    async with client(world, AGENT, "serviceTestManagement/v4") as http:
        await http.post("/serviceTest", json={**TEST, **ACTION})
    world.clock.instant += timedelta(hours=23, minutes=30)
    assert await world.service.tickets.commitments.count_down() == 1
    world.clock.instant += timedelta(hours=1)
    assert await world.service.tickets.commitments.watch() == 1
    await world.service.tickets.move(REPAIRER, number, Action.RESTORE)
    names = {name for interface in ("653", "621", "656", "642") for name in await _told(world, Published(interface))}
    assert names == {
        *("ServiceProblemCreateEvent", "ServiceProblemStateChangeEvent", "AlarmCreateEvent", "AlarmStateChangeEvent"),
        *("TroubleTicketCreateEvent", "TroubleTicketStatusChangeEvent", "TroubleTicketResolvedEvent"),
        *("TroubleTicketInformationRequiredEvent", "TroubleTicketAttributeValueChangeEvent", "ServiceTestCreateEvent"),
    }
