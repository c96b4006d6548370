"""What the simulated OLT says by itself, heard by our own receiver: as traps and informs, v2c and v3."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import simulators
from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from collectors.traps.usm_receive import LocalEngine
from domain.clock import FixedClock
from domain.errors import InvalidValueError
from domain.events import EventKind, EventScope
from domain.olt import OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.run import RunOptions, running
from simulators.snmp.traps import TrapSender
from simulators.snmp.usm_message import V3User
from tests.collectors.traps_kit import NOW, Sink, until
from tests.simulators.plant_kit import GOLDEN, GOLDEN_PON, HandClock, Kit, demo_kit

WORDS, HIDDEN = "authentic-words", "private-words"
PLANTS = Path(simulators.__file__).parent / "plants"
USERS = {
    "none": (V3User("olt"), SnmpUser("olt")),
    "auth": (V3User("olt", "sha256", WORDS), SnmpUser("olt", SnmpAuth.SHA256, Secret(WORDS))),
    "priv": (
        V3User("olt", "sha1", WORDS, HIDDEN),
        SnmpUser("olt", SnmpAuth.SHA1, Secret(WORDS), SnmpPrivacy.AES128, Secret(HIDDEN)),
    ),
}


@asynccontextmanager
async def listening(
    vendor: str = "nokia_isam", user: SnmpUser | None = None
) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    sources, sink = Sources(), Sink()
    sink.open.set()
    target = OltTarget("infra", "OLT-TEST", vendor, "127.0.0.1", 161, Secret("public"), None, user)
    await sources.use([target])
    engine = LocalEngine(bytes.fromhex("800000000a0b0c0d"), 1, asyncio.get_running_loop().time)
    async with TrapReceiver(sources, sink, FixedClock(NOW), engine=engine) as receiver:
        yield receiver, sink


@asynccontextmanager
async def told(
    kit: Kit, vendor: str = "nokia_isam", heard_as: SnmpUser | None = None, **how: Any
) -> AsyncIterator[tuple[TrapSender, TrapReceiver, Sink]]:
    async with (
        listening(vendor, heard_as) as (receiver, sink),
        TrapSender(kit.plant, [("127.0.0.1", receiver.port)], "public", **how) as sender,
    ):
        yield sender, receiver, sink


def vendor_kit(plant: str) -> Kit:
    description = load(PLANTS / f"{plant}.yaml")
    clock = HandClock(description.clock.origin)
    return Kit(Plant(description, clock), clock)


def strike(kit: Kit, kind: str, target: str = "") -> None:
    """A fault, at an instant of its own."""
    kit.clock.move(1)
    kit.plant.fault(kind, target)


async def test_a_cut_of_the_feeder_is_told_once_a_row_and_its_repair_too() -> None:
    kit = demo_kit()
    onts = sum(1 for ont in kit.plant.state.onts.values() if ont.name.pon_name == GOLDEN_PON and ont.oper_up)
    async with told(kit, copies=2) as (sender, receiver, sink):
        strike(kit, "feeder-cut", str(GOLDEN_PON))
        sender.check()
        await sink.reach(onts + 1)
        kinds = Counter((event.kind, event.scope) for event in sink.events)
        assert kinds == {(EventKind.LINK_DOWN, EventScope.PON): 1, (EventKind.LOS, EventScope.ONT): onts}
        assert {event.pon for event in sink.events} == {GOLDEN_PON}
        assert GOLDEN in {event.ont for event in sink.events}
        kit.clock.move(5)
        kit.plant.repair("all")
        sender.check()
        await sink.reach(2 * (onts + 1))
        await until(lambda: receiver.counters.received == sender.stats.datagrams)
    assert receiver.counters.copies == 2 * (onts + 1)
    assert {event.kind for event in sink.events[onts + 1 :]} == {EventKind.LINK_UP, EventKind.ONT_UP}


async def test_an_ont_without_power_gasps_and_then_falls_silent() -> None:
    kit = demo_kit()
    async with told(kit) as (sender, _, sink):
        strike(kit, "ont-power-off", str(GOLDEN))
        sender.check()
        await sink.reach(2)
    assert [(event.kind, event.ont) for event in sink.events] == [
        (EventKind.DYING_GASP, GOLDEN),
        (EventKind.LOS, GOLDEN),
    ]


async def test_a_dying_gasp_that_nobody_hears_leaves_the_loss_of_signal_alone() -> None:
    kit = demo_kit()
    async with told(kit, lost_gasps=1.0) as (sender, _, sink):
        strike(kit, "ont-power-off", str(GOLDEN))
        sender.check()
        await sink.reach(1)
    assert ([event.kind for event in sink.events], sender.stats.gasps_lost) == ([EventKind.LOS], 1)


@pytest.mark.parametrize(
    ("vendor", "plant", "kinds"),
    [
        ("huawei_smartax", "huawei", [EventKind.DYING_GASP, EventKind.LOS, EventKind.ONT_UP]),
        ("zte_zxan", "zte_c320", [EventKind.DYING_GASP, EventKind.LOS, EventKind.ONT_UP]),
        ("zte_zxan", "zte_c600", [EventKind.DYING_GASP, EventKind.LOS, EventKind.ONT_UP]),
        # 0 of its status column is a fibre cut to some sources, any fall to others
        ("fiberhome_an", "fiberhome", [EventKind.DYING_GASP, EventKind.ONT_DOWN, EventKind.ONT_UP]),
    ],
)
async def test_every_vendor_says_it_of_the_right_ont_and_port(vendor: str, plant: str, kinds: list[EventKind]) -> None:
    kit = vendor_kit(plant)
    ont = next(ont for ont in kit.plant.state.onts.values() if ont.oper_up)
    async with told(kit, vendor) as (sender, _, sink):
        strike(kit, "ont-power-off", str(ont.name))
        sender.check()
        kit.clock.move(5)
        kit.plant.repair("all")
        sender.check()
        await sink.reach(3)
        assert [(event.kind, event.ont) for event in sink.events] == [(kind, ont.name) for kind in kinds]
        strike(kit, "feeder-cut", str(ont.name.pon_name))
        sender.check()
        await sink.reach(4)
        port = next(event for event in sink.events if event.scope is EventScope.PON)
    los = EventKind.LOS if vendor == "huawei_smartax" else EventKind.LINK_DOWN
    assert (port.kind, port.pon) == (los, ont.name.pon_name)


@pytest.mark.parametrize("level", [None, *USERS])
@pytest.mark.parametrize("informs", [False, True])
async def test_traps_and_informs_of_both_versions_are_heard(level: str | None, informs: bool) -> None:
    kit = demo_kit()
    speaks, heard_as = (None, None) if level is None else USERS[level]
    async with told(kit, heard_as=heard_as, informs=informs, user=speaks) as (sender, receiver, sink):
        strike(kit, "drop-cut", str(GOLDEN))
        sender.check()
        await sink.reach(1)
        await until(lambda: sender.stats.acknowledged == informs)
    assert [(event.kind, event.ont) for event in sink.events] == [(EventKind.LOS, GOLDEN)]
    assert receiver.counters.acknowledged == informs


async def test_a_receiver_that_has_started_again_is_discovered_anew() -> None:
    kit = demo_kit()
    speaks, heard_as = USERS["priv"]
    async with told(kit, heard_as=heard_as, informs=True, user=speaks) as (sender, receiver, sink):
        strike(kit, "drop-cut", str(GOLDEN))
        sender.check()
        await until(lambda: sender.stats.acknowledged == 1)
        port = receiver.port
        await receiver.__aexit__(None, None, None)
        again = LocalEngine(bytes.fromhex("800000000a0b0c0d"), 2, asyncio.get_running_loop().time)
        async with TrapReceiver(receiver.sources, sink, FixedClock(NOW), port=port, engine=again) as second:
            kit.clock.move(5)
            kit.plant.repair("all")
            sender.check()
            await until(lambda: sender.stats.acknowledged == 2)
            assert second.counters.not_in_time >= 1
    assert [event.kind for event in sink.events] == [EventKind.LOS, EventKind.ONT_UP]


async def test_what_was_wrong_before_and_what_happens_to_an_olt_cut_off_is_not_told() -> None:
    kit = demo_kit()
    strike(kit, "drop-cut", str(GOLDEN))
    async with told(kit) as (sender, _, sink):
        strike(kit, "olt-unreachable")
        kit.plant.repair("1")
        assert sender.check() == 0
        kit.plant.repair("all")
        assert sender.check() == 0
    assert (sink.events, sender.stats.notifications) == ([], 0)


async def test_a_running_plant_opens_the_window_when_it_is_asked_to() -> None:
    speaks = f"olt:sha1:{WORDS}:{HIDDEN}"
    async with listening(user=USERS["priv"][1]) as (receiver, sink):
        options = RunOptions(
            traps=("127.0.0.1", receiver.port),
            traps_v3=speaks,
            informs=True,
            lost_gasps=0.0,
            windows=frozenset({"traps"}),
        )
        async with running(PLANTS / "demo.yaml", options) as live:
            live.clock.advance(1.0)
            live.plant.fault("ont-power-off", str(GOLDEN))
            await sink.reach(2)
            await until(lambda: live.windows["traps"].stats.acknowledged >= 2)
    assert [event.kind for event in sink.events][:2] == [EventKind.DYING_GASP, EventKind.LOS]


@pytest.mark.parametrize("text", ["", ":sha1:words", "olt:md5:words", "olt:sha1", "olt::words"])
def test_a_user_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        V3User.parse(text)
