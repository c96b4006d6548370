from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.load import Budgets, LoadContract, OltBudget, QuietHours
from collectors.load.policer import Breaker, Policer
from collectors.snmp.column_reader import ColumnReader, ColumnRequest
from domain.clock import FixedClock
from domain.errors import InvalidValueError
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.column_kit import COLUMN, integers, serve
from tests.collectors.olt_kit import COMMUNITY, FAST, client_and_exchange, tiny_agent

TEN = LoadContract(
    pdus_per_s=10, burst_pdus=3, live_burst_pdus=2, back_off_s=5, longest_back_off_s=15, silent_requests=2
)


def test_a_burst_leaves_at_once_and_the_next_waits_its_turn() -> None:
    policer = Policer(TEN)
    for _ in range(3):
        assert policer.when(100.0) == 0
        policer.sent(100.0)
    assert policer.when(100.0) == pytest.approx(0.1)
    assert policer.when(100.1) == pytest.approx(0)


def test_a_live_read_goes_ahead_and_polling_pays_it_back() -> None:
    policer = Policer(TEN)
    for _ in range(3):
        policer.sent(0.0)
    assert policer.when(0.0) > 0
    assert policer.when(0.0, live=True) == 0
    policer.sent(0.0)
    assert policer.when(0.0) == pytest.approx(0.2)
    policer.sent(0.0)
    assert policer.when(0.0, live=True) == pytest.approx(0.1)  # live reads have a bound of their own


@given(steps=st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_no_window_of_time_sees_more_than_burst_and_rate(steps: list[float]) -> None:
    policer, now, left = Policer(TEN), 0.0, []
    for step in steps:
        now += step
        now += policer.when(now)
        policer.sent(now)
        left.append(now)
    for first in range(len(left)):
        for last in range(first, len(left)):
            assert last - first + 1 <= 3 + 10 * (left[last] - left[first]) + 1e-6


def test_silence_opens_the_breaker_for_longer_and_longer() -> None:
    breaker = Breaker(TEN)
    breaker.silent(0.0, Reason.TIMEOUT)
    assert breaker.refusal(0.0) is None
    breaker.silent(0.0, Reason.TIMEOUT)
    assert breaker.refusal(4.9) is Reason.TIMEOUT
    assert breaker.refusal(5.0) is None
    assert breaker.trying
    breaker.silent(5.0, Reason.TIMEOUT)
    assert breaker.refusal(14.9) is Reason.TIMEOUT
    breaker.silent(15.0, Reason.TIMEOUT)
    assert breaker.refusal(29.9) is Reason.TIMEOUT
    assert breaker.refusal(30.0) is None  # never longer than the longest


def test_requests_in_flight_together_open_it_once() -> None:
    breaker = Breaker(TEN)
    for _ in range(8):
        breaker.silent(0.0, Reason.TIMEOUT)
    assert breaker.refusal(5.0) is None


def test_an_answer_closes_it() -> None:
    breaker = Breaker(TEN)
    for _ in range(3):
        breaker.silent(0.0, Reason.TIMEOUT)
    breaker.answered()
    assert breaker.refusal(0.1) is None
    assert not breaker.trying


def test_quiet_hours_are_of_paris_and_may_cross_midnight() -> None:
    night = QuietHours(time(23), time(5))
    assert night.hold(datetime(2026, 7, 1, 21, 30, tzinfo=UTC))  # 23:30 in Paris
    assert night.hold(datetime(2026, 7, 1, 2, 59, tzinfo=UTC))
    assert not night.hold(datetime(2026, 7, 1, 3, 0, tzinfo=UTC))
    clock = FixedClock(datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
    budget = OltBudget(LoadContract(quiet_hours=(QuietHours(time(13), time(14)),)), clock)
    assert budget.refusal(0.0) is Reason.NOT_READ
    clock.instant = datetime(2026, 1, 1, 13, 0, tzinfo=UTC)
    assert budget.refusal(0.0) is None
    assert budget.usage(0.0).refused == 1
    with pytest.raises(InvalidValueError):
        OltBudget(LoadContract(quiet_hours=(QuietHours(time(13), time(14)),)))


def test_live_reads_take_their_place_in_the_window_first() -> None:
    budget = OltBudget(LoadContract(window=2))
    assert budget.room() == 2
    budget.live_sent(0.0)
    assert budget.room() == 1
    woken: list[bool] = []
    budget.listen(lambda: woken.append(True))
    budget.live_ended(answered=True)
    assert (budget.room(), woken) == (2, [True])


def test_a_contract_that_allows_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        LoadContract(pdus_per_s=0)
    with pytest.raises(InvalidValueError):
        LoadContract(window=0)


def test_one_budget_an_agent() -> None:
    budgets = Budgets()
    assert budgets.of("192.0.2.1", 161) is budgets.of("192.0.2.1", 161)
    agreed = budgets.agree("192.0.2.1", 161, TEN)
    assert budgets.of("192.0.2.1", 161) is agreed
    assert budgets.of("192.0.2.2", 161).contract == LoadContract()


async def test_the_rate_of_the_contract_is_what_the_agent_sees() -> None:
    budget = OltBudget(LoadContract(pdus_per_s=50, burst_pdus=1))
    table = integers(COLUMN, [((n,), n) for n in range(1, 9)])
    loop = asyncio.get_running_loop()
    async with tiny_agent(serve(table, cap=1)) as agent:
        reader = ColumnReader(retry=FAST)
        began = loop.time()
        found = await reader.read(("127.0.0.1", agent.port), Secret(COMMUNITY), [ColumnRequest(COLUMN)], 5.0, budget)
        spent = loop.time() - began
        await reader.close()
    assert found[COLUMN].gap is None
    assert budget.usage(loop.time()).pdus == 9
    assert budget.held > 0
    assert spent >= 8 / 50 - 0.005  # nine requests, 20 ms apart at least


async def test_a_live_read_does_not_wait_for_a_poll_that_has_spent_the_rate() -> None:
    async with tiny_agent(lambda r: [r.reply([(name, v2c.Integer(1)) for name in r.oids])]) as agent:
        async with client_and_exchange(agent.port) as (client, exchange):
            budget = client.budgets.agree(exchange.agent.host, exchange.agent.port, LoadContract(0.001, 1, 1))
            budget.sent(asyncio.get_running_loop().time())  # a poll took the only place of the next 1,000 s
            (answer,) = await client.get(exchange, [(*COLUMN, 1)])
        assert answer.value == 1
        assert (budget.live_in_flight, budget.usage(0.0).live_pdus) == (0, 1)
