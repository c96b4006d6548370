"""Téléactions of which nothing ever tells whether they took effect: ended by hand, or after a week, in honest words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.demo.running import OPERATOR, Demo
from domain.identifiers import Id1
from domain.metric import Readings
from domain.principal import Principal, Right
from domain.teleaction import LineState, NewTeleaction, Sentence, Target, TargetKind

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID1 = "F00000015"
WHO = Principal(OPERATOR, "demo.support", frozenset({Right.TELEACTION}))


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def dark(demo: Demo) -> None:
    """The box made its first contact, then lost its power: nothing tells anything of it."""
    await demo.plant.control.call("announce", ont=ID1)
    await demo.plant.control.call("fault", kind="box-off", target=ID1)


async def left(demo: Demo) -> str:
    """A restart of the box whose worker died between its mark and its end; it has been looked for since, in vain.

    It is not due before it is left: the worker of the service takes what is, and would send it.
    """
    records, now = demo.service.records, demo.service.clock.now()
    target, later = Target(TargetKind.BOX, f"access/{ID1}"), now + timedelta(hours=1)
    new = NewTeleaction(Id1(ID1), "box_reboot", target, {}, {}, "essai", "test", now, later)
    record, _ = await records.teleactions.ask(WHO, new)
    [job] = await records.jobs.claim("a worker that died", later, later, 1)
    assert await records.jobs.acting(job, "a worker that died", now, LineState(now, "OK", "OK", Readings()))
    said = Sentence("It is not known yet whether the box restarted")
    assert await records.jobs.unsettled(job, "a worker that died", now, now, said)
    demo.service.teleactions.hurry(0.02)
    demo.service.teleactions.wake()  # it goes on being looked for
    return str(record.number)


async def ended(demo: Demo, number: str) -> dict[str, Any]:
    async with asyncio.timeout(60), demo.client.stream("GET", f"/api/v1/teleactions/{number}/events") as events:
        async for _ in events.aiter_lines():
            pass
    found: dict[str, Any] = (await demo.client.get(f"/api/v1/teleactions/{number}")).json()
    return found


async def close(demo: Demo, number: str, **options: Any) -> httpx.Response:
    path, reason = f"/api/v1/teleactions/{number}/close", options.pop("reason", "box remplacée chez le client")
    return await demo.client.post(path, json={"reason": reason}, **options)


async def test_an_expert_ends_what_nothing_tells_of_and_the_access_is_free(demo: Demo) -> None:
    number = await left(demo)
    body = {"action": "box_ppp_reconnect", "reason": "essai", "dry_run": True}
    busy = await demo.client.post(f"/api/v1/accesses/{ID1}/teleactions", json=body)
    assert [one["why"] for one in busy.json()["checks"] if one["name"] == "free"] == [
        f"La téléaction {number} est en cours sur cet équipement"
    ]
    assert (await close(demo, number, reason="  ")).status_code == 422
    closed = await close(demo, number)
    found = closed.json()
    assert (closed.status_code, found["state"], found["final"], found["closable"]) == (200, "sans preuve", True, False)
    assert found["effect"]["healthy"] is False
    assert found["effect"]["text"] == (
        "Close sans preuve par demo.support : son effet n'est pas connu. box remplacée chez le client"
    )
    trail = (await demo.client.get(f"/api/v1/teleactions/{number}/audit")).json()
    end = trail[-1]
    assert (end["kind"], end["closed_by"], end["why"]) == ("closed", "demo.support", "box remplacée chez le client")
    assert end["hash"] == found["audit"]["hash"]
    assert (await demo.service.records.audit.verify()).breaks == ()
    assert (await close(demo, number)).status_code == 409
    free = await demo.client.post(f"/api/v1/accesses/{ID1}/teleactions", json=body)
    assert "free" not in {one["name"] for one in free.json()["checks"]}


async def test_who_is_neither_expert_nor_noc_ends_nothing(demo: Demo) -> None:
    number, now = await left(demo), demo.service.clock.now()
    issued = await demo.service.records.tokens.issue(WHO, now, timedelta(days=1))
    refused = await close(demo, number, headers={"Authorization": f"Bearer {issued.token.reveal()}"})
    assert (refused.status_code, "expert" in refused.json()["detail"]) == (403, True)
    assert (await close(demo, number)).status_code == 200


async def test_what_the_noc_alone_may_ask_for_the_noc_alone_ends(demo: Demo) -> None:
    """Its end frees the port: an expert of support neither asks for it nor cancels it."""
    records, now = demo.service.records, demo.service.clock.now()
    noc = Principal(OPERATOR, "noc", frozenset({Right.NOC}))
    target = Target(TargetKind.PON, "pon/OLT-SIM-01/1/1/1/1", "OLT-SIM-01/1/1/1/1")
    never = now + timedelta(days=300)
    record, _ = await records.teleactions.ask(
        noc, NewTeleaction(None, "pon_admin", target, {}, {}, "essai", "test", now, never)
    )
    expert = Principal(OPERATOR, "expert", frozenset({Right.TELEACTION, Right.EXPERT}))
    issued = await records.tokens.issue(expert, now, timedelta(days=1))
    refused = await close(demo, str(record.number), headers={"Authorization": f"Bearer {issued.token.reveal()}"})
    assert refused.status_code == 403
    await records.teleactions.cancel(noc, record.number, now)


async def test_after_a_week_it_ends_by_itself_and_says_that_nothing_told(demo: Demo) -> None:
    number = await left(demo)
    await demo.plant.control.call("clock", advance=8 * 86_400)
    demo.service.teleactions.wake()
    found = await ended(demo, number)
    assert found["state"] == "sans preuve"
    assert found["effect"]["text"] == "Rien n'a dit en 7 jours si elle a pris effet"
    assert found["final"]
