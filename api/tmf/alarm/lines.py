"""The alarm of a line: the tests in a row that found it wrong, and the one that found it well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from api.tmf.alarm.mapping import of_line
from api.tmf.kernel.notifying import event
from domain.announcement import Announcement, AnnouncementKind
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal
from domain.verdict import ResultCode
from storage.diagnosis_record import HISTORY, DiagnosisRecord, DiagnosisState


@dataclass(frozen=True, slots=True)
class Spell:
    """The last tests in a row that found a line wrong.

    Attributes:
        first: The alarm has its number.
        cleared_at: When a test found it well again.
    """

    first: DiagnosisRecord
    last: DiagnosisRecord
    cleared_at: datetime | None


class Diagnoses(Protocol):
    """What the records tell of the tests of an access."""

    async def recent(self, who: Principal, id1: Id1, since: datetime) -> Sequence[DiagnosisRecord]:
        """Those sent since then, newest first, without their detail."""
        ...

    async def get(self, who: Principal, number: DiagnosisNumber) -> DiagnosisRecord:
        """One of them, with its detail."""
        ...


def spell_of(newest_first: Sequence[DiagnosisRecord]) -> Spell | None:
    """What the tests of one access amount to; ``None``: none found it wrong. What found nothing out says nothing."""
    known = [one for one in newest_first if _tells(one)]
    wrong = [one.result is ResultCode.KO for one in known]
    if True not in wrong:
        return None
    start = wrong.index(True)
    end = next((at for at in range(start, len(wrong)) if not wrong[at]), len(wrong))
    return Spell(known[end - 1], known[start], known[start - 1].updated_at if start else None)


async def line_events(diagnoses: Diagnoses, ended: DiagnosisRecord) -> list[Announcement]:
    """What hubs are told of a test that has just ended: an alarm is raised, told again, or cleared."""
    if not _tells(ended):
        return []
    who = Principal(ended.operator_id, ended.account, frozenset())
    recent = await diagnoses.recent(who, ended.id1, ended.updated_at - HISTORY)
    others = [one for one in recent if one.number != ended.number]
    spell = spell_of([ended, *others])
    before = next((one for one in others if _tells(one)), None)
    if spell is None or (ended.result is ResultCode.OK and (before is None or before.result is not ResultCode.KO)):
        return []
    last = ended if spell.last.number == ended.number else await diagnoses.get(who, spell.last.number)
    if last.diagnosis is None:
        return []
    new = spell.first.number == ended.number
    what = "StateChange" if spell.cleared_at else "Create" if new else "AttributeValueChange"
    alarm = of_line(spell.first, last, last.diagnosis, spell.cleared_at)
    at = ended.updated_at
    return [event(AnnouncementKind.TMF642, str(ended.id1), at, f"Alarm{what}Event", "alarm", alarm)]


def _tells(one: DiagnosisRecord) -> bool:
    return one.state is DiagnosisState.DONE and one.test.reads_network and one.result in {ResultCode.OK, ResultCode.KO}
