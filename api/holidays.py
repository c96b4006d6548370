"""Legal holidays of France (Code du travail L3133-1; L3134-13 for Alsace-Moselle), from the library ``holidays``."""

from __future__ import annotations

from datetime import date
from functools import cache

from holidays import HolidayBase, country_holidays

from domain.gtr import Closed, GtrZone

_SUBDIVISIONS = {GtrZone.METROPOLE: None, GtrZone.ALSACE_MOSELLE: "6AE"}
"""ISO 3166-2 code of Alsace; the Moselle has the same two days: Good Friday and 26 December."""


@cache
def _calendar(zone: GtrZone) -> HolidayBase:
    return country_holidays("FR", subdiv=_SUBDIVISIONS[zone])


def closed_in(zone: GtrZone) -> Closed:
    """Whether a date is a legal holiday there; Sundays are the commitment's business."""
    calendar = _calendar(zone)

    def closed(day: date) -> bool:
        return day in calendar

    return closed
