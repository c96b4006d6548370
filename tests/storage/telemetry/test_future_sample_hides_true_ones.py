"""A host whose clock was ahead left samples dated ahead: they hid newer, true ones until their date came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import FixedClock
from domain.identifiers import OntName
from domain.metrics.ont import ONT_RX_DBM, ONT_TX_DBM
from domain.secret import Secret
from domain.telemetry import Batch, Where
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer
from tests.storage.telemetry.gateway import Gateway
from tests.storage.telemetry.samples import OPERATOR, START, batch, ont

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FLEET, ONE, TWO = Where(OPERATOR), ont(1, 1), ont(1, 2)


@dataclass
class World:
    store: EmbeddedTelemetry | InfluxTelemetry
    clock: FixedClock
    settled: Callable[[], Awaitable[None]]

    async def append(self, *batches: Batch) -> None:
        await self.store.append(batches)
        await self.settled()

    async def last(self, name: OntName = ONE) -> float | None:
        found = (await self.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]
        return next((sample.value for sample in found if sample.ont == name), None)


@pytest.fixture(params=["open", "sealed", "influx"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    clock = FixedClock(START)
    if request.param == "influx":
        gateway: Gateway = request.getfixturevalue("gateway")
        server = InfluxServer(gateway.url, "org", gateway.database, Secret("test-token"))
        influx = InfluxTelemetry(tmp_path, server, clock, first_wait_s=0.01)
        yield World(influx, clock, influx.emptied)
        await influx.close()
        return
    store = EmbeddedTelemetry(tmp_path, clock=clock)

    async def seal() -> None:
        if request.param == "sealed":
            await store.seal(START + 40 * DAY)

    yield World(store, clock, seal)
    await store.close()


async def test_a_true_sample_is_the_last_one_whatever_was_dated_ahead(world: World) -> None:
    world.clock.instant = START + DAY
    await world.append(batch("A", START + DAY, {ONT_RX_DBM: {ONE: -30.0, TWO: -29.0}}))
    assert await world.last() == -30.0
    world.clock.instant = START  # and put right
    assert await world.last() is None
    for minute, level in ((0, -20.0), (5, -21.0)):  # the second over the first, in place
        world.clock.instant = START + minute * MINUTE
        await world.append(batch("A", world.clock.instant, {ONT_RX_DBM: {ONE: level, TWO: -19.0}}))
        assert await world.last() == level
    assert [sample.value for sample in await world.store.worst(FLEET, ONT_RX_DBM, 1)] == [-21.0]
    (latest,) = await world.store.latest(FLEET, [ONT_RX_DBM])
    assert latest.values[ONT_RX_DBM].tolist() == [-21.0, -19.0]
    world.clock.instant = START + 2 * DAY
    assert await world.last() == (-30.0 if isinstance(world.store, InfluxTelemetry) else -21.0)


async def test_a_part_of_the_onts_replaces_what_is_of_the_future_and_nothing_else(world: World) -> None:
    await world.append(batch("A", START, {ONT_RX_DBM: {ONE: -18.0, TWO: -18.5}}))
    world.clock.instant = START + DAY
    await world.append(batch("A", START + DAY, {ONT_RX_DBM: {ONE: -30.0}}))
    world.clock.instant = START + 5 * MINUTE
    await world.append(batch("A", START + 5 * MINUTE, {ONT_RX_DBM: {ONE: -20.0}}))
    assert (await world.last(ONE), await world.last(TWO)) == (-20.0, -18.5)


async def test_what_is_received_with_an_instant_to_come_is_dated_by_its_reception(world: World) -> None:
    ahead = [batch("A", START + DAY + minute * MINUTE, {ONT_RX_DBM: {ONE: -20.0 - minute}}) for minute in (0, 5)]
    near = batch("A", START + MINUTE, {ONT_TX_DBM: {ONE: 2.0}})
    await world.append(*ahead, near)
    assert world.store.present.redated == 2
    samples = await world.store.series(FLEET, ONT_RX_DBM, START - DAY, START + 2 * DAY)
    assert [(sample.at - START, sample.value) for sample in samples] == [(-5 * MINUTE, -20.0), (0 * MINUTE, -25.0)]
    (sent,) = await world.store.series(FLEET, ONT_TX_DBM, START - DAY, START + 2 * DAY)
    assert sent.at == START + MINUTE


async def test_last_samples_made_anew_from_the_files_follow_the_same_rule(tmp_path: Path) -> None:
    clock = FixedClock(START + DAY)
    store = EmbeddedTelemetry(tmp_path, clock=clock, span_s=2 * 86_400)
    await store.append([batch("A", START + minute * MINUTE, {ONT_RX_DBM: {ONE: -20.0 - minute}}) for minute in (0, 5)])
    await store.append([batch("A", START + DAY, {ONT_RX_DBM: {ONE: -30.0, TWO: -29.0}})])
    await store.seal(START + 40 * DAY)
    await store.close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"latest.sqlite{suffix}").unlink(missing_ok=True)
    clock.instant = START + 5 * MINUTE
    store = EmbeddedTelemetry(tmp_path, clock=clock, span_s=2 * 86_400)
    await store.append([batch("B", START, {ONT_RX_DBM: {ONE: -10.0}})])
    values = {(one.olt, one.ont): one.value for one in (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]}
    assert values == {("A", ONE): -25.0, ("B", ONE): -10.0}
    clock.instant = START + DAY  # a clock that lagged at the start, and is put right: nothing was lost
    values = {(one.olt, one.ont): one.value for one in (await store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]}
    assert values[("A", TWO)] == -29.0
    await store.close()
