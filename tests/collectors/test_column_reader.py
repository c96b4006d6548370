from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import time
from typing import Any

import numpy as np
import pytest
import uvloop
from pysnmp.proto.api import v2c

from collectors.load import LoadContract, OltBudget, QuietHours
from collectors.snmp.column_reader import ColumnKind, ColumnReader, ColumnRequest, ColumnResult
from collectors.snmp.udp import Retry
from collectors.snmp.walk import Scope
from domain.clock import WallClock
from domain.errors import InvalidValueError
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.column_kit import COLUMN, NEXT, Row, integers, read_one, reading, rows, serve
from tests.collectors.olt_kit import COMMUNITY, FAST, Request, client_and_exchange, tiny_agent

TABLE = integers(COLUMN, [((n,), n % 7 - 3) for n in (1, 2, 127, 128, 16383, 16384, 200_000, 4_294_967_295)])
AFTER: list[Row] = [((*NEXT, 1), v2c.Integer(1))]


async def test_a_column_arrives_whole_and_stops_where_it_ends() -> None:
    found = await read_one(serve(TABLE + AFTER), ColumnRequest(COLUMN, max_repetitions=3))
    assert rows(found) == {name[-1:]: int(value) for name, value in TABLE}
    assert found.index.dtype == np.int64
    assert (found.gap, found.gaps, dict(found.spoilt)) == (None, (), {})


async def test_the_end_of_the_mib_ends_a_column() -> None:
    found = await read_one(serve(TABLE), ColumnRequest(COLUMN, max_repetitions=50))
    assert (len(found.index), found.gap) == (8, None)


async def test_an_absent_column_is_complete_and_empty() -> None:
    found = await read_one(serve(AFTER), ColumnRequest(COLUMN))
    assert (found.index.shape, found.gap) == ((0, 1), None)


async def test_every_number_type_keeps_its_range() -> None:
    values: list[Any] = [
        v2c.Integer(-9680), v2c.Counter32(4294967295), v2c.Gauge32(0), v2c.TimeTicks(2147483648),
        v2c.Counter64(2**63 - 1), v2c.Counter64(2**64 - 1), v2c.Integer(-2147483648),
    ]  # fmt: skip
    table = [((*COLUMN, n), value) for n, value in enumerate(values, 1)]
    signed = await read_one(serve(table), ColumnRequest(COLUMN))
    assert list(rows(signed).values()) == [-9680, 4294967295, 0, 2147483648, 2**63 - 1, -2147483648]
    assert dict(signed.spoilt) == {(6,): Reason.OUT_OF_RANGE}
    unsigned = await read_one(serve(table), ColumnRequest(COLUMN, ColumnKind.UNSIGNED))
    assert list(rows(unsigned).values()) == [4294967295, 0, 2147483648, 2**63 - 1, 2**64 - 1]
    assert set(unsigned.spoilt) == {(1,), (7,)}


async def test_octet_strings_come_as_sent_whatever_their_length() -> None:
    texts = [b"", b"HWTC\x01rb\x9d", b"x" * 127, b"y" * 128, b"z" * 300]
    table = [((*COLUMN, n), v2c.OctetString(text)) for n, text in enumerate(texts, 1)]
    found = await read_one(serve(table), ColumnRequest(COLUMN, ColumnKind.OCTETS))
    assert found.values == texts


async def test_a_value_of_another_type_spoils_its_row_only() -> None:
    table = [((*COLUMN, 1), v2c.Integer(4)), ((*COLUMN, 2), v2c.OctetString("x")), ((*COLUMN, 3), v2c.Integer(5))]
    found = await read_one(serve(table), ColumnRequest(COLUMN))
    assert rows(found) == {(1,): 4, (3,): 5}
    assert found.unknown((2,)) is Reason.MALFORMED
    assert found.unknown((4,)) is None


