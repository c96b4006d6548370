"""One OLT as the driver works with it: how to ask it, and what it has learnt of its indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.columns import Moment
from collectors.driving.node import Rows, boot_instant
from collectors.snmp.client import Exchange, SnmpClient
from collectors.snmp.values import Kind, Oid, VarBind
from collectors.snmp.walk import WHOLE, walk_columns
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.facts import LINEAR_SLOT, Facts
from domain.clock import Clock
from domain.identifiers import PonName
from domain.metrics.olt import CARD_TYPE, CARD_TYPE_PLANNED, OLT_UPTIME_S
from domain.olt import TableGap

__all__ = ["Learnt", "Node", "Rows"]

_BOARDS_A_NODE = 24  # C: rows of the board table in one request; the FX-16 has 20
_EMPTY = frozenset({b"EMPTY", b"NOT_PLANNED"})


@dataclass(slots=True)
class Learnt:
    """What reads have taught of an OLT. All of it can be found again: it only saves requests.

    Attributes:
        boards: Number in ONT names to index in the board tables.
        equipped: Line boards that are planned or present; ``None`` until the board table was read.
        low_bits: Low bits of the rows of a PON port.
        ont_count: ONTs seen on a PON port, to size requests.
    """

    boards: dict[int, int] = field(default_factory=dict)
    equipped: tuple[int, ...] | None = None
    low_bits: dict[PonName, int] = field(default_factory=dict)
    ont_count: dict[PonName, int] = field(default_factory=dict)

    def board(self, slot: int) -> int:
        """Index of a line board in the board tables: as learnt, else by the rule of the FX shelf."""
        return self.boards.get(slot, index.board_index(slot))


@dataclass(frozen=True, slots=True)
class Node:
    """An OLT within one read."""

    client: SnmpClient
    exchange: Exchange
    clock: Clock
    facts: Facts
    learnt: Learnt

    async def get(self, oids: Sequence[Oid]) -> tuple[list[VarBind], Moment]:
        """Variables, and the instant at which they were true: half-way between asking and hearing."""
        asked = self.clock.now()
        varbinds = await self.client.get(self.exchange, oids)
        return varbinds, Moment(asked + (self.clock.now() - asked) / 2)

    def booted(self, uptime: VarBind, moment: Moment) -> Moment:
        """The moment, with the start of the agent deduced from its sysUpTime."""
        return Moment(moment.at, boot_instant(self.facts.column(OLT_UPTIME_S), uptime, moment))

    async def learn_boards(self) -> TableGap | None:
        """Read which line boards there are, unless known; the gap when the board table could not be read."""
        if self.learnt.equipped is not None:
            return None
        columns = (LINEAR_SLOT, *(self.facts.column(m).oid for m in (CARD_TYPE_PLANNED, CARD_TYPE)))
        slots, *types = await walk_columns(
            self.client, self.exchange, [(column, WHOLE) for column in columns], _BOARDS_A_NODE
        )
        reasons = [walked.reason for walked in (slots, *types) if walked.reason is not None]
        if reasons:
            return TableGap("card", reasons[0])
        self.note_boards(slots.rows, *(walked.rows for walked in types))
        return None

    def note_boards(self, slots: dict[Oid, VarBind], *types: dict[Oid, VarBind]) -> None:
        """Keep what the board table says: where each line board is, and which are planned or present."""
        equipped: list[int] = []
        for row, varbind in slots.items():
            slot = index.board_slot(varbind.value) if isinstance(varbind.value, int) else None
            if slot is None or varbind.kind is not Kind.INTEGER:
                continue
            self.learnt.boards[slot] = row[0]
            if any(row in rows and rows[row].value not in _EMPTY for rows in types):
                equipped.append(slot)
        if equipped:
            self.learnt.equipped = tuple(sorted(equipped))
