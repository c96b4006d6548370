"""Informs and SNMPv3 notifications of a fleet: heard and verified by our receiver and by Debian's snmptrapd."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from collectors.traps.usm_receive import LocalEngine
from domain.clock import FixedClock
from domain.events import EventKind, EventScope
from domain.olt import OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret
from simulators.fault_proxy import FaultProxy, Harm
from simulators.fleet.agent import FleetAgent
from simulators.fleet.command import running
from simulators.fleet.fleet import Fleet
from simulators.fleet.informs import Informs
from simulators.fleet.options import FleetOptions
from simulators.fleet.traps import FleetTraps
from simulators.snmp.usm_message import V3User
from tests.collectors.traps_kit import NOW, Sink, until
from tests.services import require
from tests.simulators.fleet.kit import Hand, client, fleet_of, ont_name

WORDS, HIDDEN = "authentic-words", "private-words"
SPEAKS = V3User("olt", "sha256", WORDS, HIDDEN)
HEARD_AS = SnmpUser("olt", SnmpAuth.SHA256, Secret(WORDS), SnmpPrivacy.AES128, Secret(HIDDEN))
WRONG = SnmpUser("olt", SnmpAuth.SHA256, Secret("other-words-than"), SnmpPrivacy.AES128, Secret(HIDDEN))
WAYS: dict[str, dict[str, Any]] = {
    "v3 traps": {"user": SPEAKS},
    "v2c informs": {"informs": True},
    "v3 informs": {"user": SPEAKS, "informs": True},
}


@asynccontextmanager
async def heard(
    agent: FleetAgent, user: SnmpUser | None = None, host: str = ""
) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    """Our receiver, which knows every OLT of the fleet by its address."""
    sources, sink, fleet = Sources(), Sink(), agent.fleet
    sink.open.set()
    await sources.use(
        [
            OltTarget("infra", name, fleet.vendor(number), host or own, port, Secret("public"), None, user)
            for number, (name, (own, port)) in enumerate(agent.addresses.items(), 1)
        ]
    )
    engine = LocalEngine(bytes.fromhex("800000000a0b0c0d"), 1, asyncio.get_running_loop().time)
    async with TrapReceiver(sources, sink, FixedClock(NOW), engine=engine) as receiver:
        yield receiver, sink


@asynccontextmanager
async def speaking(fleet: Fleet, hand: Hand, port: int | None = None, **how: Any) -> AsyncIterator[Any]:
    """The fleet's OLTs, our receiver where ``port`` is none, and what is told."""
    user, informs = how.get("user"), Informs(how.get("wait_s", 1.0)) if how.get("informs") else None
    known = how.get("known", HEARD_AS if user else None)
    async with FleetAgent(fleet, hand, user=user) as agent, heard(agent, known) as (receiver, sink):
        target = ("127.0.0.1", receiver.port if port is None else port)
        async with FleetTraps(agent, [target], informs=informs, user=user) as traps:
            yield traps, receiver, sink


def small(olts: int = 3, onts: int = 64) -> tuple[Fleet, Hand]:
    return fleet_of(olts=olts, onts=onts, onts_per_pon=32, off=0.0, spread="addresses")


@pytest.mark.parametrize("way", WAYS)
async def test_a_cut_and_its_repair_are_told_by_their_own_olt_whatever_the_way(way: str) -> None:
    fleet, hand = small()
    async with speaking(fleet, hand, **WAYS[way]) as (traps, receiver, sink):
        fault = fleet.fault("feeder-cut", 2, "PON-1-1-1-2")
        await sink.reach(33)
        hand.move(5)
        fleet.repair(fault.id)
        await sink.reach(66)
        if traps.informs is not None:
            await until(lambda: traps.informs.counts.acknowledged == 66)
            assert len(traps.informs) == traps.informs.counts.given_up == 0
    assert {event.olt for event in sink.events} == {"OLT-00002"}
    assert Counter((event.kind, event.scope) for event in sink.events) == {
        (EventKind.LINK_DOWN, EventScope.PON): 1,
        (EventKind.LOS, EventScope.ONT): 32,
        (EventKind.LINK_UP, EventScope.PON): 1,
        (EventKind.ONT_UP, EventScope.ONT): 32,
    }
    assert receiver.counters.received >= 66


@pytest.mark.parametrize("informs", [False, True], ids=["traps", "informs"])
async def test_what_another_key_has_signed_is_heard_by_nobody(informs: bool) -> None:
    fleet, hand = small(olts=1)
    how: dict[str, Any] = {"user": SPEAKS, "informs": informs, "known": WRONG, "wait_s": 0.01}
    async with speaking(fleet, hand, **how) as (traps, receiver, sink):
        fleet.fault("drop-cut", 1, ont_name(fleet.olt(1), 3))
        if informs:
            await until(lambda: traps.informs.counts.given_up == 1)
            assert traps.informs.counts.acknowledged == 0
        await until(lambda: receiver.counters.received >= 1)
    assert sink.events == []


