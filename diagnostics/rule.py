"""The contract of a rule, and what a rule says when it applies.

A rule is a module of `diagnostics.rules` with three names: ``LAYER``, ``TESTS`` and ``evaluate``. Its page has the same
name. Nothing lists the rules: a new pair of files is a new rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any, NamedTuple, TypeAlias

from diagnostics.blames import Blame
from diagnostics.case import Case
from diagnostics.logic import Tri
from diagnostics.thresholds import Thresholds
from domain.access import TestName
from domain.metric import Metric
from domain.record import record
from domain.verdict import Defect, Family, Owner, Prelocalisation, Scope, Severity

NETWORK = frozenset({TestName.GLOBAL, TestName.DELC})
BOX = frozenset({TestName.GLOBAL, TestName.BOX})
GLOBAL = frozenset({TestName.GLOBAL})
BOX_ONLY = frozenset({TestName.BOX})

Param: TypeAlias = str | int | float | datetime


class Layer(IntEnum):
    """Order of the causes: collective first, then from the network up to the service. Lower explains higher."""

    INCIDENT = 3
    WORKS = 5
    CARD = 10
    PORT = 20
    ROGUE = 25
    FEEDER = 30
    SPLITTER = 35
    BRANCH = 40
    AREA = 45
    TRANSIENT = 47
    PROVISIONING = 50
    ADMIN = 55
    ONT = 58
    POWER = 60
    PATCHING = 63
    DROP = 65
    OMCI = 67
    OPTICS = 70
    ETHERNET = 75
    PLATFORM = 78
    SESSION = 80
    SERVICE = 85
    HEALTH = 90
    UNKNOWN = 99


class Role(Enum):
    """What a match is.

    FAULT breaks its layer and explains everything above. DEGRADED is a fault that explains nothing else. WARNING has no
    effect yet. HEALTH says that it works. UNKNOWN says why nothing can be said.
    """

    FAULT = "fault"
    DEGRADED = "degraded"
    WARNING = "warning"
    HEALTH = "health"
    UNKNOWN = "unknown"


class Sign(NamedTuple):
    """One fact: the key of its sentence on the page, what fills it, what it rests on."""

    key: str
    params: Mapping[str, Param]
    metrics: tuple[str, ...] = ()
    at: datetime | None = None


@record
class Doubt:
    """What lowered the certainty of a rule.

    Attributes:
        factor: By how much.
        sign: The fact that speaks against the verdict, or that it expects and nobody measured.
        decider: Key of the reading that would lift it.
    """

    factor: float
    sign: Sign | None = None
    decider: str | None = None


@record
class Match:
    """What a rule says.

    Attributes:
        certainty: Share of the rule's ceiling of confidence, 0 to 1.
        decider: Key of the reading that would settle the matter.
        variant: Form of the page's sentences; ``""`` is the plain one.
        params: What fills the page's sentences.
        doubts: What lowered ``certainty``.
        held: Whether nobody should be sent before what ``decider`` names is known.
    """

    role: Role
    family: Family
    prelocalisation: Prelocalisation
    scope: Scope
    severity: Severity
    owner: Owner
    defect: Defect | None
    certainty: float = 1.0
    evidence_for: tuple[Sign, ...] = ()
    evidence_against: tuple[Sign, ...] = ()
    decider: str | None = None
    variant: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
    held: bool = False
    doubts: tuple[Doubt, ...] = ()


Evaluate: TypeAlias = Callable[[Case, Thresholds], Match | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule found in `diagnostics.rules`.

    Attributes:
        id: Name of its module and of its page.
        layer: Its place in the order of causes.
        tests: The tests it applies to.
    """

    id: str
    layer: Layer
    tests: frozenset[TestName]
    evaluate: Evaluate


class Signs:
    """Collects the signs of a rule: those present, those against, and the doubt left by those not measured."""

    def __init__(self, case: Case, thresholds: Thresholds) -> None:
        self._readings = case.readings
        self._contradiction = thresholds.doubt_contradiction
        self.missing = thresholds.doubt_missing
        self.minor = thresholds.doubt_minor
        self.decisive = thresholds.doubt_decisive
        self.certainty = 1.0
        self.present: list[Sign] = []
        self.against: list[Sign] = []
        self.decider: str | None = None
        self.held = False
        self.doubts: list[Doubt] = []

    def add(self, key: str, *metrics: Metric[Any], **params: Param) -> None:
        """A fact that speaks for the verdict."""
        self.present.append(self._sign(key, metrics, params))

    def object_to(self, key: str, *metrics: Metric[Any], **params: Param) -> None:
        """A fact that speaks against the verdict."""
        sign = self._sign(key, metrics, params)
        self.against.append(sign)
        self._doubt(Doubt(self._contradiction, sign))

    def expect(
        self,
        fact: Tri,
        keys: tuple[str, str],
        *metrics: Metric[Any],
        doubt: float | None = None,
        decider: str | None = None,
        **params: Param,
    ) -> None:
        """A sign the verdict lists: present, contradicted, or not measured.

        ``keys`` are the sentences when it is true and when it is false. Not measured, it costs ``doubt`` (a factor,
        `missing` by default) and the first ``decider`` so met is what to look at next.
        """
        if fact is True:
            self.add(keys[0], *metrics, **params)
        elif fact is False:
            self.object_to(keys[1], *metrics, **params)
        else:
            factor = self.missing if doubt is None else doubt
            self._doubt(Doubt(factor, self._sign(keys[0], metrics, params), decider))

    def lack(self, doubt: float, decider: str | None = None) -> None:
        """Something is not known, or two causes fit: lower the certainty, and say what would settle it."""
        self._doubt(Doubt(doubt, None, decider))

    def hold(self, decider: str) -> None:
        """Nobody is to be sent before ``decider`` is known: it may show that the fault is not the subject's own."""
        self.held = True
        self.decider = decider

    def match(
        self,
        role: Role,
        blame: Blame,
        scope: Scope,
        severity: Severity,
        *,
        decider: str | None = None,
        variant: str = "",
        **params: Param,
    ) -> Match:
        """What the rule says, with the signs collected; ``decider`` stands where no doubt named one."""
        return Match(
            role,
            blame.family,
            blame.prelocalisation,
            scope,
            severity,
            blame.owner,
            blame.defect,
            self.certainty,
            tuple(self.present),
            tuple(self.against),
            self.decider or decider,
            variant,
            params,
            self.held,
            tuple(self.doubts),
        )

    def _doubt(self, doubt: Doubt) -> None:
        self.certainty *= doubt.factor
        self.decider = self.decider or doubt.decider
        self.doubts.append(doubt)

    def _sign(self, key: str, metrics: tuple[Metric[Any], ...], params: Mapping[str, Param]) -> Sign:
        at, keys = None, []
        for metric in metrics:
            at = at or self._readings[metric].at
            keys.append(metric.key)
        return Sign(key, params, tuple(keys), at)
