"""Boards (ASAM-EQUIP-MIB) and optical modules (SFP-MIB) of the simulated ISAM."""

from __future__ import annotations

from typing import Any

from simulators.snmp.ber import integer, text
from simulators.snmp.isam_index import lt_slot
from simulators.snmp.isam_rows import BoardRow, Inventory, PonRow, working
from simulators.snmp.mib import Column, RowSet

_NK = (1, 3, 6, 1, 4, 1, 637, 61, 1)
BOARD_ENTRY = (*_NK, 23, 3, 1)
SFP_ENTRY = (*_NK, 56, 5, 1)

_UNLOCK = 1
_ENABLED, _DISABLED = 1, 2
_NO_ERROR, _TYPE_MISMATCH, _MISSING = 1, 2, 3
_AVAILABLE, _FAILED, _NOT_INSTALLED = 1, 3, 5
_MODULE_READ, _MODULE_ABSENT = 1, 3
_LOS_NOT_AVAILABLE = 3  # a PON module has no one far end to lose
_NOT_AVAILABLE = "Not Available"  # the board cannot be asked
_NOT_MEASURED = "not-available"  # the module has no such figure, as recorded for the receive level of PON modules


def columns(inventory: Inventory) -> list[Column[Any]]:
    """The columns of these groups."""
    boards = RowSet(((row.index,), row) for row in inventory.boards)
    # Face plate numbers count from 1, as the PON ports do (recording: 4355.1 to 4355.16).
    modules = RowSet(((lt_slot(row.state.name.slot), row.state.name.pon), row) for row in inventory.pons)
    return [
        Column((*BOARD_ENTRY, 2), boards, lambda row: text(row.card.planned_type if row.card else "NOT_PLANNED")),
        Column((*BOARD_ENTRY, 3), boards, _actual_type),
        Column((*BOARD_ENTRY, 5), boards, lambda _: integer(_UNLOCK)),
        Column((*BOARD_ENTRY, 6), boards, _oper),
        Column((*BOARD_ENTRY, 7), boards, _error),
        Column((*BOARD_ENTRY, 8), boards, _availability),
        Column((*BOARD_ENTRY, 19), boards, lambda row: text(row.card.serial if row.card and row.present else "")),
        Column((*BOARD_ENTRY, 32), boards, lambda row: integer(row.linear_slot)),
        Column((*SFP_ENTRY, 3), modules, lambda row: integer(_MODULE_READ if working(row.card) else _MODULE_ABSENT)),
        Column((*SFP_ENTRY, 4), modules, lambda _: integer(_LOS_NOT_AVAILABLE)),
        Column((*SFP_ENTRY, 6), modules, _module_tx),
        Column((*SFP_ENTRY, 7), modules, lambda row: text(_NOT_MEASURED if working(row.card) else _NOT_AVAILABLE)),
    ]


def _actual_type(row: BoardRow) -> bytes:
    return text(row.card.actual_type if row.card and row.present else "EMPTY")


def _oper(row: BoardRow) -> bytes:
    return integer(_ENABLED if row.card is not None and working(row.card) else _DISABLED)


def _error(row: BoardRow) -> bytes:
    if row.card is None:
        return integer(_NO_ERROR)  # as recorded for slots that nothing is planned in
    if row.card.missing:
        return integer(_MISSING)
    return integer(_NO_ERROR if row.card.actual_type == row.card.planned_type else _TYPE_MISMATCH)


def _availability(row: BoardRow) -> bytes:
    if not row.present:
        return integer(_NOT_INSTALLED)
    return integer(_AVAILABLE if working(row.card) else _FAILED)


def _module_tx(row: PonRow) -> bytes:
    """Level sent, as the module's own text with two decimals."""
    if not working(row.card):
        return text(_NOT_AVAILABLE)
    return text("No Power" if row.tx_dbm is None else f"{row.tx_dbm:.2f} dBm")