async def test_informs_that_are_lost_on_the_way_are_sent_again_until_all_have_come_once() -> None:
    fleet, hand = small(olts=1, onts=128)
    harm = Harm(loss=0.2)
    informs = Informs(wait_s=0.01)
    async with (
        FleetAgent(fleet, hand) as agent,
        heard(agent, host="127.0.0.1") as (receiver, sink),
        FaultProxy(("127.0.0.1", receiver.port), requests=harm, replies=harm, seed=3) as proxy,
        FleetTraps(agent, [("127.0.0.1", proxy.port)], informs=informs) as traps,
    ):
        fleet.fault("feeder-cut", 1, "PON-1-1-1-1")
        await until(lambda: informs.counts.acknowledged == 33)
    assert informs.counts.again > 0
    assert traps.counts.datagrams == 33 + informs.counts.again
    assert len(sink.events) == 33  # copies are one event


async def test_a_receiver_that_is_not_there_is_given_up_and_few_informs_fly_at_once() -> None:
    fleet, hand = small(olts=1, onts=128)
    async with FleetAgent(fleet, hand) as agent:
        informs = Informs(wait_s=0.002)
        async with FleetTraps(agent, [("127.0.0.1", 9)], informs=informs) as traps:
            fleet.fault("card-down", 1, "LT1")
            assert (traps.counts.notifications, traps.counts.datagrams) == (132, 32)
            await until(lambda: informs.counts.given_up == 132)
            assert traps.counts.datagrams == 132 * 8
            assert not len(informs)


async def test_an_olt_that_is_cut_off_does_not_hear_its_acknowledgements() -> None:
    fleet, hand = small(olts=1)
    async with speaking(fleet, hand, informs=True, wait_s=30.0) as (traps, _, sink):
        fleet.fault("drop-cut", 1, ont_name(fleet.olt(1), 3))
        fleet.fault("olt-unreachable", 1, "OLT")
        await sink.reach(1)
        assert traps.informs.counts.acknowledged == 0
        assert len(traps.informs) == 1


async def test_polls_and_informs_share_the_address_of_an_olt() -> None:
    fleet, hand = small(olts=1)
    async with speaking(fleet, hand, informs=True) as (traps, _, sink):
        with client(traps._agent) as asker:
            fleet.fault("drop-cut", 1, ont_name(fleet.olt(1), 3))
            (answer, *_) = (await asker.get("1.3.6.1.2.1.1.5.0")).varbinds
            assert str(answer[1]) == "OLT-00001"
            await sink.reach(1)
            await until(lambda: traps.informs.counts.acknowledged == 1)
        assert traps._agent.counts.malformed == 0


async def test_the_command_speaks_v3_informs() -> None:
    sources, sink = Sources(), Sink()
    sink.open.set()
    engine = LocalEngine(bytes.fromhex("800000000a0b0c0d"), 1, asyncio.get_running_loop().time)
    async with TrapReceiver(sources, sink, FixedClock(NOW), engine=engine) as receiver:
        options = FleetOptions(olts=1, onts=8, off=0.0, spread="addresses")
        to = ("127.0.0.1", receiver.port)
        async with running(options, traps=to, informs=True, traps_v3=True, user=SPEAKS) as live:
            host, port = live.agent.addresses["OLT-00001"]
            target = OltTarget("infra", "OLT-00001", "nokia_isam", host, port, Secret(""), None, HEARD_AS)
            await sources.use([target])
            live.fleet.fault("drop-cut", 1, ont_name(live.fleet.olt(1), 3))
            await sink.reach(1)
    assert [event.kind for event in sink.events] == [EventKind.LOS]


@pytest.mark.parametrize("informs", [False, True], ids=["traps", "informs"])
async def test_snmptrapd_verifies_what_an_olt_says_over_v3(tmp_path: Path, informs: bool) -> None:
    require("snmptrapd", available=shutil.which("snmptrapd") is not None)
    fleet, hand = small(olts=1)
    async with FleetAgent(fleet, hand, user=SPEAKS) as agent:
        engine = "" if informs else f"-e 0x{agent.engine_id(1).hex()} "  # a trap is of its sender's engine
        settings = f'createUser {engine}olt SHA-256 "{WORDS}" AES "{HIDDEN}"\nauthUser log olt priv\n'
        (tmp_path / "snmptrapd.conf").write_text(settings)
        async with _snmptrapd(tmp_path) as (port, log):
            told = Informs(wait_s=0.2) if informs else None
            async with FleetTraps(agent, [("127.0.0.1", port)], informs=told, user=SPEAKS):
                fleet.fault("drop-cut", 1, ont_name(fleet.olt(1), 3))
                async with asyncio.timeout(20):
                    while not re.search(rb"\.1\.3\.6\.1\.6\.3\.1\.1\.5\.3\b", line := await log.readline()):
                        assert line, "snmptrapd has ended"
                if told is not None:
                    await until(lambda: told.counts.acknowledged == 1)


@asynccontextmanager
async def _snmptrapd(folder: Path) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """Debian's receiver, on a free port; what it logs."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "kept"), "SNMPCONFPATH": str(folder)}
    process = await asyncio.create_subprocess_exec(
        "snmptrapd", "-f", "-Lo", "-n", "-On", "-C", "-c", str(folder / "snmptrapd.conf"),
        "-x", f"unix:{folder}/agentx", f"udp:127.0.0.1:{port}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(10):
            while b"NET-SNMP version" not in (line := await process.stdout.readline()):
                assert line, "snmptrapd has not started"
        yield port, process.stdout
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
