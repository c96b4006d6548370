"""When may the next PDU leave? Pure: instants come as arguments (seconds of a monotonic clock), nothing waits here."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.load import LoadContract
from domain.reading import Reason

_NEVER = float("-inf")


@dataclass(slots=True)
class Policer:
    """The rate of a contract, as a virtual schedule (the GCRA of ITU-T I.371).

    Polling and live reads move one schedule. A live read may run further ahead of it: it does not wait for polls, and
    polls then wait until the schedule has caught up.
    """

    contract: LoadContract
    _due: float = _NEVER

    def when(self, ts: float, *, live: bool = False) -> float:
        """Seconds to wait from ``ts`` before the next PDU may leave; 0: now."""
        ahead = self.contract.burst_pdus - 1 + (self.contract.live_burst_pdus if live else 0)
        wait = self._due - ahead / self.contract.pdus_per_s - ts
        return wait if wait > 0 else 0.0

    def sent(self, ts: float) -> None:
        """Note that a PDU leaves at ``ts``."""
        due = self._due
        self._due = (due if due > ts else ts) + 1.0 / self.contract.pdus_per_s


@dataclass(slots=True)
class Breaker:
    """Leaves an OLT that stays silent alone: closed, open for a back-off, then half-open (one request tries)."""

    contract: LoadContract
    silences: int = 0
    openings: int = 0
    reason: Reason | None = None
    _until: float = field(default=_NEVER)

    def answered(self) -> None:
        """The OLT answered something: closed, and the next back-off is the first again."""
        self.silences = self.openings = 0
        self.reason = None

    def silent(self, ts: float, reason: Reason) -> None:
        """A request, all its copies included, brought nothing."""
        self.silences += 1
        if self.silences < self.contract.silent_requests and self.reason is None:
            return
        if ts < self._until:
            return  # others that were in flight when it opened
        back_off_s = self.contract.back_off_s * 2.0 ** min(self.openings, 32)
        self._until = ts + min(back_off_s, self.contract.longest_back_off_s)
        self.openings += 1
        self.reason = reason

    def refusal(self, ts: float) -> Reason | None:
        """Why polling may not ask at ``ts``: the reason that opened the breaker; ``None``: it may."""
        return self.reason if ts < self._until else None

    @property
    def trying(self) -> bool:
        """Whether it has opened and nothing was answered since: one request at a time, then."""
        return self.reason is not None
