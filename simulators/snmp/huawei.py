"""The plant as the tables of a Huawei MA5600T / MA5800 (HUAWEI-DEVICE-MIB, HUAWEI-XPON-MIB): chassis and PON ports.

ifIndex of a PON port is 0xFA000000 + slot · 0x2000 + port · 0x100, counted from 0 (recorded on an MA5603T).
"""

from __future__ import annotations

from typing import Any

from simulators.plant.ddm import pon_ddm
from simulators.plant.ports import PlantView
from simulators.plant.state import PonState
from simulators.snmp import huawei_ont
from simulators.snmp.ber import COUNTER64, GAUGE32, TIMETICKS, integer, octets, text, unsigned
from simulators.snmp.mib import Column, RowSet, scalar
from simulators.snmp.places import DOWN, UP, Board, Places, Pon, date_and_time, places, system, working

_HUAWEI = (1, 3, 6, 1, 4, 1, 2011)
_OBJECT_ID = (*_HUAWEI, 2, 123)  # recorded on an MA5603T
_VERSION = (*_HUAWEI, 6, 3, 1, 999)
_SLOT = (*_HUAWEI, 6, 3, 3, 2, 1)
_BOARD_HEALTH = (*_HUAWEI, 2, 6, 7, 1, 1, 2, 1)
_XPON = (*_HUAWEI, 6, 128, 1, 1)
_PON_CONTROL = (*_XPON, 2, 21, 1)
_PON_DDM = (*_XPON, 2, 23, 1)
_PON_TRAFFIC = (*_XPON, 4, 21, 1)
_IF = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)

NO_READING = 2147483647  # optics
INVALID = -1  # enumerations, distance, processor
_GPON = 250  # IANAifType
_GPON_MBIT, _XGS_MBIT = 2488, 9953  # ITU-T G.984.1, G.9807.1
_NORMAL, _FAULT, _OFFLINE, _VERSION_ERROR = 2, 3, 7, 9
_CAUSE_LOS, _CAUSE_CLOSED, _CAUSE_OTHER = 1, 4, -1
_HEALTH = {5: 11, 6: 39, 10: 35, 11: 50}  # percent, percent, degrees Celsius, watts: as recorded on a line board


def if_index(pon: PonState) -> int:
    """IfIndex of a PON port."""
    return 0xFA000000 + pon.name.slot * 0x2000 + pon.name.pon * 0x100


def columns(plant: PlantView) -> list[Column[Any]]:
    """Every column."""
    found = places(plant.state)
    return [
        *system(plant, _OBJECT_ID),
        scalar(_VERSION, lambda: text(plant.state.olt.software)),
        *_boards(found),
        *_interfaces(plant, found),
        *_pon_ports(found),
        *huawei_ont.columns(found, if_index),
    ]


def _boards(found: Places) -> list[Column[Any]]:
    boards = RowSet(((0, board.slot), board) for board in found.boards)
    return [
        Column((*_SLOT, 1), boards, lambda board: integer(board.slot)),
        Column((*_SLOT, 8), boards, _board_status),
        Column((*_SLOT, 21), boards, lambda board: text(board.state.actual_type)),
        Column((*_BOARD_HEALTH, 7), boards, lambda board: text(board.state.actual_type)),
        *(Column((*_BOARD_HEALTH, place), boards, _health(value)) for place, value in _HEALTH.items()),
    ]


def _board_status(board: Board) -> bytes:
    if board.state.missing:
        return integer(_OFFLINE)
    if not board.state.up:
        return integer(_FAULT)
    return integer(_NORMAL if board.state.actual_type == board.state.planned_type else _VERSION_ERROR)


def _health(value: int) -> Any:
    return lambda board: integer(value if working(board.state) else INVALID)


