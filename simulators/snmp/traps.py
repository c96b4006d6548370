"""The simulated OLT speaks first: linkDown and linkUp (RFC 2863), coldStart (RFC 3418), as v2c traps or informs.

The vendor's own alarm traps are in no public source, so none is sent. A fault that changes many rows makes one burst,
one notification a row, for what has changed between its beginning and its end.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from simulators.plant.ports import PlantView
from simulators.plant.state import PlantEvent
from simulators.snmp.ber import (
    INTEGER,
    OBJECT_ID,
    OCTET_STRING,
    SEQUENCE,
    TIMETICKS,
    BerError,
    Oid,
    decode_integer,
    encode_oid,
    expect,
    integer,
    oid_value,
    tlv,
    unsigned,
)
from simulators.snmp.isam_rows import Inventory, OntRow, PonRow, UniRow, build, ticks
from simulators.snmp.message import RESPONSE, V2C, varbind

_SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_COLD_START: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
_LINK_DOWN: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
_LINK_UP: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 4)
_IF_ENTRY: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_INDEX, _IF_ADMIN, _IF_OPER = 1, 7, 8
_INFORM, _TRAP = 0xA6, 0xA7
_UP, _DOWN = 1, 2
_ENABLED = 1  # ifLinkUpDownTrapEnable (RFC 2863): PON ports and ONTs, not user ports, as recorded
_SWEEP = timedelta(seconds=2)  # C: what changes without an event of the plant is noticed within it, plant time
_INFORM_WAIT_S = 1.0  # C: before an unanswered inform is sent again
_INFORM_COPIES = 4  # C: and then given up

Row = PonRow | OntRow | UniRow
Address = tuple[str, int]


@dataclass(slots=True)
class TrapStats:
    """What was sent: notifications (one a row and target), datagrams, informs answered and given up."""

    notifications: int = 0
    datagrams: int = 0
    acknowledged: int = 0
    given_up: int = 0


@dataclass(slots=True)
class _Pending:
    datagram: bytes
    address: Address
    sent: int
    timer: asyncio.TimerHandle


class TrapSender:
    """Tells ``targets`` what happens to the rows of the plant's OLT, while its context lasts.

    Args:
        plant: The plant; nothing leaves it while its management is unreachable, and what happened then is not told.
        targets: Who listens: host (numeric) and UDP port, of one address family.
        community: SNMP v2c community.
        informs: Send informs, repeated until they are acknowledged, instead of traps.
        copies: How many times each trap is sent, as some agents do.
        source: Local address to send from.
    """

    def __init__(
        self,
        plant: PlantView,
        targets: Sequence[Address],
        community: str,
        *,
        informs: bool = False,
        copies: int = 1,
        source: str = "",
    ) -> None:
        self.stats = TrapStats()
        self._plant = plant
        self._targets = tuple(targets)
        self._community = community.encode()
        self._informs = informs
        self._copies = 1 if informs else copies
        self._source = source
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._inventory: Inventory | None = None
        self._known: dict[int, bool] = {}
        self._booted: datetime | None = None
        self._socket: socket.socket | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if any(":" in host for host, _ in self._targets) else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((self._source, 0))
        loop.add_reader(self._socket.fileno(), self._drain)
        self._look()  # what is down already is no news
        self._unsubscribe = self._plant.subscribe(self._happened)
        self._task = loop.create_task(self._run(), name="traps of the plant")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for pending in self._pending.values():
            pending.timer.cancel()
        self._pending.clear()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def check(self) -> int:
        """Tell what has changed since the last time; returns how many rows (a start counts for one)."""
        news = [self._message(trap, row) for trap, row in self._look()]
        if not self._plant.state.olt.reachable:
            return 0
        for target in self._targets:
            for variables in news:
                self._tell(variables, target)
        return len(news)

    def _happened(self, _event: PlantEvent) -> None:
        self._wake.set()  # a burst of events makes one look

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self.check()
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._wake.wait())]
            waits.append(asyncio.create_task(self._later()))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    async def _later(self) -> None:
        await self._plant.clock.sleep_until(self._plant.clock.now() + _SWEEP)

    def _look(self) -> list[tuple[Oid, Row | None]]:
        """What has changed, PON ports first; remembers the present."""
        state = self._plant.state
        if self._inventory is None or len(self._inventory.onts) != len(state.onts):
            self._inventory = build(state)
        news: list[tuple[Oid, Row | None]] = []
        if self._booted is not None and state.olt.booted_at != self._booted:
            news.append((_COLD_START, None))
        self._booted = state.olt.booted_at
        for row in _rows(self._inventory):
            up = row.oper_up
            if self._known.setdefault(row.index, up) is not up:
                self._known[row.index] = up
                news.append((_LINK_UP if up else _LINK_DOWN, row))
        return news

    def _message(self, trap: Oid, row: Row | None) -> bytes:
        """The variables of a notification (RFC 3416 4.2.6, RFC 2863 linkDown)."""
        uptime = ticks(self._plant.state.olt.booted_at, self._plant.clock.now())
        found = [(_SYS_UP_TIME, unsigned(TIMETICKS, uptime)), (_TRAP_OID, oid_value(trap))]
        if row is not None:
            found += [
                ((*_IF_ENTRY, _IF_INDEX, row.index), integer(row.index)),
                ((*_IF_ENTRY, _IF_ADMIN, row.index), integer(_UP if row.admin_up else _DOWN)),
                ((*_IF_ENTRY, _IF_OPER, row.index), integer(_UP if row.oper_up else _DOWN)),
            ]
        return b"".join(varbind(tlv(OBJECT_ID, encode_oid(name)), value) for name, value in found)

    def _tell(self, variables: bytes, target: Address) -> None:
        request_id = next(self._ids)
        head = integer(request_id) + integer(0) + integer(0)
        pdu = tlv(_INFORM if self._informs else _TRAP, head + tlv(SEQUENCE, variables))
        datagram = tlv(SEQUENCE, integer(V2C) + tlv(OCTET_STRING, self._community) + pdu)
        self.stats.notifications += 1
        for _ in range(self._copies):
            self._send(datagram, target)
        if self._informs:
            timer = asyncio.get_running_loop().call_later(_INFORM_WAIT_S, self._again, request_id)
            self._pending[request_id] = _Pending(datagram, target, 1, timer)

    def _again(self, request_id: int) -> None:
        pending = self._pending[request_id]
        if pending.sent >= _INFORM_COPIES:
            del self._pending[request_id]
            self.stats.given_up += 1
            return
        pending.sent += 1
        self._send(pending.datagram, pending.address)
        pending.timer = asyncio.get_running_loop().call_later(_INFORM_WAIT_S, self._again, request_id)

    def _send(self, datagram: bytes, target: Address) -> None:
        if self._socket is not None:
            with suppress(OSError):  # as if lost on the way
                self._socket.sendto(datagram, target)
                self.stats.datagrams += 1

    def _drain(self) -> None:
        while self._socket is not None:
            try:
                answer, _ = self._socket.recvfrom(65535)
            except OSError:
                return
            pending = self._pending.pop(_request_id(answer), None)
            if pending is not None:
                pending.timer.cancel()
                self.stats.acknowledged += 1


def _rows(inventory: Inventory) -> Iterator[Row]:
    groups: tuple[Sequence[Row], ...] = (inventory.pons, inventory.onts, inventory.unis)
    return (row for group in groups for row in group if row.trap_enable == _ENABLED)


def _request_id(answer: bytes) -> int:
    """Which inform a Response acknowledges; 0, which none has, for anything else."""
    try:
        at, end = expect(answer, 0, len(answer), SEQUENCE)
        _, at = expect(answer, at, end, INTEGER)
        _, at = expect(answer, at, end, OCTET_STRING)
        at, end = expect(answer, at, end, RESPONSE)
        at, end = expect(answer, at, end, INTEGER)
        return decode_integer(answer[at:end])
    except BerError:
        return 0
