"""References: a DELC when an access is created, exchanged or repaired, to compare later tests with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from api.services.diagnoses import DiagnosisService
from api.services.fair import Priority
from domain.access import Access, TestName
from domain.errors import DiagnosticsError
from domain.principal import Principal, Right
from domain.reference import Occasion, measured
from domain.verdict import Family
from storage.diagnosis_record import DiagnosisState
from storage.references import References

_log = structlog.get_logger(__name__)

ACCOUNT = "référence"
"""Account that reference tests show as theirs: nobody signs in as it."""

_PATIENCE_S = 3600.0  # C: behind everybody else's tests
_AT_FAULT = frozenset({Family.ONT, Family.LIGNE, Family.RESEAU, Family.INDETERMINE})
"""Families under which levels are not those of an access that works."""


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
        """Run a DELC and keep its levels, where it read some and found no fault that would change them."""
        who = tester_of(access)
        try:
            asked, _ = await self._diagnoses.ask(who, access.id1, TestName.DELC, priority=Priority.REFERENCE)
        except (
            DiagnosticsError
        ) as error:  # too many tests, or the access is gone: no reference is better than a late one
            _log.warning("no reference", id1=str(access.id1), occasion=occasion.value, error=type(error).__name__)
            return
        ended = await self._diagnoses.ended(who, asked.number, _PATIENCE_S)
        if ended.state is not DiagnosisState.DONE or ended.snapshot is None or ended.family in _AT_FAULT:
            why = ended.family or ended.state
            _log.info("no reference", id1=str(access.id1), occasion=occasion.value, why=why.value)
            return
        measure = measured(ended.snapshot.readings, ended.snapshot.at, occasion, ended.number)
        if measure is not None:
            await self._references.keep(who, access.id1, measure)
