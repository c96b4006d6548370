"""A reading: a value or the reason why there is none, with its instant, its source and its quality.

Unknown is never zero and never a fault: a reading without value always says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from domain.errors import InvalidValueError
from domain.record import record

T = TypeVar("T")


class Quality(StrEnum):
    """How the value came to us."""

    LIVE = "live"  # read from the equipment for this very test
    STORED = "stored"  # the last value that a collector kept
    DERIVED = "derived"  # computed from other readings
    MISSING = "missing"  # there is no value: see the reason


class Reason(StrEnum):
    """Why there is no value."""

    NOT_READ = "not_read"  # nobody asked for it
    NOT_SUPPORTED = "not_supported"  # the equipment, its firmware or our driver has no such datum
    TIMEOUT = "timeout"  # asked, nothing came back in time
    UNREACHABLE = "unreachable"  # the equipment refuses connections
    OFFLINE = "offline"  # the equipment says that what it would measure is not on line
    NO_READING = "no_reading"  # the equipment gave its sentinel for "no value"
    OUT_OF_RANGE = "out_of_range"  # a value that physics excludes
    MALFORMED = "malformed"  # an answer that is not of the declared type
    STALE = "stale"  # older than the last change of state, or than its maximum age
    NEVER_SEEN = "never_seen"  # no observation of it was ever kept
    ERROR = "error"  # the equipment answered with an error status
    CONTRADICTED = "contradicted"  # a surer reading says the contrary
    CLOCK = "clock"  # dated in the future: a clock or a time zone is wrong
    NO_INTERVAL = "no_interval"  # a counter whose counting time is unknown


class Via(StrEnum):
    """The protocol that brought it."""

    SNMP = "snmp"
    CLI = "cli"
    CWMP = "cwmp"
    RADIUS = "radius"
    SYSLOG = "syslog"
    PROBE = "probe"
    INVENTORY = "inventory"
    ENGINE = "engine"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a reading comes from.

    Attributes:
        via: The protocol.
        locator: What was read: an OID, a CLI command, a parameter name, an attribute. Never a credential.
    """

    via: Via = Via.NONE
    locator: str = ""

    def __str__(self) -> str:
        return f"{self.via}:{self.locator}" if self.locator else str(self.via)


@record
class Reading(Generic[T]):
    """One value, or one reason why there is none.

    Attributes:
        value: The value in the unit of its metric, or ``None``.
        reason: Why there is no value; ``None`` when there is one.
        at: When the value was true at its source, or when it was found missing; UTC-aware.
        source: Where it comes from.
        quality: How it came.
        raw: What the equipment answered when the value was refused, as text; never a secret.
    """

    value: T | None
    reason: Reason | None
    at: datetime | None
    source: Source = field(default_factory=Source)
    quality: Quality = Quality.LIVE
    raw: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) is (self.reason is None):
            raise InvalidValueError("reading", f"{self.value!r}/{self.reason}", "either a value or a reason")
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidValueError("reading.at", self.at, "an instant with its time zone")

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def known(value: T, at: datetime, source: Source, quality: Quality = Quality.LIVE) -> Reading[T]:
    """A reading with a value."""
    return Reading(value, None, at, source, quality)


def missing(
    reason: Reason, at: datetime | None = None, source: Source | None = None, raw: str | None = None
) -> Reading[T]:
    """A reading without value, and why."""
    return Reading(None, reason, at, source or Source(), Quality.MISSING, raw)
