from __future__ import annotations

import asyncio
import socket
from datetime import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v2c
from structlog.testing import capture_logs

from collectors.load import Budgets
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.udp import Retry
from collectors.snmp.values import Agent, Kind, Oid
from domain.clock import WallClock
from domain.load import LoadContract, QuietHours
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.olt_kit import FAST, Request, agent_at, client_and_exchange, tiny_agent

BASE = (1, 3, 6, 1, 2, 1, 2, 2, 1, 8)
OIDS = [(*BASE, number) for number in range(1, 6)]


def echo(request: Request) -> list[bytes]:
    return [request.reply([(oid, v2c.Integer(oid[-1])) for oid in request.oids])]


async def values(port: int, timeout_s: float = 2.0) -> list[object]:
    async with client_and_exchange(port, timeout_s) as (client, exchange):
        return [varbind.value for varbind in await client.get(exchange, OIDS)]


async def test_a_get_brings_the_variables_in_the_order_asked() -> None:
    async with tiny_agent(echo) as agent:
        assert await values(agent.port) == [1, 2, 3, 4, 5]


async def test_one_socket_serves_many_agents_at_once() -> None:
    async with tiny_agent(echo) as one, tiny_agent(echo) as two, UdpSnmpClient(retry=FAST) as client:
        asked = [client.get(Exchange.within(agent_at(a.port), 2), OIDS) for a in (one, two) for _ in range(20)]
        answers = await asyncio.gather(*asked)
        assert all([v.value for v in answer] == [1, 2, 3, 4, 5] for answer in answers)
        assert len(client._endpoints) == 1


async def test_lost_requests_are_repeated_with_the_same_id_until_one_passes() -> None:
    def third_time(request: Request) -> list[bytes]:
        return echo(request) if len(agent.requests) >= 3 else []

    async with tiny_agent(third_time) as agent:
        assert await values(agent.port) == [1, 2, 3, 4, 5]
        assert len({request.request_id for request in agent.requests}) == 1


async def test_a_request_lost_on_the_way_to_an_agent_that_is_known_costs_little() -> None:
    lost: list[bool] = []

    def hears_badly(request: Request) -> list[bytes]:
        if len(agent.requests) == 4:
            lost.append(True)
            return []
        return echo(request)

    patient = Retry(first_s=30.0)
    async with tiny_agent(hears_badly) as agent, UdpSnmpClient(retry=patient) as client:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await client.get(Exchange.within(agent_at(agent.port), 5), OIDS)
        began = loop.time()
        answer = await client.get(Exchange.within(agent_at(agent.port), 20), OIDS)
        assert [v.value for v in answer] == [1, 2, 3, 4, 5]
        assert lost
        assert loop.time() - began < 5  # not the 30 s of a stranger


async def test_an_agent_that_speaks_snmpv1_only_times_out_and_the_log_says_why() -> None:
    def version_1(request: Request) -> list[bytes]:
        return [echo(request)[0].replace(b"\x02\x01\x01\x04", b"\x02\x01\x00\x04", 1)]

    async with tiny_agent(version_1) as agent, client_and_exchange(agent.port, 0.3) as (client, exchange):
        with capture_logs() as logs:
            answer = await client.get(exchange, OIDS)
        assert {v.value for v in answer} == {Reason.TIMEOUT}
        assert client.counters.malformed == len(agent.requests)
    assert [(entry["event"], "an SNMPv1 message" in entry["why"]) for entry in logs] == [("snmp_malformed", True)]


async def test_duplicates_are_counted_and_dropped() -> None:
    async with tiny_agent(lambda r: echo(r) * 3) as agent, client_and_exchange(agent.port) as (client, exchange):
        first = await client.get(exchange, OIDS)
        second = await client.get(exchange, OIDS)
        assert [v.value for v in first] == [v.value for v in second] == [1, 2, 3, 4, 5]
        assert client.counters.unmatched >= 2


async def test_random_octets_truncation_and_wrong_ids_never_pass_for_an_answer() -> None:
    def storm(request: Request) -> list[bytes]:
        good = echo(request)[0]
        wrong = [(oid, v2c.Integer(666)) for oid in request.oids]
        return [
            b"\x00",
            b"\x00\xff\x30\x82garbage",
            good[:-3],
            request.reply(wrong, request_id=request.request_id ^ 1),
            request.reply(wrong, community="other"),
            good,
        ]

    async with tiny_agent(storm) as agent, client_and_exchange(agent.port) as (client, exchange):
        answer = await client.get(exchange, OIDS)
        assert [v.value for v in answer] == [1, 2, 3, 4, 5]
        assert client.counters.malformed == 3
        assert client.counters.unmatched == 2


