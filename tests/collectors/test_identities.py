"""Identities are read once a day and of whatever is new; every walk in between carries them with their own age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from collectors import register
from collectors.identities import identity_metrics
from collectors.polling import PollingLoop
from domain.metrics.ont import ONT_FIRMWARE_ACTIVE, ONT_OPER, ONT_SERIAL
from domain.olt import OltTarget, OltWalk
from domain.states import Oper
from simulators.plant.plant import Plant
from simulators.snmp.agent import SnmpAgent
from tests.collectors.conformance.suite import target_of
from tests.simulators.vendor_site import HandClock, running

HOUR = timedelta(hours=1)
PLANTS = ("demo", "huawei", "zte_c320", "zte_c600", "fiberhome")


class Kept:
    def __init__(self) -> None:
        self.walk: OltWalk | None = None

    async def keep(self, target: OltTarget, walk: OltWalk) -> None:
        self.walk = walk

    async def last(self, target: OltTarget) -> OltWalk | None:
        return self.walk


@dataclass
class Polled:
    plant: Plant
    clock: HandClock
    agent: SnmpAgent
    loop: PollingLoop
    target: OltTarget
    kept: Kept

    async def walk(self) -> int:
        """Walk once; the variables that it cost."""
        before = self.agent.stats.varbinds
        assert await self.loop.cycle_once(self.target)
        return self.agent.stats.varbinds - before

    @property
    def rows(self) -> OltWalk:
        assert self.kept.walk is not None
        return self.kept.walk


@asynccontextmanager
async def polled(name: str) -> AsyncIterator[Polled]:
    plant, clock = running(name)
    vendor, kept = plant.state.olt.vendor, Kept()
    driver = register.driver(vendor, clock)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        target = target_of(vendor, agent.port)

        async def targets() -> list[OltTarget]:
            return [target]

        loop = PollingLoop(lambda _: driver, targets, kept, clock, clock, HOUR)
        try:
            yield Polled(plant, clock, agent, loop, target, kept)
        finally:
            await driver.close()


@pytest.mark.parametrize("name", PLANTS)
async def test_a_walk_carries_identities_with_the_age_that_they_have(name: str) -> None:
    async with polled(name) as site:
        whole = await site.walk()
        first = {row.name: row.readings for row in site.rows.onts}
        site.clock.advance(hours=1)
        some = await site.walk()
        second = {row.name: row.readings for row in site.rows.onts}
        assert some < 0.9 * whole
        assert second.keys() == first.keys()
        for ont, readings in second.items():
            assert readings[ONT_SERIAL] == first[ont][ONT_SERIAL], "its own instant with it"
            at, before = readings[ONT_OPER].at, readings[ONT_SERIAL].at
            assert at is not None
            assert before is not None
            assert at - before == HOUR
        assert all(set(first[ont]) <= set(second[ont]) for ont in first)


async def test_identities_are_read_again_after_a_day() -> None:
    async with polled("huawei") as site:
        whole = await site.walk()
        site.clock.advance(hours=25)
        assert await site.walk() == whole
        assert site.rows.onts[0].readings[ONT_SERIAL].at == site.clock.now()


async def test_an_ont_that_appears_is_identified_at_once() -> None:
    async with polled("huawei") as site:
        name = site.plant.layout.onts.__iter__().__next__()
        fault = site.plant.apply("not-provisioned", str(name))
        whole = await site.walk()
        assert name not in {row.name for row in site.rows.onts}
        site.plant.repair(fault.id)
        site.clock.advance(hours=1)
        assert await site.walk() < whole
        (row,) = [row for row in site.rows.onts if row.name == name]
        assert row.readings.value(ONT_SERIAL) == site.plant.state.onts[name].serial
        assert row.readings.value(ONT_OPER) is Oper.UP


async def test_an_olt_asked_for_by_hand_is_read_whole() -> None:
    async with polled("huawei") as site:
        whole = await site.walk()
        before = site.agent.stats.varbinds
        assert await site.loop.poll_once(site.target) is not None
        assert site.agent.stats.varbinds - before == whole


async def test_identities_that_were_cut_short_are_read_again_at_the_next_walk() -> None:
    async with polled("huawei") as site:
        serial = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2, 43, 1, 3)
        site.plant.state.olt.quirks = replace(site.plant.state.olt.quirks, dies_within=serial)
        site.loop._timeout_s = 2.0
        await site.walk()
        assert site.loop.of(site.target.name).identified is None
        site.plant.state.olt.quirks = replace(site.plant.state.olt.quirks, dies_within=None)
        site.clock.advance(hours=1)
        await site.walk()
        assert site.rows.onts[0].readings[ONT_SERIAL].known


def test_what_is_seen_live_is_no_identity() -> None:
    huawei = {metric.key for metric in identity_metrics("huawei_smartax")}
    assert {"ont.serial", "ont.password", "ont.firmware_active"} <= huawei
    assert not {"ont.serial_seen", "ont.oper", "ont.rx_power_dbm"} & huawei
    assert ONT_FIRMWARE_ACTIVE in identity_metrics("nokia_isam")
    assert identity_metrics("acme") == frozenset()
