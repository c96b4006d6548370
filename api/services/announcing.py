"""What the operators' own systems are told of diagnoses: the result as an agent without secrets sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from api.schemas.results import detail
from api.tmf.service_test import mapping as service_tests
from domain.announcement import Announcement, AnnouncementKind
from domain.principal import Principal
from domain.teleaction import TeleactionRecord
from storage.diagnosis_record import DiagnosisRecord


def announcement(kind: AnnouncementKind, lane: str, at: datetime, data: Any) -> Announcement:
    """An event; ``data`` is JSON-ready and holds no secret."""
    event_id = uuid4().hex
    body = {"id": event_id, "type": kind.value, "timestamp": at.isoformat(), "data": data}
    return Announcement(event_id, kind, lane, at, json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def of_diagnosis(record: DiagnosisRecord) -> Sequence[Announcement]:
    """A diagnosis has changed state: its number and state, and once it has ended all that it found, secrets masked."""
    nobody = Principal(record.operator_id, record.account, frozenset())
    out = detail(record, nobody)
    data = out.model_dump(mode="json")
    return (
        announcement(AnnouncementKind.DIAGNOSIS, str(record.id1), record.updated_at, data),
        service_tests.told(record, out),
    )


def of_teleaction(record: TeleactionRecord) -> Sequence[Announcement]:
    """A téléaction was asked, is carried out, has ended: hubs hear of it as of any service test."""
    return (service_tests.told_action(record),)
