"""From one run to the next: incidents are opened, updated, merged, split and closed, and keep their numbers.

One missing poll closes nothing: an ONT that is not known is not back, an OLT that does not answer leaves its incidents
as they were, « unknown since ». An incident ends when enough of its ONTs have been seen back for long enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from diagnostics.incidents.fleet import LEVELS, UNKNOWN, UP, Fleet, Rows, States
from diagnostics.incidents.tree import Candidate, candidates
from diagnostics.thresholds import Thresholds
from domain.incident import Ancestor
from domain.incidents import Cause, Change, Incident, Kind, Members, State, number_of

_WIDTH = {ancestor: width for width, ancestor in enumerate((Ancestor.PBO, Ancestor.STREET, *LEVELS[1:], Ancestor.AREA))}
_TOLD_CONFIDENCE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one run came to.

    Attributes:
        incidents: Those that are open now, and those that ended in this run.
        changes: What happened, in order.
    """

    incidents: tuple[Incident, ...]
    changes: tuple[Change, ...]

    @property
    def open(self) -> tuple[Incident, ...]:
        """Those that go on."""
        return tuple(one for one in self.incidents if one.state is not State.CLOSED)


def advance(known: Iterable[Incident], fleet: Fleet, thresholds: Thresholds) -> Run:
    """Look at a fleet, or at some OLTs of it whole, with the incidents that were open there."""
    return _Advance(fleet, thresholds, [one for one in known if one.state is not State.CLOSED]).run()


