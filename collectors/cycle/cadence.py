"""When a column is read again: pure, by the cadence that its vendor declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.columns import Cadence, Column
from domain.errors import InvalidValueError

SLACK = timedelta(seconds=10)
"""C: a cycle that begins a little early is still the one it was meant to be."""


@dataclass(frozen=True, slots=True)
class Cadences:
    """Time between two reads of a column, by its cadence; a cadence that is not listed is never read by a cycle.

    Attributes:
        every: Optics are read by PON port: it is the time between two reads of one port.
        sampled: Share of the PON ports of an OLT whose ONTs' optics one cycle reads, at most. Each value is a query of
            the OLT to the ONT, so they are spread over the cycles; 1 reads all that are due.
        learnt: Time after which what was learnt of an OLT (its indexes, the tables that it lacks) is asked again.
    """

    every: Mapping[Cadence, timedelta] = field(
        default_factory=lambda: {
            Cadence.STATE: timedelta(0),  # at each cycle
            Cadence.COUNTER: timedelta(minutes=5),  # C: one interval of the traffic curves
            Cadence.OPTICS: timedelta(minutes=15),  # C
            Cadence.STATIC: timedelta(hours=24),  # what provisioning changes
        }
    )
    sampled: float = 1 / 3  # C: with cycles of 5 minutes, every PON port each 15
    learnt: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if not 0 < self.sampled <= 1:
            raise InvalidValueError("sampled", self.sampled, "a share above 0, and 1 at most")


def due(column: Column, last: datetime | None, now: datetime, cadences: Cadences | None = None) -> bool:
    """Whether a cycle at ``now`` reads ``column``, last read at ``last`` (``None``: never).

    A clock that was set back makes everything due: what was read then may be older than it seems.
    """
    period = (cadences or _DEFAULT).every.get(column.cadence)
    return period is not None and elapsed(last, now, period)


def elapsed(last: datetime | None, now: datetime, period: timedelta) -> bool:
    """Whether ``period`` has passed since ``last`` (``None``: never)."""
    return last is None or last > now or now - last >= period - SLACK


_DEFAULT = Cadences()
