"""A request about port 25, over the wire: an order, the team that carries it out, line tests that know it."""

from __future__ import annotations

import pytest

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


async def asked(demo: Demo, kind: str) -> str:
    """The number of a request deposited."""
    fields = {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"}
    body = {"id1": ID1, "type": kind, "fields": fields, "deposit": True}
    answer = await demo.client.post("/api/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


async def carried_out(demo: Demo, number: str) -> None:
    """The platform's team sees the order, and says that it is done."""
    headers = {"Authorization": f"Bearer {demo.network_token}"}
    (order,) = (await demo.client.get("/api/v1/port25-orders?state=demandée", headers=headers)).json()
    assert (order["number"], order["id1"]) == (number, ID1)
    body = {"action": "restore", "text": "filtre changé au BRAS"}
    answer = await demo.client.post(f"/api/v1/tickets/{number}/moves", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def policy(demo: Demo) -> Reading[Policy]:
    """What a line test knows of port 25."""
    number = (await ask(demo.client, ID1)).result["number"]
    record = await demo.service.diagnoses.get(WHO, DiagnosisNumber.parse(number))
    assert record.snapshot is not None
    return record.snapshot.readings[PORT_25]


async def test_what_port_25_is_by_policy_follows_the_orders_carried_out(demo: Demo, stranger: dict[str, str]) -> None:
    assert (await policy(demo)).value is Policy.CLOSED
    opening = await asked(demo, "25O")
    assert (await policy(demo)).value is Policy.CLOSED  # asked is not done
    await carried_out(demo, opening)
    told = await policy(demo)
    assert (told.value, told.quality) == (Policy.OPEN, Quality.STORED)
    await carried_out(demo, await asked(demo, "25F"))
    assert (await policy(demo)).value is Policy.CLOSED
    listed = (await demo.client.get("/api/v1/port25-orders")).json()
    assert [(one["opens"], one["state"]) for one in listed] == [(True, "faite"), (False, "faite")]
    assert (await demo.client.get("/api/v1/port25-orders", headers=stranger)).status_code == 403
