"""PON-side tables of the simulated ISAM: ONTs, their alarms, optics and Ethernet ports, PON lasers, ranging.

Their MIB is not public; objects, scales and sentinels are those that public pollers of live OLTs use.
"""

from __future__ import annotations

from typing import Any

from domain.states import EthernetRate, Negotiation, OntAlarm
from simulators.snmp.ber import COUNTER32, integer, octets, text, unsigned
from simulators.snmp.isam_index import uni_slot
from simulators.snmp.isam_rows import UNI_PORT, Inventory, OntRow, PonRow, UniRow
from simulators.snmp.mib import Column, RowSet

_PON_MIB = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35)
ONT_ENTRY = (*_PON_MIB, 10, 1, 1)
ONT_STATUS_ENTRY = (*_PON_MIB, 10, 4, 1)
ONT_OPTICS_ENTRY = (*_PON_MIB, 10, 14, 1)
OLT_RX_ENTRY = (*_PON_MIB, 10, 18, 1)
PON_OPTICS_ENTRY = (*_PON_MIB, 11, 9, 1)
DISCOVERED_ENTRY = (*_PON_MIB, 11, 3, 1)  # C: its index is in no source; port and a number
RANGING_ENTRY = (*_PON_MIB, 11, 4, 1)
UNI_CONFIG_ENTRY = (*_PON_MIB, 13, 2, 1)
UNI_STATUS_ENTRY = (*_PON_MIB, 13, 6, 1)

ONT_OPTICS_INVALID = 32768
INVALID = 65534  # OLT receive level, PON laser, distance

_ACTIVE, _NOT_IN_SERVICE = 1, 2  # RFC 2579 RowStatus
_REINIT_IDLE = 2
_NOT_RANGED, _RANGED, _MANUAL_OFF = 0, 1, 2

_ALARM_BITS = {  # bit n has the value 1 << (n - 1)
    OntAlarm.LOS: 1,
    OntAlarm.LOA: 2,
    OntAlarm.LCDG: 4,
    OntAlarm.PEE: 6,
    OntAlarm.SUF: 7,
    OntAlarm.SD: 9,
    OntAlarm.DISABLED: 12,
    OntAlarm.MEM: 13,
    OntAlarm.INACTIVE: 15,
    OntAlarm.LOF: 16,
    OntAlarm.SF: 17,
    OntAlarm.DG: 18,
    OntAlarm.DF: 19,
    OntAlarm.LOAM: 20,
    OntAlarm.DOW: 21,
    OntAlarm.RDI: 22,
    OntAlarm.LOK: 24,
}

ACTUAL_RATE = {  # ITU-T G.988 9.5.1, configuration indication
    EthernetRate.NONE: 0x00,
    EthernetRate.TEN: 0x01,
    EthernetRate.HUNDRED: 0x02,
    EthernetRate.GIGABIT: 0x03,
    EthernetRate.TEN_GIGABIT: 0x04,
    EthernetRate.TEN_HALF: 0x11,
    EthernetRate.HUNDRED_HALF: 0x12,
    EthernetRate.GIGABIT_HALF: 0x13,
}
AUTO_RATE = 0x00  # ITU-T G.988 9.5.1, auto detection configuration; the forced rates are numbered as above but for 10G
FORCED_RATE = {**ACTUAL_RATE, EthernetRate.TEN_GIGABIT: 0x05, EthernetRate.NONE: 0x03}  # no link: C, forced to gigabit


def columns(inventory: Inventory) -> list[Column[Any]]:
    """The columns of these groups."""
    return [*_ont_tables(inventory), *_pon_tables(inventory), *_uni_tables(inventory)]


