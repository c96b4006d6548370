"""Opens the records with what they need of the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.settings import Settings
from collectors.boxes.credentials import BoxCredentials
from domain.clock import Clock
from domain.secret import Secret
from storage.migration import migrate
from storage.records import Records


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[Records]:
    """The records at this version's schema, closed at the end of the block."""
    await migrate(settings.database_url)
    credentials = BoxCredentials(Secret(settings.acs_key.get_secret_value()))
    async with Records.opened(settings.database_url, lambda device: credentials.of(device)[1], clock) as records:
        yield records
