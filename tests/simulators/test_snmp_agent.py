"""The behaviour of the agents as RFC 3416 (and RFC 1157 for v1) wants it, over real sockets."""

from __future__ import annotations

import asyncio
import time

import pytest

from simulators.snmp import ber
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.mib import Column, FlatMib, Mib, RowSet, View, scalar
from simulators.snmp.responder import Responder
from simulators.snmp.server import UdpServer
from tests.simulators.snmp_client import V1, Answer, Client, decode, encode
from tests.simulators.snmp_plant import small_plant

BASE = "1.3.6.1.4.1.9999"
ODD = RowSet(((n,), n) for n in (1, 3, 300, 70000))
MIB = Mib(
    [
        Column((1, 3, 6, 1, 4, 1, 9999, 1, 2), ODD, ber.integer),
        Column((1, 3, 6, 1, 4, 1, 9999, 1, 3), ODD, lambda n: None if n == 3 else ber.octets(b"x" * 100)),
        Column((1, 3, 6, 1, 4, 1, 9999, 1, 4), ODD, lambda n: ber.unsigned(ber.COUNTER64, n)),
        scalar((1, 3, 6, 1, 4, 1, 9999, 2), lambda: ber.text("end")),
    ]
)
FLAT = FlatMib(
    [((1, 3, 6, 1, 4, 1, 9999, 1, 2, n), ber.integer(n)) for n in (1, 3, 300, 70000)]
    + [((1, 3, 6, 1, 4, 1, 9999, 2, 0), ber.text("end"))]
)


def ask(
    kind: str, *oids: str, view: View = MIB, version: int = 1, a: int = 0, b: int = 0, max_message: int = 1472
) -> Answer:
    """What an agent answers; OIDs are given under the test's own branch."""
    agent = Responder(lambda: view, "public", max_message)
    names = [f"{BASE}.{oid}" for oid in oids]
    data = agent.answer(encode(f"{kind}RequestPDU", names, version=version, a=a, b=b))
    assert data is not None
    assert len(data) <= max_message
    return decode(data, version)


def seen(answer: Answer) -> list[tuple[str, str]]:
    return [(oid.removeprefix(f"{BASE}."), type(value).__name__) for oid, value in answer.varbinds]


@pytest.mark.parametrize("view", [MIB, FLAT])
def test_a_get_tells_a_missing_object_from_a_missing_instance(view: View) -> None:
    answer = ask("Get", "1.2.3", "1.2.2", "7.7", "0", view=view)
    assert seen(answer) == [
        ("1.2.3", "Integer"),
        ("1.2.2", "NoSuchInstance"),
        ("7.7", "NoSuchObject"),
        ("0", "NoSuchObject"),
    ]


def test_a_hole_of_a_column_is_no_instance_and_is_stepped_over() -> None:
    assert seen(ask("Get", "1.3.3")) == [("1.3.3", "NoSuchInstance")]
    assert seen(ask("GetNext", "1.3.1")) == [("1.3.300", "OctetString")]


@pytest.mark.parametrize("view", [MIB, FLAT])
def test_getnext_orders_indexes_as_numbers_and_ends_with_the_view(view: View) -> None:
    answer = ask("GetNext", "0", "1.2", "1.2.1", "1.2.2", "1.2.300", "2", "2.0", "99", view=view)
    assert [oid for oid, _ in seen(answer)][:5] == ["1.2.1", "1.2.1", "1.2.3", "1.2.3", "1.2.70000"]
    assert seen(answer)[5:] == [("2.0", "OctetString"), ("2.0", "EndOfMibView"), ("99", "EndOfMibView")]


def test_getbulk_steps_non_repeaters_once_and_the_others_together() -> None:
    answer = ask("GetBulk", "2", "1.2", "1.4", a=1, b=3)
    assert [oid for oid, _ in seen(answer)] == ["2.0", "1.2.1", "1.4.1", "1.2.3", "1.4.3", "1.2.300", "1.4.300"]


@pytest.mark.parametrize(
    ("alone", "repetitions", "wanted"),
    [(0, 0, []), (1, 0, ["2.0"]), (2, 5, ["2.0", "1.2.1"]), (9, 5, ["2.0", "1.2.1"])],
)
def test_getbulk_takes_odd_counts_as_written(alone: int, repetitions: int, wanted: list[str]) -> None:
    assert [oid for oid, _ in seen(ask("GetBulk", "2", "1.2", a=alone, b=repetitions))] == wanted


def test_getbulk_stops_once_every_name_is_at_the_end() -> None:
    answer = ask("GetBulk", "1.4.300", "2", b=2147483647)
    assert seen(answer) == [
        ("1.4.70000", "Counter64"),
        ("2.0", "OctetString"),
        ("2.0", "OctetString"),
        ("2.0", "EndOfMibView"),
        ("2.0", "EndOfMibView"),
        ("2.0", "EndOfMibView"),
    ]


def test_a_getbulk_that_does_not_fit_is_cut_at_its_end() -> None:
    full = seen(ask("GetBulk", "1.3", b=10))
    short = seen(ask("GetBulk", "1.3", b=10, max_message=300))
    assert 0 < len(short) < len(full)
    assert short == full[: len(short)]


def test_a_get_that_does_not_fit_is_too_big_and_carries_nothing() -> None:
    answer = ask("Get", "1.3.1", "1.3.1", "1.3.1", max_message=300)
    assert (answer.status, answer.index, answer.varbinds) == (1, 0, [])


