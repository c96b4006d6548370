"""The derived case: a snapshot after hygiene, its optical budget, its neighbourhood and its three-valued facts.

Every rule reads the same case; nothing is derived twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from diagnostics import hygiene
from diagnostics.budget import Budget, budget_of
from diagnostics.correlation import Crowd, crowd_of
from diagnostics.facts import Facts, facts_of
from diagnostics.hygiene import Refusal
from diagnostics.thresholds import Thresholds
from domain.metric import Readings
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
    facts: Facts

    @property
    def now(self) -> datetime:
        """The instant of the diagnosis."""
        return self.snapshot.at


def derive(snapshot: Snapshot, thresholds: Thresholds) -> Case:
    """The case of a snapshot."""
    readings, refusals = hygiene.clean(snapshot, thresholds)
    unreachable = hygiene.olt_unreachable(snapshot)
    crowd = crowd_of(snapshot, readings, thresholds, unreachable)
    facts = facts_of(readings, crowd, thresholds, snapshot.at, olt_unreachable=unreachable)
    return Case(snapshot, readings, refusals, budget_of(snapshot, readings, thresholds), crowd, facts)
