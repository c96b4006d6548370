"""The life of a diagnosis: asked, running, finished; kept with its snapshot, its rule-set and its code version."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from api.events import Progress, ProgressBus
from api.services.announcing import of_diagnosis
from api.services.fair import Allowance, FairQueue, Limits, Priority
from api.services.linetest import LineTest
from api.tmf.alarm.lines import line_events
from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from domain import codec
from domain.access import Access, TestName
from domain.clock import Clock
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal, Right
from domain.snapshot import Snapshot, SourceReport
from storage.accesses import Accesses
from storage.diagnoses import Diagnoses
from storage.diagnosis_record import HISTORY, DiagnosisRecord, DiagnosisState, NewDiagnosis
from storage.whole import whole

_log = structlog.get_logger(__name__)

_TURNS = 8
"""C: turns of the loop from the record that is kept to the last octet of the answer."""
ALLOWANCE = Allowance(pending=500, per_minute=1200)
"""C: some 200 agents of one operator, each with a test every ten seconds."""


class DiagnosisService:
    """Accepts, runs and shows diagnoses. Every call carries the principal who asks."""

    def __init__(  # noqa: PLR0913 - the composition root passes each part by name
        self,
        *,
        accesses: Accesses,
        diagnoses: Diagnoses,
        line_test: LineTest,
        ruleset: Ruleset,
        bus: ProgressBus,
        clock: Clock,
        max_running: int,
        code_version: str,
        limits: Limits | None = None,
    ) -> None:
        self._accesses = accesses
        self._diagnoses = diagnoses
        self._line_test = line_test
        self._ruleset = ruleset
        self._bus = bus
        self._clock = clock
        self._queue = FairQueue(max_running)
        self._limits = limits or Limits(ALLOWANCE)
        self._code_version = code_version
        self._running: set[asyncio.Task[None]] = set()

    async def ask(
        self,
        who: Principal,
        id1: Id1,
        test: TestName,
        idempotency_key: str | None = None,
        priority: Priority = Priority.AGENT,
    ) -> tuple[DiagnosisRecord, bool]:
        """Accept a test and start it. Returns its record, and whether an earlier request had already asked for it.

        Raises `TooManyError` where the operator asks for more than its allowance.
        """
        who.require(Right.TEST)
        access = await self._accesses.get(who, id1)
        if priority is not Priority.REFERENCE:  # nobody asked for it: it waits its turn and costs no allowance
            self._limits.admit(who.operator_id)
        return await self._admitted(who, access, test, idempotency_key, priority)

    async def ask_all(
        self, who: Principal, id1: Id1, tests: Sequence[TestName], idempotency_key: str | None = None
    ) -> list[tuple[DiagnosisRecord, bool]]:
        """Accept several tests, in the screen's order; all are admitted, or none."""
        who.require(Right.TEST)
        access = await self._accesses.get(who, id1)
        wanted = [test for test in TestName if test in tests]
        self._limits.admit(who.operator_id, len(wanted))
        found: list[tuple[DiagnosisRecord, bool]] = []
        try:
            for test in wanted:
                key = idempotency_key and _key_of(idempotency_key, test)
                found.append(await self._admitted(who, access, test, key, Priority.AGENT))
        except BaseException:
            for _ in wanted[len(found) + 1 :]:  # the one that failed has given its place back
                self._limits.undo(who.operator_id)
            raise
        return found

    async def _admitted(
        self, who: Principal, access: Access, test: TestName, key: str | None, priority: Priority
    ) -> tuple[DiagnosisRecord, bool]:
        new = NewDiagnosis(
            id1=access.id1,
            test=test,
            service_type=access.service_type,
            sent_at=self._clock.now(),
            account=who.account,
            code_version=self._code_version,
        )
        return await whole(self._accept(who, access, new, key, priority))

    async def _accept(
        self, who: Principal, access: Access, new: NewDiagnosis, key: str | None, priority: Priority
    ) -> tuple[DiagnosisRecord, bool]:
        """Create and start as one: a client that goes away in between leaves no record that nobody runs."""
        try:
            record, replayed = await self._diagnoses.create(who, new, key, of_diagnosis)
        except BaseException:
            self._undo(who, priority)
            raise
        if replayed:
            self._undo(who, priority)
        else:
            self._start(who, access, record, priority)
        return record, replayed

    def _undo(self, who: Principal, priority: Priority) -> None:
        if priority is not Priority.REFERENCE:
            self._limits.undo(who.operator_id)

    async def ended(self, who: Principal, number: DiagnosisNumber, patience_s: float) -> DiagnosisRecord:
        """The record once it has ended; as it is after ``patience_s`` seconds otherwise."""
        with self._bus.listen(number) as steps:
            record = await self._diagnoses.get(who, number)  # after listening: nothing falls between the two
            try:
                async with asyncio.timeout(patience_s):
                    while not record.state.final:
                        if (await steps.get()).final:
                            record = await self._diagnoses.get(who, number)
            except TimeoutError:
                return await self._diagnoses.get(who, number)
        return record

    async def get(self, who: Principal, number: DiagnosisNumber) -> DiagnosisRecord:
        """One diagnosis of the operator, within its 48 h."""
        who.require(Right.TEST)
        return await self._diagnoses.get(who, number, since=self._clock.now() - HISTORY)

    async def recent(self, who: Principal, id1: Id1) -> list[DiagnosisRecord]:
        """The diagnoses of an access sent in the last 48 h, newest first."""
        who.require(Right.TEST)
        await self._accesses.get(who, id1)
        return await self._diagnoses.recent(who, id1, since=self._clock.now() - HISTORY)

    async def all_recent(self, who: Principal) -> list[DiagnosisRecord]:
        """The diagnoses of every access sent in the last 48 h, newest first, without their detail."""
        who.require(Right.TEST)
        return await self._diagnoses.sent_since(who, self._clock.now() - HISTORY)

    async def fail_interrupted(self) -> int:
        """At start: close what a stop left running. Nothing was acted upon, so the agent just asks again."""
        return await self._diagnoses.fail_unfinished(self._clock.now(), "service restarted", of_diagnosis)

    async def close(self) -> None:
        """Stop what runs; it is closed as interrupted at the next start."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, who: Principal, access: Access, record: DiagnosisRecord, priority: Priority) -> None:
        task = asyncio.create_task(self._run(who, access, record, priority), name=f"diagnosis {record.number}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if priority is not Priority.REFERENCE:
            task.add_done_callback(lambda _: self._limits.ended(who.operator_id))

    async def _run(self, who: Principal, access: Access, record: DiagnosisRecord, priority: Priority) -> None:
        for _ in range(_TURNS):  # who asked is told the number first: the work of the test would hold that up
            await asyncio.sleep(0)
        began = time.perf_counter()
        try:
            async with self._queue.slot(who.operator_id, priority):
                read = await self._line_test.snapshot(access, record.test, self._publisher(record.number))
                snapshot = codec.load(Snapshot, codec.dump(read))  # what is judged is what is kept, so that it replays
                diagnosis = diagnose(snapshot, self._ruleset)
                elapsed_ms, at = (time.perf_counter() - began) * 1e3, self._clock.now()
                ended = replace(
                    record,
                    state=DiagnosisState.DONE,
                    updated_at=at,
                    duration_ms=elapsed_ms,
                    result=diagnosis.result,
                    family=diagnosis.family,
                    snapshot=snapshot,
                    diagnosis=diagnosis,
                )
                told = [*of_diagnosis(ended), *await line_events(self._diagnoses, ended)]
                await self._diagnoses.finish(who, record.number, snapshot, diagnosis, at, elapsed_ms, told)
        except Exception as error:  # noqa: BLE001 - the record must end, whatever happened
            _log.error("diagnosis failed", number=str(record.number), error=type(error).__name__, exc_info=error)
            await self._fail(who, record, type(error).__name__)
            return
        _log.info(
            "diagnosis",
            number=str(record.number),
            operator=who.operator_id,
            account=who.account,
            id1=str(record.id1),
            test=record.test.value,
            family=diagnosis.family.value,
            confidence=diagnosis.confidence,
            elapsed_ms=round(elapsed_ms, 1),
        )
        self._bus.publish(record.number, Progress("state", {"state": "Terminé"}, final=True))

    async def _fail(self, who: Principal, record: DiagnosisRecord, reason: str) -> None:
        """End the record, and tell whoever follows even when that fails: it is then closed at the next start."""
        number, at = record.number, self._clock.now()
        failed = replace(record, state=DiagnosisState.FAILED, updated_at=at, failure=reason)
        try:
            await self._diagnoses.fail(who, number, at, reason, of_diagnosis(failed))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            _log.error("diagnosis not closed", number=str(number), error=type(error).__name__)
        finally:
            self._bus.publish(number, Progress("state", {"state": "En échec"}, final=True))

    def _publisher(self, number: DiagnosisNumber) -> Callable[[SourceReport], None]:
        def publish(report: SourceReport) -> None:
            data = {
                "source": report.kind.value,
                "outcome": report.outcome.value,
                "reason": report.reason and report.reason.value,
                "elapsed_ms": round(report.elapsed_ms, 1),
            }
            self._bus.publish(number, Progress("source", data))

        return publish


def _key_of(key: str, test: TestName) -> str:
    """An idempotency key of one test of several, of a length that the records take."""
    return hashlib.sha256(f"{key}\n{test.value}".encode()).hexdigest()
