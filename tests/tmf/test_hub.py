"""Hubs: events posted to a real server, retried, filtered by their query, and never to another operator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.services.incident_push import IncidentPush
from api.services.webhooks import WebhookSender
from domain.access import TestName
from domain.identifiers import DiagnosisNumber
from domain.incidents import Incident, Kind, State
from domain.teleaction import ActionState, Effect, Sentence
from tests.api.test_webhooks import BROKEN, Receiver
from tests.tmf.test_trouble_ticket import ASKED
from tests.tmf.world import AGENT, INTRUDER, client
from tests.tmf.world_incidents import NUMBER, change, incident
from tests.web import golden
from tests.web.world import ADMINISTRATOR, CLERK, SUPPORT, WAIT_S, World

INTERFACES = ("serviceTestManagement/v4", "troubleTicket/v4", "serviceProblemManagement/v4", "alarm/v4")


class Listener(Receiver):
    """A client that takes any event."""

    def _effect(self, headers: dict[str, str], body: bytes) -> None:
        self.seen.add(headers["webhook-id"])


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Listener()
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


async def settle(world: World) -> None:
    """Send what is due until nothing is."""
    sender = WebhookSender(world.service.records.webhooks, world.clock, insecure=True)
    try:
        while await sender.once():
            pass
    finally:
        await sender.close()


async def subscribed(world: World, receiver: Receiver, base: str, query: str | None = None, who: Any = AGENT) -> str:
    body = {"callback": f"http://127.0.0.1:{receiver.port}/si"}
    async with client(world, who, base) as http:
        made = await http.post("/hub", json=body if query is None else {**body, "query": query})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.posts]


@pytest.mark.parametrize("base", INTERFACES)
async def test_a_hub_is_made_once_and_taken_away(world: World, receiver: Receiver, base: str) -> None:
    hub = await subscribed(world, receiver, base)
    callback = {"callback": f"http://127.0.0.1:{receiver.port}/si"}
    async with client(world, AGENT, base) as http, client(world, INTRUDER, base) as other:
        assert (await http.post("/hub", json=callback)).status_code == 409
        for wrong in ({}, {"callback": ""}, {"callback": "ftp://x"}, {"callback": 5}):
            refused = await http.post("/hub", json=wrong)
            assert refused.status_code == 400, wrong
        assert (await other.delete(f"/hub/{hub}")).status_code == 404
        assert (await http.delete(f"/hub/{hub}")).status_code == 204
        assert (await http.delete(f"/hub/{hub}")).status_code == 404
    async with client(world, SUPPORT, base) as http:
        assert (await http.post("/hub", json=callback)).status_code == 403


async def test_a_test_is_told_when_it_is_asked_and_when_it_ends(world: World, receiver: Receiver) -> None:
    await subscribed(world, receiver, INTERFACES[0])
    body = {
        "name": "x",
        "relatedService": {"id": "F00000015"},
        "testSpecification": {"id": "diagnostic-global"},
    }
    async with client(world, AGENT, INTERFACES[0]) as http:
        number = (await http.post("/serviceTest", json=body)).json()["id"]
    world.line.go.set()
    await world.service.diagnoses.ended(SUPPORT, DiagnosisNumber(number), WAIT_S)
    await settle(world)
    seen = [(one["eventType"], one["event"]["serviceTest"]["state"]) for one in told(receiver)]
    assert seen == [("ServiceTestCreateEvent", "acknowledged"), ("ServiceTestStateChangeEvent", "completed")]
    assert golden.PASSWORD not in str(told(receiver))


async def test_a_hub_that_answers_500_is_told_again_and_its_query_lets_through_what_it_names(
    world: World, receiver: Receiver
) -> None:
    await subscribed(world, receiver, INTERFACES[0], "eventType=ServiceTestSpecificationDeleteEvent")
    receiver.answers = [BROKEN]
    made = {"name": "x", "relatedServiceSpecification": [{"id": "y"}]}
    async with client(world, AGENT, INTERFACES[0]) as http:
        number = (await http.post("/serviceTestSpecification", json=made)).json()["id"]
        await http.delete(f"/serviceTestSpecification/{number}")
    await settle(world)
    assert len(receiver.posts) <= 1
    world.clock.instant += timedelta(minutes=1)
    await settle(world)
    (event,) = {one["eventId"]: one for one in told(receiver)}.values()
    assert event["eventType"] == "ServiceTestSpecificationDeleteEvent"
    assert {"eventTime", "timeOcurred", "title", "domain", "correlationId"} <= set(event)


async def test_a_test_event_reaches_a_hub_whatever_its_query_lets_through(world: World, receiver: Receiver) -> None:
    hub = await subscribed(world, receiver, INTERFACES[0], "eventType=ServiceTestStateChangeEvent")
    async with client(world, AGENT, "") as http:
        assert (await http.post(f"http://sav.test/api/v1/webhooks/{hub}/test")).status_code == 202
    await settle(world)
    (event,) = told(receiver)
    assert (event["type"], event["data"]) == ("webhook.test", {"webhook": hub})


async def happened(world: World, one: Incident, kind: Kind, *, spread: bool = True) -> None:
    """What the watch does when something happens to an incident: all of it in one transaction."""
    records, changes = world.service.records, [change(one, kind)]
    push = IncidentPush(records.accesses, records.incidents, records.webhooks, world.clock)
    news = await push.news("OI", [one], changes, frozenset({one.number} if spread else ()))
    await records.incidents.keep("OI", [one], changes, news)


async def test_an_incident_is_told_to_who_is_touched_and_to_nobody_else(world: World, receiver: Receiver) -> None:
    for base in INTERFACES[2:]:
        await subscribed(world, receiver, base)
    silent = Listener()
    await silent.start()
    await subscribed(world, silent, INTERFACES[2], who=INTRUDER)
    await happened(world, incident(), Kind.OPENED)
    await settle(world)
    seen = {one["eventType"]: one["event"] for one in told(receiver)}
    assert set(seen) == {"ServiceProblemCreateEvent", "AlarmCreateEvent"}
    problem = seen["ServiceProblemCreateEvent"]["serviceProblem"]
    assert (problem["id"], problem["affectedNumberOfServices"]) == (NUMBER, 1)
    assert (seen["AlarmCreateEvent"]["alarm"]["state"], silent.posts) == ("raised", [])
    await silent.stop()


async def test_an_incident_is_told_once_at_its_start_then_as_it_changes_and_once_at_its_end(
    world: World, receiver: Receiver
) -> None:
    await subscribed(world, receiver, INTERFACES[2])
    begun = incident()
    ended = replace(begun, state=State.CLOSED, closed_at=golden.NOW, down=0, back=17)
    await happened(world, begun, Kind.OPENED)
    await happened(world, begun, Kind.UPDATED)  # as after a restart: the start is offered again
    await happened(world, replace(begun, state=State.UNKNOWN), Kind.LOST, spread=False)
    for _ in range(2):
        await happened(world, ended, Kind.CLOSED)
    await settle(world)
    seen = [(one["eventType"], one["event"]["serviceProblem"]["status"]) for one in told(receiver)]
    assert seen == [
        ("ServiceProblemCreateEvent", "inProgress"),
        ("ServiceProblemAttributeValueChangeEvent", "inProgress"),
        ("ServiceProblemStateChangeEvent", "held"),
        ("ServiceProblemStateChangeEvent", "closed"),
    ]


async def test_a_webhook_of_everything_is_not_told_what_is_for_hubs(world: World, receiver: Receiver) -> None:
    async with client(world, ADMINISTRATOR, "..") as http:
        refused = await http.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:1/x", "kinds": ["tmf653"]})
        assert refused.status_code == 422
        await http.post("/api/v1/webhooks", json={"url": f"http://127.0.0.1:{receiver.port}/si"})
    await world.finished(golden.cut_drop())
    made = {"name": "x", "relatedServiceSpecification": [{"id": "y"}]}
    async with client(world, AGENT, INTERFACES[0]) as http:
        await http.post("/serviceTestSpecification", json=made)
    await settle(world)
    assert all("eventType" not in one for one in told(receiver))


async def test_the_countdown_of_a_gtr_and_its_breach_are_told_once_each(world: World, receiver: Receiver) -> None:
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True))
    await world.finished(golden.cut_drop())
    async with client(world, AGENT, INTERFACES[1]) as http:
        made = await http.post("/troubleTicket", json=ASKED)
    assert made.json()["expectedResolutionDate"] == "2019-05-10T08:29:00+00:00"  # Friday 10:29 in Paris
    await subscribed(world, receiver, INTERFACES[1])
    commitments = world.service.tickets.commitments
    for hours, minutes in ((0, 0), (5, 59), (6, 0), (6, 1), (21, 0), (22, 59), (23, 0), (24, 0)):
        world.clock.instant = golden.NOW + timedelta(hours=hours, minutes=minutes)
        await commitments.count_down()
        assert await commitments.watch() == 0
    world.clock.instant += timedelta(seconds=1)
    assert [await commitments.watch(), await commitments.watch(), await commitments.count_down()] == [1, 0, 0]
    await settle(world)
    seen = [(one["eventType"], one["eventTime"], one["event"]["troubleTicket"]) for one in told(receiver)]
    assert {name for name, *_ in seen} == {"TroubleTicketAttributeValueChangeEvent"}
    assert [(at[11:19], ticket["gtrRemaining"]["amount"]) for _, at, ticket in seen] == [
        ("14:29:00", 4 * 3600),
        ("07:29:00", 3600),
        ("08:29:01", 0),
    ]
    assert ["gtrBreachDate" in ticket for *_, ticket in seen] == [False, False, True]
    assert all(not {"formField", "context", "severity"} & set(ticket) for *_, ticket in seen)


async def test_a_draft_that_misses_something_says_what_and_keeps_what_its_client_said(
    world: World, receiver: Receiver
) -> None:
    await world.finished(golden.cut_drop())
    await subscribed(world, receiver, INTERFACES[1])
    async with client(world, AGENT, INTERFACES[1]) as http:
        await http.post("/troubleTicket", json={**ASKED, "formField": {}})
    await settle(world)
    (event,) = told(receiver)
    assert event["eventType"] == "TroubleTicketInformationRequiredEvent"
    ticket = event["event"]["troubleTicket"]
    assert (ticket["status"], ticket["severity"]) == ("pending", "High")
    assert "nom_deposant" in ticket["statusChangeReason"]


async def test_a_teleaction_is_told_as_a_test_when_it_is_refused_asked_carried_out_and_over(
    world: World, receiver: Receiver
) -> None:
    await subscribed(world, receiver, INTERFACES[0])
    body = {
        "name": "x",
        "relatedService": {"id": "F00000015"},
        "testSpecification": {"id": "teleaction-box_reboot"},
    }
    async with client(world, AGENT, INTERFACES[0]) as http:
        assert (await http.post("/serviceTest", json=body)).status_code == 409
        await world.heard()
        confirmed = {**body, "characteristic": [{"name": "confirm", "value": True}]}
        number = (await http.post("/serviceTest", json=confirmed)).json()["id"]
    jobs, now = world.service.records.jobs, world.clock.now()
    (job,) = await jobs.claim("worker", now, now + timedelta(minutes=1), 10)
    assert await jobs.started(job, "worker", now)
    effect = Effect(ActionState.DONE, Sentence("The box has restarted"), data={"uptime_s": "12"})
    assert await jobs.ended(job, "worker", now, effect, None)
    assert not await jobs.ended(job, "worker", now, effect, None)
    await settle(world)
    seen = [(one["eventType"], one["event"]["serviceTest"]["state"]) for one in told(receiver)]
    assert seen == [
        ("ServiceTestCreateEvent", "rejected"),
        ("ServiceTestCreateEvent", "acknowledged"),
        ("ServiceTestStateChangeEvent", "inProgress"),
        ("ServiceTestStateChangeEvent", "completed"),
    ]
    last = told(receiver)[-1]["event"]["serviceTest"]
    assert (last["id"], last["relatedService"]["id"]) == (number, "F00000015")
    assert not {"testMeasure", "characteristic"} & set(last)


async def test_a_line_found_wrong_raises_an_alarm_that_the_test_that_finds_it_well_clears(
    world: World, receiver: Receiver
) -> None:
    await subscribed(world, receiver, INTERFACES[3])
    world.line.go.set()
    for verdict in (golden.inactive_box(), golden.cut_drop(), golden.cut_drop(), golden.inactive_box()):
        world.clock.instant += timedelta(minutes=5)
        world.verdicts.append(verdict)
        record, _ = await world.service.diagnoses.ask(SUPPORT, golden.ID1, TestName.GLOBAL)
        await world.service.diagnoses.ended(SUPPORT, record.number, WAIT_S)
    await settle(world)
    seen = [(one["eventType"], one["event"]["alarm"]["state"]) for one in told(receiver)]
    assert seen == [
        ("AlarmCreateEvent", "raised"),
        ("AlarmAttributeValueChangeEvent", "raised"),
        ("AlarmStateChangeEvent", "cleared"),
    ]
    async with client(world, AGENT, INTERFACES[3]) as http:
        (alarm,) = (await http.get("/alarm")).json()
    assert {one["event"]["alarm"]["id"] for one in told(receiver)} == {alarm["id"]}
    assert told(receiver)[-1]["event"]["alarm"]["alarmClearedTime"] == alarm["alarmClearedTime"]
