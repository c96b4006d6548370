"""Planned works, and what they cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import Id1, PonName


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """Works announced on one access, or on an OLT: on a PON, PM or PBO of it where one is named.

    Attributes:
        starts_at: First instant.
        ends_at: First instant after it.
    """

    work_id: str
    label: str
    starts_at: datetime
    ends_at: datetime
    id1: Id1 | None = None
    olt: str | None = None
    pon: PonName | None = None
    pm: str | None = None
    pbo: str | None = None
    cancelled_at: datetime | None = None
