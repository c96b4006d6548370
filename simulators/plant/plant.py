"""The plant: one description, one clock, some faults; from them one state that every window shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeGuard

from domain.identifiers import OntName, PonName
from simulators.plant import faults
from simulators.plant.box_orders import BoxOrders
from simulators.plant.conditions import Conditions
from simulators.plant.course import Course, whole_microseconds
from simulators.plant.description import PlantDescription
from simulators.plant.environment import Environment
from simulators.plant.errors import AlreadyActiveError, NotActiveError, UnknownFaultError
from simulators.plant.faults.kind import FaultKind, Strike, Value
from simulators.plant.initial import initial_state, omci_version
from simulators.plant.layout import build
from simulators.plant.network import Network
from simulators.plant.orders import RESTART, Order, PlanFirmware, RestartOnt, SetPon, Standing, place
from simulators.plant.ports import MovableClock, PlantClock
from simulators.plant.sessions import Boxes
from simulators.plant.state import EventKind, PlantEvent
from simulators.plant.targets import Target, TargetKind, accepted, resolve
from simulators.plant.timers import Timers
from simulators.plant.traffic import Traffic

_COUNT_EVERY = timedelta(minutes=5)  # C: how often counters, weather and drifts move on, plant time
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that was ordered and is not over: its number for `Plant.repair`, what it is, what it strikes, since when.

    Attributes:
        parameters: Its own and those of its course.
    """

    id: int
    kind: str
    target: str
    since: datetime
    parameters: Mapping[str, Value] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """A fault with what it needs to be applied."""

    fault: ActiveFault
    kind: FaultKind
    target: Target
    course: Course
    ports: frozenset[PonName]

    def age_s(self, at: datetime) -> float:
        return (at - self.fault.since).total_seconds()

    def cured_by(self, order: Order) -> bool:
        """Whether an order repairs it."""
        return self.fault.kind in order.cures and not self.fault.parameters.get("refused")


