"""ONU tables of tree 3902.1082.500, from V2.1 on and alone on C600: ``0x11010000 | slot << 8 | pon`` from 1, ONU."""

from __future__ import annotations

from typing import Any

from domain.identifiers import PonName
from simulators.snmp.ber import integer, octets, text
from simulators.snmp.mib import Column, RowSet
from simulators.snmp.places import Ont, Places, date_and_time
from simulators.snmp.zte_1012 import Reader, configured
from simulators.snmp.zte_onu import cause, distance, olt_level, onu_level, phase

_TREE = (1, 3, 6, 1, 4, 1, 3902, 1082, 500)
_ONU = (*_TREE, 10, 2, 3, 3, 1)
_STATE = (*_TREE, 10, 2, 3, 8, 1)
_RANGING = (*_TREE, 10, 2, 3, 10, 1)
_VERSION = (*_TREE, 20, 2, 1, 2, 1)
_OPTICS = (*_TREE, 20, 2, 2, 2, 1)
_OLT_RX = (*_TREE, 1, 2, 4, 2, 1)
_UNCONFIGURED = (*_TREE, 2, 2, 11, 2, 1)

_ENABLED, _DISABLED = 1, 2


def pon_index(name: PonName) -> int:
    """Index of a PON port."""
    return 0x11010000 | name.slot << 8 | name.pon


def columns(found: Places, *, typed_serial: bool) -> list[Column[Any]]:
    """Every column of the tree; ``typed_serial`` for the builds that write ``1,HWTC0172629D``."""
    strangers = RowSet(((pon_index(one.pon.state.name), one.number), one) for one in found.found)
    onus = RowSet(((pon_index(ont.state.name.pon_name), ont.state.name.ont), ont) for ont in found.onts)
    modules = RowSet(((pon_index(ont.state.name.pon_name), ont.state.name.ont, 1), ont) for ont in found.onts)

    def serial(ont: Ont) -> bytes:
        return text(f"1,{ont.state.serial}") if typed_serial else octets(ont.state.serial.octets)

    optics: list[tuple[tuple[int, ...], Reader]] = [
        ((*_OPTICS, 10), lambda ont: integer(onu_level(ont, ont.state.rx_dbm))),
        ((*_OPTICS, 14), lambda ont: integer(onu_level(ont, ont.state.tx_dbm))),
    ]
    return [
        *(Column(prefix, onus, configured(read)) for prefix, read in (((*_ONU, 18), serial), *_by_onu())),
        *(Column(prefix, modules, configured(read)) for prefix, read in optics),
        Column((*_UNCONFIGURED, 2), strangers, lambda one: octets(one.serial.octets) if one.serial else None),
    ]


def _by_onu() -> list[tuple[tuple[int, ...], Reader]]:
    return [
        ((*_ONU, 2), lambda ont: text(f"ONU-{ont.state.name.ont}")),
        ((*_ONU, 3), lambda _: text("")),
        ((*_STATE, 1), lambda ont: integer(_ENABLED if ont.state.admin_up else _DISABLED)),
        ((*_STATE, 4), lambda ont: integer(phase(ont) + 1)),  # tree 1082 counts phases from 1
        ((*_STATE, 5), lambda ont: octets(date_and_time(ont.state.last_up_at, zone=False))),
        ((*_STATE, 6), lambda ont: octets(date_and_time(ont.state.last_down_at, zone=False))),
        ((*_STATE, 7), lambda ont: integer(cause(ont))),
        ((*_RANGING, 2), lambda ont: integer(distance(ont))),
        ((*_VERSION, 1), lambda ont: text(ont.state.serial.vendor_id)),
        ((*_VERSION, 2), lambda ont: octets(ont.state.firmware_active.rstrip(b"\0"))),
        ((*_VERSION, 3), lambda ont: text(str(ont.state.serial))),
        ((*_VERSION, 8), lambda ont: text(ont.state.equipment_id)),
        ((*_OLT_RX, 2), lambda ont: integer(olt_level(ont))),
    ]