async def test_an_answer_from_another_address_is_not_believed() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))

        def elsewhere(request: Request) -> list[bytes]:
            # the client's own address is the only one on the loopback that asked: send from another port
            stranger.sendto(request.reply([(oid, v2c.Integer(666)) for oid in request.oids]), client_address())
            return echo(request)

        def client_address() -> tuple[str, int]:
            return ("127.0.0.1", bound[0])

        bound: list[int] = []
        async with tiny_agent(elsewhere) as agent, UdpSnmpClient(retry=FAST) as client:
            exchange = Exchange.within(agent_at(agent.port), 2)
            endpoint = client._endpoint(socket.AF_INET)
            endpoint._open(asyncio.get_running_loop())
            assert endpoint._socket is not None
            endpoint._socket.bind(("127.0.0.1", 0))
            bound.append(endpoint._socket.getsockname()[1])
            assert [v.value for v in await client.get(exchange, OIDS)] == [1, 2, 3, 4, 5]
            assert client.counters.unmatched == 1


async def test_silence_ends_at_the_deadline_with_the_reason_timeout() -> None:
    async with tiny_agent(lambda _: []) as agent:
        started = asyncio.get_running_loop().time()
        assert await values(agent.port, 0.3) == [Reason.TIMEOUT] * 5
        assert asyncio.get_running_loop().time() - started < 1.0
        assert 1 < len(agent.requests) <= FAST.copies


async def test_a_late_answer_to_the_first_copy_is_good_and_one_after_the_deadline_is_dropped() -> None:
    late: list[bytes] = []

    def keep(request: Request) -> list[bytes]:
        late.append(echo(request)[0])
        return [late[0]] if len(late) == 3 else []

    async with tiny_agent(keep) as agent:
        assert await values(agent.port) == [1, 2, 3, 4, 5]


async def test_too_big_is_split_in_halves_and_remembered() -> None:
    def small(request: Request) -> list[bytes]:
        return echo(request) if len(request.oids) <= 2 else [request.reply([], status=1)]

    async with tiny_agent(small) as agent, client_and_exchange(agent.port) as (client, exchange):
        assert [v.value for v in await client.get(exchange, OIDS)] == [1, 2, 3, 4, 5]
        before = len(agent.requests)
        assert [v.value for v in await client.get(exchange, OIDS)] == [1, 2, 3, 4, 5]
        assert len(agent.requests) - before == 3


async def test_one_variable_that_is_too_big_alone_is_an_error_of_that_variable() -> None:
    async with tiny_agent(lambda r: [r.reply([], status=1)]) as agent:
        assert await values(agent.port) == [Reason.ERROR] * 5


async def test_an_error_on_one_variable_costs_that_variable_only() -> None:
    def sick(request: Request) -> list[bytes]:
        if OIDS[2] in request.oids:
            return [request.reply([], status=5, index=request.oids.index(OIDS[2]) + 1)]
        return echo(request)

    async with tiny_agent(sick) as agent:
        assert await values(agent.port) == [1, 2, Reason.ERROR, 4, 5]


async def test_an_agent_that_answers_other_variables_is_not_believed() -> None:
    swapped = lambda r: [r.reply([(oid, v2c.Integer(1)) for oid in reversed(r.oids)])]  # noqa: E731
    short = lambda r: [r.reply([(r.oids[0], v2c.Integer(1))])]  # noqa: E731
    async with tiny_agent(swapped) as agent:
        assert await values(agent.port) == [Reason.MALFORMED, Reason.MALFORMED, 1, Reason.MALFORMED, Reason.MALFORMED]
    async with tiny_agent(short) as agent:
        assert await values(agent.port) == [Reason.MALFORMED] * 5


async def test_no_such_object_is_said_as_it_is() -> None:
    absent = lambda r: [r.reply([(oid, v2c.NoSuchObject("")) for oid in r.oids])]  # noqa: E731
    async with tiny_agent(absent) as agent, client_and_exchange(agent.port) as (client, exchange):
        assert {v.kind for v in await client.get(exchange, OIDS)} == {Kind.NO_SUCH_OBJECT}


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async with UdpSnmpClient() as client:
        exchange = Exchange.within(Agent("no-such-olt.invalid", 161, Secret("public")), 5)
        assert (await client.get(exchange, OIDS[:1]))[0].value is Reason.UNREACHABLE


async def test_closing_ends_requests_in_flight() -> None:
    arrived = asyncio.Event()

    def note(_: Request) -> list[bytes]:
        arrived.set()
        return []

    async with tiny_agent(note) as agent:
        client = UdpSnmpClient()
        asked = asyncio.create_task(client.get(Exchange.within(agent_at(agent.port), 30), OIDS[:1]))
        await asyncio.wait_for(arrived.wait(), 5)
        await client.close()
        assert (await asked)[0].value is Reason.UNREACHABLE


async def test_getbulk_never_asks_for_zero_repetitions_and_halves_when_too_big() -> None:
    def small(request: Request) -> list[bytes]:
        if request.third > 3:
            return [request.reply([], status=1)]
        rows = [((*BASE, n), v2c.Integer(n)) for n in range(1, request.third + 1)]
        return [request.reply(rows)]

    async with tiny_agent(small) as agent, client_and_exchange(agent.port) as (client, exchange):
        assert len((await client.bulk(exchange, [BASE], 0)).columns[0]) == 1
        assert len((await client.bulk(exchange, [BASE], 20)).columns[0]) == 2
        assert [r.third for r in agent.requests] == [1, 20, 10, 5, 2]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(max_size=120), max_size=6))
