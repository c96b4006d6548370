"""The fleet's SNMP windows, read over UDP with pyasn1 as judge."""

from __future__ import annotations

import asyncio

import pytest

from simulators.fleet.agent import Behaviour
from simulators.fleet.responder import Limits
from simulators.fleet.vendors import discover
from tests.simulators.fleet.kit import client, fleet_of, ont_name, serving
from tests.simulators.snmp_client import encode, plain

NK = "1.3.6.1.4.1.637.61.1"
OPER, CHANGE, ALARM, RX, OLT_RX = (
    "1.3.6.1.2.1.2.2.1.8",
    "1.3.6.1.2.1.2.2.1.9",
    f"{NK}.35.10.4.1.2",
    f"{NK}.35.10.14.1.2",
    f"{NK}.35.10.18.1.2",
)


def numbers(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


@pytest.mark.parametrize("vendor", sorted(discover()))
@pytest.mark.parametrize("repetitions", [1, 7, 64, 500])
async def test_a_walk_of_everything_is_in_order_whatever_the_size_of_its_steps(vendor: str, repetitions: int) -> None:
    fleet, hand = fleet_of(onts=20, vendors={vendor: 1.0})
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            rows = await one.walk("1", repetitions)
    oids = [numbers(oid) for oid, _ in rows]
    assert oids == sorted(set(oids))
    assert len(rows) > 20 * 16


async def test_get_getnext_and_getbulk_agree() -> None:
    fleet, hand = fleet_of(onts=12)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            rows = await one.walk("1", 100)
            before = "1.0"
            for oid, value in rows[::5]:
                got = await one.get(oid)
                assert plain(got.varbinds[0][1]) == plain(value)
            for oid, value in rows[:80]:
                following = (await one.ask("GetNextRequestPDU", [before])).varbinds[0]
                assert (following[0], plain(following[1])) == (oid, plain(value))
                before = oid


async def test_several_repeaters_come_interleaved_after_the_single_names() -> None:
    fleet, hand = fleet_of(onts=12)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            answer = await one.bulk("1.3.6.1.2.1.1.5", ALARM, RX, repetitions=3, alone=1)
            alarms, levels = await one.walk(ALARM), await one.walk(RX)
    assert [oid for oid, _ in answer.varbinds] == [
        "1.3.6.1.2.1.1.5.0",
        *(oid for pair in zip(alarms[:3], levels[:3], strict=True) for oid, _ in pair),
    ]


async def test_what_is_not_there_is_said_so() -> None:
    fleet, hand = fleet_of(onts=12)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            row = (await one.walk(RX))[0][0]
            answer = await one.get(f"{RX}.1", f"{row}.1", RX, "1.3.6.1.2.1.99", row)
            last = await one.bulk("1.3.6.1.6", repetitions=5)
            refused = await one.ask("SetRequestPDU", [row])
    kinds = [type(value).__name__ for _, value in answer.varbinds]
    assert kinds == ["NoSuchInstance"] * 3 + ["NoSuchObject", "Integer32"] or kinds[:4] == ["NoSuchInstance"] * 3 + [
        "NoSuchObject"
    ]
    assert [type(value).__name__ for _, value in last.varbinds] == ["EndOfMibView"]
    assert refused.status == 17


@pytest.mark.parametrize(
    "name", ["0.0", "1.0", "1.3.6.1.2.1.2.2.1.8.4294967295.4294967295.1", "1.3.6.1.2.1.2.2.1.8.0", "2.100.3"]
)
async def test_any_place_of_the_tree_has_a_following(name: str) -> None:
    fleet, hand = fleet_of(onts=6)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            answer = await one.bulk(name, repetitions=2)
            rows = [numbers(oid) for oid, _ in await one.walk("1", 200)]
    asked = numbers(name)
    expected = next((row for row in rows if row > asked), None)
    assert numbers(answer.varbinds[0][0]) == (expected or asked)


async def test_malformed_and_foreign_datagrams_are_dropped_and_counted() -> None:
    fleet, hand = fleet_of(onts=6)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            good = encode("GetBulkRequestPDU", [OPER], b=5)
            for at in range(len(good)):
                await one.exchange(good[:at], 0.0)
                await one.exchange(good[:at] + bytes((good[at] ^ 0xFF,)) + good[at + 1 :], 0.0)
            await one.exchange(encode("GetBulkRequestPDU", [OPER], b=5, community="other"), 0.0)
            await one.exchange(encode("GetRequestPDU", [OPER], version=0), 0.0)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            assert await one.exchange(encode("GetBulkRequestPDU", [OPER], b=5, community="publi?"), 0.05) is None
            assert await one.exchange(b"\x30\x03\x02\x01\x01", 0.05) is None
            assert (agent.counts.refused, agent.counts.malformed) == (1, 1)
            assert (await one.bulk(OPER, repetitions=5)).status == 0


async def test_a_cut_in_the_middle_of_a_walk_shows_in_the_next_read() -> None:
    fleet, hand = fleet_of(onts=48, off=0.0)
    olt = fleet.olt(1)
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            index = [oid.rpartition(".")[2] for oid, _ in await one.walk(ALARM)]
            first = await one.bulk(ALARM, repetitions=24)
            last = ont_name(olt, 47)
            fault = fleet.fault("drop-cut", 1, last)
            second = await one.bulk(first.varbinds[-1][0], repetitions=24)
            optics = (await one.get(f"{RX}.{index[-1]}", f"{OLT_RX}.{index[-1]}", f"{OPER}.{index[-1]}")).varbinds
            fleet.repair(fault.id)
            healed = await one.get(f"{ALARM}.{index[-1]}")
    assert {plain(value) for _, value in first.varbinds} == {0}
    assert [plain(value) for _, value in second.varbinds] == [0] * 23 + [1 | 1 << 14]
    assert [plain(value) for _, value in optics] == [32768, 65534, 2]
    assert healed.value() == 0


async def test_an_olt_that_is_unreachable_does_not_answer_and_comes_back() -> None:
    fleet, hand = fleet_of(olts=2, onts=6)
    async with serving(fleet, hand) as agent:
        fault = fleet.fault("olt-unreachable", 2, "OLT")
        with client(agent, 1) as one, client(agent, 2) as two:
            assert await two.exchange(encode("GetRequestPDU", [f"{OPER}.1"]), 0.05) is None
            assert (await one.bulk(OPER, repetitions=2)).status == 0
            fleet.repair(fault.id)
            assert (await two.bulk(OPER, repetitions=2)).status == 0


async def test_limits_of_an_olt() -> None:
    fleet, hand = fleet_of(onts=48)
    async with serving(fleet, hand, Behaviour(limits=Limits(max_message=600))) as agent:
        with client(agent) as one:
            assert (await one.bulk(OPER, repetitions=400)).octets <= 600
            rows = [oid for oid, _ in await one.walk(ALARM)]
            assert (await one.get(*rows[:40])).status == 1
            agent.set_behaviour(
                1, max_message=8192, max_repetitions=10, drop_above=50, max_asked=3, silent_at_zero=True
            )
            assert len((await one.bulk(OPER, repetitions=50)).varbinds) == 10
            assert await one.exchange(encode("GetBulkRequestPDU", [OPER], b=51), 0.05) is None
            assert await one.exchange(encode("GetBulkRequestPDU", [OPER, RX], b=51), 0.05) is None
            assert await one.exchange(encode("GetBulkRequestPDU", [OPER], b=0), 0.05) is None
            assert (await one.get(*rows[:4])).status == 1


async def test_delays_make_each_wait_and_a_busy_olt_makes_all_wait() -> None:
    fleet, hand = fleet_of(onts=6)
    loop = asyncio.get_running_loop()
    async with serving(fleet, hand, Behaviour(delay_s=0.03)) as agent:
        with client(agent) as one, client(agent) as two:
            began = loop.time()
            await asyncio.gather(one.get(f"{OPER}.1"), two.get(f"{OPER}.1"))
            assert loop.time() - began >= 0.03
            agent.set_behaviour(1, delay_s=0.0, service_s=0.03)
            began = loop.time()
            await asyncio.gather(one.get(f"{OPER}.1"), two.get(f"{OPER}.1"))
            assert loop.time() - began >= 0.059
            agent.set_behaviour(1, service_s=0.0, ddm_delay_s=0.05)
            began = loop.time()
            await one.bulk(RX, repetitions=2)
            assert loop.time() - began >= 0.05
            agent.set_behaviour(1, loss=1.0)
            assert await one.exchange(encode("GetRequestPDU", [f"{OPER}.1"]), 0.05) is None


async def test_every_olt_has_its_own_address_or_its_own_port() -> None:
    for spread in ("ports", "addresses"):
        fleet, hand = fleet_of(olts=300, onts=4, spread=spread)
        async with serving(fleet, hand) as agent:
            assert len(set(agent.addresses.values())) == 300
            with client(agent, 299) as one:
                assert (await one.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-00299"


async def test_encoded_columns_that_take_too_much_memory_are_let_go_and_made_again() -> None:
    fleet, hand = fleet_of(olts=6, onts=48)
    async with serving(fleet, hand) as agent:
        agent._memory = 40_000
        walks = []
        for _ in range(2):
            for number in range(1, 7):
                with client(agent, number) as one:
                    walks.append([(oid, plain(value)) for oid, value in await one.walk("1.3.6.1.4", 200)])
        assert walks[:6] == walks[6:]
        assert len(agent._kept) < 6
        assert agent._octets == sum(encoded.forget() for encoded in agent._kept.values())


async def test_twenty_thousand_olts_of_four_vendors_start_and_answer() -> None:
    mix = dict.fromkeys(discover(), 1.0)
    fleet, hand = fleet_of(olts=20_000, onts=8, spread="addresses", vendors=mix)
    async with serving(fleet, hand) as agent:
        assert len(set(agent.addresses.values())) == 20_000
        for number in (1, 2, 255, 256, 9_999, 19_999, 20_000):
            with client(agent, number) as one:
                assert (await one.get("1.3.6.1.2.1.1.5.0")).value() == f"OLT-{number:05d}".encode()


async def test_an_olt_too_many_for_the_open_files_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.fleet.agent.allow_files", lambda _: 10)
    fleet, hand = fleet_of(olts=20, onts=8)
    with pytest.raises(OSError, match="spread over addresses"):
        async with serving(fleet, hand):
            pass


async def test_rows_come_and_go_with_the_configuration_and_the_discovery() -> None:
    fleet, hand = fleet_of(onts=12, off=0.0, vendors={"huawei_smartax": 1.0})
    olt = fleet.olt(1)
    state, found = "1.3.6.1.4.1.2011.6.128.1.1.2.46.1.15", "1.3.6.1.4.1.2011.6.128.1.1.2.48.1.2"
    async with serving(fleet, hand) as agent:
        with client(agent) as one:
            seen = []
            fleet.fault("not-provisioned", 1, ont_name(olt, 5))
            seen.append((len(await one.walk(state)), len(await one.walk(found))))
            fault = fleet.fault("serial-mismatch", 1, ont_name(olt, 6))
            seen.append((len(await one.walk(state)), len(await one.walk(found))))
            fleet.repair(fault.id)
            fleet.repair(1)
            seen.append((len(await one.walk(state)), len(await one.walk(found))))
    assert seen == [(11, 1), (11, 2), (12, 0)]
