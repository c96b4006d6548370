"""The set of broken ancestors that best explains a fleet: one pass from the leaves to the root.

A node is broken when that is likelier than what its children, broken or not, explain by themselves. So a feeder takes
over from its PBOs when the evidence grows, two faults of one PON stay two, and nothing needs a list of cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.incidents.fleet import DARK, GASP, LEVELS, NOWHERE, UNKNOWN, UP, Fleet, Micros, Nodes, Rows, States
from diagnostics.incidents.weighing import SECOND, Scores, Weighed, weigh, weigh_mains
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor

_SUREST = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A broken ancestor, as one run sees it.

    Attributes:
        ancestor: What broke.
        place: Its reference.
        since: When most of its ONTs fell, in microseconds; 0: not known.
        rows: Rows of the fleet that it took and that are still down.
        back: How many fell with it and are up again.
        up: How many hang from it and have not fallen.
        unknown: How many hang from it and are not known.
        gasps: How many of ``rows`` sent a dying gasp.
        confidence: 0 to 1: against the next best explanation.
    """

    ancestor: Ancestor
    place: str
    since: int
    rows: Rows
    back: int
    up: int
    unknown: int
    gasps: int
    confidence: float


def candidates(fleet: Fleet, thresholds: Thresholds) -> list[Candidate]:
    """The broken ancestors of a fleet, the same reference once an OLT (once in all for an area of the records)."""
    state = fleet.known_state().copy()
    found = list(_mains(fleet, state, thresholds))
    for one in found:
        state[one.rows] = UNKNOWN  # explained: these say nothing of the fibre
    found += _fibre(fleet, state, thresholds)
    return _together(found, fleet)


def _size(fleet: Fleet, ancestor: Ancestor) -> int:
    group = fleet.nodes[ancestor]
    return max(int(group.max()) + 1 if len(group) else 0, 1)


def _fibre(fleet: Fleet, state: States, thresholds: Thresholds) -> Iterator[Candidate]:
    if not np.count_nonzero(state == DARK):
        return
    levels = {level: weigh(fleet, state, level, thresholds, _size(fleet, level)) for level in LEVELS}
    broken = _Broken()
    for level in LEVELS:
        broken = broken.under(fleet, level, levels[level], thresholds)
    for level, node, rest in _streets(fleet, state, broken.listed(), levels, thresholds):
        one = _candidate(fleet, state, level, node, levels[level], rest)
        state[one.rows] = UNKNOWN  # an undated fall is told once, at the lowest place that it fits
        yield one


def _column(kind: type) -> NDArray[Any]:
    return np.zeros(0, dtype=kind)


@dataclass(frozen=True, slots=True, eq=False)
class _Broken:
    """The nodes that are taken for broken so far, from the leaves up; one element a node.

    Attributes:
        level: Its level, by its place in `LEVELS`.
        node: Itself.
        row: A row that hangs from it.
        score: How much it explains.
        rest: What the nodes below it would explain in its place.
        fell_at: When it fell; 0: not known.
    """

    level: NDArray[np.int64] = field(default_factory=lambda: _column(np.int64))
    node: NDArray[np.int64] = field(default_factory=lambda: _column(np.int64))
    row: Rows = field(default_factory=lambda: _column(np.int64))
    score: Scores = field(default_factory=lambda: _column(np.float64))
    rest: Scores = field(default_factory=lambda: _column(np.float64))
    fell_at: Micros = field(default_factory=lambda: _column(np.int64))

    def under(self, fleet: Fleet, level: Ancestor, weighed: Weighed, thresholds: Thresholds) -> _Broken:
        """The same once a level higher: a node takes the place of those below that fell with it, if it says more.

        Those that fell at another time are faults of their own, and stay.
        """
        group, window = fleet.nodes[level], int(thresholds.gasps_together_s * SECOND)
        parent = group[self.row].astype(np.int64)
        above = weighed.fell_at[parent]
        dated = (self.fell_at > 0) & (above > 0)
        within = (parent != NOWHERE) & (~dated | (np.abs(self.fell_at - above) <= window))
        below = np.bincount(parent[within], self.score[within], len(weighed.score))
        least = thresholds.pbo_min_onts if level is Ancestor.PBO else thresholds.feeder_min_onts
        opens = math.log(thresholds.correlation.open_odds)
        broken = (weighed.count >= least) & (weighed.score > opens) & (weighed.score > below)
        kept = ~(within & broken[parent])
        nodes = np.flatnonzero(broken)
        first = np.zeros(len(broken), dtype=np.int64)
        first[group[weighed.taken]] = np.flatnonzero(weighed.taken)
        return _Broken(
            np.r_[self.level[kept], np.full(len(nodes), LEVELS.index(level))],
            np.r_[self.node[kept], nodes],
            np.r_[self.row[kept], first[nodes]],
            np.r_[self.score[kept], weighed.score[nodes]],
            np.r_[self.rest[kept], below[nodes]],
            np.r_[self.fell_at[kept], weighed.fell_at[nodes]],
        )

    def listed(self) -> list[tuple[Ancestor, int, float]]:
        """Each node with its level and what would be explained in its place."""
        parts = zip(self.level.tolist(), self.node.tolist(), self.rest.tolist(), strict=True)
        return [(LEVELS[level], node, rest) for level, node, rest in parts]


