"""A request about port 25, over the wire: a téléaction at the BRAS, or a team; line tests that know it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from api.demo.asking import ask
from api.demo.running import Demo
from domain.identifiers import DiagnosisNumber
from domain.metrics.platform import PORT_25
from domain.principal import Principal, Right
from domain.reading import Quality, Reading
from domain.states import Policy

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID1 = "F00000015"
WHO = Principal("397480930", "demo.support", frozenset({Right.TEST}))


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def ready(demo: Demo) -> AsyncIterator[None]:
    """The box and its session were heard, no cooldown is left, the BRAS obeys."""
    await demo.plant.control.call("repair", fault="all")
    await demo.plant.control.call("clock", advance=310)
    await demo.plant.control.call("announce", ont=ID1)
    yield
    await demo.plant.control.call("nas", manner="obeys")
    demo.service.teleactions.hurry(1.0)


async def asked(demo: Demo, kind: str) -> str:
    """The number of a request deposited."""
    fields = {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"}
    body = {"id1": ID1, "type": kind, "fields": fields, "deposit": True}
    answer = await demo.client.post("/api/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def moved_to(demo: Demo, number: str, state: str, says: str = "") -> dict[str, Any]:
    """The signalisation, once it is in that state and says that."""
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await demo.client.get(f"/api/v1/tickets/{number}")).json()
            if found["state"] == state and any(says in one["text"] for one in found["events"]):
                return found


async def order_of(demo: Demo, number: str) -> dict[str, Any]:
    listed = (await demo.client.get("/api/v1/port25-orders")).json()
    found: dict[str, Any] = next(one for one in listed if one["number"] == number)
    return found


async def carried_out(demo: Demo, number: str) -> None:
    """The platform's team sees the order, and says that it is done."""
    headers = {"Authorization": f"Bearer {demo.network_token}"}
    (order,) = (await demo.client.get("/api/v1/port25-orders?state=demandée", headers=headers)).json()
    assert (order["number"], order["id1"], order["teleaction"]) == (number, ID1, None)
    body = {"action": "restore", "text": "filtre changé au BRAS"}
    answer = await demo.client.post(f"/api/v1/tickets/{number}/moves", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def policy(demo: Demo) -> Reading[Policy]:
    """What a line test knows of port 25."""
    number = (await ask(demo.client, ID1)).result["number"]
    record = await demo.service.diagnoses.get(WHO, DiagnosisNumber.parse(number))
    assert record.snapshot is not None
    return record.snapshot.readings[PORT_25]


async def closed_ports(demo: Demo) -> list[int]:
    """What the BRAS of the plant lets through no more."""
    found = (await demo.plant.control.call("state", ont=ID1))["box"]["ports_closed"]
    return sorted(int(port) for port in found)


async def test_a_request_becomes_a_teleaction_that_the_bras_obeys_and_settles_itself(demo: Demo) -> None:
    assert (await policy(demo)).value is Policy.CLOSED
    for kind, state, ports in (("25O", Policy.OPEN, []), ("25F", Policy.CLOSED, [25]), ("25O", Policy.OPEN, [])):
        number = await asked(demo, kind)
        ticket = await moved_to(demo, number, "Rétablie")
        order = await order_of(demo, number)
        assert (order["state"], order["opens"]) == ("faite", state is Policy.OPEN)
        act = (await demo.client.get(f"/api/v1/teleactions/{order['teleaction']}")).json()
        assert (act["state"], act["account"], act["reason"]) == ("faite", "demo.support", f"signalisation {number}")
        assert ticket["events"][-1]["account"].endswith(f"téléaction {order['teleaction']}")
        assert await closed_ports(demo) == ports
        told = await policy(demo)
        assert (told.value, told.quality) == (state, Quality.STORED)
        await demo.plant.control.call("clock", advance=60)


async def test_what_the_bras_refuses_is_left_to_the_team_with_its_cause(demo: Demo, stranger: dict[str, str]) -> None:
    await demo.plant.control.call("nas", manner="refuses")
    number = await asked(demo, "25F")
    await moved_to(demo, number, "Déposée", "Laissé à l'équipe de la plateforme : Le BRAS l'a refusée : cause 501")
    assert (await policy(demo)).value is Policy.OPEN  # asked is not done
    await carried_out(demo, number)
    assert (await policy(demo)).value is Policy.CLOSED
    assert (await order_of(demo, number))["state"] == "faite"
    assert (await demo.client.get("/api/v1/port25-orders", headers=stranger)).status_code == 403


async def test_a_bras_that_does_not_answer_changes_no_policy(demo: Demo) -> None:
    demo.service.teleactions.hurry(0.02)
    await demo.plant.control.call("nas", manner="dead")
    number = await asked(demo, "25O")
    await moved_to(demo, number, "Déposée", "Le BRAS n'a pas répondu")
    assert (await policy(demo)).value is Policy.CLOSED
    assert (await order_of(demo, number))["teleaction"] is None
    await demo.client.post(f"/api/v1/tickets/{number}/moves", json={"action": "cancel"})


async def test_an_answer_lost_once_is_asked_for_again(demo: Demo) -> None:
    await demo.plant.control.call("nas", manner="loses-first")
    number = await asked(demo, "25O")
    await moved_to(demo, number, "Rétablie")
    assert (await policy(demo)).value is Policy.OPEN


async def test_an_access_without_a_session_is_left_to_the_team(demo: Demo) -> None:
    access = {"id1": "F00000990", "offer_label": "MB", "service_type": "FTTHMB1P"}
    ordering = {"Authorization": f"Bearer {demo.inventory_token}"}
    await demo.client.put("/api/v1/accesses/F00000990", json=access, headers=ordering)
    fields = {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"}
    body = {"id1": "F00000990", "type": "25O", "fields": fields, "deposit": True}
    ticket = (await demo.client.post("/api/v1/tickets", json=body)).json()
    assert ticket["state"] == "Déposée"
    assert "Aucune session PPP" in ticket["events"][-1]["text"]


async def test_the_teleaction_has_a_right_of_its_own(demo: Demo) -> None:
    agent = {"Authorization": f"Bearer {demo.agent_token}"}
    body = {"action": "port25_open", "reason": "essai"}
    refused = await demo.client.post(f"/api/v1/accesses/{ID1}/teleactions", json=body, headers=agent)
    assert refused.status_code == 403
    offered = (await demo.client.get("/api/v1/teleactions/catalogue")).json()
    assert {one["name"]: one["right"] for one in offered if one["name"].startswith("port25")} == {
        "port25_open": "port 25", "port25_close": "port 25",
    }  # fmt: skip
