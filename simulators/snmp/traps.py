"""The simulated OLT speaks first: linkDown and linkUp (RFC 2863), coldStart (RFC 3418), as traps or informs, v2c or v3.

The identifiers of the vendors' own alarm traps are in no public source, so none is sent: see
`simulators.snmp.trap_rows` for what is. A fault that changes many rows makes one burst, one notification a row, for
what has changed between its beginning and its end; an ONT that loses its power says so first, and is not always heard.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
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
from simulators.snmp.isam_rows import ticks
from simulators.snmp.message import RESPONSE, V2C, varbind
from simulators.snmp.trap_rows import TrapRow, Variables, trap_rows
from simulators.snmp.usm import Heard, V3Speaker
from simulators.snmp.usm_message import V3User

_SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_COLD_START: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
LINK_DOWN: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
LINK_UP: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5, 4)
_INFORM, _TRAP = 0xA6, 0xA7
_ENTERPRISES = {"nokia_isam": 637, "huawei_smartax": 2011, "zte_zxan": 3902, "fiberhome_an": 5875}  # IANA
_SWEEP = timedelta(seconds=2)  # C: what changes without an event of the plant is noticed within it, plant time
_INFORM_WAIT_S = 1.0  # C: before an unanswered inform is sent again, each time twice as long as before
_INFORM_COPIES = 8  # C: and then given up, after 4 minutes

Address = tuple[str, int]


@dataclass(slots=True)
class TrapStats:
    """What was sent: notifications (one a row and target), datagrams, informs answered and given up."""

    notifications: int = 0
    datagrams: int = 0
    acknowledged: int = 0
    given_up: int = 0
    gasps_lost: int = 0


@dataclass(slots=True)
class _Pending:
    pdu: bytes
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
        user: Speaks SNMPv3 as this user, instead of v2c.
        lost_gasps: Share of the dying gasps that nobody hears, 0 to 1: not every ONT says it in time.
    """

    def __init__(  # noqa: PLR0913 - the ways of speaking, by name
        self,
        plant: PlantView,
        targets: Sequence[Address],
        community: str,
        *,
        informs: bool = False,
        copies: int = 1,
        source: str = "",
        user: V3User | None = None,
        lost_gasps: float = 0.0,
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
        self._user = user
        self._speaker: V3Speaker | None = None
        self._lost_gasps = lost_gasps
        self._luck = Random(1)  # noqa: S311 - the same gasps are lost in every run
        self._rows: list[TrapRow] = []
        self._onts = -1
        self._known: list[bool] = []
        self._booted: datetime | None = None
        self._boots = 1
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
        if self._user is not None:
            # A new engine at every start, since nothing keeps its boots (RFC 3411 5, format 5: octets).
            enterprise = 0x80000000 | _ENTERPRISES[self._plant.state.olt.vendor]
            engine_id = enterprise.to_bytes(4, "big") + b"\x05" + os.urandom(8)
            self._speaker = V3Speaker(self._user, engine_id, self._life, loop.time)
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
        """Tell what has changed since the last time; returns how many notifications each target got."""
        news = self._look()
        if not self._plant.state.olt.reachable:
            return 0
        for target in self._targets:
            for trap, said in news:
                self._tell(self._message(trap, said), target)
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

    def _look(self) -> list[tuple[Oid, Variables]]:
        """What has changed: starts, dying gasps, PON ports, ONTs; remembers the present."""
        state = self._plant.state
        if self._onts != len(state.onts):
            self._rows, self._onts = trap_rows(state), len(state.onts)
            self._known = [row.up() for row in self._rows]
        starts: list[tuple[Oid, Variables]] = []
        if self._booted is not None and state.olt.booted_at != self._booted:
            starts.append((_COLD_START, []))
            self._boots += 1
        self._booted = state.olt.booted_at
        gasps: list[tuple[Oid, Variables]] = []
        changes: list[tuple[Oid, Variables]] = []
        for place, row in enumerate(self._rows):
            up = row.up()
            if self._known[place] is up:
                continue
            self._known[place] = up
            if not up and row.gasped() and self._is_heard():
                gasps.append((LINK_DOWN, row.said(True)))
            changes.append((LINK_UP if up else LINK_DOWN, row.said(False)))
        return [*starts, *gasps, *changes]

    def _is_heard(self) -> bool:
        lost = self._luck.random() < self._lost_gasps
        self.stats.gasps_lost += lost
        return not lost

    def _life(self) -> tuple[int, int]:
        """Boots and time of the OLT's engine (RFC 3414 2.2): seconds since its start, by the plant's clock."""
        since_s = (self._plant.clock.now() - self._plant.state.olt.booted_at).total_seconds()
        return self._boots, int(max(since_s, 0.0)) & 0x7FFFFFFF

    def _message(self, trap: Oid, said: Variables) -> bytes:
        return notification(ticks(self._plant.state.olt.booted_at, self._plant.clock.now()), trap, said)

    def _tell(self, variables: bytes, target: Address) -> None:
        request_id = next(self._ids)
        pdu = notification_pdu(request_id, variables, inform=self._informs)
        self.stats.notifications += 1
        if self._informs:
            timer = asyncio.get_running_loop().call_later(_INFORM_WAIT_S, self._again, request_id)
            self._pending[request_id] = _Pending(pdu, target, 1, timer)
        datagram = self._sealed(pdu, request_id, target)
        for _ in range(self._copies):
            self._send(datagram, target)

    def _sealed(self, pdu: bytes, request_id: int, target: Address) -> bytes:
        if self._speaker is None:
            return v2c(self._community, pdu)
        if self._informs:
            return self._speaker.inform(pdu, request_id, target)
        return self._speaker.trap(pdu, request_id)

    def _again(self, request_id: int) -> None:
        pending = self._pending[request_id]
        pending.timer.cancel()
        if pending.sent >= _INFORM_COPIES:
            del self._pending[request_id]
            self.stats.given_up += 1
            return
        wait_s = _INFORM_WAIT_S * 2**pending.sent
        pending.sent += 1
        self._send(self._sealed(pending.pdu, request_id, pending.address), pending.address)
        pending.timer = asyncio.get_running_loop().call_later(wait_s, self._again, request_id)

    def _send(self, datagram: bytes, target: Address) -> None:
        if self._socket is not None:
            with suppress(OSError):  # as if lost on the way
                self._socket.sendto(datagram, target)
                self.stats.datagrams += 1

    def _drain(self) -> None:
        while self._socket is not None:
            try:
                answer, address = self._socket.recvfrom(65535)
            except OSError:
                return
            self._answered(answer, address[:2])

    def _answered(self, answer: bytes, address: Address) -> None:
        number, heard = acknowledged(answer), Heard.ACKNOWLEDGED
        if self._speaker is not None:
            number, heard = self._speaker.heard(answer, address)
        pending = self._pending.get(number)
        if pending is None or heard is Heard.NOTHING:
            return
        if heard is Heard.AGAIN:
            self._again(number)
            return
        pending.timer.cancel()
        del self._pending[number]
        self.stats.acknowledged += 1


def notification(uptime_ticks: int, trap: Oid, said: Variables) -> bytes:
    """The variables of a notification (RFC 3416 4.2.6)."""
    found = [(_SYS_UP_TIME, unsigned(TIMETICKS, uptime_ticks)), (_TRAP_OID, oid_value(trap)), *said]
    return b"".join(varbind(tlv(OBJECT_ID, encode_oid(name)), value) for name, value in found)


def notification_pdu(request_id: int, variables: bytes, *, inform: bool) -> bytes:
    """The PDU of a notification: an inform is one that asks for an answer (RFC 3416 4.2.7)."""
    tag = _INFORM if inform else _TRAP
    return tlv(tag, integer(request_id) + integer(0) + integer(0) + tlv(SEQUENCE, variables))


def v2c(community: bytes, pdu: bytes) -> bytes:
    """The v2c message of a PDU."""
    return tlv(SEQUENCE, integer(V2C) + tlv(OCTET_STRING, community) + pdu)


def acknowledged(answer: bytes) -> int:
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
