"""The falls of an ONT, from the states that polling kept and from what the OLT announced. Pure.

An OLT that dates its falls tells each once. Another one tells when the state last changed: a change seen while the ONT
is up again is the end of a fall that no poll saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.events import FALLS, EventKind, EventObservation
from domain.history import Drop
from domain.metrics.ont import ONT_DOWN_CAUSE, ONT_OPER
from domain.states import DownCause, Oper
from domain.telemetry import Sample, encode

_SLACK = timedelta(seconds=60)
"""C: two instants of one change, told by two readings or by a reading and a trap, differ by no more."""

_DOWN = encode(ONT_OPER, Oper.DOWN)
_CAUSES = {encode(ONT_DOWN_CAUSE, cause): cause for cause in DownCause}
_TOLD = {EventKind.DYING_GASP: DownCause.DYING_GASP, EventKind.LOS: DownCause.LOS}


@dataclass(frozen=True, slots=True)
class Kept:
    """What telemetry kept of an ONT, each oldest first; instants are seconds since 1970."""

    states: Sequence[Sample] = ()
    changes: Sequence[Sample] = ()
    downs: Sequence[Sample] = ()
    causes: Sequence[Sample] = ()


@dataclass(slots=True)
class _Fall:
    """A fall, and from when to when an announcement is of it."""

    drop: Drop
    earliest: datetime
    latest: datetime

    @classmethod
    def at(cls, instant: datetime, cause: DownCause | None = None) -> _Fall:
        return cls(Drop(instant, None, cause), instant - _SLACK, instant + _SLACK)


def falls(kept: Kept, events: Iterable[EventObservation], since: datetime) -> tuple[Drop, ...]:
    """The falls from ``since`` on, oldest first. ``events`` are those of the ONT itself, oldest first."""
    known = _dated(kept, since) or _deduced(kept, since)
    for event in events:
        if event.kind not in FALLS or event.at < since:
            continue
        fall = next((one for one in known if one.earliest <= event.at <= one.latest), None)
        if fall is None:
            known.append(_Fall.at(event.at, _TOLD.get(event.kind)))
        else:
            _announced(fall, event)
    return tuple(sorted((fall.drop for fall in known), key=lambda drop: drop.down_at))


def _announced(fall: _Fall, event: EventObservation) -> None:
    """Complete a fall: a gasp explains it, for light is lost after one in any case."""
    drop, cause = fall.drop, _TOLD.get(event.kind)
    if drop.cause is None or (cause is DownCause.DYING_GASP and drop.cause is DownCause.LOS):
        drop = replace(drop, cause=cause or drop.cause)
    fall.drop = replace(drop, down_at=min(drop.down_at, event.at))


def _dated(kept: Kept, since: datetime) -> list[_Fall]:
    """Falls of an OLT that dates them, each with its cause."""
    causes = {sample.at: _CAUSES.get(sample.value) for sample in kept.causes if sample.value is not None}
    found: list[_Fall] = []
    for sample in kept.downs:
        fell = _instant(sample)
        if fell is None or fell < since or (found and abs(fell - found[-1].drop.down_at) <= _SLACK):
            continue
        found.append(_Fall.at(fell, causes.get(sample.at)))
    return found


def _deduced(kept: Kept, since: datetime) -> list[_Fall]:
    """Falls of an OLT that tells the last change of state only, or not even that."""
    down_at = {sample.at: sample.value == _DOWN for sample in kept.states if sample.value is not None}
    found: list[_Fall] = []
    before: tuple[datetime, datetime, bool] | None = None  # when it was read, its last change, whether it was down
    for read_at, changed in _changes(kept):
        down = down_at.get(read_at)
        if down is None:
            continue
        same = before is not None and abs(changed - before[1]) <= _SLACK and down == before[2]
        if not same and changed >= since:
            if down:
                found.append(_Fall.at(changed))
            elif before is not None and before[2] and found:
                found[-1].drop = replace(found[-1].drop, up_at=changed)
            elif before is None or not before[2]:
                earliest = changed - _SLACK if before is None else min(before[0], changed) - _SLACK
                found.append(_Fall(Drop(changed, changed), earliest, changed + _SLACK))
        before = (read_at, changed, down)
    return found


def _changes(kept: Kept) -> Iterable[tuple[datetime, datetime]]:
    """When the state was read, and when it had last changed: as the OLT tells it, else as it is first seen."""
    told = [(sample.at, changed) for sample in kept.changes if (changed := _instant(sample)) is not None]
    if told:
        return told
    seen: list[tuple[datetime, datetime]] = []
    changed, state = datetime.min.replace(tzinfo=UTC), None
    for sample in kept.states:
        if sample.value is None:
            continue
        if state is not None and sample.value != state:
            changed = sample.at
        state = sample.value
        seen.append((sample.at, changed))
    return seen


def _instant(sample: Sample) -> datetime | None:
    return None if sample.value is None else datetime.fromtimestamp(sample.value, UTC)