@dataclass(slots=True)
class _Advance:
    fleet: Fleet
    thresholds: Thresholds
    known: list[Incident]
    changes: list[Change] = field(default_factory=list)
    members: list[Members] = field(default_factory=list)
    order: Rows | None = None
    starts: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    places: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return _instant(self.fleet.now)

    def run(self) -> Run:
        state = self.fleet.known_state()
        found = candidates(self.fleet, self.thresholds)
        self.members = [_members(self.fleet, one) for one in found]
        links = self._links(found)
        heirs = _heirs(links)
        result: list[Incident] = []
        taken: set[str] = set()
        for place, candidate in enumerate(found):
            mine = [self.known[one] for one in links[place] if heirs[one] == place]
            parents = [self.known[one] for one in links[place] if heirs[one] != place]
            elsewhere = [
                self.members[p] for p, shared in enumerate(links) if p != place and shared.keys() & links[place]
            ]
            seen = self._seen(candidate, self.members[place], state, mine)
            if mine and elsewhere:
                seen = self._without(seen, elsewhere, state)
            result.append(seen if mine else self._split(seen, parents))
            result += [self._absorbed(one, result[-1]) for one in mine if one.number != result[-1].number]
            taken |= {one.number for one in mine}
        result += [self._unseen(one, state) for one in self.known if one.number not in taken]
        return Run(tuple(result), tuple(self.changes))

    def _links(self, found: Sequence[Candidate]) -> list[dict[int, int]]:
        """For each candidate: the incidents that share ONTs with it, and how many."""
        links: list[dict[int, int]] = []
        for candidate, members in zip(found, self.members, strict=True):
            shared = {place: _shared(one.members, members) for place, one in enumerate(self.known)}
            mains = candidate.ancestor is Ancestor.AREA
            links.append({p: n for p, n in shared.items() if n and (self.known[p].ancestor is Ancestor.AREA) is mains})
        return links

    def _seen(self, found: Candidate, members: Members, state: States, mine: list[Incident]) -> Incident:
        since = min(_instant(found.since) if found.since else self.now, self.now)
        if not mine:
            return self._opened(found, members, since, state)
        old = min(mine, key=lambda one: (one.since, one.number))
        everybody = members
        for one in mine:
            everybody = _union(everybody, one.members)
        new = replace(
            old,
            ancestor=found.ancestor,
            place=found.place,
            cause=self._cause(found),
            since=min(since, *(one.since for one in mine)),
            members=everybody,
            state=State.OPEN,
            calm_since=None,
            unknown_since=None,
            **self._counts(found, everybody, state),
        )
        others = tuple(sorted(one.number for one in mine if one is not old))
        self._tell(new, self._kind(old, new, merged=bool(others)), others, old)
        return new

    def _opened(self, found: Candidate, members: Members, since: datetime, state: States) -> Incident:
        olt, keys = next(iter(sorted(members.items())))
        number = number_of(olt, found.ancestor, found.place, since, int(keys[0]))
        cause, counts = self._cause(found), self._counts(found, members, state)
        began = {"since": since, "opened_at": self.now, "members": members, **counts}
        return Incident(number=number, ancestor=found.ancestor, place=found.place, cause=cause, **began)

    def _split(self, new: Incident, parents: list[Incident]) -> Incident:
        """Tell of a new incident, and of those that its ONTs were thought to be part of."""
        others = tuple(sorted(one.number for one in parents))
        self._tell(new, Kind.SPLIT if others else Kind.OPENED, others)
        return replace(new, origin=others[0] if others else None)

    def _without(self, one: Incident, elsewhere: list[Members], state: States) -> Incident:
        """An incident less the ONTs that others took from it."""
        members = one.members
        for other in elsewhere:
            members = _less(members, other)
        down, back, unknown = self._now(members, state)
        return replace(one, members=members, down=down, back=back, unknown=unknown)

    def _counts(self, found: Candidate, members: Members, state: States) -> dict[str, Any]:
        down, back, unknown = self._now(members, state)
        works = bool(len(self.fleet.works)) and bool(self.fleet.works[found.rows].any())
        return {
            "updated_at": self.now,
            "down": down,
            "back": back,
            "unknown": unknown,
            "up": found.up,
            "gasps": found.gasps,
            "confidence": found.confidence,
            "works": works,
        }

    def _unseen(self, old: Incident, state: States) -> Incident:
        """An incident that explains nothing now: over, on the way to be, or not to be seen."""
        there = {place for place, olt in enumerate(self.fleet.olts) if olt in old.members}
        if not there:  # its OLT has left the inventory
            new = replace(old, state=State.CLOSED, closed_at=self.now, updated_at=self.now)
            self._tell(new, Kind.CLOSED)
            return new
        if there <= self.fleet.silent:
            if old.unknown_since is not None:
                return old
            new = replace(old, state=State.UNKNOWN, unknown_since=self.now, calm_since=None)
            self._tell(new, Kind.LOST)
            return new
        down, back, unknown = self._now(old.members, state)
        new = replace(old, down=down, back=back, unknown=unknown, updated_at=self.now, unknown_since=None)
        if old.unknown_since is not None:
            new = replace(new, state=State.OPEN)
            self._tell(new, Kind.FOUND)
        if back < self.thresholds.correlation.close_share * old.accesses:
            new = replace(new, state=State.OPEN, calm_since=None)
            if (old.down, old.back) != (down, back) and old.unknown_since is None:
                self._tell(new, Kind.UPDATED)
            return new
        return self._recovering(old, new)

    def _recovering(self, old: Incident, new: Incident) -> Incident:
        calm = old.calm_since
        if calm is None or calm > self.now:  # the first time, or the clock was set back
            new = replace(new, state=State.RECOVERING, calm_since=self.now)
            if calm is None:
                self._tell(new, Kind.RECOVERING)
            return new
        if self.now - calm < timedelta(seconds=self.thresholds.correlation.calm_s):
            return replace(new, state=State.RECOVERING)
        new = replace(new, state=State.CLOSED, closed_at=self.now)
        self._tell(new, Kind.CLOSED)
        return new

    def _absorbed(self, old: Incident, into: Incident) -> Incident:
        new = replace(old, state=State.CLOSED, closed_at=self.now, updated_at=self.now, into=into.number)
        self._tell(new, Kind.ABSORBED, (into.number,))
        return new

    def _kind(self, old: Incident, new: Incident, *, merged: bool) -> Kind | None:
        if merged:
            return Kind.MERGED
        if (old.ancestor, old.place) != (new.ancestor, new.place):
            return Kind.WIDENED if _WIDTH[new.ancestor] >= _WIDTH[old.ancestor] else Kind.NARROWED
        if old.state is State.UNKNOWN:
            return Kind.FOUND
        moved = abs(old.confidence - new.confidence) >= _TOLD_CONFIDENCE or old.state is not new.state
        same = (old.accesses, old.down, old.works) == (new.accesses, new.down, new.works)
        return Kind.UPDATED if moved or not same else None

    def _tell(
        self, one: Incident, kind: Kind | None, others: tuple[str, ...] = (), old: Incident | None = None
    ) -> None:
        if kind is None:
            return
        before = old.ancestor if old is not None and old.ancestor is not one.ancestor else None
        told = (one.ancestor, one.place, one.accesses, one.down, one.confidence)
        self.changes.append(Change(one.number, kind, self.now, *told, others, before))

    def _cause(self, found: Candidate) -> Cause:
        if found.ancestor is Ancestor.AREA:
            return Cause.MAINS
        if found.ancestor in {Ancestor.CARD, Ancestor.OLT}:
            return Cause.EQUIPMENT
        if found.ancestor is not Ancestor.PON:
            return Cause.FIBRE
        laser = self.fleet.lasers.get(int(self.fleet.nodes[Ancestor.PON][found.rows[0]]))
        return Cause.FIBRE_OR_PORT if laser is None else Cause.FIBRE if laser else Cause.PORT

    def _now(self, members: Members, state: States) -> tuple[int, int, int]:
        """How many of these ONTs are down, back and not known; those that left the fleet are not known."""
        down = back = unknown = 0
        for olt, keys in members.items():
            rows = self._rows_of(olt)
            mine = rows[np.isin(self.fleet.ont[rows], keys)]
            states = state[mine]
            back += int(np.count_nonzero(states == UP))
            known = int(np.count_nonzero(states != UNKNOWN))
            down += known - int(np.count_nonzero(states == UP))
            unknown += len(keys) - known
        return down, back, unknown

    def _rows_of(self, olt: str) -> Rows:
        """The rows of an OLT; they are sorted once, when first asked for."""
        if self.order is None:
            self.order = np.argsort(self.fleet.olt, kind="stable")
            self.places = {name: place for place, name in enumerate(self.fleet.olts)}
            self.starts = np.searchsorted(self.fleet.olt[self.order], np.arange(len(self.fleet.olts) + 1))
        place = self.places.get(olt)
        return self.order[:0] if place is None else self.order[self.starts[place] : self.starts[place + 1]]


