"""Collective incidents as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from api.services.incident_views import News, View
from domain.incident import Ancestor
from domain.incidents import Cause, Change, Kind, State
from domain.verdict import Scope


class IncidentOut(BaseModel):
    """An incident. A commercial operator reads in ``accesses`` those of its own, and nothing of the others."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "INC-190509-7F3A2C",
                    "state": "open",
                    "ancestor": "pbo",
                    "scope": "pbo",
                    "cause": "fibre",
                    "place": "PBO-3",
                    "since": "2019-05-09T12:02:00Z",
                    "opened_at": "2019-05-09T12:02:20Z",
                    "updated_at": "2019-05-09T12:07:00Z",
                    "closed_at": None,
                    "unknown_since": None,
                    "accesses": 17,
                    "confidence": 0.97,
                    "works": False,
                    "whole": True,
                    "olts": ["OLT-LYON-03"],
                    "down": 17,
                    "back": 0,
                    "unknown": 0,
                    "up": 0,
                    "dying_gasps": 0,
                    "into": None,
                    "origin": None,
                }
            ]
        }
    )

    number: str
    state: State
    ancestor: Ancestor
    scope: Scope
    cause: Cause
    place: str
    since: datetime
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    unknown_since: datetime | None
    accesses: int
    confidence: float
    works: bool
    whole: bool
    """Whether the reader sees the whole incident; what follows is ``null`` where it does not."""
    olts: list[str] | None = None
    down: int | None = None
    back: int | None = None
    unknown: int | None = None
    up: int | None = None
    dying_gasps: int | None = None
    into: str | None = None
    origin: str | None = None

    @classmethod
    def of(cls, view: View) -> Self:
        """The incident as its reader may see it."""
        one, whole = view.incident, view.mine is None
        out = cls(
            number=one.number,
            state=one.state,
            ancestor=one.ancestor,
            scope=one.ancestor.scope,
            cause=one.cause,
            place=one.place,
            since=one.since,
            opened_at=one.opened_at,
            updated_at=one.updated_at,
            closed_at=one.closed_at,
            unknown_since=one.unknown_since,
            accesses=one.accesses if view.mine is None else view.mine,
            confidence=one.confidence,
            works=one.works,
            whole=whole,
        )
        if whole:
            out.olts, out.down, out.back, out.unknown = list(one.olts), one.down, one.back, one.unknown
            out.up, out.dying_gasps, out.into, out.origin = one.up, one.gasps, one.into, one.origin
        return out


class ChangeOut(BaseModel):
    """One line of the history of an incident."""

    at: datetime
    kind: Kind
    ancestor: Ancestor
    before: Ancestor | None
    place: str
    accesses: int
    down: int
    confidence: float
    others: list[str]

    @classmethod
    def of(cls, change: Change) -> Self:
        """The line, JSON-ready."""
        return cls(
            at=change.at,
            kind=change.kind,
            ancestor=change.ancestor,
            before=change.before,
            place=change.place,
            accesses=change.accesses,
            down=change.down,
            confidence=change.confidence,
            others=list(change.others),
        )


class IncidentDetail(IncidentOut):
    """An incident with its history; the history is the operator's of the network."""

    history: list[ChangeOut] = []


class IncidentsOut(BaseModel):
    """Incidents, the last opened first."""

    incidents: list[IncidentOut]


class NewsOut(BaseModel):
    """What happened to an incident, and what it is now."""

    kind: Kind
    at: datetime
    incident: IncidentOut

    @classmethod
    def of(cls, news: News) -> Self:
        """The news as its reader may see it."""
        return cls(kind=news.change.kind, at=news.change.at, incident=IncidentOut.of(news.view))
