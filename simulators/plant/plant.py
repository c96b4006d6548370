"""The plant: one description, one clock, some faults; from them one state that every window shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from simulators.plant import faults
from simulators.plant.conditions import Conditions
from simulators.plant.description import PlantDescription
from simulators.plant.errors import AlreadyActiveError, NotActiveError, UnknownFaultError
from simulators.plant.faults.kind import FaultKind
from simulators.plant.initial import initial_state
from simulators.plant.layout import build
from simulators.plant.network import update_network
from simulators.plant.ports import PlantClock
from simulators.plant.sessions import Boxes
from simulators.plant.state import EventKind, PlantEvent
from simulators.plant.targets import Target, TargetKind, accepted, resolve
from simulators.plant.timers import Timers
from simulators.plant.traffic import Traffic

_COUNT_EVERY = timedelta(minutes=5)  # C: how often byte counters move on, plant time


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault in force: its number for `Plant.repair`, what it is, what it strikes, since when."""

    id: int
    kind: str
    target: str
    since: datetime


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
        self._active: dict[int, tuple[ActiveFault, Target]] = {}
        self._last_id = 0
        self._listeners: dict[int, Callable[[PlantEvent], None]] = {}
        self._pending: list[PlantEvent] = []
        self._timers = Timers()
        self._boxes = Boxes(self.state, self.layout, self._timers, self._pending.append)
        self._task: asyncio.Task[None] | None = None
        now = clock.now()
        self._boxes.begin()
        self._recompute(now)
        self._traffic = Traffic(self.state, self.layout, now)
        self._timers.set("traffic", now + _COUNT_EVERY, self._count)

    @property
    def description(self) -> PlantDescription:
        """What the plant was built from."""
        return self.layout.description

    @property
    def faults(self) -> tuple[ActiveFault, ...]:
        """The faults in force, oldest first."""
        return tuple(fault for fault, _ in self._active.values())

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

    def fault(self, kind: str, target: str = "") -> ActiveFault:
        """Make a fault happen now.

        Raises:
            UnknownFaultError: No such kind.
            UnknownTargetError: The plant has no such target; the error lists what it has.
            AlreadyActiveError: This fault strikes this target already.
        """
        found = resolve(self.layout, self._kind(kind).target, target)
        for fault, struck in self._active.values():
            if fault.kind == kind and struck == found:
                raise AlreadyActiveError(f"{kind} {found.text} is active already, as fault {fault.id}")
        now = self._catch_up()
        self._last_id += 1
        fault = ActiveFault(self._last_id, kind, found.text, now)
        self._active[fault.id] = (fault, found)
        self._recompute(now)
        self._tell()
        return fault

    def repair(self, fault: int | str) -> tuple[ActiveFault, ...]:
        """Repair one fault by its number, or ``"all"``; returns those repaired. Raises `NotActiveError`."""
        wanted = str(fault)
        ids = list(self._active) if wanted == "all" else [key for key in self._active if str(key) == wanted]
        if not ids and wanted != "all":
            raise NotActiveError(f"no active fault {fault!r}", [*map(str, self._active), "all"])
        now = self._catch_up()
        repaired = tuple(self._active.pop(key)[0] for key in ids)
        self._recompute(now)
        self._tell()
        return repaired

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

    def _count(self, _due: datetime, now: datetime) -> None:
        self._traffic.advance(now)
        self._timers.set("traffic", now + _COUNT_EVERY, self._count)

    def _recompute(self, now: datetime) -> None:
        """Bring the whole state in line with what is installed and with the faults in force."""
        wrong = Conditions()
        for fault, target in self._active.values():
            self.kinds[fault.kind].apply(wrong, target)
        was_reachable = self.state.olt.reachable
        update_network(self.state, self.layout, wrong, now)
        if self.state.olt.reachable != was_reachable:
            kind = EventKind.OLT_REACHABLE if self.state.olt.reachable else EventKind.OLT_UNREACHABLE
            self._pending.append(PlantEvent(kind, now))
        self._boxes.update(wrong, now)

    def _tell(self) -> None:
        """Pass events on, once the whole state is right; a listener may strike or repair in its turn."""
        while self._pending:
            event = self._pending.pop(0)
            for listener in list(self._listeners.values()):
                listener(event)


async def _reach(clock: PlantClock, instant: datetime) -> None:
    await clock.sleep_until(instant)


def _report_failure(task: asyncio.Task[None]) -> None:
    """A plant that stops living says so at once (a listener raised), not when it is closed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "the plant stopped", "exception": error, "task": task})
