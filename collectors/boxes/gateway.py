"""Live reads of boxes through the embedded ACS: call the box, and wait for the session that follows.

Readers of one box share one call and one session. Nothing polls: the session wakes the readers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from collectors.boxes.connection_request import CallResult, ConnectionRequester
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.once import LogOnce
from collectors.boxes.stats import AcsStats
from collectors.boxes.stun import StunServer
from domain.box import ConnectionRequest, KnownBox
from domain.clock import Clock
from domain.identifiers import DeviceId
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_REACH
from domain.ports import ReadOutcome
from domain.reading import Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome, SourceKind, SourceReport
from domain.states import Reach

_SOURCE = Source(Via.CWMP, "connection request")

# What a failed call means: how the box reacted (None: it cannot be said), and why there are no values.
_FAILURES: dict[CallResult, tuple[Reach | None, Reason]] = {
    CallResult.BUSY: (Reach.REFUSED, Reason.UNREACHABLE),
    CallResult.UNAUTHORISED: (Reach.REFUSED, Reason.UNREACHABLE),
    CallResult.REFUSED: (Reach.REFUSED, Reason.UNREACHABLE),
    CallResult.UNREACHABLE: (Reach.SILENT, Reason.UNREACHABLE),
    CallResult.SILENT: (Reach.SILENT, Reason.TIMEOUT),
    CallResult.FORBIDDEN: (None, Reason.NOT_READ),
    CallResult.CANCELLED: (None, Reason.NOT_READ),
}
_TAKEN = frozenset({CallResult.ACCEPTED, CallResult.DATAGRAM})
_OUT_OF_REACH = frozenset({CallResult.REFUSED, CallResult.UNREACHABLE, CallResult.FORBIDDEN, CallResult.SILENT})


@dataclass(frozen=True, slots=True)
class _Served:
    readings: Readings
    rpcs: int


@dataclass(slots=True, eq=False)
class _Flight:
    """One call to a box and the session it brings, shared by all who wait for it."""

    done: asyncio.Future[_Served | CallResult]
    readers: int = 0
    blind: bool = False  # called over UDP: silence may be its NAT's
    informed: Readings | None = None
    call: asyncio.Task[None] | None = None


@dataclass(slots=True)
class ReadDesk:
    """Where readers wait and sessions report.

    Attributes:
        in_session: Whether a box is in session now.
        flights: Calls under way, by box.
        unprovisioned: Boxes whose credentials are to be set: never set, lost, or refused.
    """

    in_session: Callable[[DeviceId], bool]
    flights: dict[DeviceId, _Flight] = field(default_factory=dict)
    unprovisioned: set[DeviceId] = field(default_factory=set)

    def waiting(self, device: DeviceId) -> bool:
        """Whether somebody waits for values of a box."""
        return device in self.flights

    def arrived(self, device: DeviceId, readings: Readings) -> None:
        """A session of the box began, with the readings of its Inform."""
        if device in self.flights:
            self.flights[device].informed = readings

    def served(self, device: DeviceId, readings: Readings, rpcs: int) -> None:
        """The values of a box are there: wake its readers."""
        flight = self.flights.pop(device, None)
        if flight is not None and not flight.done.done():
            flight.done.set_result(_Served(readings, rpcs))

    def failed(self, device: DeviceId, flight: _Flight, result: CallResult) -> None:
        """The call of a box failed: tell its readers."""
        if self.flights.get(device) is flight:
            del self.flights[device]
        if not flight.done.done():
            flight.done.set_result(result)


class AcsGateway:
    """Reads boxes live through the embedded ACS; a `domain.ports.BoxGateway`.

    Attributes:
        udp: Calls boxes behind NAT, where there is a STUN server.
    """

    def __init__(
        self,
        desk: ReadDesk,
        requester: ConnectionRequester,
        credentials: BoxCredentials,
        clock: Clock,
        metrics: Iterable[Metric[Any]],
        stats: AcsStats,
    ) -> None:
        self._desk = desk
        self._requester = requester
        self._credentials = credentials
        self._clock = clock
        self._metrics = tuple(metrics)
        self._stats = stats
        self._calls: set[asyncio.Task[None]] = set()
        self._closed = False
        self._log = LogOnce("acs")
        self.udp: StunServer | None = None

    async def read(self, box: KnownBox, timeout_s: float) -> ReadOutcome:
        """Ask the box for a session and read its values, within ``timeout_s``. Never raises for what the box does."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        connection = self._credentials.fill(box)
        if connection is None:
            return self._failure(None, Reason.NEVER_SEEN, Readings(), 0.0)
        if self._closed:  # no session can come: calling the box would only make it look silent
            return self._failure(None, Reason.NOT_READ, Readings(), 0.0)
        flight = self._join(box.device, connection)
        try:
            async with asyncio.timeout(timeout_s):
                result = await asyncio.shield(flight.done)
        except TimeoutError:
            elapsed_ms = (loop.time() - started) * 1000
            silent = None if flight.blind else Reach.SILENT
            reach = silent if flight.informed is None else Reach.ANSWERED
            return self._failure(reach, Reason.TIMEOUT, flight.informed or Readings(), elapsed_ms)
        finally:
            self._leave(box.device, flight)
        elapsed_ms = (loop.time() - started) * 1000
        if isinstance(result, _Served):
            return self._success(result, elapsed_ms)
        return self._failure(*_FAILURES[result], Readings(), elapsed_ms)

    def open(self) -> None:
        """Boxes can inform again."""
        self._closed = False

    async def close(self) -> None:
        """End the calls under way: until it opens again, boxes read ``not_read``."""
        self._closed = True
        for device, flight in list(self._desk.flights.items()):
            self._desk.failed(device, flight, CallResult.CANCELLED)
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def call(self, box: KnownBox) -> CallResult | None:
        """Call a box for an order; ``None`` for one that never said where it is, or when we are closing."""
        connection = self._credentials.fill(box)
        if connection is None or self._closed:
            return None
        result = await self._ring(box.device, connection)
        if result not in _TAKEN:
            self._failed(box.device, result)
        return result

    async def _ring(self, device: DeviceId, connection: ConnectionRequest) -> CallResult:
        """Call a box over HTTP; over UDP where a NAT is known to stand between, or where HTTP does not reach it."""
        self._stats.calls += 1
        if self.udp is not None and self.udp.elsewhere(device, connection.url) and self._datagram(device, connection):
            return CallResult.DATAGRAM
        result = await self._requester.call(connection)
        return CallResult.DATAGRAM if result in _OUT_OF_REACH and self._datagram(device, connection) else result

    def _datagram(self, device: DeviceId, connection: ConnectionRequest) -> bool:
        sent = self.udp is not None and self.udp.call(device, connection)
        self._stats.calls_udp += sent
        return sent

    def _failed(self, device: DeviceId, result: CallResult) -> None:
        self._stats.calls_failed += 1
        self._log(f"connection_request_{result}", device=str(device))
        if result is CallResult.UNAUTHORISED:
            self._desk.unprovisioned.add(device)  # its next session sets the credentials again

    def _join(self, device: DeviceId, connection: ConnectionRequest) -> _Flight:
        flight = self._desk.flights.get(device)
        if flight is None:
            flight = _Flight(asyncio.get_running_loop().create_future())
            self._desk.flights[device] = flight
            flight.call = asyncio.create_task(self._call(device, flight, connection))
            self._calls.add(flight.call)
            flight.call.add_done_callback(self._calls.discard)
        flight.readers += 1
        return flight

    def _leave(self, device: DeviceId, flight: _Flight) -> None:
        flight.readers -= 1
        if flight.readers or flight.done.done():
            return  # a call whose session is over ends by itself: cutting it would look like a fault to the box
        flight.done.cancel()
        if self._desk.flights.get(device) is flight:
            del self._desk.flights[device]
        if flight.call is not None:
            flight.call.cancel()

    async def _call(self, device: DeviceId, flight: _Flight, connection: ConnectionRequest) -> None:
        result = await self._ring(device, connection)
        flight.blind = result is CallResult.DATAGRAM
        if result in _TAKEN:
            return
        self._failed(device, result)
        if result is CallResult.BUSY and self._desk.in_session(device):
            return  # it is talking to us at this very moment: that session serves the readers
        self._desk.failed(device, flight, result)

    def _success(self, served: _Served, elapsed_ms: float) -> ReadOutcome:
        readings = served.readings.merged(Readings({BOX_REACH: known(Reach.ANSWERED, self._clock.now(), _SOURCE)}))
        broken = [r for r in readings.values.values() if r.reason in (Reason.ERROR, Reason.MALFORMED)]
        report = SourceReport(
            SourceKind.BOX,
            Outcome.PARTIAL if broken else Outcome.OK,
            broken[0].reason if broken else None,
            elapsed_ms,
            served.rpcs + 1,
        )
        return ReadOutcome(readings, (report,))

    def _failure(self, reach: Reach | None, reason: Reason, informed: Readings, elapsed_ms: float) -> ReadOutcome:
        now = self._clock.now()
        absent: dict[Metric[Any], Reading[Any]] = {item: missing(reason, now, _SOURCE) for item in self._metrics}
        absent[BOX_REACH] = missing(reason, now, _SOURCE) if reach is None else known(reach, now, _SOURCE)
        outcome = Outcome.PARTIAL if informed else Outcome.FAILED
        requests = 0 if reason in (Reason.NEVER_SEEN, Reason.NOT_READ) else 1
        report = SourceReport(SourceKind.BOX, outcome, reason, elapsed_ms, requests)
        return ReadOutcome(Readings(absent).merged(informed), (report,))
