"""Columns read over UDP through a way that loses, doubles and delays what passes, and from OLTs that die meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from collectors.load import LoadContract, OltBudget
from collectors.snmp.column_reader import ColumnKind, ColumnReader, ColumnRequest, ColumnResult
from collectors.snmp.values import Oid
from domain.reading import Reason
from domain.secret import Secret
from simulators.fault_proxy import FaultProxy, Harm
from simulators.fleet.agent import FleetAgent
from tests.collectors.column_kit import rows
from tests.simulators.fleet.kit import fleet_of, serving

NK: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35)
COLUMNS = [
    ColumnRequest((*NK, 10, 4, 1, 2)),
    ColumnRequest((*NK, 10, 1, 1, 5), ColumnKind.OCTETS),
    ColumnRequest((*NK, 10, 14, 1, 2)),
    ColumnRequest((*NK, 11, 4, 1, 3), index_arity=2),
]
ROUGH = Harm(loss=0.05, duplicates=0.01, jitter_s=0.1)


@asynccontextmanager
async def through(to: tuple[str, int], harm: Harm, seed: int = 1) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(to, requests=harm, replies=harm, seed=seed) as proxy:
        yield proxy


@asynccontextmanager
async def plant(onts: int) -> AsyncIterator[tuple[FleetAgent, tuple[str, int]]]:
    fleet, hand = fleet_of(onts=onts)
    async with serving(fleet, hand) as agent:
        yield agent, agent.addresses["OLT-00001"]


async def read(
    reader: ColumnReader, at: tuple[str, int], timeout_s: float = 60.0, budget: OltBudget | None = None
) -> Mapping[Oid, ColumnResult]:
    return await reader.read(at, Secret("public"), COLUMNS, timeout_s, budget)


def complete(found: Mapping[Oid, ColumnResult]) -> bool:
    return all(column.gap is None and not column.spoilt for column in found.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_losses_duplicates_and_jitter_cost_time_and_no_value(seed: int) -> None:
    async with plant(onts=1500) as (_, at), through(at, ROUGH, seed) as proxy:
        reader = ColumnReader()
        straight = await read(reader, at)
        found = await read(reader, ("127.0.0.1", proxy.port))
        again = await read(reader, ("127.0.0.1", proxy.port))
        await reader.close()
        assert proxy.counts.lost > 0
    assert complete(straight)
    for rough in (found, again):
        assert complete(rough)
        assert all(rows(rough[oid]) == rows(straight[oid]) for oid in straight)


async def test_random_losses_leave_the_window_of_an_olt_as_it_was() -> None:
    async with plant(onts=1500) as (_, at), through(at, Harm(loss=0.05)) as proxy:
        budget = OltBudget(LoadContract(window=4, max_repetitions=20))
        reader = ColumnReader()
        assert complete(await read(reader, ("127.0.0.1", proxy.port), budget=budget))
        assert reader.counters.repeated > 10
        await reader.close()
    assert budget.pace.window == 4


async def test_truncated_and_reordered_replies_are_asked_again() -> None:
    harm = Harm(truncated=0.1, reordered=0.2, reorder_s=0.02)
    async with plant(onts=600) as (_, at), FaultProxy(at, replies=harm) as proxy:
        reader = ColumnReader()
        straight, found = await read(reader, at), await read(reader, ("127.0.0.1", proxy.port))
        await reader.close()
        assert proxy.counts.truncated > 0
    assert complete(found)
    assert all(rows(found[oid]) == rows(straight[oid]) for oid in straight)


class Dying(FaultProxy):
    """Passes so many datagrams, and then nothing more."""

    left = 100

    def _harm(self, data: bytes, harm: Harm, send: Callable[[bytes], object]) -> None:
        self.left -= 1
        if self.left >= 0:
            super()._harm(data, harm, send)


async def test_an_olt_that_dies_during_a_read_is_unknown_from_there_on_and_is_read_whole_once_it_is_back() -> None:
    async with plant(onts=1500) as (_, at), Dying(at) as proxy:
        budget = OltBudget(
            LoadContract(max_repetitions=20, silent_requests=2, back_off_s=1e-3, longest_back_off_s=2e-3)
        )
        reader = ColumnReader()
        cut = await read(reader, ("127.0.0.1", proxy.port), budget=budget)
        assert {column.gap for column in cut.values()} == {Reason.TIMEOUT}
        for column in cut.values():
            last = tuple(column.index[-1].tolist())
            assert column.gaps[0].after == last
            assert column.unknown(last) is None
            assert column.unknown((last[0] + 1, *last[1:])) is Reason.TIMEOUT
        assert budget.breaker.trying
        proxy.left = 100_000
        assert complete(await read(reader, ("127.0.0.1", proxy.port), budget=budget))
        await reader.close()


async def test_replies_of_many_olts_never_exceed_the_receive_buffer() -> None:
    fleet, hand = fleet_of(olts=30, onts=300)
    async with serving(fleet, hand) as agent:
        reader = ColumnReader()
        at = list(agent.addresses.values())
        await read(reader, at[0])
        (opened,) = reader._sockets.values()
        opened.room.most = 20_000
        found = await asyncio.gather(*(read(reader, one) for one in at))
        assert opened.room.expected == 0
        assert reader.counters.repeated == 0
        await reader.close()
    assert all(complete(one) for one in found)