async def test_an_index_of_several_numbers() -> None:
    table = integers(COLUMN, [((4194312192, 1), 1), ((4194312192, 2), 2), ((4194312448, 1), 3)])
    found = await read_one(serve(table + AFTER, cap=2), ColumnRequest(COLUMN, index_arity=2))
    assert found.index.tolist() == [[4194312192, 1], [4194312192, 2], [4194312448, 1]]
    any_length = await read_one(serve(table + AFTER, cap=2), ColumnRequest(COLUMN, index_arity=None))
    assert any_length.index.tolist() == found.index.tolist()


async def test_a_row_of_another_arity_is_said_and_left_out() -> None:
    found = await read_one(serve(integers(COLUMN, [((1,), 1), ((2, 9), 2), ((3,), 3)])), ColumnRequest(COLUMN))
    assert rows(found) == {(1,): 1, (3,): 3}
    assert dict(found.spoilt) == {(2, 9): Reason.MALFORMED}


async def test_columns_with_the_same_rows_share_one_index() -> None:
    both = TABLE + [((*NEXT, *name[-1:]), value) for name, value in TABLE]
    async with reading(serve(both)) as (agent, reader):
        asked = [ColumnRequest(COLUMN), ColumnRequest(NEXT)]
        first = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), asked, 2.0)
        again = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), asked, 2.0)
    assert first[COLUMN].index is first[NEXT].index is again[COLUMN].index


async def test_ranges_are_chains_of_their_own_and_nothing_else_is_read() -> None:
    scopes = (Scope(2, 2), Scope(100, 16383), Scope(200_001, 5_000_000_000))
    async with reading(serve(TABLE + AFTER)) as (agent, reader):
        found = (
            await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN, scopes=scopes)], 2)
        )[COLUMN]
        assert [request.oids[0] for request in agent.requests][:2] == [(*COLUMN, 1), (*COLUMN, 99)]
    assert found.index[:, 0].tolist() == [2, 127, 128, 16383, 4_294_967_295]


async def test_overlapping_ranges_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        ColumnRequest(COLUMN, scopes=(Scope(1, 5), Scope(5, 9)))


def dies_after(rows_given: int) -> Callable[[Request], list[bytes]]:
    whole = serve(TABLE + AFTER, cap=2)
    given = 0

    def answer(request: Request) -> list[bytes]:
        nonlocal given
        given += 2
        return whole(request) if given <= rows_given else []

    return answer


async def test_an_agent_that_dies_leaves_what_came_and_a_gap_from_there_on() -> None:
    found = await read_one(dies_after(4), ColumnRequest(COLUMN), timeout_s=0.6)
    assert len(found.index) == 4
    assert found.gap is Reason.TIMEOUT
    assert found.gaps[0].after == (128,)
    assert found.unknown((127,)) is None
    assert found.unknown((129,)) is Reason.TIMEOUT


async def test_a_silent_agent_is_unknown_never_empty() -> None:
    found = await read_one(lambda _: [], ColumnRequest(COLUMN), timeout_s=0.3)
    assert (len(found.index), found.gap, found.gaps[0].after) == (0, Reason.TIMEOUT, None)


async def test_no_agent_at_all_and_no_such_name() -> None:
    reader = ColumnReader(retry=FAST)
    nowhere = await reader.read(("no-such-olt.invalid", 161), Secret("x"), [ColumnRequest(COLUMN)], 5.0)
    assert nowhere[COLUMN].gap is Reason.UNREACHABLE
    await reader.close()


async def test_an_agent_that_goes_round_in_circles_is_cut_off() -> None:
    turning = [((*COLUMN, 5), v2c.Integer(1)), ((*COLUMN, 6), v2c.Integer(1)), ((*COLUMN, 5), v2c.Integer(2))]
    found = await read_one(lambda r: [r.reply(turning)], ColumnRequest(COLUMN))
    assert (rows(found), found.gap) == ({(5,): 1, (6,): 1}, Reason.MALFORMED)


