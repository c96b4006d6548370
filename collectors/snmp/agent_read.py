"""The read of one agent's columns: which chain sends when, what is repeated, when it ends.

The window starts low, grows with clean replies and is halved by a loss or a ``tooBig``; the OLT's budget bounds it, and
gives live reads their place first. The next request of a chain leaves from the callback that brought its last reply.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.load import OltBudget
from collectors.snmp.bulk_socket import BulkSocket
from collectors.snmp.chain import Chain
from collectors.snmp.sealing import MOST_REPORTS, Reported, Session
from collectors.snmp.udp import Address, Retry
from domain.reading import Reason

_TOO_BIG = 1
_SHORTEST_WAIT_S = 0.2  # C: below it a busy agent's replies would be asked twice
_WAIT_ROUND_TRIPS = 4.0  # wait before a repetition, in round trips of the same chain: columns differ a hundredfold


@dataclass(slots=True)
class Flight:
    """The request in flight of one chain, and how long its replies take. Used again for every request of the chain."""

    read: AgentRead
    chain: Chain
    wait_s: float
    number: int = 0
    copies: int = 0
    reports: int = 0
    sent_at: float = 0.0
    first_sent_at: float = 0.0
    due: float = 0.0
    round_trip_s: float | None = None

    @property
    def address(self) -> Address:
        """Where its reply must come from."""
        return self.read.address

    @property
    def session(self) -> Session:
        """What its reply must prove."""
        return self.read.session

    def received(self, status: int, body: bytes, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.read.received(self, status, body, now)

    def reported(self, report: Reported, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.read.reported(self, report, now)


@dataclass(slots=True, eq=False)
class AgentRead:
    """Runs chains against one agent until all are done or ``deadline`` (loop's clock) has come."""

    socket: BulkSocket
    address: Address
    session: Session
    budget: OltBudget
    retry: Retry
    chains: Sequence[Chain]
    deadline: float
    done: asyncio.Future[None] = field(init=False)
    window: float = field(init=False)
    _growing: bool = True
    _ready: deque[Flight] = field(init=False)
    _flying: dict[int, Flight] = field(default_factory=dict)
    _open: int = field(init=False)
    _heard_at: float = float("-inf")
    _halved_at: float = float("-inf")
    _timer: asyncio.TimerHandle | None = None
    _timer_at: float = float("inf")
    _held: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.done = self.socket.loop.create_future()
        self.window = float(self.budget.contract.first_window)
        self._ready = deque(Flight(self, chain, self.retry.first_s) for chain in self.chains)
        self._open = len(self.chains)

    async def run(self) -> None:
        """Read. Every chain is done when this returns; those cut short say why."""
        loop = self.socket.loop
        refusal = self.budget.refusal(loop.time())
        if refusal is not None or not self._open:
            self._stop(refusal)
            return
        last = loop.call_at(self.deadline, self._stop, Reason.TIMEOUT)
        self.budget.listen(self._pump)
        try:
            self._pump()
            await self.done
        finally:
            last.cancel()
            self.budget.forget(self._pump)
            self._stop(Reason.NOT_READ)

    def received(self, flight: Flight, status: int, body: bytes, now: float) -> None:
        """A reply to ``flight``; `UnrecognisedError` leaves it in flight."""
        chain, budget = flight.chain, self.budget
        chain.feed(status, body)
        del self.socket.pending[flight.number], self._flying[flight.number]
        budget.in_flight -= 1
        self._heard_at = now
        if budget.breaker.silences or budget.breaker.reason is not None:
            budget.breaker.answered()
        if status == _TOO_BIG:
            self._halve(now)
        elif flight.copies == 1:
            self._timed(flight, now - flight.sent_at)
        most = budget.contract.varbinds_per_cycle
        if most is not None:
            budget.cycle_varbinds += body.count(chain.prefix)
            if budget.cycle_varbinds >= most and not (chain.done and self._open == 1):
                self._stop(Reason.NOT_READ)
                return
        if chain.done:
            self._open -= 1
            if self._open == 0:
                self._finish()
                return
        elif (
            not self._ready and len(self._flying) < self.window and budget.room() > 0 and budget.policer.when(now) == 0
        ):
            self._send(flight, now)  # the usual case: nobody else waits for this place
            return
        else:
            self._ready.append(flight)
        self._pump()

    def reported(self, flight: Flight, report: Reported, now: float) -> None:
        """An SNMPv3 report: ask again where the session has learnt from it, else nothing can be read."""
        self._heard_at = now
        flight.reports += 1
        if not report.again or flight.reports > MOST_REPORTS:
            self._stop(Reason.ERROR)
            return
        # Under a new number: the same report, given again by the network or by an attacker, is then nobody's.
        del self.socket.pending[flight.number], self._flying[flight.number]
        flight.number = number = self.socket.new_id()
        self.socket.pending[number] = self._flying[number] = flight
        flight.copies = 0
        self._transmit(flight, now)

    def _timed(self, flight: Flight, round_trip_s: float) -> None:
        """A clean reply: the window grows, and the chain knows how long a reply takes."""
        known = round_trip_s if flight.round_trip_s is None else flight.round_trip_s
        flight.round_trip_s = known * 0.75 + round_trip_s * 0.25
        wait_s = _WAIT_ROUND_TRIPS * flight.round_trip_s
        flight.wait_s = min(max(wait_s, _SHORTEST_WAIT_S), max(self.retry.first_s, 2 * flight.round_trip_s))
        if self.window < self.budget.contract.window:
            self.window += 1.0 if self._growing else 1.0 / self.window

    def _halve(self, now: float) -> None:
        """At most once a round trip: losses of one burst are one sign."""
        self._growing = False
        if now - self._halved_at >= _SHORTEST_WAIT_S:
            self._halved_at = now
            self.window = max(1.0, self.window / 2)

    def _pump(self) -> None:
        """Send as long as chains wait and window, budget and rate have room."""
        budget, now = self.budget, self.socket.loop.time()
        while self._ready and len(self._flying) < int(self.window) and budget.room() > 0:
            wait_s = budget.policer.when(now)
            if wait_s > 0:
                if self._held is None:
                    budget.held += 1
                    self._held = self.socket.loop.call_later(wait_s, self._released)
                return
            self._send(self._ready.popleft(), now)

    def _released(self) -> None:
        self._held = None
        self._pump()

    def _send(self, flight: Flight, now: float) -> None:
        flight.number = number = self.socket.new_id()
        flight.copies = flight.reports = 0
        flight.first_sent_at = now
        self.socket.pending[number] = self._flying[number] = flight
        self.budget.in_flight += 1
        self._transmit(flight, now)

    def _transmit(self, flight: Flight, now: float) -> None:
        flight.copies += 1
        flight.sent_at = now
        flight.due = due = now + flight.wait_s
        self.budget.sent(now)
        try:
            self.socket.send(self.session.seal(flight.chain.pdu(flight.number), flight.number), self.address)
        except OSError:
            self._stop(Reason.UNREACHABLE)
            return
        if due < self._timer_at:
            self._arm(due)

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = self.socket.loop.call_at(due, self._overdue)

    def _overdue(self) -> None:
        """Repeat what has waited too long; give the agent up when a request and all its copies met silence."""
        self._timer, self._timer_at = None, float("inf")
        self.socket.drain()  # where this process was late, replies wait here: they are not lost
        if self.done.done():
            return
        now = self.socket.loop.time()
        for flight in [flight for flight in self._flying.values() if flight.due <= now]:
            if self.done.done():
                return
            if flight.copies >= self.retry.copies:
                self._lost(flight, now)
                continue
            self._halve(now)
            flight.wait_s *= self.retry.factor
            if flight.copies > 1:
                flight.chain.smaller()  # lost twice: perhaps too large for the agent, or for the way
            self.socket.counters.repeated += 1
            self._transmit(flight, now)
        if self._flying and not self.done.done():
            self._arm(min(flight.due for flight in self._flying.values()))

    def _lost(self, flight: Flight, now: float) -> None:
        if self._heard_at < flight.first_sent_at:  # nothing at all came meanwhile: the agent is gone
            for _ in self._flying:
                self.budget.breaker.silent(now, Reason.TIMEOUT)
            self._stop(Reason.TIMEOUT)
            return
        del self.socket.pending[flight.number], self._flying[flight.number]
        self.budget.in_flight -= 1
        flight.chain.end(Reason.TIMEOUT)
        self._open -= 1
        if self._open == 0:
            self._finish()
        else:
            self._pump()

    def _stop(self, reason: Reason | None) -> None:
        """End every chain that is not done, and leave the window to others."""
        for number in self._flying:
            del self.socket.pending[number]
        self.budget.in_flight -= len(self._flying)
        self._flying.clear()
        self._ready.clear()
        for chain in self.chains:
            chain.end(reason)
        self._finish()

    def _finish(self) -> None:
        for timer in (self._timer, self._held):
            if timer is not None:
                timer.cancel()
        self._timer = self._held = None
        if not self.done.done():
            self.done.set_result(None)
            self.budget.wake()
