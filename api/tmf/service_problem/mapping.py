"""Collective incidents as service problems, as each reader may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.i18n import translate
from api.services.incident_views import View
from api.tmf.alarm.numbers import of_incident as alarm_of
from api.tmf.kernel.http import PREFIX, Json
from domain.incident import Ancestor
from domain.incidents import Change, Kind, State

ROOT = f"{PREFIX}serviceProblemManagement/v4"
ALARMS = f"{PREFIX}alarm/v4"
WRITABLE = frozenset(
    {"name", "description", "note", "externalIdentifier", "relatedParty", "problemEscalation", "troubleTicket"}
)
"""What a client writes of an incident; the rest is what the network says."""
LINKS = frozenset({"parentProblem", "underlyingProblem"})
ACKNOWLEDGED = "acknowledged"

_STATUS = {
    State.OPEN: "inProgress",
    State.UNKNOWN: "held",
    State.RECOVERING: "resolved",
    State.CLOSED: "closed",
}
_WIDE = frozenset({Ancestor.OLT, Ancestor.CARD})


def of_view(view: View, written: Mapping[str, Any], history: Sequence[Change] = ()) -> Json:
    """An incident as a problem."""
    one, whole = view.incident, view.mine is None
    status = _STATUS[one.state]
    if status == "inProgress" and written.get(ACKNOWLEDGED):
        status = ACKNOWLEDGED
    since = translate("fr", "Collective incident: {place}", place=one.place)
    found: dict[str, Any] = {
        "name": one.place,
        "description": since,
        **{key: value for key, value in written.items() if key in WRITABLE | LINKS},
        "id": one.number,
        "href": f"{ROOT}/serviceProblem/{one.number}",
        "category": "incident collectif",
        "reason": one.cause.value,
        "priority": 1 if one.ancestor in _WIDE else 2 if one.accesses > 1 and one.ancestor is not Ancestor.PBO else 3,
        "status": status,
        "statusChangeDate": (one.closed_at or one.updated_at).isoformat(),
        "creationDate": one.opened_at.isoformat(),
        "lastUpdate": one.updated_at.isoformat(),
        "resolutionDate": None if one.closed_at is None else one.closed_at.isoformat(),
        "originatingSystem": "just-fibre",
        "originatorParty": {"id": "just-fibre", "role": "originator", "@referredType": "Organization"},
        "affectedNumberOfServices": one.accesses if view.mine is None else view.mine,
        "rootCauseResource": [{"id": one.place, "name": one.place, "@referredType": one.ancestor.value}],
        "characteristic": _characteristics(view),
        "underlyingAlarm": [{"id": str(alarm_of(one.number)), "href": f"{ALARMS}/alarm/{alarm_of(one.number)}"}],
        "@type": "ServiceProblem",
    }
    if whole and one.into is not None:
        found["parentProblem"] = [{"id": one.into, "href": f"{ROOT}/serviceProblem/{one.into}"}]
    if history:
        found["trackingRecord"] = [
            {
                "id": str(rank),
                "description": change.kind.value,
                "systemId": "just-fibre",
                "time": change.at.isoformat(),
            }
            for rank, change in enumerate(history, 1)
        ]
    return completed({key: value for key, value in found.items() if value is not None})


def completed(problem: Json) -> Json:
    """A problem with what every problem shows: who answers for it, how many services, and the dates of R18.5.

    ``timeRaised`` and ``timeChanged`` are the former names of ``creationDate`` and ``lastUpdate``: kits ask for them.
    """
    return {
        "responsibleParty": {"id": "just-fibre", "role": "responsible", "@referredType": "Organization"},
        "affectedNumberOfServices": len(problem.get("affectedService", ())),
        **problem,
        "timeRaised": problem["creationDate"],
        "timeChanged": problem["lastUpdate"],
    }


def event_name(kind: Kind) -> str:
    """The event of TMF656 for something that happened."""
    if kind in {Kind.OPENED, Kind.SPLIT}:
        return "ServiceProblemCreateEvent"
    return "ServiceProblemStateChangeEvent" if moves(kind) else "ServiceProblemAttributeValueChangeEvent"


def moves(kind: Kind) -> bool:
    """Whether it changes the state of an incident."""
    return kind in {Kind.CLOSED, Kind.ABSORBED, Kind.LOST, Kind.FOUND, Kind.RECOVERING}


def _characteristics(view: View) -> list[Json]:
    one = view.incident
    told: dict[str, Any] = {
        "ancestor": one.ancestor.value,
        "confidence": one.confidence,
        "since": one.since.isoformat(),
        "plannedWorks": one.works,
    }
    if view.mine is None:
        told |= {"down": one.down, "back": one.back, "unknown": one.unknown, "olts": list(one.olts)}
    return [{"name": name, "value": value} for name, value in told.items()]
