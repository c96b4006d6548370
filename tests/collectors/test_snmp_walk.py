from __future__ import annotations

from collections.abc import Callable, Sequence

from pysnmp.proto.api import v2c

from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE, Column, Scope, walk_column, walk_columns
from domain.reading import Reason
from tests.collectors.olt_kit import Request, client_and_exchange, tiny_agent

COLUMN = (1, 3, 6, 1, 2, 1, 2, 2, 1, 8)
NEXT = (1, 3, 6, 1, 2, 1, 2, 2, 1, 9)
TABLE: Sequence[Oid] = [(*COLUMN, n) for n in (3, 5, 6, 9, 200, 70000)] + [(*NEXT, 1)]


def table(cap: int = 99) -> Callable[[Request], list[bytes]]:
    def answer(request: Request) -> list[bytes]:
        rows = [row for row in TABLE if row > request.oids[0]][: min(request.third, cap)]
        found = [(row, v2c.Integer(row[-1])) for row in rows]
        return [request.reply(found or [(request.oids[0], v2c.EndOfMibView(""))])]

    return answer


async def walked(answer: Callable[[Request], list[bytes]], scope: Scope = WHOLE, repetitions: int = 10) -> Column:
    async with tiny_agent(answer) as agent, client_and_exchange(agent.port, 0.5) as (client, exchange):
        return await walk_column(client, exchange, COLUMN, scope, repetitions)


def indexes(column: Column) -> list[Oid]:
    return list(column.rows)


async def test_a_walk_stops_where_the_column_ends() -> None:
    found = await walked(table())
    assert indexes(found) == [(3,), (5,), (6,), (9,), (200,), (70000,)]
    assert found.reason is None


async def test_an_agent_that_cuts_its_answers_short_is_asked_again() -> None:
    assert len((await walked(table(cap=1))).rows) == 6


async def test_a_scoped_walk_holds_both_bounds_and_nothing_else() -> None:
    assert indexes(await walked(table(), Scope(5, 9))) == [(5,), (6,), (9,)]


async def test_an_absent_column_is_complete_and_empty() -> None:
    found = await walked(lambda r: [r.reply([((1, 3, 6, 1, 2, 1, 31, 1), v2c.Integer(1))])])
    assert (found.rows, found.reason) == ({}, None)


async def test_a_walk_that_goes_round_in_circles_is_a_gap() -> None:
    found = await walked(lambda r: [r.reply([((*COLUMN, 3), v2c.Integer(1)), ((*COLUMN, 3), v2c.Integer(1))])])
    assert indexes(found) == [(3,)]
    assert found.reason is Reason.MALFORMED


async def test_an_agent_that_goes_back_before_the_column_is_a_gap_too() -> None:
    found = await walked(lambda r: [r.reply([((1, 3, 6, 1, 2, 1, 1, 1, 0), v2c.Integer(1))])])
    assert found.reason is Reason.MALFORMED


async def test_an_interrupted_walk_keeps_what_came_and_says_why() -> None:
    def dies(request: Request) -> list[bytes]:
        return table(cap=2)(request) if request.oids[0] < (*COLUMN, 5) else []

    found = await walked(dies)
    assert indexes(found) == [(3,), (5,)]
    assert found.reason is Reason.TIMEOUT


async def test_chains_run_side_by_side_within_the_window() -> None:
    async with tiny_agent(table()) as agent, client_and_exchange(agent.port) as (client, exchange):
        first, second = await walk_columns(client, exchange, [(COLUMN, Scope(1, 6)), (COLUMN, Scope(9, 9))], 10, 2)
        assert (indexes(first), indexes(second)) == ([(3,), (5,), (6,)], [(9,)])
        assert exchange.requests == 2


async def test_a_walk_without_end_is_stopped_and_says_so() -> None:
    def endless(request: Request) -> list[bytes]:
        last = request.oids[0][-1] if len(request.oids[0]) > len(COLUMN) else 0
        return [request.reply([((*COLUMN, last + n), v2c.Integer(1)) for n in range(1, request.third + 1)])]

    async with tiny_agent(endless) as agent, client_and_exchange(agent.port, 10.0) as (client, exchange):
        found = await walk_column(client, exchange, COLUMN, max_repetitions=10, most_rows=45)
    assert (len(found.rows), found.reason) == (50, Reason.MALFORMED)
