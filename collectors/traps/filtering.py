"""What keeps a storm of traps from becoming ours: a limit a source, copies told apart from news. No clock inside."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from collectors.traps.notification import Notification
from domain.events import FALLS, RISES, EventObservation

COPY_S = 300.0  # a message that RFC 3414 2.2.3 takes for timely is not played again: twice its 150 s
REPEAT_S = 60.0  # C: what is said again later than this is news
_REMEMBERED = 65536  # C: notifications remembered at most, of all sources
_RATE_S, _BURST = 200.0, 2048.0  # C: a feeder cut is 128 ONTs and a port; a board 2,064 rows at once

Digest = bytes


def digest(olt: str, notification: Notification) -> Digest:
    """What two copies of one notification share.

    The OLT's uptime tells two notifications apart, whatever their request-ids: some agents send each of their traps
    twice. Where it stands still at 0, the request-id does.
    """
    own = notification.uptime_ticks or -notification.request_id
    said = (olt, notification.trap, own, notification.varbinds)
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()


@dataclass(slots=True)
class Turns:
    """Tells what was said before from what happened again: a fall is news once its subject has risen since.

    The same event may come as a trap and as an inform, of two versions, with its variables in another order, or as a
    reminder.
    """

    _turn: OrderedDict[str, tuple[bool, int]] = field(default_factory=OrderedDict)

    def digest(self, event: EventObservation) -> Digest | None:
        """What two notifications of one event share; ``None`` for what has no state or no place."""
        falls = event.kind in FALLS
        if event.pon is None or not (falls or event.kind in RISES):
            return None
        subject = f"{event.olt} {event.scope} {event.ont or event.pon}"
        fallen, turn = self._turn.pop(subject, (falls, 0))
        turn += fallen is not falls
        self._turn[subject] = (falls, turn)
        if len(self._turn) > _REMEMBERED:
            self._turn.popitem(last=False)
        return f"{subject} {event.kind} {turn}".encode()


@dataclass(slots=True)
class Copies:
    """Remembers what came within a window."""

    window_s: float = COPY_S
    _seen: OrderedDict[Digest, tuple[float, bool]] = field(default_factory=OrderedDict)

    def first(self, what: Digest, now_s: float) -> bool:
        """Whether ``what`` is new; it is remembered, as not kept yet."""
        self._forget_old(now_s)
        if what in self._seen:
            return False
        self._seen[what] = (now_s, False)
        return True

    def keep(self, what: Digest) -> None:
        """Note that ``what`` was kept: its further copies may be acknowledged."""
        if what in self._seen:
            self._seen[what] = (self._seen[what][0], True)

    def kept(self, what: Digest) -> bool:
        """Whether ``what`` was kept."""
        return self._seen.get(what, (0.0, False))[1]

    def forget(self, what: Digest) -> None:
        """Take the next copy of ``what`` as new: this one could not be kept."""
        self._seen.pop(what, None)

    def _forget_old(self, now_s: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            age_s = now_s - self._seen[oldest][0]  # below 0 where the clock was set back: as good as forgotten
            if 0 <= age_s < self.window_s and len(self._seen) < _REMEMBERED:
                return
            del self._seen[oldest]


@dataclass(slots=True)
class Limit:
    """A bucket of tokens for one source: ``burst`` at once, ``rate_s`` a second in the long run."""

    rate_s: float = _RATE_S
    burst: float = _BURST
    _tokens: float | None = None
    _at_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Whether one more is taken now."""
        tokens = self.burst if self._tokens is None else self._tokens
        tokens = min(self.burst, tokens + max(0.0, now_s - self._at_s) * self.rate_s)
        self._at_s = now_s
        self._tokens = tokens - 1 if tokens >= 1 else tokens
        return tokens >= 1
