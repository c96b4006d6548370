"""What the OLTs of a fleet say by themselves, heard by our own receiver; the small plant would say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from domain.clock import FixedClock
from domain.events import EventKind, EventScope
from domain.olt import OltTarget
from domain.secret import Secret
from simulators.fleet.agent import FleetAgent
from simulators.fleet.command import running
from simulators.fleet.fleet import Fleet
from simulators.fleet.options import FleetOptions
from simulators.fleet.traps import FleetTraps, _changed_rows
from simulators.fleet.vendors import discover
from simulators.snmp.trap_rows import trap_rows
from tests.collectors.traps_kit import NOW, Sink, until
from tests.simulators.fleet.kit import Hand, as_plant, fleet_of, ont_name, serving


@asynccontextmanager
async def listening(agent: FleetAgent) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    sources, sink = Sources(), Sink()
    sink.open.set()
    fleet = agent.fleet
    targets = [
        OltTarget("infra", name, fleet.vendor(number), host, port, Secret("public"))
        for number, (name, (host, port)) in enumerate(agent.addresses.items(), 1)
    ]
    await sources.use(targets)
    async with TrapReceiver(sources, sink, FixedClock(NOW)) as receiver:
        yield receiver, sink


@asynccontextmanager
async def told(fleet: Fleet, hand: Hand, **how: Any) -> AsyncIterator[tuple[FleetTraps, TrapReceiver, Sink]]:
    async with (
        serving(fleet, hand) as agent,
        listening(agent) as (receiver, sink),
        FleetTraps(agent, [("127.0.0.1", receiver.port)], **how) as traps,
    ):
        yield traps, receiver, sink


async def test_a_feeder_cut_of_128_onts_is_told_by_its_own_olt() -> None:
    fleet, hand = fleet_of(olts=3, onts=256, onts_per_pon=128, off=0.0, spread="addresses")
    async with told(fleet, hand) as (_, _, sink):
        fault = fleet.fault("feeder-cut", 2, "PON-1-1-1-2")
        await sink.reach(129)
        hand.move(5)
        fleet.repair(fault.id)
        await sink.reach(258)
    assert {event.olt for event in sink.events} == {"OLT-00002"}
    assert Counter((event.kind, event.scope) for event in sink.events) == {
        (EventKind.LINK_DOWN, EventScope.PON): 1,
        (EventKind.LOS, EventScope.ONT): 128,
        (EventKind.LINK_UP, EventScope.PON): 1,
        (EventKind.ONT_UP, EventScope.ONT): 128,
    }
    assert {str(event.pon) for event in sink.events} == {"PON-1-1-1-2"}


async def test_a_whole_board_is_one_burst_a_row() -> None:
    fleet, hand = fleet_of(onts=2048, onts_per_pon=128, off=0.0, spread="addresses")
    async with told(fleet, hand) as (traps, receiver, _):
        fleet.fault("card-down", 1, "LT1")
        assert traps.counts.notifications == 2048 + 16
        await until(lambda: receiver.counters.received > 100)  # the wire may lose some of a burst


async def test_a_district_without_power_gasps_and_some_gasps_are_lost() -> None:
    fleet, hand = fleet_of(onts=256, off=0.0, spread="addresses")
    async with told(fleet, hand, lost_gasps=0.3) as (traps, _, sink):
        fleet.fault("area-power-cut", 1, "CPL-1-1-1")
        struck = int((~fleet.olt(1).up).sum())
        await sink.reach(traps.counts.notifications)
        kinds = Counter(event.kind for event in sink.events)
        assert kinds == {EventKind.LOS: struck, EventKind.DYING_GASP: struck - traps.counts.gasps_lost}
        assert 0 < kinds[EventKind.DYING_GASP] <= struck


async def test_what_was_down_before_and_what_happens_to_an_olt_cut_off_is_not_told() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0, spread="addresses")
    olt = fleet.olt(1)
    before = fleet.fault("drop-cut", 1, ont_name(olt, 5))
    async with told(fleet, hand) as (traps, _, _):
        cut = fleet.fault("olt-unreachable", 1, "OLT")
        fleet.repair(before.id)
        fleet.repair(cut.id)
        assert traps.counts.notifications == 0


@pytest.mark.parametrize("xgs", [0.0, 1.0])
@pytest.mark.parametrize("vendor", sorted(discover()))
def test_each_notification_says_what_the_small_plant_would_say_of_the_same_state(vendor: str, xgs: float) -> None:
    fleet, hand = fleet_of(onts=256, off=0.0, xgs=xgs, vendors={vendor: 1.0})
    olt = fleet.olt(1)
    before = np.concatenate([olt.pon_up, olt.up])
    hand.move(60)
    for kind, target in (
        ("feeder-cut", "PON-1-1-1-2"),
        ("area-power-cut", "CPL-1-1-1"),
        ("admin-down", ont_name(olt, 70)),
        ("password-mismatch", ont_name(olt, 71)),
        ("pon-laser-off", "PON-1-1-1-4"),
    ):
        fleet.fault(kind, 1, target)
    changed = np.flatnonzero(np.concatenate([olt.pon_up, olt.up]) != before)
    ours = _changed_rows(olt, fleet.tables(1), changed)
    every = trap_rows(as_plant(fleet).state)
    theirs = [every[row] for row in changed.tolist()]
    assert len(ours) == len(changed) > 70
    for gasp in (False, True):
        assert [row.said(gasp) for row in ours] == [row.said(gasp) for row in theirs]
    assert [(row.up(), row.gasped()) for row in ours] == [(row.up(), row.gasped()) for row in theirs]


async def test_a_fault_that_is_due_is_told_though_nobody_asks() -> None:
    sources, sink = Sources(), Sink()
    sink.open.set()
    async with TrapReceiver(sources, sink, FixedClock(NOW)) as receiver:
        options = FleetOptions(olts=1, onts=8, off=0.0, rate=0, spread="addresses")
        async with running(options, traps=("127.0.0.1", receiver.port)) as live:
            host, port = live.agent.addresses["OLT-00001"]
            await sources.use([OltTarget("infra", "OLT-00001", "nokia_isam", host, port, Secret("public"))])
            live.fleet.fault("drop-cut", 1, ont_name(live.fleet.olt(1), 3), after_s=60)
            live.clock.advance(61)
            await sink.reach(1)
    assert [event.kind for event in sink.events] == [EventKind.LOS]
