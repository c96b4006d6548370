"""Diagnoses and téléactions as service tests; what hubs are told of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from api.i18n import translate
from api.schemas.diagnostics import DiagnosisOut, RowOut
from api.tmf.kernel.http import PREFIX, Json
from api.tmf.kernel.notifying import event
from domain.access import TestName
from domain.announcement import Announcement, AnnouncementKind
from domain.teleaction import ActionState, TeleactionRecord
from storage.diagnosis_record import HISTORY, DiagnosisRecord, DiagnosisState
from teleactions.catalogue import catalogue

RESOURCE = "653.test"
"""Under which its documents are kept."""
ROOT = f"{PREFIX}serviceTestManagement/v4"
WRITABLE = frozenset({"name", "description", "mode", "relatedParty"})
"""What a client may write of a test that is run; the rest is what happened."""

SPECIFICATIONS = {
    "diagnostic-global": TestName.GLOBAL,
    "diagnostic-delc": TestName.DELC,
    "infos-box": TestName.BOX,
}
ACTION = "teleaction-"
"""In front of the name of a téléaction: its specification."""
ACTION_ID = "ta-"
"""In front of the number of a téléaction: its service test."""

_SPECIFICATION_OF = {test: key for key, test in SPECIFICATIONS.items()}
_NUMBER = re.compile(r"([+-]?[0-9]+(?:[.,][0-9]+)?) ?(dBm|dB|km|m|mA|V|°C|%|s|Mbit/s|kbit/s)?")
_LEVELS = frozenset({"Mesure OLT tx", "Mesure OLT rx", "Mesure ONT tx", "Mesure ONT rx"})
"""Rows that the screen prints in dBm without saying so."""

_ACTION_STATES = {
    ActionState.ASKED: "acknowledged",
    ActionState.RUNNING: "inProgress",
    ActionState.UNKNOWN: "inProgress",
    ActionState.DONE: "completed",
    ActionState.NO_EFFECT: "completed",
    ActionState.REFUSED: "rejected",
    ActionState.FAILED: "failed",
    ActionState.UNPROVED: "failed",  # the standard has no word for what nobody knows; its « Etat » says it
    ActionState.CANCELLED: "cancelled",
}


def state_of(state: DiagnosisState) -> str:
    """The state of TMF653 of a diagnosis."""
    return {
        DiagnosisState.RUNNING: "inProgress",
        DiagnosisState.DONE: "completed",
        DiagnosisState.FAILED: "failed",
    }[state]


def of_record(record: DiagnosisRecord, written: Mapping[str, Any], state: str | None = None) -> Json:
    """A diagnosis without its rows."""
    document = _document(
        str(record.number), str(record.id1), record.sent_at, written, (_SPECIFICATION_OF[record.test], record.test)
    )
    document["state"] = state or state_of(record.state)
    if record.state.final:
        document["endDateTime"] = record.updated_at.isoformat()
    return document


def of_diagnosis(record: DiagnosisRecord, out: DiagnosisOut, written: Mapping[str, Any]) -> Json:
    """A diagnosis with all that it found, as its reader may see it."""
    found: dict[str, Any] = {"Etat": record.state.value, "Type prestation": record.service_type}
    if out.verdict is not None:
        verdict = out.verdict
        found |= {
            "Diagnostic": verdict.result.value,
            "Code": verdict.family.value,
            "Défaut": verdict.defect.value if verdict.defect else None,
            "Prélocalisation": verdict.prelocalisation.value,
            "Confiance": verdict.confidence,
            "Gravité": verdict.severity.value,
            "Responsable": verdict.owner.value,
            "Synthèse": verdict.synthesis,
            "Interprétation": verdict.interpretation,
            "Action": verdict.action,
            "Règles": verdict.ruleset,
            "Incident collectif": out.incident,
        }
    if out.failure is not None:
        found["Echec"] = out.failure
    return {
        **of_record(record, written),
        "characteristic": characteristics(found),
        "testMeasure": [_measure(block.title, row) for block in out.blocks for row in block.rows],
    }


def of_teleaction(record: TeleactionRecord, written: Mapping[str, Any]) -> Json:
    """A téléaction, with what it changed."""
    document = _document(
        f"{ACTION_ID}{record.number}",
        str(record.id1 or record.target.name),
        record.asked_at,
        written,
        (f"{ACTION}{record.action}", label_of(record.action)),
    )
    found: dict[str, Any] = {"Etat": record.state.value, **{f"paramètre {k}": v for k, v in record.parameters.items()}}
    if record.effect is not None:
        found |= record.effect.data
    document["state"] = _ACTION_STATES[record.state]
    document["characteristic"] = characteristics(found)
    document["testMeasure"] = [
        {
            "metricName": name,
            "captureMethod": moment,
            "value": {"name": name, "value": value},
        }
        for moment, values in (("avant", record.before), ("après", record.after))
        for name, value in values.items()
        if value is not None
    ]
    if record.state.final:
        document["endDateTime"] = record.updated_at.isoformat()
    return document


def characteristics(found: Mapping[str, Any]) -> list[Json]:
    """Names and values; what is not known is not there."""
    return [
        {"name": name, "valueType": "number" if isinstance(value, float) else "string", "value": value}
        for name, value in found.items()
        if value is not None
    ]


def told(record: DiagnosisRecord, out: DiagnosisOut) -> Announcement:
    """What hubs are told of a diagnosis that has begun, or ended."""
    began = not record.state.final
    body = of_record(record, {}, "acknowledged") if began else of_diagnosis(record, out, {})
    name = "ServiceTestCreateEvent" if began else "ServiceTestStateChangeEvent"
    return event(AnnouncementKind.TMF653, str(record.id1), record.updated_at, name, "serviceTest", body)


def told_action(record: TeleactionRecord) -> Announcement:
    """What hubs are told of a téléaction: its state; what it read and changed is for who has the right to it."""
    found = of_teleaction(record, {})
    body = {key: value for key, value in found.items() if key not in {"characteristic", "testMeasure"}}
    new = record.state in {ActionState.ASKED, ActionState.REFUSED}
    name = "ServiceTestCreateEvent" if new else "ServiceTestStateChangeEvent"
    lane = str(record.id1 or record.target.name)
    return event(AnnouncementKind.TMF653, lane, record.updated_at, name, "serviceTest", body)


def label_of(action: str) -> str:
    """The French of a téléaction, by its name; one that is no more in the catalogue has its name."""
    spec = catalogue().get(action)
    return action if spec is None else translate("fr", spec.label)


def _document(
    number: str, service: str, at: datetime, written: Mapping[str, Any], specification: Sequence[str]
) -> Json:
    key, name = specification
    return {
        "mode": "ONDEMAND",
        "name": str(name),
        **{key: value for key, value in written.items() if key in WRITABLE or key.startswith("@")},
        "id": number,
        "href": f"{ROOT}/serviceTest/{number}",
        "startDateTime": at.isoformat(),
        "validFor": {"startDateTime": at.isoformat(), "endDateTime": (at + HISTORY).isoformat()},
        "relatedService": {
            "id": service,
            "href": service_href(service),
            "name": "Prestation ID1",
            "@referredType": "Service",
        },
        "testSpecification": {"id": key, "href": specification_href(key), "name": str(name)},
        "@type": "ServiceTest",
    }


def service_href(service: str) -> str:
    """Where an access is read."""
    return f"/api/v1/accesses/{quote(service, safe='')}"


def specification_href(key: str) -> str:
    """Where a specification is read."""
    return f"{ROOT}/serviceTestSpecification/{quote(key, safe='')}"


def _measure(block: str, row: RowOut) -> Json:
    value: Any = row.value
    measure: Json = {"metricName": row.label, "metricDescription": block, "captureMethod": row.source or "non mesuré"}
    if row.at is not None:
        measure["captureDateTime"] = row.at.isoformat()
    number = _NUMBER.fullmatch(row.value)
    unit = number and (number[2] or ("dBm" if row.label in _LEVELS else None))
    if number and unit and not row.masked:
        value = float(number[1].replace(",", "."))
        measure["unitOfMeasure"] = unit
    measure["value"] = {"name": row.label, "value": value}
    if row.reason is not None:
        measure["value"]["reason"] = row.reason.value
    if row.value == "KO":
        measure["ruleViolation"] = [
            {
                "name": row.label,
                "description": f"{block} : {row.label}",
                "conformanceTargetExact": "OK",
                "conformanceComparatorExact": True,
                "thresholdRuleSeverity": "major",
            }
        ]
    return measure
