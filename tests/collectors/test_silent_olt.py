"""An OLT that keeps silent costs polling little, and does not hold its place for minutes."""

from __future__ import annotations

import asyncio
from typing import Any

from pysnmp.proto.api import v2c

from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.udp import Retry
from collectors.snmp.values import VarBind
from domain.load import LoadContract
from domain.reading import Reason
from tests.collectors.olt_kit import FAST, Request, agent_at, tiny_agent

OIDS = [(1, 3, 6, 1, 2, 1, 2, 2, 1, 8, number) for number in range(1, 4)]


def reasons(found: list[VarBind]) -> set[Any]:
    return {varbind.value for varbind in found}


def test_all_copies_of_a_request_are_waited_for_a_quarter_of_a_minute() -> None:
    assert Retry().silence_s == 1 + 2 + 4 + 8


async def test_a_walk_gives_a_silent_olt_up_when_all_copies_have_left_not_at_its_deadline() -> None:
    async with tiny_agent(lambda _: []) as agent, UdpSnmpClient(retry=FAST) as client:
        began = asyncio.get_running_loop().time()
        found = await client.get(Exchange.within(agent_at(agent.port), 240.0, live=False), OIDS)
        assert reasons(found) == {Reason.TIMEOUT}
        assert asyncio.get_running_loop().time() - began < 60
        assert len(agent.requests) == FAST.copies


async def test_a_walk_of_an_olt_that_died_in_the_middle_ends_with_its_breaker() -> None:
    alive = [True]

    def answer(request: Request) -> list[bytes]:
        return [request.reply([(oid, v2c.Integer(1)) for oid in request.oids])] if alive[0] else []

    async with tiny_agent(answer) as agent, UdpSnmpClient(retry=FAST) as client:
        where = agent_at(agent.port)
        budget = client.budgets.agree(where.host, where.port, LoadContract(silent_requests=3, back_off_s=300.0))
        walk = Exchange.within(where, 240.0, live=False)
        assert reasons(await client.get(walk, OIDS)) == {1}
        alive[0] = False
        lost = await asyncio.gather(*(client.get(walk, OIDS) for _ in range(3)))
        assert [reasons(found) for found in lost] == [{Reason.TIMEOUT}] * 3
        asked = len(agent.requests)
        assert reasons(await client.get(walk, OIDS)) == {Reason.TIMEOUT}  # its breaker is open
        assert (len(agent.requests), budget.refused) == (asked, 1)
        alive[0] = True
        live = Exchange.within(where, 5.0)
        assert reasons(await client.get(live, OIDS)) == {1}  # who waits for an answer is never refused
        assert reasons(await client.get(walk, OIDS)) == {1}  # and what it heard closes the breaker
