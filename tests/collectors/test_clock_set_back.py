"""The clock of the host is set back: what was found before is old, not fresh for as long as the clock lags."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.cycle.columns import ColumnCycle
from collectors.platform.prober import Pace, PlatformProber
from collectors.polling import PollingLoop, Telemetry
from collectors.snmp.column_reader import ColumnReader
from domain.clock import FixedClock
from domain.olt import OltTarget
from domain.platform import ProbeKind, ProbeTarget
from storage.telemetry.embedded import EmbeddedTelemetry
from tests.collectors.olt_kit import site
from tests.collectors.test_platform_judging import _Once, _Store
from tests.collectors.test_polling import PERIOD, HandClock, Store

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
async def test_a_probe_of_before_is_not_fresh_for_ever(back: timedelta) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:  # bound, and never answers
        deaf.bind(("127.0.0.1", 0))
        clock = FixedClock(NOW)
        target = ProbeTarget(ProbeKind.RESOLVER, "resolver-1", "127.0.0.1", deaf.getsockname()[1])
        prober = PlatformProber([target], _Store(), clock, _Once(), Pace(patience_s=0.05))
        await prober.fresh(timedelta(seconds=10))
        await prober.fresh(timedelta(seconds=10))
        assert prober.stats.rounds == 1
        clock.instant -= back
        await prober.fresh(timedelta(seconds=10))
        await prober.fresh(timedelta(seconds=10))
        assert prober.stats.rounds == 2
        assert (prober.found[0].asked, prober.found[0].at) == (1, clock.instant)


async def test_walks_go_on_after_the_clock_was_set_back(tmp_path: Path) -> None:
    async with site(tmp_path) as olt:
        clock, store, reader = HandClock(), Store(), ColumnReader()

        async def inventory() -> list[OltTarget]:
            return [olt.target]

        telemetry = EmbeddedTelemetry(tmp_path / "telemetry")
        loop = PollingLoop(lambda _: olt.driver, inventory, store, clock, clock, PERIOD)
        loop.telemetry = Telemetry(telemetry, ColumnCycle(reader, clock), timedelta(hours=1))
        try:
            for walks, move in ((1, timedelta(0)), (1, PERIOD), (2, -timedelta(days=1)), (2, PERIOD)):
                clock.instant += move
                assert await loop.cycle_once(olt.target)
                assert len(store.kept) == walks
        finally:
            await asyncio.gather(reader.close(), telemetry.close())
