"""Events for hubs: what is announced, where it goes, and whether a hub asked for it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from api.tmf.kernel.http import Json
from api.tmf.kernel.query import filters_of
from domain.announcement import Announcement, AnnouncementKind


def event(kind: AnnouncementKind, lane: str, at: datetime, event_type: str, resource: str, body: Json) -> Announcement:
    """``event_type`` such as ``ServiceTestStateChangeEvent`` about a resource such as ``serviceTest``."""
    event_id = uuid4().hex
    told = {
        "eventId": event_id,
        "eventTime": at.isoformat(),
        "timeOcurred": at.isoformat(),  # as TMF630 spells it
        "eventType": event_type,
        "correlationId": str(body.get("id", "")),
        "domain": "Just Fibre",
        "title": event_type,
        "event": {resource: body},
    }
    return Announcement(event_id, kind, lane[:64], at, json.dumps(told, separators=(",", ":")))


def listener(callback: str, payload: str) -> str:
    """Where an event goes: ``{callback}/listener/serviceTestStateChangeEvent``."""
    name = str(json.loads(payload)["eventType"])
    return f"{callback.rstrip('/')}/listener/{name[:1].lower()}{name[1:]}"


def asked_for(query: str | None, payload: str) -> bool:
    """Whether the query of a hub lets an event through: filters on the event, or on the resource inside."""
    if not query:
        return True
    told: dict[str, Any] = json.loads(payload)
    seen = {**told, **told["event"]}
    return all(one.holds(seen) for one in filters_of(parse_qsl(query.lstrip("?"), keep_blank_values=True)))
