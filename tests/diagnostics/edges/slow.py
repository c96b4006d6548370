"""Edges of what moves slowly over a fleet, and of the joints of the path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from diagnostics.path import path_of
from diagnostics.ruleset import Ruleset
from diagnostics.trends.drifts import EPOCH, Drift, began
from domain.optical_path import PartKind
from domain.trend import TrendCause
from tests.diagnostics.build import OUTSIDE, snapshot
from tests.diagnostics.edges.making import Edge, Look, case
from tests.diagnostics.trend_kit import DAY, DAYS, FIRST, Olt, fall

JOINTS = {
    "olt_port": (1, 0), "feeder": (0, 2), "splitter": (2, 0), "branch": (0, 2), "drop": (0, 2), "pto": (1, 0),
    "ont": (1, 0),
}  # fmt: skip
"""Connectors and splices of each part: an OLT, a splitter with its patches, a socket, an ONT; two splices a cable."""


def _joint(end: int) -> Look:
    return lambda r, part: r.thresholds.path_joints[part][end]


def slow() -> Iterator[Edge]:
    """All of them."""
    yield Edge("trend_share", _common, {11: False, 12: True})
    yield Edge("trend_noise_db", _began, {0.0: 4, 0.5: 3})
    yield Edge("trend_bias_ratio", _current, {1.09: False, 1.1: True})
    for part, ends in JOINTS.items():
        for end, value in enumerate(ends):
            yield Edge(f"path_joints.{part}[{end}]", _joint(end), {part: value})
    yield Edge("path_joints.feeder[1]", _feeder_db, {2000.0: 0.7})


def _common(ruleset: Ruleset, number: int) -> object:
    """Whether so many of twenty ONTs that fall make it the port's or the fibre's."""
    olt = Olt(onts=20)
    olt.pbos = [None] * 20
    olt.rx[:number] += fall(3.0)
    olt.olt_rx[:number] += fall(3.0)
    return TrendCause.FEEDER in {one.cause for one in olt.trends(ruleset.thresholds)}


def _began(ruleset: Ruleset, before: float) -> object:
    """The day that a drift of 0.05 dB a day began, which stood out on the fifteenth."""
    medians = np.where(DAY < 15, 0.0, 1.0) + np.where(DAY == 14, before, 0.0)
    at = began(medians, Drift(slope=0.05, total=1.5, days=DAYS), FIRST, ruleset.thresholds.trend_noise_db)
    return None if at is None else (at - EPOCH).days - FIRST


def _current(ruleset: Ruleset, ratio: float) -> object:
    olt = Olt()
    olt.ont_tx[7] += fall(2.0)
    olt.ont_bias[7] = np.linspace(10.0, 10.0 * ratio, DAYS)
    [one] = olt.trends(ruleset.thresholds)
    return "ont_current_rises" in {fact.code for fact in one.facts}


def _feeder_db(ruleset: Ruleset, length_m: float) -> object:
    """What a feeder of that length loses downstream: its fibre and its two splices."""
    snap = snapshot(outside=replace(OUTSIDE, feeder_m=length_m))
    found = case(ruleset, snap)
    path = path_of(snap, found.readings, found.budget, found.crowd, ruleset.thresholds)
    return None if path is None else next(one.expected_down_db for one in path.parts if one.kind is PartKind.FEEDER)
