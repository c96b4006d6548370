"""Acting on boxes through the embedded ACS: an order waits for a session, the session carries it, an event proves it.

An order that a box may have received is never sent again: its effect is read from what the box announces or shows.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from collectors.boxes import diagnostics
from collectors.boxes.acts import READS, Said, collect, proves, script_of
from collectors.boxes.connection_request import CallResult
from collectors.boxes.mapping import INVALID_PARAMETER_NAME, DataModel
from collectors.boxes.requests import Rpc
from collectors.boxes.rpc import FAULT_NO_ANSWER
from collectors.boxes.scripts import Script
from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain import box_keys
from domain.box import KnownBox
from domain.box_actions import OPEN_UNTIL, BoxAction, BoxEvent, BoxOutcome, BoxResult, Diagnose, SetValues
from domain.clock import Clock
from domain.identifiers import DeviceId
from domain.metrics.box import BOX_INFORM_INTERVAL_S
from domain.ports import BoxStore
from domain.reading import Source, Via

_PARAMETER_KEY: Final = "ManagementServer.ParameterKey"
_PARAMETER_KEYED = (act.SetValues, act.AddObject, act.DeleteObject)


class LostError(Exception):
    """The session died after the box had received the request: it may have done it."""


@dataclass(slots=True, eq=False)
class Order:
    """One script that waits for a session of a box.

    Attributes:
        make: Builds the script once the data model of the box is known.
        done: Its result.
        committed: Whether a request that changes something was sent.
    """

    make: Callable[[DataModel], Script[Said]]
    done: asyncio.Future[Said]
    committed: bool = False

    def sent(self, request: Rpc) -> None:
        """Note a request before it is written: from then on the box may have it."""
        self.committed |= request.name not in READS


@dataclass(slots=True, eq=False)
class _Watch:
    matches: Callable[[BoxEvent], bool]
    heard: asyncio.Future[BoxEvent]


@dataclass(slots=True)
class OrderDesk:
    """Where orders wait for sessions, and watchers for events.

    Attributes:
        in_session: Whether a box has a session now: it takes the order by itself, and a call might end it.
        called: Boxes that were called and have not come yet, with when (loop's clock).
    """

    in_session: Callable[[DeviceId], bool] = lambda _: False
    waiting: dict[DeviceId, deque[Order]] = field(default_factory=dict)
    called: dict[DeviceId, float] = field(default_factory=dict)
    watches: dict[DeviceId, list[_Watch]] = field(default_factory=lambda: defaultdict(list))

    def put(self, device: DeviceId, order: Order, *, first: bool = False) -> None:
        """An order that waits; ``first`` for one that comes back."""
        queue = self.waiting.setdefault(device, deque())
        if first:
            queue.appendleft(order)
        else:
            queue.append(order)

    def next(self, device: DeviceId) -> Order | None:
        """The order to carry out now; the box has come."""
        self.called.pop(device, None)
        queue = self.waiting.get(device)
        if not queue:
            return None
        order = queue.popleft()
        if not queue:
            del self.waiting[device]
        return order

    def withdraw(self, device: DeviceId, order: Order) -> None:
        """Nobody waits for it any more."""
        queue = self.waiting.get(device)
        if queue is not None and order in queue:
            queue.remove(order)
            if not queue:
                del self.waiting[device]

    def lost(self, device: DeviceId, order: Order) -> None:
        """The session that carried an order died."""
        if order.done.done():
            return
        if order.committed:
            order.done.set_exception(LostError())
        else:
            self.put(device, order, first=True)

    def heard(self, device: DeviceId, event: BoxEvent) -> None:
        """A box announced something."""
        for watch in self.watches.get(device, ()):
            if not watch.heard.done() and watch.matches(event):
                watch.heard.set_result(event)


class AcsActions:
    """Acts on boxes through the embedded ACS; a `domain.ports.BoxActions`.

    Args:
        desk: Where sessions find orders.
        call: Sends a connection request to a box.
        store: What boxes announced.
        clock: The clock in force.
        settings: Batch of names and back-off of calls.
    """

    def __init__(
        self,
        desk: OrderDesk,
        call: Callable[[KnownBox], Awaitable[CallResult | None]],
        store: BoxStore,
        clock: Clock,
        settings: AcsSettings,
    ) -> None:
        self._desk = desk
        self._call = call
        self._store = store
        self._clock = clock
        self._settings = settings

    async def act(
        self, box: KnownBox, action: BoxAction, key: str, timeout_s: float, told: Callable[[str], None] | None = None
    ) -> BoxResult:
        """Do it within ``timeout_s``; ``told`` hears in French why it takes long."""
        if isinstance(action, act.Readmit):
            return await self._readmit(box, key)
        asked_at = self._clock.now()
        order = self._order(lambda model: script_of(action, key, model, self._settings.batch))
        watch = _Watch(lambda e: order.committed and proves(action, key, e), asyncio.get_running_loop().create_future())
        self._desk.watches[box.device].append(watch)
        lowered = isinstance(action, act.FactoryReset) and box.secured
        if lowered:
            await self._store.opened(box, self._open_until())  # it will come back with the bootstrap secret
        try:
            async with asyncio.timeout(timeout_s):
                try:
                    said = await self._deliver(box, order, told)
                except LostError:
                    return await self._after_loss(box, action, key, asked_at, watch, timeout_s)
                result = await self._outcome(box, action, key, said, watch)
        except TimeoutError:
            result = self._late(box, action, key, order)
        finally:
            self._forget(box.device, watch)
        if lowered and result.outcome in (BoxOutcome.NOT_SENT, BoxOutcome.FAILED):
            await self._store.opened(box, box.open_until)  # it has kept its own secret: the shared one opens nothing
        return result

    async def _readmit(self, box: KnownBox, key: str) -> BoxResult:
        """Open the box to the shared secret for a time. Asked twice it is open a little longer."""
        until = self._open_until()
        await self._store.opened(box, until)
        result = self._result(BoxOutcome.DONE, key, "window")
        return replace(result, values={OPEN_UNTIL: until.isoformat()})

    def _open_until(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._settings.readmit_s)

    async def settle(self, box: KnownBox, action: BoxAction, key: str, since: datetime, timeout_s: float) -> BoxResult:
        """What became of an action asked at ``since``: from what the box announced, or from its ParameterKey."""
        for event in await self._store.events(box, since):
            if proves(action, key, event):
                return self._proved(key, event)
        if isinstance(action, act.Readmit):
            open_now = box.open_until is not None and box.open_until > self._clock.now()
            return self._result(BoxOutcome.DONE if open_now else BoxOutcome.UNKNOWN, key, "window")
        if isinstance(action, _PARAMETER_KEYED):
            return await self._settle_by_reading(box, action, key, since, timeout_s)
        return self._result(BoxOutcome.UNKNOWN, key, "events")

    async def _settle_by_reading(
        self, box: KnownBox, action: BoxAction, key: str, since: datetime, timeout_s: float
    ) -> BoxResult:
        """Our key in ParameterKey proves the action (A.3.2.1); another one leaves values to compare, else denies it.

        A name that a box which answers does not show has no value: it is not one that was not read.
        """
        wanted = dict(action.values) if isinstance(action, SetValues) else {}
        order = self._order(lambda m: script_of(act.GetValues((m.root + _PARAMETER_KEY, *wanted)), "", m, 64))
        try:
            async with asyncio.timeout(timeout_s):
                said = await self._deliver(box, order, None)
        except (TimeoutError, LostError):
            return self._result(BoxOutcome.UNKNOWN, key, _PARAMETER_KEY)
        found = next((value for name, value in said.values.items() if name.endswith(_PARAMETER_KEY)), None)
        if key and found == key:
            return self._result(BoxOutcome.DONE, key, _PARAMETER_KEY)
        if wanted and all(said.values.get(name) == value for name, value in wanted.items()):
            return self._result(BoxOutcome.DONE, key, "values read back")
        told = self._result(BoxOutcome.UNKNOWN, key, _PARAMETER_KEY)
        if box_keys.denies(found, since):
            told = self._result(BoxOutcome.FAILED, key, _PARAMETER_KEY, message="la box ne l'a pas appliqué")
        answered = said.fault is None or said.fault.code != FAULT_NO_ANSWER
        return replace(told, values={name: said.values.get(name) for name in wanted} if answered else {})

    # Delivering

    def _order(self, make: Callable[[DataModel], Script[Said]]) -> Order:
        return Order(make, asyncio.get_running_loop().create_future())

    async def _deliver(self, box: KnownBox, order: Order, told: Callable[[str], None] | None) -> Said:
        self._desk.put(box.device, order)
        calling = asyncio.create_task(self._keep_calling(box, order, told))
        try:
            return await order.done
        finally:
            calling.cancel()
            self._desk.withdraw(box.device, order)

    async def _keep_calling(self, box: KnownBox, order: Order, told: Callable[[str], None] | None) -> None:
        """Call the box, again after 5, 10, 20 … s, as long as its order waits; its own Inform serves as well."""
        delay_s, now = self._settings.call_retry_s, asyncio.get_running_loop().time
        while not order.done.done():
            recently = now() - self._desk.called.get(box.device, float("-inf")) < delay_s
            if recently or self._desk.in_session(box.device):
                pass  # one session carries every order; two would end each other
            elif await self._calls(box, now()):
                told = None
            elif told is not None:
                told(waits(box))
                told = None
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, self._settings.call_retry_cap_s)
            if order not in self._desk.waiting.get(box.device, ()):
                return

    async def _calls(self, box: KnownBox, now: float) -> bool:
        """Call a box once; whether it took the call."""
        self._desk.called[box.device] = now
        taken = await self._call(box) in (CallResult.ACCEPTED, CallResult.DATAGRAM)
        if not taken:
            self._desk.called.pop(box.device, None)
        return taken

    def _forget(self, device: DeviceId, watch: _Watch) -> None:
        watches = self._desk.watches[device]
        watches.remove(watch)
        watch.heard.cancel()
        if not watches:
            del self._desk.watches[device]

    # What became of it

    async def _outcome(self, box: KnownBox, action: BoxAction, key: str, said: Said, watch: _Watch) -> BoxResult:
        if said.fault is not None and said.fault.code == FAULT_NO_ANSWER:
            return self._unanswered(action, key)
        if said.fault is not None:
            unsupported = isinstance(action, Diagnose) and said.fault.code == INVALID_PARAMETER_NAME
            message = "test non pris en charge par cette box" if unsupported else ""
            found = self._result(BoxOutcome.FAILED, key, "Fault", message=message)
            return replace(found, fault=said.fault, values=said.values)
        if isinstance(action, Diagnose):
            return await self._diagnosed(box, action, key, said.path, watch)
        if said.later and not isinstance(action, _PARAMETER_KEYED):
            return self._proved(key, await watch.heard)
        if isinstance(action, act.AddObject) and said.instance is None:
            return self._result(BoxOutcome.UNKNOWN, key, "answer", message="la box n'a pas dit quel objet elle a créé")
        result = self._result(BoxOutcome.DONE, key, "answer")
        return replace(result, values=said.values, instance=said.instance, after_reboot=said.later)

    def _unanswered(self, action: BoxAction, key: str) -> BoxResult:
        """No answer, or one to something else: a box that was to change something may have done it."""
        outcome = BoxOutcome.FAILED if isinstance(action, act.READ_ONLY) else BoxOutcome.UNKNOWN
        return self._result(outcome, key, "session", message="la box n'a pas répondu à ce qui lui était demandé")

    async def _diagnosed(self, box: KnownBox, action: Diagnose, key: str, path: str, watch: _Watch) -> BoxResult:
        """Wait for ``8 DIAGNOSTICS COMPLETE``; a box that forgets to say it is asked, at growing intervals."""
        patience_s = self._settings.diagnostic_poll_s
        while True:
            await asyncio.wait([watch.heard], timeout=patience_s)
            said = await self._deliver(box, self._order(lambda _: collect(path, 1)), None)
            if said.fault is None and not diagnostics.running(said.values):
                break
            if watch.heard.done():
                watch.heard = asyncio.get_running_loop().create_future()
            patience_s *= 2
        now = self._clock.now()
        good = diagnostics.succeeded(said.values)
        readings = diagnostics.readings(action.test, said.values, now) if good else None
        if readings:
            await self._store.observed(box, readings)
        state = (said.values.get(diagnostics.STATE) or "").strip()
        result = self._result(BoxOutcome.DONE if good else BoxOutcome.FAILED, key, path, message="" if good else state)
        return replace(result, values=said.values, readings=readings or result.readings)

    async def _after_loss(
        self, box: KnownBox, action: BoxAction, key: str, asked_at: datetime, watch: _Watch, timeout_s: float
    ) -> BoxResult:
        if isinstance(action, _PARAMETER_KEYED):
            return await self.settle(box, action, key, asked_at, timeout_s)
        if isinstance(action, Diagnose):
            return self._result(BoxOutcome.UNKNOWN, key, "session")
        return self._proved(key, await watch.heard)

    def _proved(self, key: str, event: BoxEvent) -> BoxResult:
        fault = act.BoxFault(event.fault_code, event.fault_text) if event.fault_code else None
        result = self._result(BoxOutcome.DONE if fault is None else BoxOutcome.FAILED, key, event.code)
        return replace(result, at=event.at, fault=fault)

    def _late(self, box: KnownBox, action: BoxAction, key: str, order: Order) -> BoxResult:
        if not order.committed:
            return self._result(BoxOutcome.NOT_SENT, key, "connection request", message=waits(box))
        return self._result(BoxOutcome.UNKNOWN, key, type(action).__name__)

    def _result(self, outcome: BoxOutcome, key: str, locator: str, message: str = "") -> BoxResult:
        return BoxResult(outcome, self._clock.now(), Source(Via.CWMP, locator), key, message=message)


def waits(box: KnownBox) -> str:
    """What is told of a box that cannot be called."""
    interval_s = box.readings.value(BOX_INFORM_INTERVAL_S)
    return "attend le prochain Inform" + ("" if interval_s is None else f" (au plus {interval_s} s)")
