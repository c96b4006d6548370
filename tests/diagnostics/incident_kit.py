"""A small fleet in columns: OLTs of 2 boards x 4 ports x 4 splitters x 2 PBOs x 8 ONTs, all of them up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from diagnostics.incidents.fleet import DARK, GASP, UNKNOWN, UP, Fleet
from diagnostics.incidents.follow import Run, advance
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.incidents import Incident
from tests.diagnostics.build import rules

SECOND = 1_000_000
NOW = datetime(2019, 5, 9, 12, 30, tzinfo=UTC)
PER_PBO, PBOS, SPLITTERS, PONS, CARDS = 8, 2, 4, 4, 2
PER_SPLITTER, PER_PON = PER_PBO * PBOS, PER_PBO * PBOS * SPLITTERS
PER_CARD, PER_OLT = PER_PON * PONS, PER_PON * PONS * CARDS


def micros(at: datetime) -> int:
    return round(at.timestamp() * SECOND)


class World:
    """The fleet as the network is, seen at the instants that the test chooses."""

    def __init__(self, olts: int = 1, **nodes: np.ndarray) -> None:
        count = olts * PER_OLT
        self.row = np.arange(count)
        self.now = NOW
        self.state = np.full(count, UP, dtype=np.int8)
        self.changed = np.full(count, micros(NOW - timedelta(days=30)))
        self.read = np.full(count, micros(NOW))
        self.silent: frozenset[int] = frozenset()
        self.works = np.zeros(count, dtype=np.bool_)
        self.lasers: dict[int, bool] = {}
        sizes = {
            Ancestor.PBO: PER_PBO, Ancestor.SPLITTER: PER_SPLITTER, Ancestor.PON: PER_PON,
            Ancestor.CARD: PER_CARD, Ancestor.OLT: PER_OLT,
        }  # fmt: skip
        self.nodes = {ancestor: (self.row // size).astype(np.int32) for ancestor, size in sizes.items()}
        self.nodes |= {Ancestor(name): column.astype(np.int32) for name, column in nodes.items()}
        self.incidents: tuple[Incident, ...] = ()

    def under(self, ancestor: Ancestor, node: int) -> np.ndarray:
        return np.flatnonzero(self.nodes[ancestor] == node)

    def fall(self, rows: Iterable[int], ago_s: float = 600.0, state: int = DARK, spread_s: float = 3.0) -> None:
        chosen = np.array(list(rows))
        self.state[chosen] = state
        late = np.linspace(0, spread_s * SECOND, len(chosen)).astype(np.int64)
        self.changed[chosen] = micros(self.now - timedelta(seconds=ago_s)) + late

    def rise(self, rows: Iterable[int]) -> None:
        chosen = np.array(list(rows))
        self.state[chosen], self.changed[chosen] = UP, micros(self.now)

    def hide(self, rows: Iterable[int]) -> None:
        self.state[np.array(list(rows))] = UNKNOWN

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.read[:] = micros(self.now)

    def fleet(self) -> Fleet:
        names = {a: [f"{a.value}-{n}" for n in range(int(c.max()) + 1)] for a, c in self.nodes.items()}
        olts = [f"OLT-{n}" for n in range(int(self.nodes[Ancestor.OLT].max()) + 1)]
        columns = (self.row.astype(np.int64), self.state.copy(), self.changed.copy(), self.read.copy())
        fleet = Fleet(micros(self.now), olts, *columns, self.nodes, names)
        return replace(fleet, silent=self.silent, works=self.works.copy(), lasers=dict(self.lasers))

    def look(self, thresholds: Thresholds | None = None) -> Run:
        """One run; its incidents are those that the next one starts from."""
        run = advance(self.incidents, self.fleet(), thresholds or rules().thresholds)
        self.incidents = run.open
        return run


def told(run: Run) -> list[tuple[str, str]]:
    """What happened, and to what."""
    return [(change.kind.value, change.place) for change in run.changes]


def is_open(run: Run) -> list[tuple[str, int]]:
    """What is open, and how many ONTs it took."""
    return sorted((one.place, one.accesses) for one in run.open)


GASPED = GASP
