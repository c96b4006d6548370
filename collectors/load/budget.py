"""The budget of one OLT, shared by its polls and its live reads, and what was used of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.load.pace import Pace
from collectors.load.policer import Breaker, Policer
from domain.clock import Clock
from domain.errors import InvalidValueError
from domain.load import LoadContract
from domain.reading import Reason


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used and what is allowed, for the API and ``/metrics``. Totals count since the budget was made.

    Attributes:
        pdus: Requests sent, repetitions included.
        live_pdus: Those of live reads.
        in_flight: Polling requests in flight now.
        live_in_flight: Live requests in flight now.
        cycle_varbinds: Variables brought by the present cycle.
        held: Times that polling or a live read had to wait for the rate.
        refused: Reads refused by the breaker, the quiet hours or a spent cycle.
        silent: Whether the circuit breaker keeps polling away.
    """

    contract: LoadContract
    pdus: int
    live_pdus: int
    in_flight: int
    live_in_flight: int
    cycle_varbinds: int
    held: int
    refused: int
    silent: bool


@dataclass(slots=True)
class OltBudget:
    """Obeys the contract of one OLT. Instants are seconds of the event loop's clock.

    Args:
        contract: What is allowed.
        clock: Tells the quiet hours; needed by a contract that has some.
    """

    contract: LoadContract = field(default_factory=LoadContract)
    clock: Clock | None = None
    policer: Policer = field(init=False)
    breaker: Breaker = field(init=False)
    pace: Pace = field(init=False)
    in_flight: int = 0
    live_in_flight: int = 0
    cycle_varbinds: int = 0
    pdus: int = 0
    live_pdus: int = 0
    held: int = 0
    refused: int = 0
    _wake: set[Callable[[], None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.contract.quiet_hours and self.clock is None:
            raise InvalidValueError("budget", "no clock", "a clock, to tell the quiet hours")
        self.policer = Policer(self.contract)
        self.breaker = Breaker(self.contract)
        self.pace = Pace(self.contract)

    def begin_cycle(self) -> None:
        """A polling cycle begins: its variables are counted from zero."""
        self.cycle_varbinds = 0

    def refusal(self, ts: float) -> Reason | None:
        """Why polling may send nothing at ``ts``: silence of the OLT, quiet hours, cycle spent; ``None``: it may."""
        reason = self.breaker.refusal(ts)
        most = self.contract.varbinds_per_cycle
        if reason is None and most is not None and self.cycle_varbinds >= most:
            reason = Reason.NOT_READ
        if reason is None and self.resting():
            reason = Reason.NOT_READ
        if reason is not None:
            self.refused += 1
        return reason

    def resting(self) -> bool:
        """Whether these are quiet hours: polling rests, live reads do not."""
        return self.clock is not None and self.contract.quiet(self.clock.now())

    def room(self) -> int:
        """Polling requests that may be added to those in flight: what live reads take is theirs first."""
        window = 1 if self.breaker.trying else self.contract.window
        return window - self.in_flight - self.live_in_flight

    def sent(self, ts: float) -> None:
        """A polling request leaves, or leaves again."""
        self.pdus += 1
        self.policer.sent(ts)

    def live_sent(self, ts: float) -> None:
        """A live request leaves."""
        self.pdus += 1
        self.live_pdus += 1
        self.live_in_flight += 1
        self.policer.sent(ts)

    def live_ended(self, *, answered: bool) -> None:
        """A live request ended; polls that waited for its place may go on."""
        self.live_in_flight -= 1
        if answered:
            self.breaker.answered()
        self.wake()

    def walk_sent(self, ts: float) -> None:
        """A request of a walk leaves: polling, through the client of live reads."""
        self.in_flight += 1
        self.sent(ts)

    def walk_ended(self, *, answered: bool) -> None:
        """A request of a walk ended."""
        self.in_flight -= 1
        if answered:
            self.breaker.answered()
        self.wake()

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` when a place is free again; a poll of this OLT listens while it lasts."""
        self._wake.add(wake)

    def forget(self, wake: Callable[[], None]) -> None:
        """Undo `listen`."""
        self._wake.discard(wake)

    def wake(self) -> None:
        """Tell the polls of this OLT that a place is free."""
        for wake in tuple(self._wake):
            wake()

    def usage(self, ts: float) -> Usage:
        """What was used, at ``ts``."""
        return Usage(
            contract=self.contract,
            pdus=self.pdus,
            live_pdus=self.live_pdus,
            in_flight=self.in_flight,
            live_in_flight=self.live_in_flight,
            cycle_varbinds=self.cycle_varbinds,
            held=self.held,
            refused=self.refused,
            silent=self.breaker.refusal(ts) is not None,
        )


@dataclass(slots=True)
class Budgets:
    """The budget of each OLT by the address of its agent: one register for all pollers and live clients."""

    clock: Clock | None = None
    _of: dict[tuple[str, int], OltBudget] = field(default_factory=dict)

    def of(self, host: str, port: int) -> OltBudget:
        """The budget of the agent at ``host``:``port``; the default contract unless one was `agree`-d."""
        found = self._of.get((host, port))
        if found is None:
            found = self._of[(host, port)] = OltBudget(clock=self.clock)
        return found

    def agree(self, host: str, port: int, contract: LoadContract) -> OltBudget:
        """Put a contract in force for an agent; what was counted before is forgotten."""
        budget = self._of[(host, port)] = OltBudget(contract, self.clock)
        return budget

    def forget(self, host: str, port: int) -> None:
        """Drop what was learnt and counted of an agent: it is asked no more, or may be another from now on."""
        self._of.pop((host, port), None)

    def follow(self, host: str, port: int, contract: LoadContract | None) -> None:
        """Put what the inventory says in force; nothing is forgotten where that is in force already."""
        wanted = contract or LoadContract()
        if self.of(host, port).contract != wanted:
            self.agree(host, port, wanted)
