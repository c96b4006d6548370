"""The OLTs of a fleet speak first, as `simulators.snmp.traps` has it: linkDown and linkUp, a row each.

They are traps or informs, v2c or v3.

An OLT is known by the address that it speaks from: its own with ``spread="addresses"``; with ports, all have one.
Only rows that have changed become objects, for the time of their notification.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from domain.identifiers import OntName, PonName, SerialNumber
from simulators.fleet.agent import Address, FleetAgent
from simulators.fleet.informs import Informs
from simulators.fleet.model import ALARMS, CAUSES, Olt
from simulators.fleet.shapes import is_xgs
from simulators.fleet.tables import VendorTables
from simulators.fleet.topology import EPOCH
from simulators.plant.state import CardState, OltState, OntState, PlantState, PonState
from simulators.snmp.ber import Oid
from simulators.snmp.trap_rows import TrapRow, Variables, trap_rows
from simulators.snmp.traps import LINK_DOWN, LINK_UP, acknowledged, notification, notification_pdu, v2c
from simulators.snmp.usm import Heard, V3Speaker
from simulators.snmp.usm_message import Sealer, V3User

_PACE_S = 0.2  # C: of the wall's clock
_NOBODY = SerialNumber("NONE", "00000000")  # no notification tells a serial number


@dataclass(slots=True)
class TrapCounts:
    """Notifications told, one a row and target; the datagrams that left; dying gasps that nobody heard."""

    notifications: int = 0
    datagrams: int = 0
    gasps_lost: int = 0


class FleetTraps:
    """Tells ``targets`` what happens to PON ports and ONTs of every OLT, while its context lasts.

    Args:
        targets: Who listens: host (numeric) and UDP port.
        lost_gasps: Share of the dying gasps that nobody hears, 0 to 1.
        informs: Sent again until they are acknowledged, in the place of traps; ``None`` for traps.
        user: Speaks SNMPv3 as this user, each OLT as its own engine, instead of v2c.
    """

    def __init__(
        self,
        agent: FleetAgent,
        targets: Sequence[Address],
        *,
        lost_gasps: float = 0.0,
        informs: Informs | None = None,
        user: V3User | None = None,
    ) -> None:
        self.counts = TrapCounts()
        self.informs = informs
        self._sealer = None if user is None else Sealer(user)
        self._speakers: dict[int, V3Speaker] = {}
        self._agent, self._fleet, self._targets = agent, agent.fleet, tuple(targets)
        self._community = agent.fleet.options.community.encode()
        self._known: dict[int, NDArray[np.bool_]] = {}
        self._ids = itertools.count(1)
        self._lost_gasps = lost_gasps
        self._luck = Random(agent.fleet.options.seed)  # noqa: S311 - the same gasps are lost in every run
        self._unsubscribe: Callable[[], None] | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self.informs is not None:
            self._agent.hear(self._targets, self._heard)
        self._unsubscribe = self._fleet.subscribe(self._look)
        self._looking = asyncio.create_task(self._look_again(), name="traps of the fleet")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self.informs is not None:
            self._agent.hear((), None)
            self.informs.close()

    async def _look_again(self) -> None:
        """What is due happens even where nobody asks."""
        while True:
            await asyncio.sleep(_PACE_S)
            self._agent.advance()

    def _look(self, olt: Olt) -> None:
        """Tell what has changed since the last look; what stood so at the first one is no news."""
        now = np.concatenate([olt.pon_up, olt.up])
        before = self._known.get(olt.number)
        self._known[olt.number] = now
        if before is None:
            return
        changed = np.flatnonzero(now != before)
        if not len(changed) or not olt.reachable:
            return
        uptime = max((olt.now_us - olt.booted_us) // 10_000, 0) & 0xFFFFFFFF
        for trap, said in self._news(_changed_rows(olt, self._fleet.tables(olt.number), changed)):
            variables = notification(uptime, trap, said)
            for target in self._targets:
                self._tell(olt.number, variables, target)

    def _tell(self, olt: int, variables: bytes, target: Address) -> None:
        number, informs = next(self._ids), self.informs
        pdu = notification_pdu(number, variables, inform=informs is not None)
        self.counts.notifications += 1
        if informs is None:
            self._send(olt, self._sealed(olt, pdu, number, target), target)
        else:
            informs.tell(number, (olt, target), lambda: self._send(olt, self._sealed(olt, pdu, number, target), target))

    def _sealed(self, olt: int, pdu: bytes, number: int, target: Address) -> bytes:
        speaker = self._speaker(olt)
        if speaker is None:
            return v2c(self._community, pdu)
        return speaker.trap(pdu, number) if self.informs is None else speaker.inform(pdu, number, target)

    def _speaker(self, olt: int) -> V3Speaker | None:
        if self._sealer is None:
            return None
        found = self._speakers.get(olt)
        if found is None:
            loop, agent = asyncio.get_running_loop(), self._agent
            found = V3Speaker(self._sealer.user, agent.engine_id(olt), agent.life, loop.time, self._sealer)
            self._speakers[olt] = found
        return found

    def _send(self, olt: int, datagram: bytes, target: Address) -> None:
        with suppress(OSError):  # as if lost on the way
            self._agent.send(olt, datagram, target)
            self.counts.datagrams += 1

    def _heard(self, olt: int, answer: bytes, source: Address) -> None:
        """A receiver answers an OLT."""
        if self.informs is None or not self._fleet.olt(olt).reachable:
            return
        number, heard = acknowledged(answer), Heard.ACKNOWLEDGED
        if (speaker := self._speaker(olt)) is not None:
            number, heard = speaker.heard(answer, source)
        if heard is Heard.AGAIN:
            self.informs.again(number)
        elif heard is Heard.ACKNOWLEDGED:
            self.informs.acknowledged(number)

    def _news(self, rows: list[TrapRow]) -> Iterator[tuple[Oid, Variables]]:
        """Dying gasps first, then what is down and up."""
        for row in rows:
            if not row.up() and row.gasped():
                if self._luck.random() < self._lost_gasps:
                    self.counts.gasps_lost += 1
                else:
                    yield LINK_DOWN, row.said(True)
        for row in rows:
            yield LINK_UP if row.up() else LINK_DOWN, row.said(False)


def _changed_rows(olt: Olt, tables: VendorTables, changed: NDArray[np.intp]) -> list[TrapRow]:
    """These rows, ports counted before ONTs, as the small plant tells them."""
    t, ports = olt.topology, len(olt.pon_up)
    onts = changed[changed >= ports] - ports
    shown = np.union1d(changed[changed < ports], t.port[onts])
    state = PlantState(
        OltState(olt.name, "", olt.name, _at(olt.booted_us), vendor=tables.vendor, dialect=tables.dialect)
    )
    state.cards = [_card(olt, slot) for slot in np.unique(t.pon_slot[shown]).tolist()]
    lit = olt.lit_ports()
    for row in shown.tolist():
        pon = PonName(tables.first, tables.first, int(t.pon_slot[row]), int(t.pon_pon[row]))
        changed_at = _at(olt.pon_changed_us[row])
        works = not olt.wrong.pons_locked[row]
        state.pons[pon] = PonState(pon, works, bool(lit[row]), None, bool(olt.pon_up[row]), changed_at)
    for row in onts.tolist():
        ont = OntName(tables.first, tables.first, int(t.slot[row]), int(t.pon[row]), int(t.ont[row]))
        state.onts[ont] = _ont(olt, row, ont)
    rows = trap_rows(state)
    news = set(changed.tolist())
    return [row for row, port in zip(rows, shown.tolist(), strict=False) if port in news] + rows[len(shown) :]


def _card(olt: Olt, slot: int) -> CardState:
    """A board as its vendor's window knows its technology: an ISAM by its type, the others by what they are told."""
    xgs = is_xgs(olt)
    board = "FWLT-C" if xgs else "FGLT-B"
    works = slot not in olt.wrong.boards_off
    return CardState(f"LT{slot}", slot, board, board, "", works, EPOCH, technology="xgspon" if xgs else "gpon")


def _ont(olt: Olt, row: int, name: OntName) -> OntState:
    nothing, alarms = b"", int(olt.alarms[row])
    down_us, gasp_us = int(olt.last_down_us[row]), int(olt.last_gasp_us[row])
    return OntState(
        name, _NOBODY, "", "", nothing, nothing, nothing, 1, 0.0, _at(olt.changed_us[row]),
        admin_up=not olt.wrong.locked[row],
        oper_up=bool(olt.up[row]),
        alarms=frozenset(alarm for alarm, bit in ALARMS.items() if alarms & bit),
        last_down_at=_at(down_us) if down_us else None,
        last_gasp_at=_at(gasp_us) if gasp_us else None,
        omci_up=not olt.wrong.unmanaged[row],
        down_cause=CAUSES[olt.cause[row]],
    )  # fmt: skip


def _at(instant_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(instant_us))
