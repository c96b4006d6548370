"""What is learnt of an OLT from its answers, and the room for replies: no network, no clock."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pysnmp.proto.api import v2c

from collectors.load import ColumnPace, LoadContract, OltBudget, Pace
from collectors.snmp.column_reader import ColumnRequest
from collectors.snmp.reply_room import ReplyRoom
from collectors.snmp.values import Oid
from domain.errors import InvalidValueError
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.column_kit import COLUMN, NEXT, Row, integers, read_one, reading, serve
from tests.collectors.olt_kit import COMMUNITY, Request

AFTER: list[Row] = [((*NEXT, 1), v2c.Integer(1))]
TABLE = integers(COLUMN, [((n,), 5) for n in range(1, 101)]) + AFTER


def pace(rows: int = 60, most: int = 200) -> ColumnPace:
    return ColumnPace(most, rows)


def test_rows_grow_with_full_quick_answers_up_to_the_cap() -> None:
    one = pace()
    for asked in (60, 120, 200):
        one.timed(0.02)
        one.answered(asked, asked, 26 * asked)
    assert (one.rows, one.steady) == (200, True)


def test_an_answer_that_the_agent_cut_short_is_its_own_choice() -> None:
    one = pace()
    one.answered(60, 20, 520)
    assert one.rows == 60


def test_too_big_is_never_asked_again() -> None:
    one = pace()
    one.refused(60)
    one.answered(30, 30, 800)
    assert (one.rows, one.most) == (30, 30)
    one.refused(1)
    assert one.rows == 1


def test_a_size_that_vanishes_is_given_up_for_a_while_and_a_proven_one_only_when_it_insists() -> None:
    one = pace()
    one.vanished(60, proven=0)
    for _ in range(8):
        assert one.rows == 30
        one.answered(30, 30, 800)
    one.answered(30, 30, 800)
    assert one.rows == 60
    one.answered(60, 60, 1600)
    one.vanished(60, proven=0)
    one.vanished(60, proven=0)
    assert one.rows == 120
    one.vanished(60, proven=0)
    assert one.rows == 30


def test_what_the_agent_gave_in_another_column_is_not_too_large_in_this_one() -> None:
    one = pace()
    one.vanished(60, proven=60)
    assert one.rows == 60


def test_a_late_answer_to_a_large_request_shows_that_it_was_not_too_large() -> None:
    one = pace()
    one.vanished(60, proven=0)
    one.answered(30, 60, 1600)
    assert one.rows == 60


def test_slow_columns_are_asked_for_fewer_rows() -> None:
    one = pace()
    for _ in range(3):
        one.timed(4.0)
    assert one.rows < 60
    for _ in range(50):
        one.timed(4.0)
    assert one.rows == 20


def test_the_wait_follows_the_round_trip_and_its_variation() -> None:
    one = pace()
    one.timed(0.1)
    assert one.trip.wait_s == pytest.approx(0.3)
    for _ in range(100):
        one.timed(0.1)
    assert one.trip.wait_s == 0.2
    for took in (0.0, 0.2) * 50:
        one.timed(took)
    assert one.trip.wait_s is not None
    assert 0.3 < one.trip.wait_s < 0.7


def test_a_range_is_cut_where_its_last_read_had_rows_as_long_as_answers_come_quickly() -> None:
    one = pace()
    one.marked([100, 100, 200, 300, 400, 500])
    assert one.cuts(after=-1, last=1_000) == (100, 200, 300, 400, 500)
    assert one.cuts(after=100, last=1_000) == (200, 300, 400, 500)
    assert not one.cuts(after=200, last=1_000)  # too little is left
    assert not one.cuts(after=-1, last=399)
    for _ in range(20):
        one.timed(0.8)
    assert not one.cuts(after=-1, last=1_000)


def test_one_loss_in_ten_leaves_the_window_and_one_in_two_halves_it() -> None:
    olt = Pace(LoadContract(window=12))
    for number in range(200):
        olt.lost() if number % 10 == 0 else olt.answered()
    assert olt.window > 11
    for number in range(16):
        olt.lost() if number % 2 else olt.answered()
    assert olt.window <= 6


def test_an_olt_that_went_silent_is_a_stranger_when_it_comes_back() -> None:
    olt = Pace(LoadContract(window=12, first_window=2))
    for _ in range(20):
        olt.answered()
    olt.silent()
    assert olt.window == 2


def test_a_contract_never_allows_no_row_at_all() -> None:
    for wrong in (0, 1001):
        with pytest.raises(InvalidValueError):
            LoadContract(max_repetitions=wrong)
    with pytest.raises(InvalidValueError):
        LoadContract(first_repetitions=0)


async def test_what_was_learnt_is_kept_between_reads_and_the_contract_bounds_it() -> None:
    budget = OltBudget(LoadContract(max_repetitions=50, first_repetitions=20))
    async with reading(serve(TABLE)) as (agent, reader):
        for _ in range(2):
            found = await reader.read(
                ("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 2.0, budget
            )
            assert (len(found[COLUMN].index), found[COLUMN].gap) == (100, None)
        asked = [request.third for request in agent.requests]
    assert asked == [20, 40, 50, 34, 34, 33]  # the second read knows that 101 rows are enough


async def test_a_table_that_has_grown_or_shrunk_is_read_to_its_end() -> None:
    for before, now in ((100, 130), (100, 30), (100, 101), (5, 100)):
        tables = [integers(COLUMN, [((n,), 5) for n in range(1, count + 1)]) + AFTER for count in (before, now)]
        async with reading(lambda request, tables=tables: serve(tables[0])(request)) as (agent, reader):  # type: ignore[misc]  # mypy infers no lambda with a default
            asked = [ColumnRequest(COLUMN, max_repetitions=40)]
            await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), asked, 2.0)
            tables.reverse()
            found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), asked, 2.0)
        assert (len(found[COLUMN].index), found[COLUMN].gap) == (now, None)


async def test_an_agent_without_end_is_stopped_and_reported() -> None:
    def endless(request: Request) -> list[bytes]:
        last = request.oids[0][len(COLUMN)] if len(request.oids[0]) > len(COLUMN) else 0
        return [request.reply([((*COLUMN, last + n), v2c.Integer(1)) for n in range(1, request.third + 1)])]

    found = await read_one(endless, ColumnRequest(COLUMN, max_repetitions=50, most_rows=500), timeout_s=20.0)
    assert 500 <= len(found.index) < 600
    assert found.gap is Reason.MALFORMED
    assert found.gaps[0].after == (len(found.index),)


def test_room_is_shared_in_turns() -> None:
    room, served = ReplyRoom(100), list[str]()

    def turn(name: str, left: int) -> None:
        if room.take(40):
            served.append(name)
            if left:
                room.wait(lambda: turn(name, left - 1))

    assert [room.take(40) for _ in range(4)] == [True, True, True, False]
    room.wait(lambda: turn("a", 2))
    room.wait(lambda: turn("b", 1))
    for _ in range(5):
        room.give(40)
        assert not room.take(40)  # nobody passes those who wait
        room.serve()
    assert served == ["a", "b", "a", "b", "a"]


LONG = integers(COLUMN, [((n,), n % 9) for n in range(1, 1_001)]) + AFTER


def names_asked(requests: Sequence[Request]) -> list[Oid]:
    return [request.oids[0] for request in requests]


async def test_a_long_column_alone_is_read_by_several_chains_once_it_is_known_and_by_one_in_a_window_of_one() -> None:
    async with reading(serve(LONG)) as (agent, reader):
        at, asked = ("127.0.0.1", agent.port), [ColumnRequest(COLUMN)]
        wide, narrow = (OltBudget(LoadContract(window=window, max_repetitions=40)) for window in (6, 1))
        for budget, together in ((wide, True), (narrow, False)):
            first = await reader.read(at, Secret(COMMUNITY), asked, 5.0, budget)
            assert names_asked(agent.requests) == sorted(names_asked(agent.requests))
            agent.requests.clear()
            again = await reader.read(at, Secret(COMMUNITY), asked, 5.0, budget)
            assert (names_asked(agent.requests) != sorted(names_asked(agent.requests))) is together
            agent.requests.clear()
            for found in (first[COLUMN], again[COLUMN]):
                assert (len(found.index), found.gap) == (1_000, None)
            assert again[COLUMN].index is first[COLUMN].index


async def test_a_column_read_by_several_chains_is_right_when_its_rows_have_changed() -> None:
    rows = list(LONG)

    def agent_now(request: Request) -> list[bytes]:
        return serve(rows)(request)

    async with reading(agent_now) as (agent, reader):
        at, asked = ("127.0.0.1", agent.port), [ColumnRequest(COLUMN)]
        budget = OltBudget(LoadContract(window=6, max_repetitions=40))
        await reader.read(at, Secret(COMMUNITY), asked, 5.0, budget)
        kept = [*range(1, 100), *range(130, 400), *range(700, 2_000)]
        for numbers in (kept, [500], kept):
            rows[:] = integers(COLUMN, [((n,), n % 5) for n in numbers]) + AFTER
            found = (await reader.read(at, Secret(COMMUNITY), asked, 5.0, budget))[COLUMN]
            assert found.index[:, 0].tolist() == numbers
            assert found.gap is None
