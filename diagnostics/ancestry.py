"""Which common ancestor best explains who is silent: one posterior over everything that the subject hangs from.

An explicit likelihood model. For each hypothesis (the subject alone, its PBO, its street, its splitter, its PON, its
board, its OLT, the mains of its area) each neighbour has a probability to be as it is read: silent if it hangs from
what broke, silent by itself otherwise, up although what it hangs from is broken. Falls are weighed by when they
happened; dying gasps speak of mains and of nothing else; records may be wrong; a neighbour of unknown state is
marginalised, which leaves it out. The numbers are in the rule-set, each with its source.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
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


class _Seen(NamedTuple):
    """A neighbour, less its name: neighbours that are alike are weighed once."""

    up: bool
    gasp: bool
    after_s: float | None  # it fell so long after the subject; None: not known
    same: tuple[bool | None, ...]  # whether it shares the PBO, street, splitter, area of the subject, by the records


_PLACED = (Ancestor.PBO, Ancestor.STREET, Ancestor.SPLITTER, Ancestor.AREA)


def ancestry_of(snapshot: Snapshot, readings: Readings, facts: Facts, read: bool, thresholds: Thresholds) -> Ancestry:
    """The posterior, for a subject that is down; ``read``: whether what is known of its neighbours may be used."""
    if not facts.ont_down or not read:
        return Ancestry()
    model = thresholds.correlation
    fell_at = readings.value(ont.ONT_LAST_CHANGE)
    seen, unknown = _seen(snapshot, fell_at)
    scores: dict[Ancestor, list[float]] = {}
    for ancestor, share in _hypotheses(model):
        prior = model.prior[ancestor] * _odds(ancestor, snapshot, readings, facts, model)
        total = math.log(max(prior, _FLOOR)) + _ports(ancestor, snapshot, readings, thresholds)
        for one, count in seen.items():
            total += count * math.log(max(_chance(one, ancestor, share, thresholds), _FLOOR))
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


def _hypotheses(model: Correlation) -> Iterator[tuple[Ancestor, float | None]]:
    """Each cause, with the share of the PON that it takes where the records are silent; shares are averaged over."""
    for ancestor in Ancestor:
        if ancestor is Ancestor.AREA:
            yield from ((ancestor, share) for share in model.area_shares)
        else:
            yield ancestor, model.unplaced_share.get(ancestor)


def _normalised(scores: Mapping[Ancestor, list[float]]) -> dict[Ancestor, float]:
    top = max(score for several in scores.values() for score in several)
    weights = {a: sum(math.exp(s - top) for s in several) / len(several) for a, several in scores.items()}
    total = sum(weights.values())
    return {ancestor: weight / total for ancestor, weight in weights.items()}


def _seen(snapshot: Snapshot, fell_at: datetime | None) -> tuple[Counter[_Seen], set[tuple[bool | None, ...]]]:
    """The neighbours whose state is known, alike ones together; and where the others hang."""
    known, mine = snapshot.neighbours, snapshot.outside
    splitter = next(reversed(mine.splitters), None)
    seen: Counter[_Seen] = Counter()
    unknown: set[tuple[bool | None, ...]] = set()
    early = fell_at is not None and known.at is not None and known.at < fell_at  # an « up » of before says nothing
    for one in known.onts:
        same = (
            _alike(mine.pbo, one.pbo),
            _alike(mine.street, one.street),
            _alike(splitter, one.splitter),
            _alike(mine.power_area, one.power_area),
        )
        if one.oper is None or (early and one.oper is Oper.UP):
            unknown.add(same)
        else:
            seen[_fallen(one, fell_at, same)] += 1
    if not known.complete:
        unknown.add((None, None, None, None))
    return seen, unknown


def _fallen(one: Neighbour, fell_at: datetime | None, same: tuple[bool | None, ...]) -> _Seen:
    if one.oper is Oper.UP:
        return _Seen(True, False, None, same)
    gasp = one.alarms is not None and OntAlarm.DG in one.alarms
    dated = fell_at is not None and one.last_change is not None
    after_s = (one.last_change - fell_at).total_seconds() if dated and one.last_change and fell_at else None
    return _Seen(False, gasp, after_s, same)


def _alike(mine: str | None, its: str | None) -> bool | None:
    return None if mine is None or its is None else mine == its


def _behind(one: _Seen, ancestor: Ancestor, share: float | None, model: Correlation) -> float:
    """The probability that a neighbour hangs from an ancestor of the subject."""
    if ancestor is Ancestor.ALONE:
        return 0.0
    if ancestor in _WHOLE:
        return 1.0
    told = one.same[_PLACED.index(ancestor)]
    if told is None:
        return share or 0.0
    return 1.0 - model.record_error if told else model.record_error * (model.unplaced_share.get(ancestor) or 1.0)


def _chance(one: _Seen, ancestor: Ancestor, share: float | None, thresholds: Thresholds) -> float:
    """The probability of what is read of a neighbour, if that ancestor of the subject broke."""
    behind = _behind(one, ancestor, share, thresholds.correlation)
    apart = _by_itself(one, thresholds)
    if behind == 0.0:
        return apart
    return behind * _with_it(one, ancestor, apart, thresholds) + (1.0 - behind) * apart


def _by_itself(one: _Seen, thresholds: Thresholds) -> float:
    """The same, if nothing that it hangs from broke."""
    model = thresholds.correlation
    down = model.lone_down()
    if one.up:
        return 1.0 - down
    kind = model.gasp_alone if one.gasp else 1.0 - model.gasp_alone
    if one.after_s is None:
        return kind * (down + model.chance_together)
    still = math.exp(-max(-one.after_s, 0.0) / model.lone_outage_s)
    window = thresholds.gasps_together_s if one.gasp else thresholds.together_s
    return kind * (model.lone_rate() * still + model.chance_together * _when(one.after_s, window, thresholds))


def _with_it(one: _Seen, ancestor: Ancestor, apart: float, thresholds: Thresholds) -> float:
    """The same, if it hangs from what broke."""
    model, survives = thresholds.correlation, thresholds.correlation.up_if_broken[ancestor]
    if one.up:
        return survives
    mains = ancestor is Ancestor.AREA
    if one.gasp and not mains:
        return apart  # set apart: it lost its mains, before or after, whatever became of the fibre
    gasps = model.gasp_mains if mains else 0.0
    kind = gasps if one.gasp else 1.0 - gasps
    fell = kind * (1.0 - survives) * (1.0 - model.lone_down())
    if one.after_s is None:
        return apart + fell
    window = thresholds.gasps_together_s if mains else thresholds.together_s
    before = apart if one.after_s <= 0 else apart * survives  # what was cut could not fall later
    return before + fell * _when(one.after_s, window, thresholds)


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


def _ports(ancestor: Ancestor, snapshot: Snapshot, readings: Readings, thresholds: Thresholds) -> float:
    """What the other ports of the board, and the other boards, say: logarithm of its probability."""
    fell_at = readings.value(olt.PON_LAST_CHANGE) or readings.value(ont.ONT_LAST_CHANGE)
    if snapshot.place is None or fell_at is None:
        return 0.0
    model, own, total = thresholds.correlation, snapshot.place.ont.pon_name, 0.0
    for port in snapshot.neighbours.ports:
        here = (port.pon.rack, port.pon.shelf, port.pon.slot) == (own.rack, own.shelf, own.slot)
        if port.oper is None or (port.oper is Oper.DOWN and port.last_change is None):
            continue
        broken = ancestor is Ancestor.OLT or (ancestor is Ancestor.CARD and here)
        if port.oper is Oper.UP:
            total += math.log(model.up_if_broken[ancestor]) if broken else 0.0
        elif port.last_change and abs((port.last_change - fell_at).total_seconds()) <= thresholds.together_s:
            total += 0.0 if broken else math.log(model.chance_together)
    return total


def _undecided(unknown: set[tuple[bool | None, ...]]) -> Iterator[frozenset[Ancestor]]:
    """Pairs of causes for which the state of a neighbour that was not read would be another."""
    for same in unknown:
        may = {a: same[place] for place, a in enumerate(_PLACED)}
        holds = [a for a in Ancestor if a in _WHOLE or may.get(a, False) is not False]
        leaves = [a for a in Ancestor if a is Ancestor.ALONE or (a in may and may[a] is not True)]
        yield from (frozenset({a, b}) for a in holds for b in leaves if a is not b)
