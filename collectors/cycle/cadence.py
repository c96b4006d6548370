"""When a column is read again: pure, by the cadence that its vendor declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.columns import Cadence, Column

_SLACK = timedelta(seconds=10)  # C: a cycle that begins a little early is still the one it was meant to be


@dataclass(frozen=True, slots=True)
class Cadences:
    """Time between two reads of a column, by its cadence; a cadence that is not listed is never read by a cycle."""

    every: Mapping[Cadence, timedelta] = field(
        default_factory=lambda: {
            Cadence.STATE: timedelta(0),  # at each cycle
            Cadence.OPTICS: timedelta(minutes=15),  # C: each value is an OMCI query of the OLT to the ONT
            Cadence.STATIC: timedelta(hours=24),  # what provisioning changes
        }
    )


def due(column: Column, last: datetime | None, now: datetime, cadences: Cadences | None = None) -> bool:
    """Whether a cycle at ``now`` reads ``column``, last read at ``last`` (``None``: never).

    A clock that was set back makes everything due: what was read then may be older than it seems.
    """
    period = (cadences or _DEFAULT).every.get(column.cadence)
    if period is None:
        return False
    return last is None or last > now or now - last >= period - _SLACK


_DEFAULT = Cadences()
