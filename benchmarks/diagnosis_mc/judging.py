"""One draw judged, and what many of them come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.diagnosis_mc.draws import draw
from benchmarks.diagnosis_mc.oracle import opinion
from benchmarks.diagnosis_mc.reader import snapshot_of
from benchmarks.diagnosis_mc.scene import stage
from benchmarks.diagnosis_mc.truth import Truth, Verdict, truth_of
from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from domain.verdict import Diagnosis, Family, Owner, Prelocalisation, Scope, Severity

_TO_THE_CUSTOMER = frozenset({(Family.LIGNE, Prelocalisation.BRANCHEMENT_PBO), (Family.ONT, Prelocalisation.ONT)})
_NO_FAULT = frozenset({Severity.NONE, Severity.WARNING, Severity.INDETERMINATE})
_HELD = "Avant tout déplacement"  # what the agent reads when something must be known first
_BINS = 10


def visits(diagnosis: Diagnosis) -> bool:
    """Whether the verdict sends somebody to the customer."""
    return (
        not diagnosis.action.startswith(_HELD)
        and diagnosis.scope is Scope.INDIVIDUAL
        and diagnosis.owner is Owner.INFRASTRUCTURE
        and diagnosis.severity not in _NO_FAULT
        and (diagnosis.family, diagnosis.prelocalisation) in _TO_THE_CUSTOMER
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """A draw and what the engine made of it.

    Attributes:
        decides: Whether the evidence decides, by the oracle.
        rivals: What else the evidence fits.
        fits: Whether the verdict is right of the truth or of something that the evidence fits as well.
    """

    seed: int
    kinds: tuple[str, ...]
    vendor: str
    gaps: tuple[str, ...]
    truth: Truth
    said: Verdict
    rule: str
    confidence: float
    visit: bool
    decides: bool
    rivals: tuple[str, ...] = ()
    fits: bool = True

    @property
    def family_right(self) -> bool:
        """Whether the family is right."""
        return self.said.family in self.truth.families

    @property
    def place_right(self) -> bool:
        """Whether family and place are."""
        return (self.said.family, self.said.place) in self.truth.places

    @property
    def scope_right(self) -> bool:
        """Whether everything is."""
        return self.said in self.truth.right

    @property
    def wrong_visit(self) -> bool:
        """Whether somebody is sent to a customer who is not the one at fault."""
        return self.visit and not self.truth.visit

    @property
    def expected(self) -> Family:
        """The row of the matrix."""
        return self.said.family if self.family_right else self.truth.right[0].family


def judge(seed: int, ruleset: Ruleset, kinds: tuple[str, ...] = ()) -> Judged:
    """Play a draw, diagnose it, and ask the oracle."""
    drawn = draw(seed, kinds)
    scene = stage(drawn, drawn.orders)
    snapshot, truth = snapshot_of(scene), truth_of(scene)
    diagnosis = diagnose(snapshot, ruleset)
    said = Verdict(diagnosis.family, diagnosis.prelocalisation, diagnosis.scope)
    thought = opinion(scene, snapshot, truth)
    fitting = truth.places.union(*(one.places for _, one in thought.like))
    return Judged(
        seed,
        tuple(order.kind for order in drawn.orders),
        drawn.vendor,
        tuple(sorted(gap.name for gap in drawn.gaps)),
        truth,
        said,
        diagnosis.findings[0].rule,
        diagnosis.confidence,
        visits(diagnosis),
        thought.decides,
        tuple(name for name, _ in thought.like),
        said.family is Family.INDETERMINE or (said.family, said.place) in fitting,
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """What many draws come to; shares of those that the evidence decides.

    Attributes:
        calibration: By tenth of confidence: how many, their mean confidence, the share of them that is right.
        calibration_error: Expected calibration error, over the verdicts that claim something.
    """

    draws: int
    decided: int
    family: float
    place: float
    scope: float
    wrong_visits: tuple[Judged, ...]
    collective_visits: tuple[Judged, ...]
    guesses: tuple[Judged, ...]
    calibration: tuple[tuple[int, float, float], ...]
    calibration_error: float
    matrix: Counter[tuple[Family, Family]] = field(default_factory=Counter)

    @property
    def excluded(self) -> float:
        """Share of the draws that the evidence does not decide."""
        return 1 - self.decided / self.draws


def summary(judged: Sequence[Judged]) -> Summary:
    """What these draws come to."""
    decided = [one for one in judged if one.decides]
    claims = [one for one in judged if one.said.family is not Family.INDETERMINE]
    bins = []
    for low in range(_BINS):
        inside = [one for one in claims if low <= min(one.confidence * _BINS, _BINS - 0.5) < low + 1]
        if inside:
            mean = sum(one.confidence for one in inside) / len(inside)
            bins.append((len(inside), mean, sum(one.place_right for one in inside) / len(inside)))
    error = sum(count * abs(mean - right) for count, mean, right in bins) / max(len(claims), 1)

    def share(of: list[bool]) -> float:
        return sum(of) / max(len(of), 1)

    return Summary(
        len(judged),
        len(decided),
        share([one.family_right for one in decided]),
        share([one.place_right for one in decided]),
        share([one.scope_right for one in decided]),
        tuple(one for one in judged if one.wrong_visit),
        tuple(one for one in judged if one.wrong_visit and one.truth.collective),
        tuple(one for one in judged if not one.decides and not one.fits),
        tuple(bins),
        error,
        Counter((one.expected, one.said.family) for one in decided),
    )
