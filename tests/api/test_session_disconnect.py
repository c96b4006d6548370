"""The BRAS closes a session when it is told to (RFC 5176), over the wire: obeyed, refused, answers lost, repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pyrad.packet import CoAPacket, DisconnectACK, DisconnectNAK, DisconnectRequest

from api.demo.running import Demo
from collectors.sessions.accounting import load_dictionary
from collectors.sessions.disconnect import NasSessions
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.secret import Secret
from domain.session_actions import OpenSession, SessionOutcome
from simulators.plant.description import load
from simulators.run import DEMO_PLANT
from tests.api.test_teleactions import done, state

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


async def manner(demo: Demo, how: str) -> int:
    """The BRAS takes requests that way from now on; how many it has obeyed so far."""
    return int((await demo.plant.control.call("nas", manner=how))["obeyed"])


async def closed(demo: Demo) -> int:
    orders = await demo.plant.control.call("orders")
    return sum(one["kind"] == "Disconnect" for one in orders)


async def session_of(demo: Demo) -> str:
    return str((await state(demo))["box"]["session_id"])


async def test_a_session_is_closed_once_and_another_one_proves_it(demo: Demo) -> None:
    was, before = await session_of(demo), await closed(demo)
    found = await done(demo, "session_disconnect")
    assert (found["state"], found["effect"]["text"]) == ("faite", "Le lien PPP est remonté")
    assert found["target"] == "session"
    assert await session_of(demo) != was
    assert await closed(demo) == before + 1
    assert found["before"]["session.started"] != found["after"]["session.started"]


async def test_a_box_that_hears_nobody_is_reconnected_all_the_same(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="box-deaf", target=ID1)
    was = await session_of(demo)
    found = await done(demo, "session_disconnect")
    assert (found["state"], await session_of(demo) != was) == ("faite", True)


async def test_a_refusal_of_the_bras_is_told_with_its_cause_and_changes_nothing(demo: Demo) -> None:
    await manner(demo, "refuses")
    was = await session_of(demo)
    found = await done(demo, "session_disconnect")
    assert (found["state"], found["effect"]["text"]) == ("échouée", "Le BRAS l'a refusée : cause 501")
    assert await session_of(demo) == was


@pytest.mark.parametrize("how", ["loses-first", "mute"])
async def test_an_answer_that_is_lost_is_made_up_for_by_accounting_and_nothing_is_closed_twice(
    demo: Demo, how: str
) -> None:
    demo.service.teleactions.hurry(0.1)
    before, was = await manner(demo, how), await session_of(demo)
    found = await done(demo, "session_disconnect")
    assert (found["state"], found["effect"]["text"]) == ("faite", "Le lien PPP est remonté")
    assert await session_of(demo) != was
    told = await demo.plant.control.call("nas")
    assert told["obeyed"] == before + 1
    assert told["received"] > 1


async def test_a_bras_that_is_dead_leaves_no_effect(demo: Demo) -> None:
    demo.service.teleactions.hurry(0.02)
    await manner(demo, "dead")
    was = await session_of(demo)
    found = await done(demo, "session_disconnect")
    assert (found["state"], found["effect"]["text"]) == (
        "sans effet",
        "Aucun effet : la session PPP est la même qu'avant",
    )
    assert await session_of(demo) == was


async def test_the_identifier_of_the_line_shows_nowhere(demo: Demo) -> None:
    username = (await demo.service.records.accesses.get(WHO, Id1(ID1))).ppp_username
    found = await done(demo, "session_disconnect")
    trail = await demo.client.get(f"/api/v1/teleactions/{found['number']}/audit")
    assert username is not None
    assert username not in str(found) + trail.text
    assert username not in repr(OpenSession("1", username))


async def test_without_a_session_nothing_is_asked(demo: Demo) -> None:
    body = {"action": "session_disconnect", "reason": "essai"}
    await demo.plant.control.call("announce", ont="F00000017")
    await demo.plant.control.call("fault", kind="ppp-refused", target="F00000017")
    access = await demo.service.records.accesses.get(WHO, Id1("F00000017"))
    async with asyncio.timeout(20):
        while await demo.service.records.sessions.open(access) is not None:  # its Stop is on its way
            pass
    answer = await demo.client.post("/api/v1/accesses/F00000017/teleactions", json=body)
    assert answer.status_code == 409
    assert {one["field"]: one["detail"] for one in answer.json()["errors"]} == {
        "target": "Aucune session PPP n'est connue comme ouverte sur cet accès"
    }


def secret_of_the_plant() -> bytes:
    return load(Path(DEMO_PLANT)).credentials.radius_secret.encode()


async def exchanged(demo: Demo, datagrams: list[bytes]) -> list[bytes]:
    """The answers to datagrams sent from one port, one after the other; empty where none comes."""
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    class Asker(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            answers.put_nowait(data)

    loop = asyncio.get_running_loop()
    address = ("127.0.0.1", demo.service.settings.coa_port)
    transport, _ = await loop.create_datagram_endpoint(Asker, remote_addr=address)
    found: list[bytes] = []
    try:
        for data in datagrams:
            transport.sendto(data)
            try:
                async with asyncio.timeout(0.5):
                    found.append(await answers.get())
            except TimeoutError:
                found.append(b"")
    finally:
        transport.close()
    return found


async def request(demo: Demo, secret: bytes, session: str) -> Any:
    access = await demo.service.records.accesses.get(WHO, Id1(ID1))
    packet = CoAPacket(DisconnectRequest, 7, secret, dict=load_dictionary())
    packet["User-Name"], packet["Acct-Session-Id"] = access.ppp_username, session
    return packet


async def test_the_same_request_twice_is_obeyed_once_and_a_forged_one_never(demo: Demo) -> None:
    before = await manner(demo, "obeys")
    packet = await request(demo, secret_of_the_plant(), await session_of(demo))
    data = packet.RequestPacket()
    first, second = await exchanged(demo, [data, data])
    assert first == second
    assert (first[0], await manner(demo, "obeys")) == (DisconnectACK, before + 1)
    gone = await request(demo, secret_of_the_plant(), "0000000000")
    ((answer),) = await exchanged(demo, [gone.RequestPacket()])
    assert answer[0] == DisconnectNAK
    forged = await request(demo, b"another secret", await session_of(demo))
    assert await exchanged(demo, [forged.RequestPacket(), b"\x28\x01\x00\x14", b""]) == [b"", b"", b""]
    assert await manner(demo, "obeys") == before + 1


async def test_a_wrong_secret_is_no_answer(demo: Demo) -> None:
    nas = NasSessions("127.0.0.1", demo.service.settings.coa_port, Secret("wrong"), demo.service.clock)
    result = await nas.disconnect(OpenSession(await session_of(demo), "x"), 0.3)
    assert result.outcome is SessionOutcome.UNKNOWN