def _interfaces(plant: PlantView, found: Places) -> list[Column[Any]]:
    """IF-MIB as recorded: no ifIndex nor ifSpeed, ifLastChange 0, the product and its version in ifDescr."""
    pons = RowSet(((if_index(pon.state),), pon) for pon in found.pons)
    software = plant.state.olt.software
    product = f"Huawei-{software[:6]}-{software[6:14]}-GPON_UNI"

    def name(pon: Pon) -> str:
        place = pon.state.name
        return f"{'XGS-PON' if pon.xgs else 'GPON'} {place.shelf}/{place.slot}/{place.pon}"

    return [
        Column((*_IF, 2), pons, lambda _: text(product)),
        Column((*_IF, 3), pons, lambda _: integer(_GPON)),
        Column((*_IF, 7), pons, lambda pon: integer(UP if pon.state.admin_up else DOWN)),
        Column((*_IF, 8), pons, lambda pon: integer(UP if pon.up else DOWN)),
        Column((*_IF, 9), pons, lambda _: unsigned(TIMETICKS, 0)),
        Column((*_IF_X, 1), pons, lambda pon: text(name(pon))),
        Column((*_IF_X, 15), pons, lambda pon: unsigned(GAUGE32, _XGS_MBIT if pon.xgs else _GPON_MBIT)),
        Column((*_IF_X, 18), pons, lambda _: text("")),
    ]


def _pon_ports(found: Places) -> list[Column[Any]]:
    pons = RowSet(((if_index(pon.state),), pon) for pon in found.pons)
    return [
        Column((*_PON_CONTROL, 9), pons, lambda pon: integer(1 if pon.lit else 2)),
        Column((*_PON_CONTROL, 10), pons, lambda pon: integer(UP if pon.up else DOWN)),
        Column((*_PON_CONTROL, 13), pons, lambda pon: integer(1 if working(pon.card) else 2)),
        Column((*_PON_CONTROL, 16), pons, lambda pon: integer(sum(ont.provisioned for ont in pon.onts))),
        Column((*_PON_CONTROL, 17), pons, lambda pon: _changed(pon, up=True)),
        Column((*_PON_CONTROL, 18), pons, lambda pon: _changed(pon, up=False)),
        Column((*_PON_CONTROL, 19), pons, _down_cause),
        Column((*_PON_DDM, 1), pons, lambda pon: _module(pon, pon_ddm(pon.state).temperature_c)),
        Column((*_PON_DDM, 2), pons, lambda pon: _module(pon, round(pon_ddm(pon.state).voltage_v * 100))),
        Column((*_PON_DDM, 3), pons, lambda pon: _module(pon, pon_ddm(pon.state).bias_ma)),
        Column((*_PON_DDM, 4), pons, _tx),
        Column((*_PON_DDM, 5), pons, lambda _: integer(NO_READING)),  # as recorded on all 32 ports
        Column((*_PON_TRAFFIC, 15), pons, lambda pon: unsigned(COUNTER64, sum(ont.bytes_up for ont in pon.onts))),
        Column((*_PON_TRAFFIC, 18), pons, lambda _: unsigned(COUNTER64, 0)),
        Column((*_PON_TRAFFIC, 30), pons, lambda pon: unsigned(COUNTER64, sum(ont.bytes_down for ont in pon.onts))),
    ]


def _changed(pon: Pon, *, up: bool) -> bytes:
    """The plant keeps the last change only: the other one reads as never."""
    return octets(date_and_time(pon.state.changed_at if pon.up is up else None, zone=True))


def _down_cause(pon: Pon) -> bytes:
    if pon.up:
        return integer(_CAUSE_OTHER)
    return integer(_CAUSE_LOS if pon.lit else _CAUSE_CLOSED)


def _module(pon: Pon, value: int) -> bytes:
    return integer(value if working(pon.card) else NO_READING)


def _tx(pon: Pon) -> bytes:
    level_dbm = pon.state.tx_dbm if pon.lit else None
    return integer(NO_READING if level_dbm is None else round(level_dbm * 100))
