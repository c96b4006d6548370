"""What is remembered of an access: samples of its metrics over days, and its falls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.states import DownCause


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series, in the unit of its metric."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Drop:
    """One fall of an ONT.

    Attributes:
        up_at: When it came back; ``None`` while it has not, or when that was not seen.
        cause: Why, as the OLT tells it; ``None`` when it does not.
    """

    down_at: datetime
    up_at: datetime | None = None
    cause: DownCause | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The past of an access, as a collector kept it.

    Attributes:
        series: Samples by the key of their metric, in any order; what was not kept is absent, never zero.
        drops: Falls of the ONT; empty is none known.
    """

    series: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
