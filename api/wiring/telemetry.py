"""The telemetry store that the settings choose, and what keeps it in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from api.clock import Time
from api.settings import Settings
from domain.secret import Secret
from domain.telemetry import TelemetryStore
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.telemetry.influx import InfluxTelemetry
from storage.telemetry.influx_http import InfluxServer

KEEPING = timedelta(hours=1)
"""Between two looks for segments to seal and files to drop: a segment is closed once a day (C)."""


@dataclass(slots=True)
class TelemetryStats:
    """What the store holds back. The outbox is InfluxDB's only.

    Attributes:
        sealed: Segments sealed since the start.
        dropped: Files that retention removed since the start.
        redated: Batches dated anew since the start: their clock was ahead of this machine's.
        waiting: Requests that the server does not have yet.
        waiting_lines: Their lines: one an ONT and a cycle.
        waiting_bytes: Their size on disk.
        waiting_s: Age of the oldest of them.
        dead: Requests that the server refused for good.
    """

    sealed: int = 0
    dropped: int = 0
    redated: int = 0
    waiting: int = 0
    waiting_lines: int = 0
    waiting_bytes: int = 0
    waiting_s: float = 0.0
    dead: int = 0


@dataclass(slots=True)
class KeptTelemetry:
    """An open store and its upkeep."""

    store: TelemetryStore
    clock: Time
    keep_days: float
    stats: TelemetryStats = field(default_factory=TelemetryStats)

    async def keep(self) -> None:
        """Drop what is older than retention and seal what is closed; the server of InfluxDB does its own.

        In this order: what cannot be sealed (a disk full, a segment damaged) must not keep the disk full.
        """
        if isinstance(self.store, EmbeddedTelemetry):
            now = self.clock.now()
            self.stats.dropped += len(await self.store.retain(now, self.keep_days))
            self.stats.sealed += len(await self.store.seal(now))

    async def look(self) -> TelemetryStats:
        """The counters as they are now."""
        if isinstance(self.store, EmbeddedTelemetry | InfluxTelemetry):
            self.stats.redated = self.store.present.redated
        if isinstance(self.store, InfluxTelemetry):
            spool = await self.store.waiting()
            stats = self.stats
            stats.waiting, stats.waiting_lines, stats.waiting_bytes = spool.waiting, spool.lines, spool.size
            stats.waiting_s = 0.0 if spool.oldest is None else (self.clock.now() - spool.oldest).total_seconds()
            stats.dead = spool.dead
        return self.stats


@asynccontextmanager
async def telemetry(settings: Settings, clock: Time) -> AsyncIterator[KeptTelemetry]:
    """The store, closed at the end of the block: nothing that it acknowledged is lost."""
    store = _store(settings, clock)
    try:
        if isinstance(store, InfluxTelemetry):
            store.start()
        yield KeptTelemetry(store, clock, settings.telemetry_keep_days)
    finally:
        await store.close()


def _store(settings: Settings, clock: Time) -> EmbeddedTelemetry | InfluxTelemetry:
    influx = settings.influx
    if influx is None:
        return EmbeddedTelemetry(settings.telemetry_folder, clock=clock)
    server = InfluxServer(
        influx.url, influx.org, influx.bucket, Secret(influx.token.get_secret_value()), influx.database
    )
    return InfluxTelemetry(settings.telemetry_folder, server, clock)
