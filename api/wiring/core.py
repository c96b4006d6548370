"""What every part of the service shares, and how it is begun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.clock import Time
from api.events import ProgressBus
from api.records import opened
from api.services.ruleset import load_ruleset
from api.settings import Settings
from api.single import alone
from api.wiring.background import Spawn, background, every
from api.wiring.tidying import EVERY, tidying
from diagnostics.ruleset import Ruleset
from storage.records import Records


@dataclass(frozen=True, slots=True)
class Core:
    """What every part of the service shares.

    Attributes:
        bus: Who follows a diagnosis or a téléaction hears of it there.
        spawn: Starts a task that ends with the service.
    """

    settings: Settings
    clock: Time
    records: Records
    bus: ProgressBus
    ruleset: Ruleset
    spawn: Spawn


@asynccontextmanager
async def core(settings: Settings, clock: Time, records: Records) -> AsyncIterator[Core]:
    """Begin; the tasks end first of all when the block does."""
    ruleset = load_ruleset()
    await records.rulesets.keep(ruleset.texts, clock.now())
    async with background() as spawn:
        spawn(every("tidying", EVERY, clock, tidying(settings, clock, records)))
        yield Core(settings, clock, records, ProgressBus(), ruleset, spawn)


@asynccontextmanager
async def held_records(settings: Settings, clock: Time) -> AsyncIterator[Records]:
    """The records, which one service alone holds."""
    with alone(settings.database_url):
        async with opened(settings, clock) as records:
            yield records
