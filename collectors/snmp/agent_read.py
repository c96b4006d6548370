"""The read of one agent's columns: which chain sends when, what is repeated, when it ends.

Window, waits and rows a request follow what the agent has shown (`collectors.load.pace`), now and in former cycles; the
OLT's budget bounds them, and gives live reads their place first. The next request of a chain leaves from the callback
that brought its last reply, as long as the socket has room for one more. Where places of the window stay free, the
longest range is cut in two where the last cycle had its rows: the round trip is then the limit, not the OLT.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from collectors.load import ColumnPace, OltBudget, Pace
from collectors.snmp.bulk_socket import BulkSocket
from collectors.snmp.chain import Chain
from collectors.snmp.sealing import MOST_REPORTS, Reported, Session
from collectors.snmp.udp import Address, Retry
from collectors.snmp.values import dotted
from domain.reading import Reason

_log = structlog.get_logger(__name__)

_TOO_BIG = 1
_ENVELOPE = 256  # octets of a reply around its variables, SNMPv3's included
_PATIENCE = 2  # an agent that answers other requests is asked that many times as often as a silent one


@dataclass(slots=True)
class Flight:
    """The request in flight of one chain. Used again for every request of the chain.

    Attributes:
        number: Request-id of the first copy, sent at ``sent_at``; ``others``: of the copies after it.
        octets: What its reply is expected to bring, as long as it is expected.
        due: When a further copy leaves.
    """

    read: AgentRead
    chain: Chain
    pace: ColumnPace
    wait_s: float = 0.0
    number: int = 0
    copies: int = 0
    reports: int = 0
    octets: int = 0
    sent_at: float = 0.0
    due: float = 0.0
    others: list[int] = field(default_factory=list)

    @property
    def address(self) -> Address:
        """Where its reply must come from."""
        return self.read.address

    @property
    def session(self) -> Session:
        """What its reply must prove."""
        return self.read.session

    def cuts(self) -> Sequence[int]:
        """Where what is left of its range may be cut."""
        return self.pace.cuts(self.chain.at, self.chain.scope.last)

    def received(self, status: int, body: bytes, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.read.received(self, status, body, now, self.sent_at)

    def reported(self, report: Reported, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.read.reported(self, report, now)


@dataclass(slots=True)
class Copy:
    """A further copy of a request. It has a number of its own, which tells how long its own reply took."""

    flight: Flight
    sent_at: float

    @property
    def address(self) -> Address:
        """Where its reply must come from."""
        return self.flight.read.address

    @property
    def session(self) -> Session:
        """What its reply must prove."""
        return self.flight.read.session

    def received(self, status: int, body: bytes, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.flight.read.received(self.flight, status, body, now, self.sent_at)

    def reported(self, report: Reported, now: float) -> None:
        """See `bulk_socket.Waiting`."""
        self.flight.read.reported(self.flight, report, now)


@dataclass(slots=True, eq=False)
class AgentRead:
    """Runs chains against one agent until all are done or ``deadline`` (loop's clock) has come."""

    socket: BulkSocket
    address: Address
    session: Session
    budget: OltBudget
    retry: Retry
    chains: list[Chain]
    deadline: float
    done: asyncio.Future[None] = field(init=False)
    pace: Pace = field(init=False)
    _ready: deque[Flight] = field(init=False)
    _flying: dict[int, Flight] = field(default_factory=dict)
    _open: int = field(init=False)
    _heard_at: float = float("-inf")
    _queued: bool = False
    _divisible: bool = True
    _timer: asyncio.TimerHandle | None = None
    _timer_at: float = float("inf")
    _held: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.done = self.socket.loop.create_future()
        self.pace = pace = self.budget.pace
        self._ready = deque()
        for chain in self.chains:
            column = pace.column(chain.prefix, chain.request.max_repetitions)
            chain.expected = column.counts.get(chain.scope.first)
            self._ready.append(Flight(self, chain, column))
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

    def received(self, flight: Flight, status: int, body: bytes, now: float, sent_at: float) -> None:
        """A reply to the copy of ``flight`` that left at ``sent_at``; `UnrecognisedError` leaves it in flight."""
        chain, budget = flight.chain, self.budget
        asked, before = chain.repetitions, chain.rows
        chain.feed(status, body)
        self._landed(flight)
        self._heard_at = now
        if budget.breaker.silences or budget.breaker.reason is not None:
            budget.breaker.answered()
        if status == _TOO_BIG:
            flight.pace.refused(asked)
        else:
            self.pace.answered()
            flight.pace.timed(now - sent_at)
            if not status and not chain.done:
                given = chain.rows - before
                flight.pace.answered(asked, given, len(body))
                self.pace.proven = max(self.pace.proven, given)
        most = budget.contract.varbinds_per_cycle
        if most is not None:
            budget.cycle_varbinds += body.count(chain.prefix)
            if budget.cycle_varbinds >= most and not (chain.done and self._open == 1):
                self._stop(Reason.NOT_READ)
                return
        if chain.done:
            self._ended(flight)
            return
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
        self._forget(flight)
        self._begin(flight, now)

    def _pump(self, *, most: int | None = None) -> None:
        """Send as long as chains wait and window, budget, rate and receive buffer have room; ``most`` at most."""
        budget, now = self.budget, self.socket.loop.time()
        while len(self._flying) < int(self.pace.window) and budget.room() > 0 and (self._ready or self._divide()):
            wait_s = budget.policer.when(now)
            if wait_s > 0:
                if self._held is None:
                    budget.held += 1
                    self._held = self.socket.loop.call_later(wait_s, self._released)
                return
            if most == 0 or not self._take(self._ready[0]):
                if not self._queued:
                    self._queued = True
                    self.socket.room.wait(self._turn)
                return
            self._send(self._ready.popleft(), now)
            most = most and most - 1

    def _divide(self) -> bool:
        """Cut the longest range that is being read; whether one was worth it. What is left only ever shrinks."""
        if not self._divisible:
            return False
        flying = (
            (flight, flight.pace.cuts(flight.chain.at, flight.chain.scope.last)) for flight in self._flying.values()
        )
        flight, cuts = max(flying, key=lambda found: len(found[1]), default=(None, ()))
        if flight is None or not cuts:
            self._divisible = False
            return False
        other = flight.chain.divide(cuts[len(cuts) // 2])
        self.chains.insert(self.chains.index(flight.chain) + 1, other)
        self._open += 1
        self._ready.append(Flight(self, other, flight.pace))
        return True

    def _take(self, flight: Flight) -> bool:
        """Choose the size of the next request; whether the receive buffer has room for its reply."""
        pace = flight.pace
        flight.chain.ask(pace.rows, even=pace.steady)
        flight.octets = _ENVELOPE + int(pace.row_octets * flight.chain.repetitions)
        return self.socket.room.take(flight.octets)

    def _turn(self) -> None:
        self._queued = False
        self._pump(most=1)

    def _released(self) -> None:
        self._held = None
        self._pump()

    def _send(self, flight: Flight, now: float) -> None:
        flight.reports = 0
        flight.wait_s = flight.pace.trip.patience_s(self.retry.first_s)
        self.budget.in_flight += 1
        self._begin(flight, now)

    def _begin(self, flight: Flight, now: float) -> None:
        flight.number = number = self.socket.new_id()
        flight.copies, flight.sent_at = 0, now
        self.socket.pending[number] = self._flying[number] = flight
        self._transmit(flight, number, now)

    def _transmit(self, flight: Flight, number: int, now: float) -> None:
        flight.copies += 1
        flight.due = due = now + flight.wait_s
        self.budget.sent(now)
        try:
            self.socket.send(self.session.seal(flight.chain.pdu(number), number), self.address)
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
        self.socket.catch_up()  # where this process was late, replies wait here: they are not lost
        if self.done.done():
            return
        now = self.socket.loop.time()
        for flight in [flight for flight in self._flying.values() if flight.due <= now]:
            if self.done.done():
                return
            silent = self._heard_at < flight.sent_at
            if flight.copies >= self.retry.copies * (1 if silent else _PATIENCE):
                self._lost(flight, now, silent=silent)
            else:
                self._repeat(flight, now)
        if self._flying and not self.done.done():
            self._arm(min(flight.due for flight in self._flying.values()))

    def _repeat(self, flight: Flight, now: float) -> None:
        self.pace.lost()
        self._give(flight)
        longest_s = max(flight.wait_s, self.retry.longest_s)
        flight.wait_s = min(flight.wait_s * self.retry.factor, longest_s)
        if flight.copies == 2:  # lost twice: perhaps too large for the agent, or for the way
            flight.pace.vanished(flight.chain.repetitions, self.pace.proven)
        if flight.copies > 1:
            flight.chain.smaller()
        self.socket.counters.repeated += 1
        number = self.socket.new_id()
        self.socket.pending[number] = Copy(flight, now)
        flight.others.append(number)
        self._transmit(flight, number, now)

    def _lost(self, flight: Flight, now: float, *, silent: bool) -> None:
        if silent:  # nothing at all came meanwhile: the agent is gone
            for _ in self._flying:
                self.budget.breaker.silent(now, Reason.TIMEOUT)
            self.pace.silent()
            self._stop(Reason.TIMEOUT)
            return
        self._landed(flight)
        flight.chain.end(Reason.TIMEOUT)
        self._ended(flight)

    def _landed(self, flight: Flight) -> None:
        """``flight`` is no longer in flight."""
        self._forget(flight)
        self.budget.in_flight -= 1
        self._give(flight)

    def _forget(self, flight: Flight) -> None:
        """Replies to the copies of ``flight`` that have left are nobody's from now on."""
        pending = self.socket.pending
        del pending[flight.number], self._flying[flight.number]
        if flight.others:
            for number in flight.others:
                del pending[number]
            flight.others.clear()

    def _give(self, flight: Flight) -> None:
        """Expect no reply of ``flight`` any more: one that is late enough finds room."""
        self.socket.room.give(flight.octets)
        flight.octets = 0

    def _ended(self, flight: Flight) -> None:
        """The chain of ``flight`` is done."""
        chain = flight.chain
        if chain.reason is None and not chain.divided:
            flight.pace.ended(chain.scope.first, chain.rows)
        if chain.endless:
            _log.warning("snmp_endless_column", source=self.address[0], column=dotted(chain.request.oid))
        self._open -= 1
        if self._open == 0:
            self._finish()
        else:
            self._pump()

    def _stop(self, reason: Reason | None) -> None:
        """End every chain that is not done, and leave the window to others."""
        for flight in list(self._flying.values()):
            self._landed(flight)
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
