"""References: a DELC when an access is created, exchanged or repaired, to compare later tests with."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from api.clock import Time
from api.services.diagnoses import DiagnosisService
from api.services.fair import Priority
from domain.access import Access, AccessState, TestName
from domain.errors import DiagnosticsError
from domain.principal import Principal, Right
from domain.reference import Occasion, measured
from domain.verdict import Family
from storage.diagnosis_record import DiagnosisState
from storage.records import Records
from storage.wanted_references import Wanted

_log = structlog.get_logger(__name__)

ACCOUNT = "référence"
"""Account that reference tests show as theirs: nobody signs in as it."""

_PATIENCE_S = 3600.0  # C: behind everybody else's tests
_AT_FAULT = frozenset({Family.ONT, Family.LIGNE, Family.RESEAU, Family.INDETERMINE})
"""Families under which levels are not those of an access that works."""
_AGAIN = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=10))
"""When to try again (C): an access is often declared days before its customer is connected."""


def tester_of(operator_id: str) -> Principal:
    """Who runs the tests that nobody asked for."""
    return Principal(operator_id, ACCOUNT, frozenset({Right.TEST}))


class ReferenceTests:
    """Runs reference tests one after the other, when nobody else wants the slots; a file of accesses makes a queue.

    Args:
        enabled: Whether they are wanted at all.
    """

    def __init__(self, diagnoses: DiagnosisService, records: Records, clock: Time, *, enabled: bool) -> None:
        self._diagnoses = diagnoses
        self._records = records
        self._clock = clock
        self._enabled = enabled
        self._woken = asyncio.Event()

    async def wanted(self, *orders: tuple[Access, Occasion]) -> None:
        """Have a DELC run and kept, for each. An access without ONT has nothing to refer to."""
        now = self._clock.now()
        rows = [
            Wanted(access.operator_id, access.id1, occasion, now, 0)
            for access, occasion in orders
            if self._enabled and access.place is not None
        ]
        if rows:
            await self._records.wanted_references.add(rows)
            self._woken.set()

    async def run(self) -> None:
        """Take what is wanted, for ever; what an earlier run of the service left comes first."""
        while True:
            self._woken.clear()
            try:
                if await self.step():
                    continue
                due = await self._records.wanted_references.first_due()
            except Exception as error:  # noqa: BLE001 - the boundary: it is tried again later
                _log.warning("references wait", error=type(error).__name__, why=str(error))
                due = self._clock.now() + _AGAIN[0]
            waits: set[asyncio.Task[Any]] = {asyncio.create_task(self._woken.wait())}
            if due is not None:
                waits.add(asyncio.create_task(self._clock.until(due)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def step(self) -> bool:
        """Take one that is due; whether there was one."""
        one = await self._records.wanted_references.next(self._clock.now())
        if one is None:
            return False
        if await self._settled(one):
            await self._records.wanted_references.drop(one)
        else:
            await self._records.wanted_references.put_off(one, self._clock.now() + _AGAIN[one.tries])
        return True

    async def _settled(self, one: Wanted) -> bool:
        """Whether it needs not be tried again: it was taken, it never will be, or it was tried often enough."""
        who = tester_of(one.operator_id)
        try:
            access = await self._records.accesses.get(who, one.id1)
            if access.state is not AccessState.ACTIVE or access.place is None:
                return True
            return await self.take(access, one.occasion) or one.tries >= len(_AGAIN)
        except DiagnosticsError as error:
            _log.warning("no reference", id1=str(one.id1), occasion=one.occasion.value, error=type(error).__name__)
            return one.tries >= len(_AGAIN)

    async def take(self, access: Access, occasion: Occasion) -> bool:
        """Run a DELC and keep its levels, where it read some and found no fault that would change them."""
        who = tester_of(access.operator_id)
        asked, _ = await self._diagnoses.ask(who, access.id1, TestName.DELC, priority=Priority.REFERENCE)
        ended = await self._diagnoses.ended(who, asked.number, _PATIENCE_S)
        if ended.state is not DiagnosisState.DONE or ended.snapshot is None or ended.family in _AT_FAULT:
            why = ended.family or ended.state
            _log.info("no reference", id1=str(access.id1), occasion=occasion.value, why=why.value)
            return False
        measure = measured(ended.snapshot.readings, ended.snapshot.at, occasion, ended.number)
        if measure is not None:
            await self._records.references.keep(who, access.id1, measure)
        return measure is not None