def _instant(micros: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)


def _members(fleet: Fleet, found: Candidate) -> Members:
    olts = fleet.olt[found.rows]
    return {fleet.olts[olt]: np.sort(fleet.ont[found.rows[olts == olt]]) for olt in np.unique(olts).tolist()}


def _union(one: Members, other: Members) -> Members:
    nothing = np.zeros(0, dtype=np.int64)
    return {olt: np.union1d(one.get(olt, nothing), other.get(olt, nothing)) for olt in sorted({*one, *other})}


def _less(one: Members, other: Members) -> Members:
    left = {olt: np.setdiff1d(keys, other[olt]) if olt in other else keys for olt, keys in one.items()}
    return {olt: keys for olt, keys in left.items() if len(keys)}


def _shared(one: Members, other: Members) -> int:
    return sum(len(np.intersect1d(keys, other[olt], assume_unique=True)) for olt, keys in one.items() if olt in other)


def _heirs(links: Sequence[dict[int, int]]) -> dict[int, int]:
    """For each incident, the candidate that goes on with it: the one that shares most of its ONTs, the first of two."""
    best: dict[int, tuple[int, int]] = {}
    for place, shared in enumerate(links):
        for one, count in shared.items():
            if one not in best or count > best[one][1]:
                best[one] = (place, count)
    return {one: place for one, (place, _) in best.items()}