def test_a_set_is_refused_and_changes_nothing() -> None:
    answer = ask("Set", "1.2.1")
    assert (answer.status, answer.index) == (17, 1)
    assert (ask("Set", "1.2.1", version=V1).status, ask("Get", "1.2.1").value()) == (2, 1)


def test_v1_names_the_first_missing_object_by_its_place() -> None:
    answer = ask("Get", "1.2.1", "1.2.2", version=V1)
    assert (answer.status, answer.index) == (2, 2)
    answer = ask("GetNext", "1.2.1", "2.0", version=V1)
    assert (answer.status, answer.index) == (2, 2)


def test_v1_never_shows_a_counter64() -> None:
    assert ask("Get", "1.4.1", version=V1).status == 2
    assert seen(ask("GetNext", "1.3.70000", version=V1)) == [("2.0", "OctetString")]


def test_a_column_within_another_and_a_row_twice_are_refused() -> None:
    rows = RowSet([((1,), 1)])
    with pytest.raises(ValueError, match="lies within"):
        Mib([Column((1, 3), rows, ber.integer), Column((1, 3, 6), rows, ber.integer)])
    with pytest.raises(ValueError, match="same index"):
        RowSet([((1,), 1), ((1,), 2)])


async def test_another_community_gets_no_answer_and_is_counted() -> None:
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "secret") as agent:
        with Client(agent.port, "public") as stranger, Client(agent.port, "secret") as friend:
            datagram = encode("GetRequestPDU", ["1.3.6.1.2.1.1.5.0"], community="public")
            assert await stranger.exchange(datagram, timeout_s=0.1) is None
            assert (await friend.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-NRO-1"
        assert (agent.stats.requests, agent.stats.wrong_community, agent.stats.pdus) == (2, 1, {"get": 1})


async def test_random_datagrams_are_dropped_and_the_next_request_is_served() -> None:
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            for seed in range(50):
                assert await client.exchange(bytes((seed * 37 + n * 101) % 256 for n in range(seed)), 0.0) is None
            assert (await client.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-NRO-1"
        assert agent.stats.malformed == 50


async def test_the_delay_is_that_of_each_request_and_not_of_their_queue() -> None:
    delay_s, count = 0.1, 40
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "public", reply_delay_s=delay_s) as agent:
        clients = [Client(agent.port) for _ in range(count)]
        try:
            began = time.monotonic()
            answers = await asyncio.gather(*(client.get("1.3.6.1.2.1.1.5.0") for client in clients))
            took_s = time.monotonic() - began
        finally:
            for client in clients:
                client.__exit__()
    assert [answer.value() for answer in answers] == [b"OLT-NRO-1"] * count
    assert delay_s <= took_s < delay_s * count / 2


async def test_an_agent_that_stops_forgets_its_delayed_answers() -> None:
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "public", reply_delay_s=0.2) as agent:
        with Client(agent.port) as client:
            await client.exchange(encode("GetRequestPDU", ["1.3.6.1.2.1.1.5.0"]), timeout_s=0.05)
            assert agent.stats.pdus == {"get": 1}
    with pytest.raises(RuntimeError):
        _ = agent.port


async def test_a_port_in_use_is_an_error_at_once_and_leaves_nothing_open() -> None:
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "public") as agent:
        with pytest.raises(OSError, match="in use"):
            async with SnmpAgent(small_plant(), "127.0.0.1", agent.port, "public"):
                pass


async def test_an_answer_that_the_socket_refuses_is_counted() -> None:
    unsent: list[int] = []
    server = UdpServer(lambda _: b"x" * 70000, 0.0, lambda: unsent.append(1))
    await server.start("127.0.0.1", 0)
    try:
        with Client(server.port) as client:
            assert await client.exchange(b"?", timeout_s=0.1) is None
    finally:
        server.close()
        server.close()
    assert unsent == [1]


async def test_pysnmp_reads_and_walks_the_agent() -> None:
    from pysnmp.hlapi.v3arch.asyncio import (
        CommunityData,
        ContextData,
        ObjectIdentity,
        ObjectType,
        SnmpEngine,
        UdpTransportTarget,
        bulk_walk_cmd,
        get_cmd,
    )

    engine = SnmpEngine()
    async with SnmpAgent(small_plant(), "127.0.0.1", 0, "public") as agent:
        try:
            target = await UdpTransportTarget.create(("127.0.0.1", agent.port), timeout=2, retries=0)
            name = ObjectType(ObjectIdentity("1.3.6.1.4.1.637.61.1.35.10.14.1.2.231285760"))
            found = await get_cmd(engine, CommunityData("public"), target, ContextData(), name, lookupMib=False)
            assert (not found[0], int(found[1]), int(found[3][0][1])) == (True, 0, -9680)
            column = ObjectType(ObjectIdentity("1.3.6.1.2.1.2.2.1.8"))
            states = []
            async for error, status, _, rows in bulk_walk_cmd(
                engine,
                CommunityData("public"),
                target,
                ContextData(),
                0,
                10,
                column,
                lexicographicMode=False,
                lookupMib=False,
            ):
                assert not error
                assert not status
                states += [int(value) for _, value in rows]
        finally:
            engine.close_dispatcher()
    assert states == [1] * (3 + 15 + 15)