async def test_names_out_of_order_within_a_reply_cut_the_column_there() -> None:
    mixed = [((*COLUMN, n), v2c.Integer(n)) for n in (1, 9, 3, 12)]

    def answer(request: Request) -> list[bytes]:
        return [request.reply(mixed if request.oids[0] < (*COLUMN, 12) else AFTER)]

    found = await read_one(answer, ColumnRequest(COLUMN))
    assert (rows(found), found.gap) == ({(1,): 1, (9,): 9}, Reason.MALFORMED)
    assert found.gaps[0].after == (9,)


async def test_too_big_is_asked_again_for_less() -> None:
    def answer(request: Request) -> list[bytes]:
        return serve(TABLE + AFTER)(request) if request.third <= 3 else [request.reply([], status=1)]

    found = await read_one(answer, ColumnRequest(COLUMN, max_repetitions=40))
    assert (len(found.index), found.gap) == (8, None)


async def test_an_agent_that_finds_one_row_too_big_is_an_error() -> None:
    found = await read_one(lambda r: [r.reply([], status=1)], ColumnRequest(COLUMN))
    assert found.gap is Reason.ERROR


async def test_gen_err_is_a_gap_and_the_other_columns_go_on() -> None:
    whole = serve(TABLE + AFTER)

    def answer(request: Request) -> list[bytes]:
        failed = request.oids[0][: len(NEXT)] == NEXT
        return [request.reply([(request.oids[0], v2c.Null(""))], status=5, index=1)] if failed else whole(request)

    async with reading(answer) as (agent, reader):
        asked = [ColumnRequest(NEXT), ColumnRequest(COLUMN)]
        found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), asked, 2.0)
    assert (found[NEXT].gap, found[COLUMN].gap, len(found[COLUMN].index)) == (Reason.ERROR, None, 8)


async def test_large_requests_that_vanish_are_asked_smaller() -> None:
    def answer(request: Request) -> list[bytes]:
        return serve(TABLE + AFTER)(request) if request.third <= 10 else []

    found = await read_one(answer, ColumnRequest(COLUMN, max_repetitions=20), timeout_s=5.0)
    assert (len(found.index), found.gap) == (8, None)


async def test_losses_and_duplicates_change_nothing() -> None:
    whole = serve(TABLE + AFTER, cap=1)
    count = 0

    def answer(request: Request) -> list[bytes]:
        nonlocal count
        count += 1
        return [] if count % 3 == 0 else whole(request) * 2

    async with reading(answer) as (agent, reader):
        found = (await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 5))[COLUMN]
        assert reader.counters.repeated > 0
        assert reader.counters.unmatched > 0
    assert (rows(found), found.gap) == ({name[-1:]: int(value) for name, value in TABLE}, None)


async def test_replies_of_strangers_are_dropped() -> None:
    whole = serve(TABLE + AFTER)
    lie = [((*COLUMN, 1), v2c.Integer(666))]
    async with reading(lambda r: [r.reply(lie, community="other"), r.reply(lie, request_id=7), *whole(r)]) as (
        agent,
        reader,
    ):
        found = (await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 2))[COLUMN]
        assert reader.counters.unmatched >= 2
    assert rows(found)[(1,)] == -2


async def test_another_form_of_ber_is_read_all_the_same() -> None:
    whole = serve(TABLE + AFTER)

    def padded(request: Request) -> list[bytes]:
        (datagram,) = whole(request)
        assert datagram[1] >= 0x80
        size = len(datagram) - 2 - (datagram[1] & 0x7F)
        return [b"\x30\x84" + size.to_bytes(4, "big") + datagram[-size:]]

    async with reading(padded) as (agent, reader):
        found = (await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 2))[COLUMN]
        assert reader.counters.recovered > 0
    assert (len(found.index), found.gap) == (8, None)


async def test_garbage_is_counted_and_waited_out() -> None:
    async with reading(lambda r: [b"\x30\x03garbage", b"", *serve(TABLE)(r)]) as (agent, reader):
        found = (await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 2))[COLUMN]
        assert reader.counters.malformed > 0
    assert len(found.index) == 8