def test_any_datagrams_before_the_answer_change_nothing(noise: list[bytes]) -> None:
    async def scenario() -> None:
        async with tiny_agent(lambda r: [*noise, *echo(r)]) as agent:
            assert await values(agent.port) == [1, 2, 3, 4, 5]

    asyncio.run(scenario())


async def test_a_walk_leaves_the_places_of_the_window_to_live_reads() -> None:
    async with tiny_agent(echo) as agent, UdpSnmpClient(retry=FAST) as client:
        where = agent_at(agent.port)
        budget = client.budgets.agree(where.host, where.port, LoadContract(window=1))
        budget.live_sent(0.0)  # a live read is in flight
        walk = asyncio.create_task(client.get(Exchange.within(where, 2, live=False), OIDS))
        live = await client.get(Exchange.within(where, 2), OIDS)
        assert [v.value for v in live] == [1, 2, 3, 4, 5]
        assert not walk.done()
        assert len(agent.requests) == 1
        budget.live_ended(answered=True)
        assert [v.value for v in await walk] == [1, 2, 3, 4, 5]
        usage = budget.usage(0.0)
        assert (usage.pdus, usage.live_pdus, usage.in_flight, usage.live_in_flight) == (3, 2, 0, 0)


async def test_walks_rest_in_quiet_hours_and_live_reads_do_not() -> None:
    always = LoadContract(quiet_hours=(QuietHours(time(0), time.max),))
    async with tiny_agent(echo) as agent, UdpSnmpClient(retry=FAST, budgets=Budgets(WallClock())) as client:
        where = agent_at(agent.port)
        budget = client.budgets.agree(where.host, where.port, always)
        walk = await client.get(Exchange.within(where, 2, live=False), OIDS)
        live = await client.get(Exchange.within(where, 2), OIDS)
        assert {v.value for v in walk} == {Reason.NOT_READ}
        assert [v.value for v in live] == [1, 2, 3, 4, 5]
        assert (len(agent.requests), budget.refused) == (1, 1)


def scattered(request: Request) -> list[bytes]:
    """An agent with a column 1 of rows 0 to 59 but 51, and a column 2 of two rows; it knows GET and GETBULK."""
    rows = {(*COLUMN, 1, n): n for n in range(60) if n != 51} | {(*COLUMN, 2, n): 100 + n for n in (1, 2)}
    if not request.is_bulk:
        return [request.reply([(oid, v2c.Integer32(rows[oid])) for oid in request.oids])]
    told: list[tuple[Oid, Any]] = []

    def following(oid: Oid) -> Oid | None:
        return min((row for row in rows if row > oid), default=None)

    for oid in request.oids[: request.second]:
        after = following(oid)
        told.append((after, v2c.Integer32(rows[after])) if after else (oid, rfc1905.endOfMibView))
    at = list(request.oids[request.second :])
    for _ in range(request.third):
        for place, oid in enumerate(at):
            after = following(oid)
            told.append((after, v2c.Integer32(rows[after])) if after else (oid, rfc1905.endOfMibView))
            at[place] = after or oid
    return [request.reply(told)]


COLUMN: Oid = (1, 3, 6, 1, 4, 1, 64999, 7)


async def test_what_is_too_much_for_a_get_rides_in_the_getbulk_beside_it() -> None:
    names = [(*COLUMN, 1, n) for n in range(60)]
    names[2], names[51] = names[51], names[2]  # 51 does not exist: it would spoil this agent's GET
    async with tiny_agent(scattered) as agent, client_and_exchange(agent.port) as (client, exchange):
        asked = [name for name in names if name != (*COLUMN, 1, 51)]
        found, rows = await client.get_beside(exchange, [*asked[:50], (*COLUMN, 1, 51), *asked[50:]], [(*COLUMN, 2)], 3)
    assert exchange.requests == 2
    assert [varbind.oid for varbind in found] == [*asked[:50], (*COLUMN, 1, 51), *asked[50:]]
    assert [varbind.value for varbind in found] == [
        None if varbind.oid[-1] == 51 else varbind.oid[-1] for varbind in found
    ]
    assert next(varbind.kind for varbind in found if varbind.oid[-1] == 51) is Kind.NO_SUCH_INSTANCE
    assert [varbind.value for varbind in rows.columns[0]][:2] == [101, 102]


async def test_an_agent_that_finds_both_together_too_big_is_asked_one_after_the_other() -> None:
    def narrow(request: Request) -> list[bytes]:
        return [request.reply([], status=1)] if request.is_bulk and request.second else scattered(request)

    names = [(*COLUMN, 1, n) for n in range(51)]
    async with tiny_agent(narrow) as agent, client_and_exchange(agent.port) as (client, exchange):
        found, rows = await client.get_beside(exchange, names, [(*COLUMN, 2)], 3)
    assert [varbind.value for varbind in found] == list(range(51))
    assert [varbind.value for varbind in rows.columns[0]][:2] == [101, 102]
