"""ONU tables of tree 3902.1012.3, which C300 and C320 have: ``0x10000000 | slot << 16 | pon << 8`` from 1, then ONU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.identifiers import PonName
from simulators.snmp.ber import integer, octets, text
from simulators.snmp.mib import Column, RowSet
from simulators.snmp.places import DOWN, UP, Ont, Places, date_and_time
from simulators.snmp.zte_onu import NO_LEVEL, cause, distance, olt_level, onu_level, phase, rate

_TREE = (1, 3, 6, 1, 4, 1, 3902, 1012, 3)
_ONU = (*_TREE, 28, 1, 1)
_STATE = (*_TREE, 28, 2, 1)
_VERSION = (*_TREE, 50, 11, 2, 1)
_RANGING = (*_TREE, 11, 4, 1)
_OPTICS = (*_TREE, 50, 12, 1, 1)
_UNI = (*_TREE, 50, 14, 1, 1)
_UNCONFIGURED = (*_TREE, 13, 3, 1)
_OLT_RX = (1, 3, 6, 1, 4, 1, 3902, 1015, 1010, 11, 2, 1)

_ENABLED, _DISABLED = 1, 2

Reader = Callable[[Ont], bytes]


def pon_index(name: PonName) -> int:
    """Index of a PON port."""
    return 0x10000000 | name.slot << 16 | name.pon << 8


def configured(read: Reader) -> Callable[[Ont], bytes | None]:
    """``read`` for configured ONUs; the others have no row."""
    return lambda ont: read(ont) if ont.state.provisioned else None


def columns(found: Places) -> list[Column[Any]]:
    """Every column of the tree."""
    strangers = RowSet(((pon_index(one.pon.state.name), one.number), one) for one in found.found)
    onus = RowSet(((pon_index(ont.state.name.pon_name), ont.state.name.ont), ont) for ont in found.onts)
    ports = RowSet(((pon_index(ont.state.name.pon_name), ont.state.name.ont, 1), ont) for ont in found.onts)
    return [
        *(Column(prefix, onus, configured(read)) for prefix, read in _by_onu()),
        *(Column(prefix, ports, configured(read)) for prefix, read in _by_port()),
        Column((*_UNCONFIGURED, 2), strangers, lambda one: octets(one.serial.octets) if one.serial else None),
    ]


def _by_onu() -> list[tuple[tuple[int, ...], Reader]]:
    return [
        ((*_ONU, 2), lambda ont: text(f"ONU-{ont.state.name.ont}")),
        ((*_ONU, 3), lambda _: text("")),
        ((*_ONU, 5), lambda ont: octets(ont.state.serial.octets)),
        ((*_ONU, 17), lambda ont: integer(_ENABLED if ont.state.admin_up else _DISABLED)),
        ((*_STATE, 4), lambda ont: integer(phase(ont))),
        ((*_STATE, 5), lambda ont: octets(date_and_time(ont.state.last_up_at, zone=False))),
        ((*_STATE, 6), lambda ont: octets(date_and_time(ont.state.last_down_at, zone=False))),
        ((*_STATE, 7), lambda ont: integer(cause(ont))),
        ((*_VERSION, 1), lambda ont: text(ont.state.serial.vendor_id)),
        ((*_VERSION, 2), lambda ont: octets(ont.state.firmware_active.rstrip(b"\0"))),
        ((*_VERSION, 3), lambda ont: text(str(ont.state.serial))),
        ((*_VERSION, 9), lambda ont: text(ont.state.equipment_id)),
        ((*_RANGING, 2), lambda ont: integer(distance(ont))),
        ((*_OLT_RX, 2), lambda ont: integer(olt_level(ont))),
    ]


def _by_port() -> list[tuple[tuple[int, ...], Reader]]:
    return [
        ((*_OPTICS, 10), lambda ont: integer(onu_level(ont, ont.state.rx_dbm))),
        ((*_OPTICS, 14), lambda ont: integer(onu_level(ont, ont.state.tx_dbm))),
        ((*_OPTICS, 17), lambda ont: integer(NO_LEVEL if ont.ddm is None else round(ont.ddm.voltage_v * 50))),
        ((*_OPTICS, 19), lambda ont: integer(NO_LEVEL if ont.ddm is None else ont.ddm.temperature_c * 256)),
        ((*_UNI, 5), lambda ont: integer(_ENABLED if ont.state.uni_admin_up else _DISABLED)),
        ((*_UNI, 6), lambda ont: integer(UP if ont.state.uni_up and ont.managed else DOWN)),
        ((*_UNI, 7), lambda ont: integer(rate(ont))),
    ]
