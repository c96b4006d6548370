"""The plant as the tables of a FiberHome AN5516 / AN6000 (GEPON-OLT-COMMON-MIB). 0 is "no reading" for a level.

Indexes: ONU slot << 25 | pon << 19 | onu << 8, PON port the same without ONU, counted from 1. No recording with ONUs
is known: what the MIB says and what public pollers of live OLTs do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.states import EthernetRate, Negotiation
from simulators.plant.ddm import pon_ddm
from simulators.plant.ports import PlantView
from simulators.plant.state import PonState
from simulators.snmp.ber import integer, octets, text
from simulators.snmp.mib import Column, RowSet
from simulators.snmp.places import Ont, Places, Pon, places, system, working

_FIBERHOME = (1, 3, 6, 1, 4, 1, 5875)
_OBJECT_ID = (*_FIBERHOME, 800)  # C: no recording says more
_COMMON = (*_FIBERHOME, 800, 3)
_CARD = (*_COMMON, 9, 2, 1, 1)
_PON = (*_COMMON, 9, 3, 4, 1)
_UNI = (*_COMMON, 9, 3, 1, 1)
_ONU_OPTICS = (*_COMMON, 9, 3, 3, 1)
_OLT_RX = (*_COMMON, 9, 3, 7, 1)
_LENGTH = (*_COMMON, 9, 6, 1, 1)
_ONU = (*_COMMON, 10, 1, 1)

_NO_READING = 0
_CUT, _ONLINE, _POWER_CUT, _OFFLINE = 0, 1, 2, 3
_TEN, _HUNDRED, _GIGABIT = 0, 1, 2
_SPEED = {EthernetRate.TEN: _TEN, EthernetRate.TEN_HALF: _TEN}
_SPEED |= {EthernetRate.HUNDRED: _HUNDRED, EthernetRate.HUNDRED_HALF: _HUNDRED}
_HALF = frozenset({EthernetRate.TEN_HALF, EthernetRate.HUNDRED_HALF, EthernetRate.GIGABIT_HALF})

_Reader = Callable[[Ont], bytes]


def pon_index(pon: PonState) -> int:
    """Index of a PON port."""
    return pon.name.slot << 25 | pon.name.pon << 19


def columns(plant: PlantView) -> list[Column[Any]]:
    """Every column."""
    found = places(plant.state)
    return [*system(plant, _OBJECT_ID), *_cards(found), *_pon_ports(found), *_onus(found)]


def _cards(found: Places) -> list[Column[Any]]:
    cards = RowSet(((board.slot,), board) for board in found.boards)
    return [
        Column((*_CARD, 2), cards, lambda board: text(board.state.actual_type)),
        Column((*_CARD, 5), cards, lambda board: integer(1 if working(board.state) else 0)),
        Column((*_CARD, 8), cards, lambda board: integer(12 if working(board.state) else 0)),
        Column((*_CARD, 9), cards, lambda board: integer(34 if working(board.state) else 0)),
    ]


def _pon_ports(found: Places) -> list[Column[Any]]:
    pons = RowSet(((pon_index(pon.state),), pon) for pon in found.pons)

    def module(pon: Pon, value: float) -> bytes:
        return integer(round(value * 100) if working(pon.card) else _NO_READING)

    def name(pon: Pon) -> str:
        return f"PON {pon.state.name.slot}/{pon.state.name.pon}"

    return [
        Column((*_PON, 2), pons, lambda pon: text(name(pon))),
        Column((*_PON, 4), pons, lambda pon: integer(1 if pon.state.admin_up else 0)),
        Column((*_PON, 5), pons, lambda pon: integer(1 if pon.up else 0)),
        Column((*_PON, 8), pons, lambda pon: integer(round((pon.state.tx_dbm or 0.0) * 100) if pon.lit else 0)),
        Column((*_PON, 9), pons, lambda pon: module(pon, pon_ddm(pon.state).voltage_v)),
        Column((*_PON, 10), pons, lambda pon: module(pon, pon_ddm(pon.state).bias_ma)),
        Column((*_PON, 11), pons, lambda pon: module(pon, pon_ddm(pon.state).temperature_c)),
        Column((*_PON, 12), pons, lambda pon: integer(sum(ont.provisioned for ont in pon.onts))),
    ]


def _onus(found: Places) -> list[Column[Any]]:
    onus = RowSet(((pon_index(ont.pon.state) | ont.state.name.ont << 8,), ont) for ont in found.onts)
    ports = RowSet(((pon_index(ont.pon.state) | ont.state.name.ont << 8 | 1,), ont) for ont in found.onts)
    pairs = RowSet(((pon_index(ont.pon.state), ont.state.name.ont), ont) for ont in found.onts)
    return [
        *(Column(prefix, onus, _configured(read)) for prefix, read in (*_identity(), *_optics())),
        Column((*_OLT_RX, 2), pairs, _configured(lambda ont: _level(ont, ont.state.olt_rx_dbm))),
        *(Column(prefix, ports, _configured(read)) for prefix, read in _user_port()),
    ]


def _configured(read: _Reader) -> Callable[[Ont], bytes | None]:
    return lambda ont: read(ont) if ont.state.provisioned else None


def _identity() -> list[tuple[tuple[int, ...], _Reader]]:
    return [
        ((*_ONU, 2), lambda ont: integer(ont.state.name.slot)),
        ((*_ONU, 3), lambda ont: integer(ont.state.name.pon)),
        ((*_ONU, 4), lambda ont: integer(ont.state.name.ont)),
        ((*_ONU, 5), lambda ont: text(ont.state.equipment_id)),
        ((*_ONU, 7), lambda ont: text(f"ONU-{ont.state.name.ont}")),
        ((*_ONU, 8), lambda ont: text(str(ont.state.serial))),
        ((*_ONU, 9), lambda ont: text(ont.state.password)),
        ((*_ONU, 10), lambda ont: text(str(ont.state.serial))),
        ((*_ONU, 11), _status),
        ((*_ONU, 12), lambda ont: octets(ont.state.firmware_active.rstrip(b"\0"))),
        ((*_ONU, 13), lambda ont: text(ont.state.hardware)),
        ((*_LENGTH, 1), lambda ont: integer(round(ont.state.distance_m) if ont.up else _NO_READING)),
    ]


def _status(ont: Ont) -> bytes:
    if ont.up:
        return integer(_ONLINE)
    if ont.gasped:
        return integer(_POWER_CUT)
    return integer(_CUT if ont.state.admin_up and ont.pon.lit else _OFFLINE)


def _optics() -> list[tuple[tuple[int, ...], _Reader]]:
    return [
        ((*_ONU_OPTICS, 6), lambda ont: _level(ont, ont.state.rx_dbm)),
        ((*_ONU_OPTICS, 7), lambda ont: _level(ont, ont.state.tx_dbm)),
        ((*_ONU_OPTICS, 8), lambda ont: integer(_NO_READING if ont.ddm is None else round(ont.ddm.voltage_v * 100))),
        ((*_ONU_OPTICS, 9), lambda ont: integer(_NO_READING if ont.ddm is None else ont.ddm.bias_ma * 100)),
        ((*_ONU_OPTICS, 10), lambda ont: integer(_NO_READING if ont.ddm is None else ont.ddm.temperature_c * 100)),
        ((*_ONU_OPTICS, 11), lambda ont: integer(1 if ont.up else 2)),
    ]


def _level(ont: Ont, level_dbm: float | None) -> bytes:
    """A level in steps of 0.01 dBm; one of exactly 0 dBm cannot be told from none, here as on the real one."""
    return integer(_NO_READING if level_dbm is None or not ont.up else round(level_dbm * 100))


def _user_port() -> list[tuple[tuple[int, ...], _Reader]]:
    return [
        ((*_UNI, 3), lambda ont: integer(1 if ont.state.uni_admin_up else 0)),
        ((*_UNI, 4), lambda ont: integer(1 if ont.state.uni_up and ont.up else 0)),
        ((*_UNI, 5), lambda ont: integer(_SPEED.get(ont.state.uni_rate, _GIGABIT))),
        ((*_UNI, 8), lambda ont: integer(0 if ont.state.uni_rate in _HALF else 1)),
        ((*_UNI, 12), lambda ont: integer(1 if ont.state.uni_negotiation is Negotiation.AUTO else 0)),
    ]
