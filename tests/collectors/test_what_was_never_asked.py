"""What never left (quiet hours, a budget that is spent) was told as silence of the OLT, or as its answer."""

from __future__ import annotations

import asyncio
from datetime import time
from pathlib import Path

from pysnmp.proto.api import v2c

from collectors.load import Budgets
from collectors.register import Site, driver
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.values import Kind, VarBind
from domain.clock import FixedClock
from domain.load import LoadContract, QuietHours
from domain.metrics.olt import OLT_REACHABLE
from domain.reading import Reason
from domain.snapshot import Outcome
from tests.collectors.olt_kit import FAST, GOLDEN, Request, agent_at, site, tiny_agent
from tests.collectors.test_polling import START, HandClock, Store, olt, polling

OID = (1, 3, 6, 1, 2, 1, 1, 3, 0)
ALWAYS = LoadContract(quiet_hours=(QuietHours(time(0), time(12)), QuietHours(time(12), time(0))))


def answering(request: Request) -> list[bytes]:
    return [request.reply([(oid, v2c.Integer(1)) for oid in request.oids])]


async def test_requests_that_wait_for_one_instant_leave_one_after_the_other() -> None:
    left: list[float] = []

    def answer(request: Request) -> list[bytes]:
        left.append(asyncio.get_running_loop().time())
        return answering(request)

    async with tiny_agent(answer) as agent, UdpSnmpClient(retry=FAST) as client:
        where = agent_at(agent.port)
        client.budgets.agree(where.host, where.port, LoadContract(pdus_per_s=20.0, burst_pdus=1, live_burst_pdus=0))
        await asyncio.gather(*(client.get(Exchange.within(where, 5.0), [OID]) for _ in range(6)))
    assert left[-1] - left[0] > 0.2  # five times 50 ms; all at once after the first wait, they took 50 ms


async def test_a_request_whose_turn_does_not_come_says_nothing_of_the_olt() -> None:
    async with tiny_agent(answering) as agent, UdpSnmpClient(retry=FAST) as client:
        where = agent_at(agent.port)
        contract = LoadContract(pdus_per_s=0.1, burst_pdus=1, silent_requests=1, back_off_s=300.0)
        budget = client.budgets.agree(where.host, where.port, contract)
        walk = Exchange.within(where, 0.3, live=False)
        first, *others = await asyncio.gather(*(client.get(walk, [OID]) for _ in range(4)))
        assert first[0].kind is Kind.INTEGER
        assert [found for (found,) in others] == [VarBind(OID, Kind.FAILED, Reason.NOT_READ)] * 3
        assert budget.breaker.refusal(asyncio.get_running_loop().time()) is None
        assert len(agent.requests) == 1


async def test_a_walk_in_quiet_hours_is_neither_an_answer_nor_a_silence(tmp_path: Path) -> None:
    async with site(tmp_path) as world:
        budgets = Budgets(FixedClock(START))
        budgets.agree(world.target.host, world.target.port, ALWAYS)
        for vendor in ("nokia_isam", "huawei_smartax"):
            reader = driver(vendor, world.clock, Site(budgets=budgets))
            walk = await reader.walk(world.target, 5)
            await reader.close()
            assert walk.readings[OLT_REACHABLE].reason is Reason.NOT_READ
            assert [(gap.table, gap.reason) for gap in walk.gaps] == [("olt", Reason.NOT_READ)]
            assert walk.onts == ()


async def test_a_live_read_without_a_turn_failed_and_accuses_nobody(tmp_path: Path) -> None:
    async with site(tmp_path) as world:
        budgets = Budgets()
        slow = LoadContract(pdus_per_s=0.01, burst_pdus=1, live_burst_pdus=0)
        budgets.agree(world.target.host, world.target.port, slow).live_sent(asyncio.get_running_loop().time())
        reader = driver("nokia_isam", world.clock, Site(budgets=budgets))
        outcome = await reader.read_ont(world.target, GOLDEN, 0.3)
        await reader.close()
    assert outcome.readings[OLT_REACHABLE].reason is Reason.NOT_READ
    assert (outcome.sources[0].outcome, outcome.sources[0].reason) == (Outcome.FAILED, Reason.NOT_READ)


async def test_an_olt_that_is_declared_again_in_its_quiet_hours_is_left_alone() -> None:
    store, clock = Store(), HandClock()
    loop = polling(["A"], {}, store, clock)
    await loop.follow_inventory()
    await store.reach("A", 1)
    loop.resting = lambda _target: True
    await loop.declared(olt("A"))
    assert store.kept == ["A"]
    for task in loop._tasks.values():
        task.cancel()
    await asyncio.wait(loop._tasks.values())
