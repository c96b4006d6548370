"""What each row says for or against one node of a level being broken: logarithms of likelihood ratios, whole columns.

The same model as `diagnostics.ancestry`, against « every ONT that is off line fell by itself ».
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnostics.incidents.fleet import DARK, GASP, NOWHERE, UP, Flags, Fleet, Micros, Nodes, Rows, States
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor

SECOND = 1_000_000
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """One level.

    Attributes:
        fell_at: By node: when most of its dark ONTs fell; 0 where none is dated.
        score: By node: how much likelier it is broken than not, prior included, natural logarithm.
        taken: Rows that it took: dark, at that instant or undated.
        back: Rows that fell with it and are up again.
        count: By node, how many rows it took.
    """

    fell_at: Micros
    score: Scores
    taken: Flags
    back: Flags
    count: NDArray[np.int64]


def weigh(fleet: Fleet, state: States, ancestor: Ancestor, thresholds: Thresholds, size: int) -> Weighed:
    """Weigh every node of a level; ``size``: how many nodes it has."""
    model, group = thresholds.correlation, fleet.nodes[ancestor]
    placed = group != NOWHERE
    window = int(thresholds.gasps_together_s * SECOND)
    dark = (state == DARK) & placed
    fell_at = densest(group, fleet.changed, dark & (fleet.changed > 0), window, size)
    since = np.where(placed, fell_at[group], 0)
    late = fleet.changed > since + window
    undated = dark & (fleet.changed == 0)
    taken = undated | (dark & (fleet.changed >= since) & ~late & (since > 0))
    up = (state == UP) & placed
    back = up & (since > 0) & (fleet.changed >= since)
    witness = up & ~back & (fleet.read >= since + window)
    lone = model.lone_rate() * thresholds.gasps_together_s + model.chance_together
    alive = 1.0 - model.lone_down()
    survives = model.up_if_broken[ancestor]
    row = np.zeros(len(group))
    row[taken] = math.log((1.0 - survives) * alive / lone)
    row[undated] = math.log((model.lone_down() + (1.0 - survives) * alive) / (model.lone_down() + lone))
    row[witness | (dark & late & (since > 0))] = math.log((survives + model.record_error) / alive)
    returned, count = _per_node(group, back, size), _per_node(group, taken, size)
    over = returned >= model.close_share * (returned + count)  # repaired: those that are back speak against it
    row[back & over[group] & placed] = math.log(survives / alive)
    score = np.bincount(group[placed], row[placed], size) + math.log(model.prior[ancestor])
    return Weighed(fell_at, score.astype(np.float64), taken, back, count)


def _per_node(group: Nodes, rows: Flags, size: int) -> NDArray[np.int64]:
    return np.bincount(group[rows], minlength=size)


def densest(group: Nodes, instants: Micros, rows: Flags, window: int, size: int) -> Micros:
    """By node: the beginning of the window that holds most of these rows' instants; 0 where there is none."""
    found = np.zeros(size, dtype=np.int64)
    where: Rows = np.flatnonzero(rows)
    if not len(where):
        return found
    order = where[np.lexsort((instants[where], group[where]))]
    node, at = group[order].astype(np.int64), instants[order]
    first = int(at.min())
    span = int(at.max()) - first + window + 1
    place = node * span + (at - first)  # instants of one node after those of the node before
    inside = np.searchsorted(place, place + window, "right") - np.arange(len(place))
    starts = np.flatnonzero(np.r_[True, node[1:] != node[:-1]])
    most = np.repeat(np.maximum.reduceat(inside, starts), np.diff(np.r_[starts, len(node)]))
    best = np.flatnonzero(inside == most)
    nodes, earliest = np.unique(node[best], return_index=True)
    found[nodes] = at[best[earliest]]
    return found


def weigh_mains(
    fleet: Fleet, state: States, group: Nodes, size: int, thresholds: Thresholds, *, recorded: bool
) -> Weighed:
    """Weigh groups of rows as fed by mains that failed: dying gasps, and lights lost with them."""
    model = thresholds.correlation
    placed, window = group != NOWHERE, int(thresholds.gasps_together_s * SECOND)
    gasp = (state == GASP) & placed & (fleet.changed > 0)
    fell_at = densest(group, fleet.changed, gasp, window, size)
    since = np.where(placed, fell_at[group], 0)
    inside = placed & (since > 0) & (fleet.changed >= since) & (fleet.changed <= since + window)
    gasped, lost = gasp & inside, (state == DARK) & inside
    back = (state == UP) & inside | (state == UP) & placed & (since > 0) & (fleet.changed >= since)
    up = (state == UP) & placed & ~back & (fleet.read >= since + window)
    gasps, lights, ups = (_per_node(group, rows, size) for rows in (gasped, lost, up))
    returned = _per_node(group, back, size)
    chance = model.gasps_per_day / 86_400.0 * thresholds.gasps_together_s
    dim = model.lone_rate() * thresholds.gasps_together_s + model.chance_together
    best = np.full(size, -np.inf)
    for share in (1.0 - model.record_error,) if recorded else model.area_shares:
        known = min(share, 1.0 - model.record_error)
        score = gasps * math.log((known * model.gasp_mains + (1 - known) * chance) / chance)
        score += lights * math.log((known * (1 - model.gasp_mains) + (1 - known) * dim) / dim)
        score += ups * math.log(known * model.up_if_broken[Ancestor.AREA] + (1 - known))
        best = np.maximum(best, score)
    enough = (gasps >= thresholds.area_min_gasps) & (gasps > lights)
    over = returned >= model.close_share * (returned + gasps + lights)
    best = np.where(enough & ~over, best + math.log(model.prior[Ancestor.AREA]), -np.inf)
    return Weighed(fell_at, best, gasped | lost, back, gasps + lights)
