"""System group (RFC 3418) and IF-MIB (RFC 2863) of the simulated ISAM: the columns that a real one was seen to have.

A recorded FX-8 gives ifSpeed on PON rows only, no ifAlias, and ifHC counters as 8 octets instead of Counter64.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from simulators.plant.ports import PlantView
from simulators.plant.state import CardState
from simulators.snmp.ber import GAUGE32, TIMETICKS, integer, octets, oid_value, text, unsigned
from simulators.snmp.isam_rows import Inventory, UniRow, ticks
from simulators.snmp.mib import Column, RowSet, scalar

SYSTEM = (1, 3, 6, 1, 2, 1, 1)
IF_ENTRY = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IF_X_ENTRY = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
ISAM_OBJECT_ID = (1, 3, 6, 1, 4, 1, 637, 61, 1)

UP, DOWN = 1, 2  # RFC 2863 ifAdminStatus, ifOperStatus


class Interface(Protocol):
    """What every kind of row of the IF-MIB gives."""

    @property
    def index(self) -> int:
        """IfIndex."""
        ...

    @property
    def card(self) -> CardState | None:
        """The board behind it."""
        ...

    @property
    def if_type(self) -> int:
        """IfType (IANA): 250 gpon, 270 and 271 as recorded."""
        ...

    @property
    def label(self) -> str:
        """End of its ifDescr."""
        ...

    @property
    def if_name(self) -> str:
        """IfName."""
        ...

    @property
    def trap_enable(self) -> int:
        """IfLinkUpDownTrapEnable."""
        ...

    @property
    def admin_up(self) -> bool:
        """IfAdminStatus."""
        ...

    @property
    def oper_up(self) -> bool:
        """IfOperStatus."""
        ...

    @property
    def changed_at(self) -> datetime:
        """Instant behind ifLastChange."""
        ...


def columns(plant: PlantView, inventory: Inventory) -> list[Column[Any]]:
    """The columns of these groups."""
    return [*_system(plant), *_interfaces(plant, inventory)]


def _system(plant: PlantView) -> list[Column[None]]:
    olt = plant.state.olt
    started = olt.booted_at - timedelta(seconds=olt.quirks.uptime_offset_s)
    return [
        scalar((*SYSTEM, 1), lambda: text(olt.sys_descr)),
        scalar((*SYSTEM, 2), lambda: oid_value(ISAM_OBJECT_ID)),
        scalar((*SYSTEM, 3), lambda: unsigned(TIMETICKS, ticks(started, plant.clock.now()))),
        scalar((*SYSTEM, 4), lambda: text("")),
        scalar((*SYSTEM, 5), lambda: text(olt.sys_name)),
        scalar((*SYSTEM, 6), lambda: text("")),
    ]


def _interfaces(plant: PlantView, inventory: Inventory) -> list[Column[Any]]:
    olt = plant.state.olt
    every: RowSet[Interface] = RowSet(
        ((row.index,), row) for group in (inventory.pons, inventory.onts, inventory.unis) for row in group
    )
    pons = RowSet(((row.index,), row) for row in inventory.pons)
    unis = RowSet(((row.index,), row) for row in inventory.unis)

    def last_change(row: Interface) -> bytes:
        return unsigned(TIMETICKS, ticks(olt.booted_at, row.changed_at))

    return [
        Column((*IF_ENTRY, 1), every, lambda row: integer(row.index)),
        Column((*IF_ENTRY, 2), every, _descr),
        Column((*IF_ENTRY, 3), every, lambda row: integer(row.if_type)),
        Column((*IF_ENTRY, 5), pons, lambda row: unsigned(GAUGE32, row.speed_bit_s)),
        Column((*IF_ENTRY, 7), every, lambda row: integer(UP if row.admin_up else DOWN)),
        Column((*IF_ENTRY, 8), every, lambda row: integer(UP if row.oper_up else DOWN)),
        Column((*IF_ENTRY, 9), every, last_change),
        Column((*IF_X_ENTRY, 1), every, lambda row: text(row.if_name)),
        Column((*IF_X_ENTRY, 6), unis, _octet_count(lambda row: row.state.bytes_up)),
        Column((*IF_X_ENTRY, 10), unis, _octet_count(lambda row: row.state.bytes_down)),
        Column((*IF_X_ENTRY, 14), every, lambda row: integer(row.trap_enable)),
    ]


def _descr(row: Interface) -> bytes:
    board = row.card.planned_type if row.card is not None else ""
    return text(f"nokia {board}  {row.label}")


def _octet_count(count: Callable[[UniRow], int]) -> Callable[[UniRow], bytes]:
    """An ifHC counter as the ISAM writes it; what comes in at the port is what goes up."""
    return lambda row: octets((count(row) & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big"))
