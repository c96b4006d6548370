"""Incidents, verdicts and events of the network as alarms. Types and causes are those of ITU-T X.733."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.i18n import translate
from api.services.incident_views import View
from api.tmf.alarm import numbers
from api.tmf.kernel.http import PREFIX, Json
from domain.events import FALLS, RISES, EventKind, EventObservation
from domain.incidents import Cause, State
from domain.verdict import Diagnosis, Family, Severity
from storage.diagnosis_record import DiagnosisRecord

ROOT = f"{PREFIX}alarm/v4"
WRITABLE = frozenset(
    {
        *("ackState", "ackUserId", "ackSystemId", "clearUserId", "clearSystemId", "comment", "state"),
        *("externalAlarmId", "alarmEscalation", "alarmDetails", "parentAlarm", "correlatedAlarm", "alarmClearedTime"),
    }
)
"""What a client writes of an alarm; ``state`` only to clear it."""

_CAUSES = {
    Cause.FIBRE: "lossOfSignal",
    Cause.PORT: "equipmentMalfunction",
    Cause.FIBRE_OR_PORT: "lossOfSignal",
    Cause.EQUIPMENT: "equipmentMalfunction",
    Cause.MAINS: "powerProblem",
}
_FAMILIES = {
    Family.ONT: "equipmentMalfunction",
    Family.LIGNE: "lossOfSignal",
    Family.RESEAU: "transmissionError",
    Family.PROVISIONNEMENT: "configurationOrCustomizationError",
    Family.INTERNE: "localNodeTransmissionError",
    Family.AUTHENTIFICATION: "authenticationFailure",
}
_EVENTS = {
    EventKind.LOS: "lossOfSignal",
    EventKind.DYING_GASP: "powerProblem",
    EventKind.LINK_DOWN: "communicationsSubsystemFailure",
    EventKind.ONT_DOWN: "communicationsSubsystemFailure",
}
_STATES = {State.OPEN: "raised", State.UNKNOWN: "updated", State.RECOVERING: "updated", State.CLOSED: "cleared"}


def of_view(view: View) -> Json:
    """A collective incident."""
    one = view.incident
    cleared = one.state is State.CLOSED
    found = _base(numbers.of_incident(one.number), one.place, one.ancestor.value, one.since, cleared=cleared)
    return _told(
        found,
        state=_STATES[one.state],
        perceivedSeverity="cleared" if cleared else "critical",
        probableCause=_CAUSES[one.cause],
        specificProblem=translate("fr", "Collective incident: {place}", place=one.place),
        alarmReportingTime=one.opened_at.isoformat(),
        alarmChangedTime=one.updated_at.isoformat(),
        alarmClearedTime=one.closed_at and one.closed_at.isoformat(),
        isRootCause=True,
        plannedOutageIndicator="outOfService" if one.works else "inService",
        externalAlarmId=one.number,
    )


def of_line(first: DiagnosisRecord, last: DiagnosisRecord, verdict: Diagnosis, cleared_at: datetime | None) -> Json:
    """What the tests of one access found.

    Args:
        first: The first of the tests in a row that found something wrong: the alarm has its number.
        last: The last of them.
        verdict: Its verdict.
        cleared_at: When a test found the access well again.
    """
    cleared = cleared_at is not None
    found = _base(numbers.of_diagnosis(str(first.number)), str(first.id1), "Service", first.updated_at, cleared=cleared)
    severity = {Severity.NONE: "indeterminate"}.get(verdict.severity, verdict.severity.value)
    return _told(
        found,
        state="cleared" if cleared else "raised",
        perceivedSeverity="cleared" if cleared else severity,
        probableCause=_FAMILIES.get(verdict.family, "other"),
        specificProblem=verdict.synthesis,
        alarmDetails=verdict.interpretation,
        proposedRepairedActions=verdict.action,
        alarmReportingTime=first.updated_at.isoformat(),
        alarmChangedTime=(cleared_at or last.updated_at).isoformat(),
        alarmClearedTime=cleared_at and cleared_at.isoformat(),
        affectedService=[{"id": str(first.id1)}],
        externalAlarmId=str(first.number),
    )


def of_event(event: EventObservation) -> Json:
    """Something that an OLT announced and did not take back."""
    where = str(event.ont or event.pon or event.olt)
    number = numbers.of_event(event.olt, event.kind.value, event.scope.value, where, event.at.isoformat())
    return _told(
        _base(number, f"{event.olt}/{where}", event.scope.value, event.at, cleared=False),
        state="raised",
        perceivedSeverity="major",
        probableCause=_EVENTS.get(event.kind, "other"),
        specificProblem=event.kind.value,
        alarmReportingTime=event.at.isoformat(),
        alarmChangedTime=event.at.isoformat(),
    )


def standing(events: Iterable[EventObservation]) -> list[EventObservation]:
    """The falls that no rise took back, one an object, oldest first in and out."""
    found: dict[tuple[str, str], EventObservation] = {}
    for event in events:
        where = (event.olt, str(event.ont or event.pon or event.scope.value))
        if event.kind in RISES:
            found.pop(where, None)
        elif event.kind in FALLS:
            found.setdefault(where, event)
    return list(found.values())


def with_written(alarm: Json, written: Mapping[str, Any]) -> Json:
    """An alarm with what its readers wrote of it."""
    own = {key: value for key, value in written.items() if key in WRITABLE}
    if own.get("state") == "cleared":
        own["perceivedSeverity"] = "cleared"
    return {**alarm, **own}


def refs(alarms: Sequence[Json]) -> list[Json]:
    """References to alarms, as alarms name each other."""
    return [{"id": str(one["id"]), "href": one["href"]} for one in alarms]


def _base(number: int, what: str, kind: str, raised_at: datetime, *, cleared: bool) -> Json:
    return {
        "id": number,
        "href": f"{ROOT}/alarm/{number}",
        "alarmType": "communicationsAlarm",
        "alarmedObject": {"id": what},
        "alarmedObjectType": kind,
        "sourceSystemId": "just-fibre",
        "reportingSystemId": "just-fibre",
        "alarmRaisedTime": raised_at.isoformat(),
        "ackState": "unacknowledged",
        "serviceAffecting": not cleared,
        "@type": "Alarm",
    }


def _told(alarm: Json, **attributes: Any) -> Json:
    return {**alarm, **{key: value for key, value in attributes.items() if value is not None}}
