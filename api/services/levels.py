"""The levels that the ONTs of one PON port receive, over days: the line under test, and what is around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.history import Sample
from domain.identifiers import OntName
from domain.metric import Metric
from domain.metrics.ont import ONT_RX_DBM
from domain.metrics.surroundings import PBO_MEAN_RX_DBM, PON_MEAN_RX_DBM
from domain.telemetry import Instants, Track, Values, pack, unpack

STEP_S = 3 * 3600
"""Of the series of a snapshot: an eighth of a day, by which daily cycles are judged: a record bears no more."""
STEPS_A_DAY = 86_400 // STEP_S
REFERENCE_DAYS = 7
"""Days that a median is a reference from (C): with fewer it may be that of the fault itself."""

_FRESH = timedelta(hours=1)  # C: last level of a neighbour that is of the present: four reads of its optics
_STEP_US = STEP_S * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Ont:
    """The levels of one ONT: one a step, and the last one read, which is of the instant ``at_us``."""

    steps: Instants
    means: Values
    last: float
    at_us: int

    @property
    def median(self) -> float:
        return float(np.median(self.means))

    @property
    def settled(self) -> bool:
        """Whether its median is a reference."""
        return len(np.unique(self.steps // STEPS_A_DAY)) >= REFERENCE_DAYS


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels received by the ONTs of a PON port."""

    onts: Mapping[int, _Ont] = field(default_factory=dict)

    @classmethod
    def of(cls, track: Track) -> Levels:
        """From every sample of a PON port; those without value are left out."""
        read = ~np.isnan(track.values)
        keys, at, values = track.keys[read], track.at[read], track.values[read]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        found: dict[int, _Ont] = {}
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
            steps, first = np.unique(at[start:end] // _STEP_US, return_index=True)
            own = values[start:end]
            means = np.add.reduceat(own, first) / np.diff([*first, len(own)])
            found[int(keys[start])] = _Ont(steps, means, float(own[-1]), int(at[end - 1]))
        return cls(found)

    def series(self, subject: OntName, pbo: frozenset[OntName]) -> dict[Metric[float], tuple[Sample, ...]]:
        """The subject's levels, and the means of its neighbours of the PBO and of the PON."""
        own = pack(subject)
        near = {pack(name) for name in pbo}
        others = {key: ont for key, ont in self.onts.items() if key != own}
        found = {
            PON_MEAN_RX_DBM: _mean([*others.values()]),
            PBO_MEAN_RX_DBM: _mean([ont for key, ont in others.items() if key in near]),
        }
        if own in self.onts:
            found[ONT_RX_DBM] = _points(self.onts[own].steps, self.onts[own].means)
        return {metric: points for metric, points in found.items() if points}

    def deltas(self, subject: OntName, at: datetime) -> dict[OntName, float]:
        """What each neighbour receives now less its own median, where both are known."""
        own, since_us = pack(subject), (at - _FRESH - _EPOCH) // timedelta(microseconds=1)
        return {
            unpack(key): round(ont.last - ont.median, 2)
            for key, ont in self.onts.items()
            if key != own and ont.settled and ont.at_us >= since_us
        }


def _mean(onts: Sequence[_Ont]) -> tuple[Sample, ...]:
    """The mean level of ONTs, step by step. One that comes or goes does not move it: each is taken from its median."""
    if not onts:
        return ()
    steps, place = np.unique(np.concatenate([ont.steps for ont in onts]), return_inverse=True)
    apart = np.concatenate([ont.means - ont.median for ont in onts])
    usual = float(np.mean([ont.median for ont in onts]))
    return _points(steps, usual + np.bincount(place, apart) / np.bincount(place))


def _points(steps: Instants, values: Values) -> tuple[Sample, ...]:
    """A series of a snapshot: each step by its start."""
    pairs = zip(steps.tolist(), values.tolist(), strict=True)
    return tuple(Sample(_EPOCH + timedelta(seconds=step * STEP_S), round(value, 2)) for step, value in pairs)
