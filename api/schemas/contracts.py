"""The load contract of an OLT, as its operator writes it."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.sent import Number, Span
from domain.load import HOUR_FORM, LoadContract, QuietHours

_DEFAULT = LoadContract()
Hour = Annotated[str, Field(pattern=HOUR_FORM)]
Some = Annotated[int, Span(1, 1_000_000)]
Rows = Annotated[int, Span(1, 1_000)]


class QuietHoursIn(BaseModel):
    """Hours of the day, Paris time, in which nothing is polled."""

    model_config = ConfigDict(extra="forbid")

    start: Hour
    end: Hour

    def hours(self) -> QuietHours:
        """The domain's hours."""
        return QuietHours(time.fromisoformat(self.start), time.fromisoformat(self.end))


class LoadContractIn(BaseModel):
    """What an OLT may be asked; what is left out keeps its default."""

    model_config = ConfigDict(extra="forbid")

    pdus_per_s: Annotated[Number, Field(gt=0, le=1_000_000)] = _DEFAULT.pdus_per_s
    burst_pdus: Some = _DEFAULT.burst_pdus
    live_burst_pdus: Annotated[int, Span(0, 1_000_000)] = _DEFAULT.live_burst_pdus
    window: Annotated[int, Span(1, 1_000)] = _DEFAULT.window
    first_window: Annotated[int, Span(1, 1_000)] = _DEFAULT.first_window
    max_repetitions: Rows = _DEFAULT.max_repetitions
    first_repetitions: Rows = _DEFAULT.first_repetitions
    varbinds_per_cycle: Annotated[int, Span(0, 1_000_000_000)] | None = _DEFAULT.varbinds_per_cycle
    quiet_hours: Annotated[list[QuietHoursIn], Field(max_length=24)] = []
    silent_requests: Some = _DEFAULT.silent_requests
    back_off_s: Annotated[Number, Field(gt=0, le=86_400)] = _DEFAULT.back_off_s
    longest_back_off_s: Annotated[Number, Field(gt=0, le=86_400)] = _DEFAULT.longest_back_off_s

    def contract(self) -> LoadContract:
        """The domain's contract; raises `InvalidValueError`."""
        values = {name: getattr(self, name) for name in LoadContractIn.model_fields if name != "quiet_hours"}
        return LoadContract(**values, quiet_hours=tuple(one.hours() for one in self.quiet_hours))
