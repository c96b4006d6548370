"""References: a DELC when an access is created, exchanged or repaired, to compare later tests with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from api.services.diagnoses import DiagnosisService
from api.services.fair import Priority
from domain.access import Access, Occasion, TestName
from domain.clock import Clock
from domain.errors import DiagnosticsError
from domain.principal import Principal, Right
from storage.access_history import AccessHistory
from storage.diagnosis_record import DiagnosisRecord, DiagnosisState

_log = structlog.get_logger(__name__)

ACCOUNT = "référence"
"""Account that reference tests show as theirs: nobody signs in as it."""

_PATIENCE_S = 3600.0  # C: behind everybody else's tests


class References(Protocol):
    """Where references are kept."""

    async def keep(self, access: Access, diagnosis: DiagnosisRecord, occasion: Occasion) -> None:
        """Keep a DELC that came to a verdict as reference of the access. Idempotent."""
        ...


class NumberedReferences:
    """Keeps which diagnosis is a reference; its measures stay in its snapshot."""

    def __init__(self, history: AccessHistory, clock: Clock) -> None:
        self._history = history
        self._clock = clock

    async def keep(self, access: Access, diagnosis: DiagnosisRecord, occasion: Occasion) -> None:
        """Note its number."""
        await self._history.keep_reference(tester_of(access), access.id1, diagnosis.number, occasion, self._clock.now())


def tester_of(access: Access) -> Principal:
    """Who runs the tests that nobody asked for."""
    return Principal(access.operator_id, ACCOUNT, frozenset({Right.TEST}))


class ReferenceTests:
    """Runs reference tests when nobody else wants the slots."""

    def __init__(
        self,
        diagnoses: DiagnosisService,
        references: References,
        spawn: Callable[[Coroutine[Any, Any, object]], None],
        *,
        enabled: bool,
    ) -> None:
        self._diagnoses = diagnoses
        self._references = references
        self._spawn = spawn
        self._enabled = enabled

    def wanted(self, access: Access, occasion: Occasion) -> None:
        """Run a DELC and keep it; returns at once. An access without ONT has nothing to refer to."""
        if self._enabled and access.place is not None:
            self._spawn(self.take(access, occasion))

    async def take(self, access: Access, occasion: Occasion) -> None:
        """Run a DELC and keep it where it came to a verdict."""
        who = tester_of(access)
        try:
            asked, _ = await self._diagnoses.ask(who, access.id1, TestName.DELC, priority=Priority.REFERENCE)
        except (
            DiagnosticsError
        ) as error:  # too many tests, or the access is gone: no reference is better than a late one
            _log.warning("no reference", id1=str(access.id1), occasion=occasion.value, error=type(error).__name__)
            return
        ended = await self._diagnoses.ended(who, asked.number, _PATIENCE_S)
        if ended.state is DiagnosisState.DONE:
            await self._references.keep(access, ended, occasion)
