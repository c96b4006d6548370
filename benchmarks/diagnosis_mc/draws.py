"""What is drawn: a plant, its faults, the access that is tested, and the evidence that is withheld from the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from random import Random

from domain.identifiers import OntName
from simulators.plant import faults
from simulators.plant.description import EnvironmentPart, PlantDescription
from simulators.plant.faults.kind import Value
from simulators.plant.layout import Layout, build
from simulators.plant.random_plant import random_plant
from simulators.plant.targets import TargetKind, accepted, resolve

VENDORS = {"nokia_isam": 0.4, "huawei_smartax": 0.3, "zte_zxan": 0.2, "fiberhome_an": 0.1}  # C
NONE_SHARE, TWO_SHARE = 0.1, 0.1  # asked for by the issue
_BYSTANDER_SHARE = 0.15  # C: the fault is a neighbour's
_SIZES = ((12, 2), (24, 2), (36, 3), (60, 4))  # ONTs, ports
_AGES_S = (150.0, 400.0, 900.0, 1800.0, 3600.0)
_DAY_S = 86_400.0
COMES_AND_GOES = frozenset({"flapping-light", "flapping-power", "box-reboot-loop"})
"""Kinds that show by their past day: the test is made at a moment when they are over."""


class Gap(Enum):
    """A source that a draw lacks."""

    OLT = "OLT silent"
    ACS = "ACS silent"
    BOX = "no box known"
    SESSIONS = "no RADIUS log"
    NEIGHBOURS = "neighbours not read"
    NEIGHBOURS_STALE = "neighbours read before the fault"
    NEIGHBOURS_PARTIAL = "some neighbours not read"
    RECORDS = "no outside-plant record"
    REFERENCE = "no reference"
    TELEMETRY = "no level and no error rate of the neighbours"
    DISCOVERY = "unknown ONTs not listed"
    PROBES = "no probe of the platform"
    WORKS = "no record of works"
    GASPS = "dying gasps lost"
    PAST = "falls of the last day not kept"


_SHARES = {  # C: of all draws; more than an operator would accept
    Gap.OLT: 0.03,
    Gap.ACS: 0.03,
    Gap.BOX: 0.02,
    Gap.SESSIONS: 0.03,
    Gap.NEIGHBOURS: 0.02,
    Gap.NEIGHBOURS_STALE: 0.02,
    Gap.NEIGHBOURS_PARTIAL: 0.04,
    Gap.RECORDS: 0.04,
    Gap.REFERENCE: 0.15,
    Gap.TELEMETRY: 0.05,
    Gap.DISCOVERY: 0.03,
    Gap.PROBES: 0.03,
    Gap.WORKS: 0.04,
    Gap.GASPS: 0.02,
    Gap.PAST: 0.03,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A fault as `Plant.apply` takes it, and how long before the test it is ordered, in seconds."""

    kind: str
    target: str
    age_s: float
    parameters: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw; everything about it follows from its seed.

    Attributes:
        subject: The ONT whose access is tested.
        gaps: What is withheld.
        asked: Whether the customer was asked about the lights of his equipment.
        complains: Whether the customer says what he suffers from.
    """

    seed: int
    vendor: str
    onts: int
    pons: int
    environment: EnvironmentPart
    subject: OntName
    orders: tuple[Order, ...] = ()
    gaps: frozenset[Gap] = field(default_factory=frozenset)
    asked: bool = False
    complains: bool = True

    def description(self) -> PlantDescription:
        """The plant."""
        return random_plant(self.seed, self.onts, self.pons, self.vendor, self.environment)


def draw(seed: int, kinds: tuple[str, ...] = ()) -> Draw:
    """The draw of a seed; ``kinds`` restricts what may break."""
    random = Random(seed)
    vendor = random.choices(list(VENDORS), list(VENDORS.values()))[0]
    onts, pons = random.choice(_SIZES)
    environment = EnvironmentPart(
        seed=seed,
        weather=random.random() < 0.7,
        calibration_db=random.uniform(0.2, 1.2),
        noise_db=random.uniform(0.05, 0.25),
    )
    layout = build(random_plant(seed, onts, pons, vendor, environment))
    subject, orders = _broken(random, layout, kinds)
    gaps = frozenset(gap for gap in Gap if random.random() < _SHARES[gap])
    asked, complains = random.random() < 0.3, random.random() < 0.8
    return Draw(seed, vendor, onts, pons, environment, subject, orders, gaps, asked, complains)


@cache
def every_kind() -> tuple[str, ...]:
    """Every kind of fault of the plant."""
    return tuple(sorted(faults.discover()))


def _broken(random: Random, layout: Layout, kinds: tuple[str, ...]) -> tuple[OntName, tuple[Order, ...]]:
    """The subject and what is broken: nothing, one fault of it or of a neighbour, or two faults of it."""
    share = random.random()
    if share < NONE_SHARE and not kinds:
        return random.choice(list(layout.onts)), ()
    kind = random.choice(kinds or every_kind())
    order, struck = _order(random, layout, kind, None)
    subject = random.choice(struck)
    if share > 1 - TWO_SHARE:
        others = [one for one in every_kind() if one not in {kind, *COMES_AND_GOES}]
        second, _ = _order(random, layout, random.choice(others), subject)
        first = order if kind not in COMES_AND_GOES else _order(random, layout, random.choice(others), subject)[0]
        if second.kind != first.kind:
            return subject, (first, second)
    pon = layout.pons[subject.pon_name]
    spared = [ont.name for ont in pon.onts if ont.name not in struck]
    if spared and random.random() < _BYSTANDER_SHARE:
        return random.choice(spared), (order,)
    return subject, (order,)


def _order(random: Random, layout: Layout, kind: str, subject: OntName | None) -> tuple[Order, tuple[OntName, ...]]:
    """A fault of that kind, of ``subject`` where it is given; and every ONT behind what it strikes."""
    found = faults.discover()[kind]
    names = accepted(layout, found.target)
    while True:
        target = resolve(layout, found.target, random.choice(names))
        if target.onts and (subject is None or subject in target.onts):
            break
        if subject is not None:
            names = [name for name in names if subject in resolve(layout, found.target, name).onts]
    age = random.choice(_AGES_S) if kind not in COMES_AND_GOES else _DAY_S
    parameters = tuple(sorted(_parameters(random, kind).items()))
    return Order(kind, target.text, age, parameters), target.onts


def _parameters(random: Random, kind: str) -> dict[str, Value]:
    """Sizes of faults: from what is hardly seen to what cuts the link."""
    match kind:
        case "dirty-connector" | "moisture" | "high-attenuation":
            found: dict[str, Value] = {"loss_db": round(random.uniform(2.5, 9.0), 1)}
        case "macrobend" | "bend-in-the-cold":
            found = {"loss_db": round(random.uniform(3.5, 9.0), 1)}
        case "olt-tx-weak" | "olt-rx-weak" | "ont-laser-degraded":
            found = {"loss_db": round(random.uniform(3.0, 5.5), 1)}
        case "errors-up" | "errors-down":
            found = {"rate": 10 ** random.uniform(-7.0, -4.5)}
        case "wrong-splitter":
            found = {"gain_db": round(random.uniform(8.0, 14.0), 1)}
        case "area-power-cut":
            found = {"share": random.choice((1.0, 0.8))}
        case "bad-negotiation":
            found = {"rate": random.choice(("100_full", "100_half", "10_full", "1000_half"))}
        case _:
            found = {}
    if kind in {"moisture", "bend-in-the-cold"}:
        found["when"] = "always"  # of the weather in which it shows
    return found


TARGETS = {name: kind.target for name, kind in faults.discover().items()}
"""What each kind strikes."""

COLLECTIVE = frozenset(name for name, target in TARGETS.items() if target is not TargetKind.ONT)
"""Kinds that strike more than one access."""
