"""The load contract of one OLT: what its operator allows us, as values. Who obeys it is `collectors.load`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

from pydantic import ConfigDict, WithJsonSchema

from domain.clock import PARIS
from domain.errors import InvalidValueError

HOUR_FORM = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""An hour of the day, local: RFC 3339 has none without an offset."""
Hour = Annotated[time, WithJsonSchema({"type": "string", "pattern": HOUR_FORM})]

_MOST_ROWS = 1_000  # a UDP datagram holds some 2,000 rows of a column


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, Paris time, in which nothing is polled; across midnight when ``end`` is before ``start``."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    start: Hour
    end: Hour

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise InvalidValueError("quiet_hours", self.start.isoformat(), "an hour without an offset")

    def hold(self, now: datetime) -> bool:
        """Whether ``now`` falls in them; ``start`` does, ``end`` does not."""
        local = now.astimezone(PARIS).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class LoadContract:
    """What one OLT may be asked.

    The defaults (C) are generous: they restrain a runaway, not a service that behaves; onboarding proposes tighter.

    Attributes:
        pdus_per_s: Requests a second, repetitions included.
        burst_pdus: Requests that may leave at once after a silence.
        live_burst_pdus: Further requests that live reads may take ahead of polling; polling pays them back.
        window: Polling requests in flight. An OLT that needs 2 ms a PDU gains nothing beyond 12 (measured, design 4).
        first_window: Requests in flight when an OLT is first read, before it has shown what it bears.
        max_repetitions: Rows that a GETBULK may ask for at most: the vendor's cap, never 0, which hangs a C300
            (`olt_mibs.md` 7). 200 rows of a column are some 6 kB; an agent whose messages are shorter gives fewer.
        first_repetitions: Rows asked for before the OLT has shown that it gives them quickly.
        varbinds_per_cycle: Variables a polling cycle may bring; ``None``: no limit.
        quiet_hours: When polling rests. Live reads never do.
        silent_requests: Requests left unanswered, one after another, that open the circuit breaker.
        back_off_s: How long polling leaves a silent OLT alone, the first time; twice as long each time after.
        longest_back_off_s: Most of that.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    pdus_per_s: float = 100_000.0
    burst_pdus: int = 1_000
    live_burst_pdus: int = 1_000
    window: int = 12
    first_window: int = 2
    max_repetitions: int = 200
    first_repetitions: int = 60
    varbinds_per_cycle: int | None = None
    quiet_hours: tuple[QuietHours, ...] = ()
    silent_requests: int = 8
    back_off_s: float = 5.0
    longest_back_off_s: float = 300.0

    def __post_init__(self) -> None:
        counts = (self.burst_pdus, self.window, self.first_window, self.silent_requests)
        if self.pdus_per_s <= 0 or min(counts) < 1 or self.live_burst_pdus < 0:
            raise InvalidValueError("load contract", self, "at least one request at once, and a rate above zero")
        if not 1 <= self.max_repetitions <= _MOST_ROWS or self.first_repetitions < 1:
            raise InvalidValueError("load contract", self.max_repetitions, "1 to 1000 rows at once")
        if not 0 < self.back_off_s <= self.longest_back_off_s:
            raise InvalidValueError("load contract", self.back_off_s, "a back-off above zero and below the longest")

    def quiet(self, now: datetime) -> bool:
        """Whether polling rests at that instant."""
        return any(hours.hold(now) for hours in self.quiet_hours)
