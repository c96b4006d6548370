"""Once an hour, what is too old leaves the records, and what nothing leads to any more the memory."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from api.settings import Settings
from api.tmf.service_test.mapping import RESOURCE as TESTS
from domain.clock import Clock
from storage.records import Records
from storage.retention import Keeping

EVERY = timedelta(hours=1)
_log = structlog.get_logger(__name__)


def keeping(settings: Settings) -> Keeping:
    """What the settings say is kept."""
    return Keeping(
        diagnoses=timedelta(days=settings.keep_diagnoses_days),
        incidents=timedelta(days=settings.keep_incidents_days),
        traces=timedelta(days=settings.keep_traces_days),
        documents=(TESTS,),
    )


def tidying(settings: Settings, clock: Clock, records: Records) -> Callable[[], Awaitable[None]]:
    """One round of it."""
    kept = keeping(settings)

    async def once() -> None:
        gc.collect()  # what the loop leaves to this hour: see `api.loop`
        gone = await records.tidy(clock.now(), kept)
        if gone:
            _log.info("records_removed", **gone)

    return once