class Plant:
    """A plant that lives. It satisfies `PlantView`.

    Faults and repairs act at once. What comes later by itself (the LNS that misses a box, a box that tries again) needs
    `run`, which ``async with plant`` starts, or a call of `run_due` after the clock has moved.
    """

    def __init__(self, description: PlantDescription, clock: PlantClock) -> None:
        self.clock = clock
        self.layout = build(description)
        self.state = initial_state(self.layout)
        self.kinds: Mapping[str, FaultKind] = faults.discover()
        self.environment = Environment(description.environment, description.clock.origin)
        self._active: dict[int, _Ordered] = {}
        self._left: frozenset[PonName] = frozenset()
        self._standing = Standing()
        self._last_id = 0
        self._listeners: dict[int, Callable[[PlantEvent], None]] = {}
        self._pending: list[PlantEvent] = []
        self._timers = Timers()
        self._network = Network(self.state, self.layout, self.environment)
        self._boxes = Boxes(self.state, self.layout, self._timers, self._pending.append)
        self.orders = BoxOrders(self.state, self._boxes, self._timers, self._refresh)
        self._task: asyncio.Task[None] | None = None
        now = clock.now()
        self._boxes.begin()
        self._recompute(now, everywhere=True)
        self._traffic = Traffic(self.state, self.layout, now)
        self._timers.set("traffic", now + _COUNT_EVERY, self._count)

    @property
    def description(self) -> PlantDescription:
        """What the plant was built from."""
        return self.layout.description

    @property
    def faults(self) -> tuple[ActiveFault, ...]:
        """The faults that were ordered and are not over, oldest first."""
        return tuple(ordered.fault for ordered in self._active.values())

    def truth(self, ont: OntName) -> tuple[ActiveFault, ...]:
        """The faults that are there now and strike that ONT, itself or with others: what a diagnosis should find."""
        now = self.clock.now()
        return tuple(
            ordered.fault
            for ordered in self._active.values()
            if ont in ordered.target.onts and self._strength(ordered, now) > 0
        )

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        """Call ``listener`` at each event, in the plant's own task; returns the call that ends it."""
        key = max(self._listeners, default=0) + 1
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def targets(self, kind: str) -> list[str]:
        """Every target that a fault of that kind may strike; raises `UnknownFaultError`."""
        return accepted(self.layout, self._kind(kind).target)

    def find(self, kind: TargetKind, text: str) -> Target:
        """What a command names; raises `UnknownTargetError`."""
        return resolve(self.layout, kind, text)

    def apply(self, kind: str, target: str = "", **parameters: object) -> ActiveFault:
        """Make a fault happen, now unless its course says otherwise.

        Args:
            kind: Name of a kind.
            target: What it strikes.
            parameters: Those of the kind, and of `Course`: ``after_s``, ``for_s``, ``ramp_s``, ``period_s``, ``duty``,
                ``when``.

        Raises:
            UnknownFaultError: No such kind.
            UnknownTargetError: The plant has no such target; the error lists what it has.
            AlreadyActiveError: This fault strikes this target already.
            CommandError: A parameter that the kind does not take.
        """
        found_kind = self._kind(kind)
        found = resolve(self.layout, found_kind.target, target)
        values = found_kind.values(parameters)
        course = Course.of(values)
        if found_kind.check is not None:
            found_kind.check(Strike(found, self.layout, values, 1.0))
        now = self._catch_up()
        for ordered in self._active.values():
            if ordered.fault.kind == kind and ordered.target == found:
                raise AlreadyActiveError(f"{kind} {found.text} is active already, as fault {ordered.fault.id}")
        self._last_id += 1
        fault = ActiveFault(self._last_id, kind, found.text, now, values)
        self._active[fault.id] = _Ordered(fault, found_kind, found, course, _ports(found))
        self._recompute(now)
        self._plan_course(fault.id, now)
        self._tell()
        return fault

    fault = apply  # what commands and older callers say

    def repair(self, fault: int | str) -> tuple[ActiveFault, ...]:
        """Repair one fault by its number, or ``"all"``; returns those repaired. Raises `NotActiveError`."""
        wanted = str(fault)
        ids = list(self._active) if wanted == "all" else [key for key in self._active if str(key) == wanted]
        if not ids and wanted != "all":
            raise NotActiveError(f"no active fault {fault!r}", [*map(str, self._active), "all"])
        now = self._catch_up()
        repaired = tuple(self._forget(key) for key in ids if key in self._active)
        self._recompute(now)
        self._tell()
        return repaired

    def order(self, order: Order) -> None:
        """Have the OLT obey: at once, and until another order undoes it. What it cures is repaired."""
        now = self._catch_up()
        self._standing.obey(order)
        for key, ordered in list(self._active.items()):
            if not isinstance(order, SetPon) and ordered.cured_by(order) and ordered.target.ont == order.ont:
                self._forget(key)
        if isinstance(order, RestartOnt) or self._changes(order):
            self._standing.restarting.add(order.ont)
            self._timers.set(("restart", order.ont), now + RESTART, lambda at, _: self._restarted(order, at))
        self._left |= {place(order)}
        self._recompute(now)
        self._tell()

    def advance(self, seconds: float) -> datetime:
        """Move the plant's clock forward and let happen all that comes in between; returns the new instant.

        For plants in process: the clock must be one that its owner moves, such as `SteppedClock` or `SharedClock`.
        """
        if not isinstance(self.clock, MovableClock):
            raise TypeError("this plant's clock moves by itself")
        self.clock.advance(seconds)
        self.run_due()
        return self.clock.now()

    def run_due(self) -> None:
        """Let happen what is due at the clock's present instant."""
        self._catch_up()
        self._tell()

    async def run(self) -> None:
        """Let happen by itself what is due, until cancelled."""
        while True:
            self.run_due()
            self._timers.changed.clear()
            due = self._timers.next()
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._timers.changed.wait())]
            if due is not None:
                waits.append(asyncio.create_task(_reach(self.clock, due)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name="plant")
        self._task.add_done_callback(_report_failure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _refresh(self, ont: OntName) -> datetime:
        """Bring the port of an ONT in line with an order; the present instant. Events are told by `run_due`."""
        now = self.clock.now()
        self._left |= {ont.pon_name}
        self._recompute(now)
        self._timers.changed.set()
        return now

    def _kind(self, name: str) -> FaultKind:
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownFaultError(f"no kind of fault {name!r}", list(self.kinds)) from None

    def _catch_up(self) -> datetime:
        now = self.clock.now()
        self._timers.run_due(now)
        self._traffic.advance(now)
        return now

    def _count(self, due: datetime, now: datetime) -> None:
        self._traffic.advance(due)
        if self.environment.moves or any(ordered.course.moves for ordered in self._active.values()):
            self._recompute(due, everywhere=self.environment.moves)
            self._timers.set("traffic", due + _COUNT_EVERY, self._count)
        else:
            self._timers.set("traffic", now + _COUNT_EVERY, self._count)

    def _plan_course(self, key: int, at: datetime) -> None:
        """Plan when a fault next begins, ends, comes or goes."""
        ordered = self._active[key]
        change = ordered.course.next_change(ordered.age_s(at))
        if change is not None:
            due = max(ordered.fault.since + whole_microseconds(change), at + _TICK)
            self._timers.set(("course", key), due, lambda at, _: self._change(key, at))

    def _change(self, key: int, at: datetime) -> None:
        ordered = self._active[key]
        self._traffic.advance(at)
        if ordered.course.over(ordered.age_s(at)):
            self._forget(key)
        else:
            self._plan_course(key, at)
        self._recompute(at)

    def _changes(self, order: Order) -> TypeGuard[PlanFirmware]:
        """Whether an ONT runs another firmware than the one that is planned for it now."""
        if not isinstance(order, PlanFirmware):
            return False
        return self.state.onts[order.ont].firmware_active != omci_version(order.version)

    def _restarted(self, order: RestartOnt | PlanFirmware, at: datetime) -> None:
        self._traffic.advance(at)
        self._standing.restarting.discard(order.ont)
        self._left |= {place(order)}
        self._recompute(at)

    def _forget(self, key: int) -> ActiveFault:
        self._timers.cancel(("course", key))
        ordered = self._active.pop(key)
        self._left |= ordered.ports
        return ordered.fault

    def _strength(self, ordered: _Ordered, at: datetime) -> float:
        return ordered.course.strength(ordered.age_s(at), self.environment.weather, at)

    def _recompute(self, now: datetime, *, everywhere: bool = False) -> None:
        """Bring the state in line with what is installed and with the faults that are there.

        Only the ports that a fault strikes, or has just left, unless ``everywhere``.
        """
        wrong = Conditions()
        struck = self._left.union(*(ordered.ports for ordered in self._active.values()))
        ports = [name for name in self.layout.pons if everywhere or name in struck]
        self._left = frozenset()
        for ordered in self._active.values():
            strength = self._strength(ordered, now)
            if strength > 0:
                ordered.kind.apply(wrong, Strike(ordered.target, self.layout, ordered.fault.parameters, strength))
        self.orders.apply(wrong)
        self._standing.apply(wrong)
        was_reachable = self.state.olt.reachable
        self._network.update(wrong, now, ports)
        if self.state.olt.reachable != was_reachable:
            kind = EventKind.OLT_REACHABLE if self.state.olt.reachable else EventKind.OLT_UNREACHABLE
            self._pending.append(PlantEvent(kind, now))
        self._boxes.update(wrong, now, ports)

    def _tell(self) -> None:
        """Pass events on, once the whole state is right; a listener may strike or repair in its turn."""
        while self._pending:
            event = self._pending.pop(0)
            for listener in list(self._listeners.values()):
                listener(event)


def _ports(target: Target) -> frozenset[PonName]:
    """Every port that a fault of that target may change: an ONT may disturb those of its port."""
    below = frozenset(name.pon_name for name in target.onts)
    return below if target.pon is None else below | {target.pon}


async def _reach(clock: PlantClock, instant: datetime) -> None:
    await clock.sleep_until(instant)


def _report_failure(task: asyncio.Task[None]) -> None:
    """A plant that stops living says so at once (a listener raised), not when it is closed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "the plant stopped", "exception": error, "task": task})
