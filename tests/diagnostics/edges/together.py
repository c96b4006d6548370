"""Edges of the likelihood of who falls together: what each number is worth, and where it decides.

A number of the model has no edge of its own: it moves a chance. What is pinned is the logarithm of how much likelier a
cause is than the subject alone, in a scene in which the number counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from diagnostics.ancestry import Ancestry
from diagnostics.ruleset import Ruleset
from domain.incident import Ancestor, KnownIncident
from domain.metrics import context, olt
from domain.snapshot import Neighbour, Snapshot
from tests.diagnostics.build import (
    FAR,
    FAULTS,
    FELL,
    NOW,
    OUTSIDE,
    SPLITTER_DARK,
    crowd,
    dark,
    gasping,
    neighbour,
    over,
)
from tests.diagnostics.edges.making import Edge, Look, case, feeder, matched, said
from tests.diagnostics.incident_kit import GASPED, World

_CUT = FAULTS["drop_cut"]
_STREET = replace(_CUT, outside=replace(OUTSIDE, street="RUE-1"))
_GASPED = FAULTS["ont_power_off"]
_KNOWN = KnownIncident("INC-190509-000001", Ancestor.PBO, "PBO-3", FELL, 6, 0.9, NOW)
_LOOSE = {"pbo": None, "splitter": None}


def _in_street(one: Neighbour) -> Neighbour:
    return replace(one, street="RUE-1")


def _seen(*onts: Neighbour, snap: Snapshot = _CUT) -> Snapshot:
    return replace(snap, neighbours=crowd(*onts))


SCENES: Mapping[str, Snapshot] = {
    "one up": _seen(neighbour(1)),
    "one up in the street": _seen(_in_street(neighbour(1, **FAR)), snap=_STREET),
    "one dark, one up": _seen(dark(1), neighbour(2)),
    "one dark undated": _seen(dark(1, None)),
    "one dark a minute later": _seen(dark(1, FELL + timedelta(seconds=60))),
    "one dark, unrecorded": _seen(dark(1, **_LOOSE)),
    "one dark, unrecorded, streets known": _seen(dark(1, **_LOOSE), snap=_STREET),
    "all gasping, one up": _seen(gasping(1), neighbour(2), snap=_GASPED),
    "laser off": replace(over("drop_cut", {olt.PON_LASER_ON: False}), neighbours=crowd(neighbour(1, None))),
    "works": replace(over("drop_cut", {context.PLANNED_WORKS: True}), neighbours=crowd(neighbour(1, None))),
    "incident": replace(_CUT, incident=_KNOWN, neighbours=crowd(neighbour(1, None))),
}

PINNED: tuple[tuple[str, str, str, float], ...] = (
    ("prior.alone", "one dark, one up", "pbo", 1.324),
    ("prior.pbo", "one up", "pbo", -5.523),
    ("prior.splitter", "one up", "splitter", -6.034),
    ("prior.pon", "one up", "pon", -7.806),
    ("prior.card", "one up", "card", -14.02),
    ("prior.olt", "one up", "olt", -14.714),
    ("prior.area", "one up", "area", -5.482),
    ("prior.street", "one up in the street", "street", -7.133),
    ("up_if_broken.pbo", "one up", "pbo", -5.523),
    ("up_if_broken.splitter", "one up", "splitter", -6.034),
    ("up_if_broken.pon", "one up", "pon", -7.806),
    ("up_if_broken.card", "one up", "card", -14.02),
    ("up_if_broken.olt", "one up", "olt", -14.714),
    ("up_if_broken.area", "one up", "area", -5.482),
    ("up_if_broken.street", "one up in the street", "street", -7.133),
    ("unplaced_share.pbo", "one dark, unrecorded", "pbo", 2.45),
    ("unplaced_share.splitter", "one dark, unrecorded", "splitter", 2.744),
    ("unplaced_share.street", "one dark, unrecorded, streets known", "street", 1.348),
    ("area_shares[0]", "all gasping, one up", "area", 1.846),
    ("area_shares[1]", "all gasping, one up", "area", 1.846),
    ("area_shares[2]", "all gasping, one up", "area", 1.846),
    ("lone_falls_per_day", "one dark undated", "pbo", 2.156),
    ("lone_outage_s", "one dark undated", "pbo", 2.156),
    ("chance_together", "one dark, one up", "pbo", 1.324),
    ("late_share", "one dark a minute later", "pbo", -1.296),
    ("record_error", "one up", "pbo", -5.523),
    ("gasp_alone", "all gasping, one up", "pbo", -11.736),
    ("gasp_fibre", "all gasping, one up", "pbo", -11.736),
    ("gasp_mains", "all gasping, one up", "area", 1.846),
    ("port_odds", "laser off", "pon", 1.384),
    ("works_odds", "works", "pbo", -0.695),
    ("incident_odds", "incident", "pbo", 1.384),
)
"""A number, a scene, a cause, and the natural logarithm of its odds against the subject alone."""


def together() -> Iterator[Edge]:
    """All of them."""
    for number, scene, cause, value in PINNED:
        yield Edge(f"correlation.{number}", _odds(Ancestor(cause), SCENES[scene]), {scene: value})
    yield from _limits()
    yield from _shares()
    yield from _incidents()


def _odds(cause: Ancestor, snap: Snapshot) -> Look:
    def look(ruleset: Ruleset, _: object) -> object:
        posterior = case(ruleset, snap).ancestry.posterior
        return round(math.log(posterior[cause] / posterior[Ancestor.ALONE]), 3)

    return look


def _with_prior(ruleset: Ruleset, cause: Ancestor, prior: float) -> Ruleset:
    found = ruleset.thresholds
    model = found.correlation.model_copy(update={"prior": {**found.correlation.prior, cause: prior}})
    return replace(ruleset, thresholds=found.model_copy(update={"correlation": model}))


def _met(name: str, number: Callable[[Ancestry], float], seen: Callable[[Ancestry], bool], snap: Snapshot) -> Look:
    """What is said where the number is so many times what is compared with it."""

    def look(ruleset: Ruleset, times: float) -> object:
        value = number(case(ruleset, snap).ancestry)
        model = ruleset.thresholds.correlation.model_copy(update={name: value * times})
        moved = ruleset.thresholds.model_copy(update={"correlation": model})
        return seen(case(replace(ruleset, thresholds=moved), snap).ancestry)

    return look


def _limits() -> Iterator[Edge]:
    """Where a chance is too small to count, great enough to be sure, or near enough to cast a doubt."""
    snap = SCENES["one dark, one up"]
    prior = lambda told: lambda r, v: told(case(_with_prior(r, Ancestor.PBO, v), snap).ancestry)  # noqa: E731
    denied: Callable[[Ancestry], bool] = lambda found: found.denies(Ancestor.PBO)  # noqa: E731
    sure: Callable[[Ancestry], bool] = lambda found: found.certain is Ancestor.PBO  # noqa: E731
    rival: Callable[[Ancestry], bool] = lambda found: found.rival(Ancestor.PBO) is not None  # noqa: E731
    shared: Callable[[Ancestry], bool] = lambda found: found.shared  # noqa: E731
    yield Edge("correlation.rejected", prior(denied), {0.000984: True, 0.00102: False})
    yield Edge("correlation.sure", prior(sure), {0.916: False, 0.953: True})
    yield Edge("correlation.sure", prior(shared), {0.213: False, 0.221: True})
    yield Edge("correlation.close", prior(rival), {0.564: True, 0.587: False})
    split = replace(_CUT, neighbours=SPLITTER_DARK)
    up = SCENES["one up"]
    for name, number, told, seen, scene in (
        ("rejected", lambda a: a.posterior[Ancestor.PBO], denied, {1.0: False, 1.001: True}, snap),
        (
            "rejected",
            lambda a: a.posterior[Ancestor.PBO],
            lambda a: Ancestor.PBO in a.beaten,
            {1.0: False, 1.001: True},
            split,
        ),
        ("sure", lambda a: max(a.posterior.values()), sure, {1.0: True, 1.001: False}, snap),
        ("sure", lambda a: 1.0 - a.posterior[Ancestor.ALONE], shared, {1.0: True, 1.001: False}, up),
        ("close", _share, rival, {1.0: True, 1.001: False}, snap),
    ):
        yield Edge(f"correlation.{name}", _met(name, number, told, scene), seen)


def _share(found: Ancestry) -> float:
    mine = found.posterior[Ancestor.PBO]
    other = max(chance for cause, chance in found.posterior.items() if cause is not Ancestor.PBO)
    return other / (other + mine)


def _shares() -> Iterator[Edge]:
    """How many must be dark, where the likelihood is sure and where it is not asked."""
    against: Look = lambda r, v: _feeder(r, feeder(4, v))  # noqa: E731
    yield Edge("collective_share", against, {34: True, 35: False})
    mostly: Look = lambda r, v: _feeder(r, feeder(20, v))  # noqa: E731
    yield Edge("collective_most", mostly, {45: None, 46: True})
    cut = FAULTS["pbo_cut"]
    tie = replace(cut, neighbours=crowd(*(dark(n) for n in range(4)), *(neighbour(n, **FAR) for n in range(20, 30))))
    yield Edge("doubt_two_hypotheses", lambda r, _: said(r, tie).confidence, {"": 0.75})


def _feeder(ruleset: Ruleset, snap: Snapshot) -> object:
    """Whether some ONTs that are up speak against a cut feeder, of which the likelihood is sure; ``None``: no cut."""
    found = case(ruleset, snap)
    sure = replace(found.ancestry, certain=Ancestor.PON, beaten=frozenset())
    match = matched("feeder_cut", ruleset, replace(found, ancestry=sure))
    return None if match is None else bool(match.evidence_against)


def _incidents() -> Iterator[Edge]:
    """When an incident is opened, and when it is over."""
    yield Edge("correlation.open_odds", _opens, {1.17e-08: 0, 1.22e-08: 1})
    yield Edge("correlation.open_odds", _opens_area, {2.7e-06: 0, 2.81e-06: 1})
    yield Edge("correlation.gasps_per_day", _opens_area, {2.7e-06: 0, 2.81e-06: 1})

    def back(ruleset: Ruleset, number: int) -> object:
        world = _fallen(8)
        world.look(ruleset.thresholds)
        world.rise(world.under(Ancestor.PBO, 3)[:number])
        return world.look(ruleset.thresholds).open[0].state.value

    yield Edge("correlation.close_share", back, {6: "open", 7: "recovering"})

    def calm(ruleset: Ruleset, seconds: float) -> object:
        world = _fallen(8)
        world.look(ruleset.thresholds)
        world.rise(world.under(Ancestor.PBO, 3))
        world.look(ruleset.thresholds)
        world.later(seconds)
        return len(world.look(ruleset.thresholds).open)

    yield Edge("correlation.calm_s", calm, {119: 1, 120: 0})


def _fallen(number: int) -> World:
    world = World()
    world.fall(world.under(Ancestor.PBO, 3)[:number])
    return world


def _opens(ruleset: Ruleset, prior: float) -> object:
    return len(_fallen(5).look(_with_prior(ruleset, Ancestor.PBO, prior).thresholds).open)


def _opens_area(ruleset: Ruleset, prior: float) -> object:
    world = World()
    world.fall(world.under(Ancestor.PON, 0)[:4], state=GASPED, spread_s=20)
    return len(world.look(_with_prior(ruleset, Ancestor.AREA, prior).thresholds).open)
