"""The derived case: a snapshot after hygiene, its optical budget, its neighbourhood and its three-valued facts.

Every rule reads the same case; nothing is derived twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnostics import hygiene
from diagnostics.ancestry import Ancestry, ancestry_of
from diagnostics.budget import Budget, budget_of
from diagnostics.correlation import Crowd, crowd_of, usable
from diagnostics.errors import Errors, errors_of
from diagnostics.facts import Facts, facts_of
from diagnostics.hygiene import Refusal
from diagnostics.thresholds import Thresholds
from diagnostics.trends.access import Trends, trends_of
from domain.metric import Metric, Readings
from domain.metrics import ont
from domain.reading import Reason
from domain.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules judge.

    Attributes:
        snapshot: The input, as it came.
        readings: The readings that hygiene left.
        refusals: What hygiene refused.
    """

    snapshot: Snapshot
    readings: Readings
    refusals: tuple[Refusal, ...]
    budget: Budget
    crowd: Crowd
    ancestry: Ancestry
    facts: Facts
    errors: Errors
    trends: Trends

    @property
    def neighbours_outdated(self) -> bool:
        """Whether the neighbours were read, but too long ago or before the subject fell."""
        read, fell_at = self.snapshot.neighbours, self.readings.value(ont.ONT_LAST_CHANGE)
        if read.reason is not None or read.at is None:
            return False
        return self.crowd.at is None or (self.facts.ont_down is True and fell_at is not None and read.at < fell_at)

    @property
    def now(self) -> datetime:
        """The instant of the diagnosis."""
        return self.snapshot.at


def derive(snapshot: Snapshot, thresholds: Thresholds) -> Case:
    """The case of a snapshot."""
    readings, refusals = hygiene.clean(snapshot, thresholds)
    unreachable = hygiene.olt_unreachable(snapshot)
    crowd = crowd_of(snapshot, readings, thresholds, unreachable)
    facts = facts_of(
        readings,
        crowd,
        thresholds,
        snapshot.at,
        olt_unreachable=unreachable,
        acs_unreachable=hygiene.acs_unreachable(snapshot),
    )
    return Case(
        snapshot,
        readings,
        (*refusals, *_disproved(readings, facts)),
        budget_of(snapshot, readings, thresholds),
        crowd,
        ancestry_of(snapshot, readings, facts, usable(snapshot, thresholds, unreachable), thresholds),
        facts,
        errors_of(readings, snapshot.optical_class, thresholds),
        trends_of(snapshot, readings, thresholds),
    )


def _disproved(readings: Readings, facts: Facts) -> tuple[Refusal, ...]:
    """States of the OLT that a later live proof denies."""
    if not facts.contradicted:
        return ()
    denied: tuple[Metric[Any], ...] = (ont.ONT_OPER, ont.ONT_ALARMS)
    return tuple(Refusal(m, Reason.CONTRADICTED, str(readings.value(m))) for m in denied if readings[m].known)
