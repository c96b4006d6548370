"""Which common ancestor best explains who is silent: one posterior over everything that the subject hangs from.

An explicit likelihood model. For each hypothesis (the subject alone, its PBO, its street, its splitter, its PON, its
board, its OLT, the mains of its area) each neighbour has a probability to be as it is read: silent if it hangs from
what broke, silent by itself otherwise, up although what it hangs from is broken. Falls are weighed by when they
happened; dying gasps speak of mains and of nothing else; records may be wrong; a neighbour of unknown state is
marginalised, which leaves it out. The numbers are in the rule-set, each with its source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from diagnostics.facts import Facts
from diagnostics.thresholds import Correlation, Thresholds
from domain.incident import Ancestor
from domain.metric import Readings
from domain.metrics import context, olt, ont
from domain.snapshot import Neighbour, Snapshot
from domain.states import OntAlarm, Oper

_FIBRE = (Ancestor.PBO, Ancestor.STREET, Ancestor.SPLITTER, Ancestor.PON, Ancestor.CARD, Ancestor.OLT)
_BEHIND_PORT = (Ancestor.ALONE, Ancestor.PBO, Ancestor.STREET, Ancestor.SPLITTER, Ancestor.AREA)
_BOARDS = (Ancestor.CARD, Ancestor.OLT)
_WHOLE = frozenset({Ancestor.PON, *_BOARDS})
_FLOOR = 1e-12


@dataclass(frozen=True, slots=True)
class Ancestry:
    """How likely each cause is, for what is known of the neighbours.

    Attributes:
        posterior: By cause; they sum to 1. Empty when the subject is not down or nothing is known of its neighbours.
        undecided: Pairs of causes that neighbours of unknown state would tell apart.
        beaten: Collective causes that another one explains away.
        certain: The collective cause that stands whatever single neighbours say, if there is one.
        denied: Causes that what is read of the neighbours denies.
        shared: Whether something that others hang from too broke, whichever it is.
        close: Share of the next best cause from which it counts as a rival.
    """

    posterior: Mapping[Ancestor, float] = field(default_factory=dict)
    undecided: frozenset[frozenset[Ancestor]] = frozenset()
    beaten: frozenset[Ancestor] = frozenset()
    denied: frozenset[Ancestor] = frozenset()
    certain: Ancestor | None = None
    shared: bool = False
    close: float = 0.0

    def denies(self, ancestor: Ancestor) -> bool:
        """Whether what is read of the neighbours leaves this cause no chance; nothing read denies nothing."""
        return ancestor in self.denied

    def rival(self, ancestor: Ancestor) -> tuple[Ancestor, float] | None:
        """The likeliest other cause and its share of what both have; ``None`` where it is far behind."""
        others = {other: chance for other, chance in self.posterior.items() if other is not ancestor}
        if ancestor not in self.posterior or not others:
            return None
        other = max(others, key=others.__getitem__)
        share = others[other] / (others[other] + self.posterior[ancestor])
        return (other, share) if share >= self.close else None


Where = tuple[str | None, str | None, str | None, str | None]
"""The PBO, street, splitter and area of a neighbour."""

Same = tuple[bool | None, ...]
"""Whether a neighbour shares the PBO, street, splitter and area of the subject, by the records."""


class _Seen(NamedTuple):
    """A neighbour, less its name: neighbours that are alike are weighed once."""

    up: bool
    gasp: bool
    after_s: float | None  # it fell so long after the subject; None: not known
    same: Same


class _Weight(NamedTuple):
    """The probabilities of one kind of neighbour, those of what broke left out: each hypothesis combines them.

    Attributes:
        number: How many are of that kind.
        set_apart: Whether it sent a dying gasp.
        late: Whether it fell after the subject.
        apart: Of what is read of it, if it fell, or stayed up, by itself.
        fibre: Of its fall with a fibre that broke.
        mains: Of its fall with its mains.
    """

    number: int
    same: Same
    up: bool
    set_apart: bool
    late: bool
    apart: float
    log_apart: float
    fibre: float
    mains: float


_PLACED = (Ancestor.PBO, Ancestor.STREET, Ancestor.SPLITTER, Ancestor.AREA)


def ancestry_of(snapshot: Snapshot, readings: Readings, facts: Facts, read: bool, thresholds: Thresholds) -> Ancestry:
    """The posterior, for a subject that is down; ``read``: whether what is known of its neighbours may be used."""
    if not facts.ont_down or not read:
        return Ancestry()
    model = thresholds.correlation
    fell_at = readings.value(ont.ONT_LAST_CHANGE)
    seen, unknown = _seen(snapshot, fell_at)
    weights = [_weight(one, count, thresholds) for one, count in seen.items()]
    ports = _ports_of(snapshot, readings, thresholds)
    scores: dict[Ancestor, list[float]] = {}
    for ancestor, share in _hypotheses(model, streets=snapshot.outside.street is not None):
        prior = model.prior[ancestor] * _odds(ancestor, snapshot, readings, facts, model)
        total = math.log(max(prior, _FLOOR)) + _said_by_ports(ancestor, ports, model)
        total += sum(_log_chance(one, ancestor, share, model) for one in weights)
        scores.setdefault(ancestor, []).append(total)
    posterior = _normalised(scores)
    best = max(posterior, key=posterior.__getitem__)
    collective = best is not Ancestor.ALONE
    return Ancestry(
        posterior,
        frozenset(_undecided(unknown)),
        frozenset(a for a, p in posterior.items() if p < model.rejected and _gives_way(a, best)),
        frozenset(a for a, p in posterior.items() if p < model.rejected),
        best if collective and posterior[best] >= model.sure else None,
        posterior[Ancestor.ALONE] <= 1.0 - model.sure,
        model.close,
    )


def _gives_way(ancestor: Ancestor, best: Ancestor) -> bool:
    """Whether a collective verdict is left to the best one: a board is believed down by its own word alone."""
    return best not in {ancestor, Ancestor.ALONE} and not (ancestor is Ancestor.PON and best in _BOARDS)


def _hypotheses(model: Correlation, *, streets: bool) -> Iterator[tuple[Ancestor, float | None]]:
    """Each cause, with the share of the PON that it takes where the records are silent; shares are averaged over.

    A cable that no record knows could take any ONTs whatever: it explains too much, and is left out.
    """
    for ancestor in Ancestor:
        if ancestor is Ancestor.STREET and not streets:
            continue
        if ancestor is Ancestor.AREA:
            yield from ((ancestor, share) for share in model.area_shares)
        else:
            yield ancestor, model.unplaced_share.get(ancestor)


def _normalised(scores: Mapping[Ancestor, list[float]]) -> dict[Ancestor, float]:
    top = max(score for several in scores.values() for score in several)
    weights = {a: sum(math.exp(s - top) for s in several) / len(several) for a, several in scores.items()}
    total = sum(weights.values())
    return {ancestor: weight / total for ancestor, weight in weights.items()}


def _seen(snapshot: Snapshot, fell_at: datetime | None) -> tuple[dict[_Seen, int], set[Same]]:
    """The neighbours whose state is known, alike ones together; and where the others hang."""
    known = snapshot.neighbours
    hanging: dict[Where, int] = {}  # most are up, and alike
    unread: set[Where] = set()
    fallen: list[Neighbour] = []
    early = fell_at is not None and known.at is not None and known.at < fell_at  # an « up » of before says nothing
    for one in known.onts:
        oper = one.oper
        if oper is Oper.DOWN:
            fallen.append(one)
            continue
        where: Where = (one.pbo, one.street, one.splitter, one.power_area)
        if oper is None or early:
            unread.add(where)
        else:
            hanging[where] = hanging.get(where, 0) + 1
    same = _same_as(snapshot)
    seen: dict[_Seen, int] = {}
    for where, count in hanging.items():
        key = _Seen(True, False, None, same(where))
        seen[key] = seen.get(key, 0) + count
    for one in fallen:
        key = _fallen(one, fell_at, same((one.pbo, one.street, one.splitter, one.power_area)))
        seen[key] = seen.get(key, 0) + 1
    unknown = {same(where) for where in unread}
    if not known.complete:
        unknown.add((None, None, None, None))
    return seen, unknown


def _same_as(snapshot: Snapshot) -> Callable[[Where], Same]:
    outside = snapshot.outside
    mine = (outside.pbo, outside.street, next(reversed(outside.splitters), None), outside.power_area)

    def same(its: Where) -> Same:
        return tuple(None if a is None or b is None else a == b for a, b in zip(mine, its, strict=True))

    return same


def _fallen(one: Neighbour, fell_at: datetime | None, same: Same) -> _Seen:
    gasp = one.alarms is not None and OntAlarm.DG in one.alarms
    if fell_at is None or one.last_change is None:
        return _Seen(False, gasp, None, same)
    return _Seen(False, gasp, (one.last_change - fell_at).total_seconds(), same)


def _weight(one: _Seen, count: int, thresholds: Thresholds) -> _Weight:
    """What a neighbour is worth, whatever the hypothesis."""
    model = thresholds.correlation
    down, gasps = model.lone_down(), model.gasp_mains
    alive = 1.0 - down
    if one.up:
        return _Weight(count, one.same, True, False, False, alive, math.log(alive), 0.0, 0.0)
    kind = model.gasp_alone if one.gasp else 1.0 - model.gasp_alone
    fibre, mains = 0.0 if one.gasp else alive, (gasps if one.gasp else 1.0 - gasps) * alive
    if one.after_s is None:
        apart = kind * (down + model.chance_together)
        return _Weight(count, one.same, False, one.gasp, False, apart, math.log(apart), fibre, mains)
    still = math.exp(-max(-one.after_s, 0.0) / model.lone_outage_s)
    cut, failed = (_when(one.after_s, w, thresholds) for w in (thresholds.together_s, thresholds.gasps_together_s))
    apart = kind * (model.lone_rate() * still + model.chance_together * (failed if one.gasp else cut))
    late = one.after_s > 0  # what was cut could not fall later
    return _Weight(count, one.same, False, one.gasp, late, apart, math.log(apart), fibre * cut, mains * failed)


def _log_chance(one: _Weight, ancestor: Ancestor, share: float | None, model: Correlation) -> float:
    """The probability of what is read of such neighbours, if that ancestor of the subject broke; its logarithm."""
    if ancestor is Ancestor.ALONE:
        return one.number * one.log_apart
    behind = 1.0
    if ancestor not in _WHOLE:
        told = one.same[_PLACED.index(ancestor)]
        if told is None:
            behind = share or 0.0
        else:
            lies = model.record_error
            behind = 1.0 - lies if told else lies * model.unplaced_share.get(ancestor, 1.0)
    chance = behind * _with_it(one, ancestor, model) + (1.0 - behind) * one.apart
    return one.number * math.log(max(chance, _FLOOR))


def _with_it(one: _Weight, ancestor: Ancestor, model: Correlation) -> float:
    """The probability of what is read of such a neighbour, if it hangs from what broke."""
    survives = model.up_if_broken[ancestor]
    if one.up:
        return survives
    mains = ancestor is Ancestor.AREA
    if one.set_apart and not mains:
        return one.apart  # it lost its mains, before or after, whatever became of the fibre
    before = one.apart * survives if one.late else one.apart
    return before + (1.0 - survives) * (one.mains if mains else one.fibre)


def _when(after_s: float, window_s: float, thresholds: Thresholds) -> float:
    """Density, per second, of the instants of ONTs that one cause took."""
    late = thresholds.correlation.late_share
    at_once = (1.0 - late) / (2.0 * window_s) if abs(after_s) <= window_s else 0.0
    period = thresholds.polling_period_s
    return at_once + (late / (2.0 * period) if abs(after_s) <= period else 0.0)


def _odds(ancestor: Ancestor, snapshot: Snapshot, readings: Readings, facts: Facts, model: Correlation) -> float:
    """What the subject, its port and its board say for a cause, and what is known of works and incidents."""
    odds = 1.0
    if facts.dying_gasp is not None:
        gasps = {Ancestor.ALONE: model.gasp_alone, Ancestor.AREA: model.gasp_mains}.get(ancestor, model.gasp_fibre)
        odds *= gasps if facts.dying_gasp else 1.0 - gasps
    if facts.laser_on is False and ancestor in _BEHIND_PORT:
        odds *= model.port_odds
    card = readings.value(olt.CARD_OPER)
    if card is not None and (card is Oper.UP) is (ancestor in _BOARDS):
        odds *= model.port_odds
    if readings.value(context.PLANNED_WORKS) and ancestor in _FIBRE:
        odds *= model.works_odds
    if snapshot.incident is not None and snapshot.incident.ancestor is ancestor:
        odds *= model.incident_odds
    return odds


class _Ports(NamedTuple):
    """Other ports, those of the subject's board and those of others: up, and down since the subject's fall."""

    here_up: int = 0
    here_down: int = 0
    there_up: int = 0
    there_down: int = 0


def _ports_of(snapshot: Snapshot, readings: Readings, thresholds: Thresholds) -> _Ports:
    fell_at = readings.value(olt.PON_LAST_CHANGE) or readings.value(ont.ONT_LAST_CHANGE)
    if snapshot.place is None or fell_at is None:
        return _Ports()
    own = snapshot.place.ont
    board, counts = (own.rack, own.shelf, own.slot), [0, 0, 0, 0]
    for port in snapshot.neighbours.ports:
        name = port.pon
        there = 0 if (name.rack, name.shelf, name.slot) == board else 2
        if port.oper is Oper.UP:
            counts[there] += 1
        elif port.oper is Oper.DOWN and port.last_change is not None:
            counts[there + 1] += abs((port.last_change - fell_at).total_seconds()) <= thresholds.together_s
    return _Ports(*counts)


def _said_by_ports(ancestor: Ancestor, ports: _Ports, model: Correlation) -> float:
    """What the other ports say: the logarithm of its probability."""
    chance = math.log(model.chance_together)
    up = math.log(model.up_if_broken[ancestor]) if ancestor in _BOARDS else 0.0
    here = ports.here_up * up if ancestor in _BOARDS else ports.here_down * chance
    there = ports.there_up * up if ancestor is Ancestor.OLT else ports.there_down * chance
    return here + there


def _undecided(unknown: set[tuple[bool | None, ...]]) -> Iterator[frozenset[Ancestor]]:
    """Pairs of causes for which the state of a neighbour that was not read would be another."""
    for same in unknown:
        may = {a: same[place] for place, a in enumerate(_PLACED)}
        holds = [a for a in Ancestor if a in _WHOLE or may.get(a, False) is not False]
        leaves = [a for a in Ancestor if a is Ancestor.ALONE or (a in may and may[a] is not True)]
        yield from (frozenset({a, b}) for a in holds for b in leaves if a is not b)
