"""What the cycles of one OLT remember from one to the next. All of it can be found again: it saves requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from collectors.cycle.cadence import Cadences, elapsed
from collectors.cycle.names import Names
from collectors.cycle.plan import Rows
from collectors.restarts import started_again
from collectors.snmp.values import Oid
from domain.telemetry import Keys

NONE: Keys = np.empty(0, dtype=np.int64)
"""No name."""


@dataclass(slots=True)
class Memory:
    """What cycles remember of an OLT.

    Attributes:
        read_at: When each column was last read, at least in part.
        optics_at: When the optics of each PON port (packed name without ONT number) were last asked.
        keys: ONTs of the last cycle.
        pons: PON ports of the last cycle.
        rows: How its rows are named; ``None`` until that was learnt.
        learnt_at: When that, and what is ``absent``, was last asked.
        booted_at: When its agent started.
        names: Names of the rows of the last cycle.
    """

    read_at: dict[Oid, datetime] = field(default_factory=dict)
    optics_at: dict[int, datetime] = field(default_factory=dict)
    keys: Keys = field(default_factory=lambda: NONE)
    pons: Keys = field(default_factory=lambda: NONE)
    rows: Mapping[str, Rows] | None = None
    learnt_at: datetime | None = None
    booted_at: datetime | None = None
    absent: set[Oid] = field(default_factory=set)
    names: Names = field(default_factory=Names)

    def begin(self, now: datetime, cadences: Cadences) -> None:
        """Forget what is to be learnt again."""
        if elapsed(self.learnt_at, now, cadences.learnt):
            self.unlearn()
            self.learnt_at = now

    def started(self, booted: datetime | None) -> bool:
        """Take the start of the agent; whether it has started again since the last cycle, and may be another."""
        again = started_again(self.booted_at, booted)
        self.booted_at = booted or self.booted_at
        if again:
            self.unlearn()
        return again

    def unlearn(self) -> None:
        """Learn indexes, missing columns and PON ports again."""
        self.rows, self.pons = None, NONE
        self.absent.clear()
