"""Signalisations, their commitment, and the webhooks that tell of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from api.clock import Time
from api.services.diagnoses import DiagnosisService
from api.services.lifecycle import AccessLifecycle
from api.services.references import ReferenceTests
from api.services.webhooks import WebhookSender
from api.settings import Settings
from api.signalisation.commitment import Commitments
from api.signalisation.context import Surveyor
from api.signalisation.ports import Incidents
from api.signalisation.service import TicketService
from api.wiring.background import every
from api.wiring.core import Core
from storage.records import Records


def ticket_service(
    *,
    settings: Settings,
    clock: Time,
    records: Records,
    diagnoses: DiagnosisService,
    lifecycle: AccessLifecycle,
    references: ReferenceTests,
    incidents: Incidents,
) -> TicketService:
    """Signalisations over the other services."""
    return TicketService(
        records=records,
        surveyor=Surveyor(records.diagnoses, records.tickets, lifecycle, incidents, clock),
        diagnoses=diagnoses,
        references=references,
        commitments=Commitments(
            records.accesses,
            records.tickets,
            clock,
            freezes=settings.gtr_freezes,
            steps_s=settings.gtr_countdown_s,
        ),
        clock=clock,
        patience_s=settings.deposit_patience_s,
        codes=settings.closing_codes,
    )


def follow_commitments(core: Core, tickets: TicketService) -> None:
    """Each step of the countdown of a GTR is announced, and its breach, once."""
    for what, work in (
        ("GTR watch", tickets.commitments.watch),
        ("GTR countdown", tickets.commitments.count_down),
    ):
        core.spawn(every(what, timedelta(minutes=1), core.clock, work))


@asynccontextmanager
async def sender(settings: Settings, clock: Time, records: Records) -> AsyncIterator[WebhookSender]:
    """What delivers the outbox; its ``run`` must have ended before the block does."""
    found = WebhookSender(records.webhooks, clock, insecure=settings.webhooks_insecure)
    try:
        yield found
    finally:
        await found.close()