async def test_replies_of_8_kilobytes() -> None:
    table = integers(COLUMN, [((n,), n) for n in range(1, 1500)])
    found = await read_one(serve(table + AFTER, cap=380), ColumnRequest(COLUMN, max_repetitions=400))
    assert found.index[:, 0].tolist() == list(range(1, 1500))


def test_it_runs_on_uvloop() -> None:
    async def main() -> ColumnResult:
        return await read_one(serve(TABLE + AFTER), ColumnRequest(COLUMN, max_repetitions=2))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(main())
    assert len(found.index) == 8


async def test_the_budget_bounds_what_is_in_flight() -> None:
    budget = OltBudget(LoadContract(window=3))
    columns = [(1, 3, 6, 1, 2, 1, 2, 2, 1, n) for n in range(1, 13)]
    table = [row for column in columns for row in integers(column, [((1,), 1), ((2,), 2)])]
    waiting: list[Request] = []
    most = 0

    async with tiny_agent(lambda r: waiting.append(r) or []) as agent:  # type: ignore[func-returns-value]  # appends, gives the list after it
        reader = ColumnReader(retry=Retry(first_s=60))
        task = asyncio.create_task(
            reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(c) for c in columns], 5.0, budget)
        )
        reply = serve([*table, ((1, 3, 6, 1, 2, 1, 2, 2, 1, 99), v2c.Integer(1))])
        while not task.done():
            most = max(most, budget.in_flight)
            for request in waiting[:1]:
                waiting.remove(request)
                port = next(iter(reader._sockets.values()))._socket.getsockname()[1]  # type: ignore[union-attr]  # it is open while the read lasts
                agent.transport.sendto(reply(request)[0], ("127.0.0.1", port))
            await asyncio.sleep(0)
        found = await task
        await reader.close()
    assert all(column.gap is None for column in found.values())
    assert most == 3
    assert budget.in_flight == 0


async def test_a_spent_cycle_ends_the_read_and_says_so() -> None:
    budget = OltBudget(LoadContract(varbinds_per_cycle=4))
    found = await read_one(serve(TABLE + AFTER, cap=2), ColumnRequest(COLUMN), budget=budget)
    assert (len(found.index), found.gap) == (4, Reason.NOT_READ)
    refused = await read_one(serve(TABLE), ColumnRequest(COLUMN), budget=budget)
    assert (len(refused.index), refused.gap) == (0, Reason.NOT_READ)
    budget.begin_cycle()
    assert budget.refusal(0.0) is None


async def test_an_open_breaker_spares_the_olt_and_a_live_answer_closes_it() -> None:
    contract = LoadContract(silent_requests=1, back_off_s=60, longest_back_off_s=60)
    budget = OltBudget(contract)
    silent = await read_one(lambda _: [], ColumnRequest(COLUMN), timeout_s=3.0, budget=budget)
    assert silent.gap is Reason.TIMEOUT
    async with reading(serve(TABLE + AFTER)) as (agent, reader):
        found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 1, budget)
        assert (found[COLUMN].gap, agent.requests) == (Reason.TIMEOUT, [])
        async with client_and_exchange(agent.port) as (client, exchange):
            client.budgets._of[(exchange.agent.host, exchange.agent.port)] = budget
            await client.get(exchange, [(*COLUMN, 1)])
        assert budget.usage(0.0).live_pdus == 1
        found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 1, budget)
    assert found[COLUMN].gap is None


async def test_polling_rests_in_quiet_hours() -> None:
    always = OltBudget(LoadContract(quiet_hours=(QuietHours(time(0), time.max),)), WallClock())
    found = await read_one(serve(TABLE), ColumnRequest(COLUMN), budget=always)
    assert found.gap is Reason.NOT_READ


async def test_a_closed_reader_leaves_nothing_in_flight() -> None:
    budget = OltBudget()
    await read_one(lambda _: [], ColumnRequest(COLUMN), timeout_s=0.1, budget=budget)
    assert budget.in_flight == 0