def _streets(
    fleet: Fleet,
    state: States,
    taken: list[tuple[Ancestor, int, float]],
    levels: dict[Ancestor, Weighed],
    thresholds: Thresholds,
) -> list[tuple[Ancestor, int, float]]:
    """The same, where one street explains several PBOs better than each of them alone."""
    group = fleet.nodes.get(Ancestor.STREET)
    small = [one for one in taken if one[0] is Ancestor.PBO]
    if group is None or len(small) < 2:
        return taken
    levels[Ancestor.STREET] = weighed = weigh(fleet, state, Ancestor.STREET, thresholds, _size(fleet, Ancestor.STREET))
    pbo, of = levels[Ancestor.PBO], fleet.nodes[Ancestor.PBO]
    within: dict[int, list[tuple[Ancestor, int, float]]] = {}
    for one in small:
        streets = np.unique(group[(of == one[1]) & pbo.taken])
        if len(streets) == 1 and streets[0] != NOWHERE:
            within.setdefault(int(streets[0]), []).append(one)
    for street, several in within.items():
        rest = sum(float(pbo.score[node]) for _, node, _ in several)
        if len(several) > 1 and weighed.score[street] > rest:
            taken = [one for one in taken if one not in several] + [(Ancestor.STREET, street, rest)]
    return taken


def _candidate(fleet: Fleet, state: States, level: Ancestor, node: int, weighed: Weighed, rest: float) -> Candidate:
    mine = fleet.nodes[level] == node
    rows = np.flatnonzero(mine & weighed.taken & (state == DARK))
    back = mine & weighed.back
    return Candidate(
        level,
        fleet.names[level][node],
        int(weighed.fell_at[node]),
        rows,
        int(np.count_nonzero(back)),
        int(np.count_nonzero(mine & (state == UP) & ~back)),
        int(np.count_nonzero(mine & (state == UNKNOWN))),
        0,
        _confidence(float(weighed.score[node]), rest),
    )


def _confidence(score: float, rest: float) -> float:
    """How sure: against nothing broken, and against what the parts explain."""
    others = math.exp(min(-score, 50.0)) + (math.exp(min(rest - score, 50.0)) if rest > 0 else 0.0)
    return round(min(1.0 / (1.0 + others), _SUREST), 2)


def _mains(fleet: Fleet, state: States, thresholds: Thresholds) -> Iterator[Candidate]:
    """Areas without mains: by the records where they give one, else by PON port."""
    if np.count_nonzero(state == GASP) < thresholds.area_min_gasps:
        return
    area = fleet.nodes.get(Ancestor.AREA)
    if area is not None:
        yield from _mains_of(fleet, state, Ancestor.AREA, area, thresholds, recorded=True)
    pon = fleet.nodes[Ancestor.PON]
    loose = pon if area is None else np.where(area == NOWHERE, pon, NOWHERE).astype(np.int32)
    found = list(_mains_of(fleet, state, Ancestor.PON, loose, thresholds, recorded=False))
    yield from _one_an_olt(fleet, found, int(thresholds.gasps_together_s) * SECOND)


def _one_an_olt(fleet: Fleet, found: list[Candidate], window: int) -> list[Candidate]:
    """Ports of one OLT that lost their mains in one minute are one incident, which bears the name of the OLT."""
    joined: list[Candidate] = []
    for one in sorted(found, key=lambda c: (fleet.olt[c.rows[0]], c.since)):
        last = joined[-1] if joined else None
        if last is None or fleet.olt[last.rows[0]] != fleet.olt[one.rows[0]] or one.since - last.since > window:
            joined.append(one)
        else:
            joined[-1] = replace(_joined(last, one), place=fleet.olts[int(fleet.olt[one.rows[0]])])
    return joined


def _mains_of(
    fleet: Fleet, state: States, named: Ancestor, group: Nodes, thresholds: Thresholds, *, recorded: bool
) -> Iterator[Candidate]:
    weighed = weigh_mains(fleet, state, group, _size(fleet, named), thresholds, recorded=recorded)
    opens = math.log(thresholds.correlation.open_odds)
    for node in np.flatnonzero(weighed.score > opens).tolist():
        mine = group == node
        rows, back = np.flatnonzero(mine & weighed.taken), mine & weighed.back
        yield Candidate(
            Ancestor.AREA,
            fleet.names[named][node],
            int(weighed.fell_at[node]),
            rows,
            int(np.count_nonzero(back)),
            int(np.count_nonzero(mine & (state == UP) & ~back)),
            int(np.count_nonzero(mine & (state == UNKNOWN))),
            int(np.count_nonzero(state[rows] == GASP)),
            _confidence(float(weighed.score[node]), 0.0),
        )


def _together(found: list[Candidate], fleet: Fleet) -> list[Candidate]:
    """One candidate for what has one name: a PBO on several PONs, an area of several ports."""
    merged: dict[tuple[Ancestor, str, int], Candidate] = {}
    for one in found:
        olt = NOWHERE if one.ancestor is Ancestor.AREA else int(fleet.olt[one.rows[0]])
        key = (one.ancestor, one.place, olt)
        other = merged.get(key)
        merged[key] = one if other is None else _joined(other, one)
    return list(merged.values())


def _joined(one: Candidate, other: Candidate) -> Candidate:
    dated = [since for since in (one.since, other.since) if since]
    return Candidate(
        one.ancestor,
        one.place,
        min(dated, default=0),
        np.union1d(one.rows, other.rows),
        one.back + other.back,
        one.up + other.up,
        one.unknown + other.unknown,
        one.gasps + other.gasps,
        max(one.confidence, other.confidence),
    )