def _ont_tables(inventory: Inventory) -> list[Column[Any]]:
    onts = RowSet(((row.index,), row) for row in inventory.onts)
    return [
        Column((*ONT_ENTRY, 2), onts, lambda row: integer(_ACTIVE if row.state.provisioned else _NOT_IN_SERVICE)),
        Column((*ONT_ENTRY, 5), onts, lambda row: octets(row.state.serial.octets)),
        Column((*ONT_ENTRY, 9), onts, lambda row: octets(row.state.firmware_active)),
        Column((*ONT_ENTRY, 10), onts, lambda row: octets(row.state.firmware_standby)),
        Column((*ONT_ENTRY, 11), onts, lambda row: octets(row.state.firmware_planned)),
        Column((*ONT_ENTRY, 17), onts, lambda _: integer(_REINIT_IDLE)),
        Column((*ONT_ENTRY, 24), onts, lambda _: text("")),
        Column((*ONT_ENTRY, 26), onts, lambda row: text(row.state.equipment_id)),
        Column((*ONT_STATUS_ENTRY, 2), onts, lambda row: integer(alarm_bitmap(row.state.alarms))),
        Column((*ONT_STATUS_ENTRY, 3), onts, _distance),
        Column((*ONT_OPTICS_ENTRY, 2), onts, lambda row: _optics(row, row.state.rx_dbm)),
        Column((*ONT_OPTICS_ENTRY, 4), onts, lambda row: _optics(row, row.state.tx_dbm)),
        Column((*OLT_RX_ENTRY, 2), onts, lambda row: _tenths(row.state.olt_rx_dbm if row.oper_up else None)),
    ]


def _pon_tables(inventory: Inventory) -> list[Column[Any]]:
    pons: RowSet[PonRow] = RowSet(((row.index,), row) for row in inventory.pons)
    onts = RowSet(((row.pon_index, row.state.name.ont), row) for row in inventory.onts)
    strangers = RowSet(((index, one.number), one) for index, one in inventory.strangers)
    return [
        Column((*RANGING_ENTRY, 3), onts, lambda row: unsigned(COUNTER32, row.state.errors_up & 0xFFFFFFFF)),
        Column((*RANGING_ENTRY, 4), onts, lambda row: unsigned(COUNTER32, row.state.errors_down & 0xFFFFFFFF)),
        Column((*RANGING_ENTRY, 5), onts, _ranging),
        Column((*PON_OPTICS_ENTRY, 2), pons, lambda row: _tenths(row.tx_dbm)),
        Column((*DISCOVERED_ENTRY, 3), strangers, lambda one: octets(one.serial.octets)),
    ]


def _uni_tables(inventory: Inventory) -> list[Column[Any]]:
    unis = RowSet(((row.ont.index, uni_slot(row.state.uni_card, UNI_PORT)), row) for row in inventory.unis)
    return [
        Column((*UNI_CONFIG_ENTRY, 5), unis, _configured_rate),
        Column((*UNI_STATUS_ENTRY, 3), unis, _actual_rate),
    ]


def alarm_bitmap(alarms: frozenset[OntAlarm]) -> int:
    """The alarms as one number, 0 when there is none."""
    return sum(1 << (_ALARM_BITS[alarm] - 1) for alarm in alarms)


def _optics(row: OntRow, level_dbm: float | None) -> bytes:
    """A level in steps of 0.002 dBm, as OMCI gives it (ITU-T G.988 9.2.1); none is got from an ONT that is down."""
    if level_dbm is None or not row.oper_up:
        return integer(ONT_OPTICS_INVALID)
    return integer(round(level_dbm * 500))


def _tenths(level_dbm: float | None) -> bytes:
    """A level in steps of 0.1 dBm."""
    return integer(INVALID if level_dbm is None else round(level_dbm * 10))


def _distance(row: OntRow) -> bytes:
    """Distance in steps of 100 m; only a ranged ONT has one."""
    return integer(round(row.state.distance_m / 100) if row.oper_up else INVALID)


def _ranging(row: OntRow) -> bytes:
    if not row.state.admin_up:
        return integer(_MANUAL_OFF)
    return integer(_RANGED if row.oper_up else _NOT_RANGED)


def _configured_rate(row: UniRow) -> bytes:
    if row.state.uni_negotiation is Negotiation.AUTO:
        return integer(AUTO_RATE)
    return integer(FORCED_RATE[row.state.uni_rate])


def _actual_rate(row: UniRow) -> bytes:
    return integer(ACTUAL_RATE[row.state.uni_rate if row.oper_up else EthernetRate.NONE])
