"""The Internet platform and the sessions of an access, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.services.platform import PlatformView, ProbeView
from api.services.sessions import AccessSessions
from domain.platform import Answer, ProbeKind
from domain.reading import Quality, Reason
from domain.states import AuthResult
from storage.session_history import PastSession


class ProbeOut(BaseModel):
    """One target of the probes."""

    name: str
    kind: ProbeKind
    works: bool | None = Field(description="Works; null: nobody can tell")
    answer: Answer
    detail: str = Field(description="What came back, in the words of the protocol")
    at: AwareDatetime
    elapsed_ms: float | None
    heard_at: AwareDatetime | None = Field(description="Last answer, whatever it was")
    asked: int = Field(description="Requests over the window")
    unheard: int = Field(description="Requests without an answer over the window")

    @classmethod
    def of(cls, view: ProbeView) -> Self:
        """What the service found."""
        one = view.probed
        return cls(
            name=one.name,
            kind=one.kind,
            works=view.works,
            answer=one.answer,
            detail=one.detail,
            at=one.at,
            elapsed_ms=None if one.elapsed_ms is None else round(one.elapsed_ms, 1),
            heard_at=one.heard_at,
            asked=one.asked,
            unheard=one.unheard,
        )


class PlatformValueOut(BaseModel):
    """One metric of the platform: a value, or the reason why there is none."""

    metric: str
    label: str
    unit: str
    value: Any
    reason: Reason | None
    at: AwareDatetime | None
    source: str
    quality: Quality


class AuthWindowOut(BaseModel):
    """Subscribers in the authentication log over the window."""

    model_config = ConfigDict(from_attributes=True)

    since: AwareDatetime
    subscribers: int
    refused: int
    unanswered: int = Field(description="Of which a request was left without an answer, where a RADIUS relay logs it")


class PlatformOut(BaseModel):
    """The Internet platform now."""

    at: AwareDatetime
    values: list[PlatformValueOut]
    probes: list[ProbeOut]
    authentications: AuthWindowOut

    @classmethod
    def of(cls, view: PlatformView) -> Self:
        """What the service found."""
        values = [
            PlatformValueOut(
                metric=metric.key,
                label=metric.label_fr,
                unit=metric.unit,
                value=reading.value,
                reason=reading.reason,
                at=reading.at,
                source=str(reading.source),
                quality=reading.quality,
            )
            for metric, reading in view.readings.values.items()
        ]
        return cls(
            at=view.at,
            values=values,
            probes=[ProbeOut.of(one) for one in view.probes],
            authentications=AuthWindowOut.model_validate(view.window),
        )


class SessionOut(BaseModel):
    """One PPP session."""

    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    seen_at: AwareDatetime = Field(description="Last message of RADIUS accounting")
    active: bool
    duration_s: int | None = Field(description="Until its end, or until now")
    cause: str | None = Field(description="Acct-Terminate-Cause (RFC 2866 5.10), its name")
    ip: str | None

    @classmethod
    def of(cls, one: PastSession, now: datetime) -> Self:
        """What the records keep."""
        until = one.ended_at or now
        seconds = None if one.started_at is None else max(0, int((until - one.started_at).total_seconds()))
        return cls(
            started_at=one.started_at,
            ended_at=one.ended_at,
            seen_at=one.seen_at,
            active=one.active,
            duration_s=seconds,
            cause=one.cause,
            ip=one.ip,
        )


class AuthenticationOut(BaseModel):
    """One answer of the RADIUS server."""

    model_config = ConfigDict(from_attributes=True)

    at: AwareDatetime
    result: AuthResult
    reason: str | None = Field(description="Reason; masked where it may hold a PPP identifier")


class SessionsOut(BaseModel):
    """The PPP sessions of an access, newest first."""

    id1: str
    has_identifier: bool = Field(description="Without a PPP identifier, no session can be attached to the access")
    kept_days: int = Field(description="How long ended sessions are kept")
    sessions: list[SessionOut]
    authentications: list[AuthenticationOut]

    @classmethod
    def of(cls, id1: str, found: AccessSessions) -> Self:
        """What the service found."""
        return cls(
            id1=id1,
            has_identifier=found.has_identifier,
            kept_days=found.kept.days,
            sessions=[SessionOut.of(one, found.at) for one in found.sessions],
            authentications=[AuthenticationOut.model_validate(one) for one in found.authentications],
        )
