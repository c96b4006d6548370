"""What the e-SAV desk works with: diagnoses, the life of accesses, signalisations."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from api.services.diagnoses import DiagnosisService
from api.services.incidents import IncidentWatch
from api.services.lifecycle import AccessLifecycle
from api.services.linetest import LineTest
from api.signalisation.service import TicketService
from api.wiring.core import Core
from api.wiring.diagnoses import diagnoses
from api.wiring.inventory import lifecycle, reference_tests
from api.wiring.tickets import follow_commitments, ticket_service

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """The services of the desk."""

    diagnoses: DiagnosisService
    lifecycle: AccessLifecycle
    tickets: TicketService


async def desk(core: Core, test: LineTest, incidents: IncidentWatch, stack: AsyncExitStack) -> Desk:
    """Wire them; diagnoses end before the stack closes."""
    diagnosing = diagnoses(core, test)
    stack.push_async_callback(diagnosing.close)
    interrupted = await diagnosing.fail_interrupted()
    if interrupted:
        _log.info("diagnoses left unfinished by an earlier run have failed", count=interrupted)
    references = reference_tests(core, diagnosing)
    life = lifecycle(core, references)
    tickets = ticket_service(
        settings=core.settings,
        clock=core.clock,
        records=core.records,
        diagnoses=diagnosing,
        lifecycle=life,
        references=references,
        incidents=incidents,
    )
    follow_commitments(core, tickets)
    return Desk(diagnosing, life, tickets)
