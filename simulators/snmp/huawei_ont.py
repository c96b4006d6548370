"""ONT tables of a Huawei MA5600T / MA5800 (HUAWEI-XPON-MIB V2.14). Rows: ``ifIndex.ontId``, ONTs counted from 0.

A row exists for every configured ONT, on line or not: what cannot be measured reads 2147483647 (optics) or −1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.states import DownCause, EthernetRate, Negotiation, OntAlarm
from simulators.plant.state import PonState
from simulators.snmp.ber import COUNTER64, integer, octets, text, unsigned
from simulators.snmp.mib import Column, RowSet
from simulators.snmp.places import DOWN, UP, Ont, Places, date_and_time

_XPON = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1)
_CONFIG = (*_XPON, 2, 43, 1)
_VERSIONS = (*_XPON, 2, 45, 1)
_STATUS = (*_XPON, 2, 46, 1)
_AUTOFIND = (*_XPON, 2, 48, 1)
_ALARMS = (*_XPON, 2, 50, 1)
_OPTICS = (*_XPON, 2, 51, 1)
_UNI = (*_XPON, 2, 62, 1)
_TRAFFIC = (*_XPON, 4, 23, 1)
_ERRORS = (*_XPON, 4, 27, 1)

_NO_READING = 2147483647
_INVALID = -1
_ACTIVE_ROW = 1  # RFC 2579 RowStatus
_INITIAL, _NORMAL, _FAILED = 1, 2, 3  # configuration state
_NEVER_DOWN = -1
_LOS, _LOSI, _DEACTIVATED, _DYING_GASP, _REFUSED = 1, 2, 8, 13, 35  # hwGponDeviceOntLastDownCause
_CAUSES = {DownCause.DEACTIVATED: _DEACTIVATED, DownCause.AUTHENTICATION_FAILED: _REFUSED}
_PACKET_BYTES = 800  # C: mean size of a packet, for counters that move together
_ALARM_PLACES = {1: OntAlarm.SD, 2: OntAlarm.SF, 3: OntAlarm.DOW, 4: OntAlarm.LOS, 5: OntAlarm.RDI}
_SPEED = {EthernetRate.TEN: 1, EthernetRate.HUNDRED: 2, EthernetRate.GIGABIT: 3, EthernetRate.TEN_GIGABIT: 8}
_SPEED |= {EthernetRate.TEN_HALF: 1, EthernetRate.HUNDRED_HALF: 2, EthernetRate.GIGABIT_HALF: 3}
_RESOLVED = {1: 5, 2: 6, 3: 7, 8: 8}  # the same rate, reached by negotiation
_AUTO = 4
_HALF = frozenset({EthernetRate.TEN_HALF, EthernetRate.HUNDRED_HALF, EthernetRate.GIGABIT_HALF})


def columns(found: Places, if_index: Callable[[PonState], int]) -> list[Column[Any]]:
    """Every column about ONTs."""
    onts = RowSet(((if_index(ont.pon.state), ont.state.name.ont), ont) for ont in found.onts)
    unis = RowSet(((if_index(ont.pon.state), ont.state.name.ont, 1), ont) for ont in found.onts)
    strangers = RowSet(((if_index(one.pon.state), one.number), one) for one in found.found)
    groups = [*_identity(), *_status(), *_optics(), *_counters()]
    return [
        *(Column(prefix, onts, _configured(read)) for prefix, read in groups),
        *(Column(prefix, unis, _configured(read)) for prefix, read in _user_port()),
        Column((*_AUTOFIND, 2), strangers, lambda one: octets(one.serial.octets) if one.serial else None),
    ]


_Reader = Callable[[Ont], bytes]
_Group = list[tuple[tuple[int, ...], _Reader]]


def _configured(read: _Reader) -> Callable[[Ont], bytes | None]:
    return lambda ont: read(ont) if ont.state.provisioned else None


def _identity() -> _Group:
    return [
        ((*_CONFIG, 3), lambda ont: octets(ont.state.serial.octets)),
        ((*_CONFIG, 4), lambda ont: text(ont.state.password)),
        ((*_CONFIG, 7), lambda _: text("line-ftth")),
        ((*_CONFIG, 8), lambda _: text("srv-ftth")),
        ((*_CONFIG, 9), lambda _: text("ONT_NO_DESCRIPTION")),
        ((*_CONFIG, 10), lambda _: integer(_ACTIVE_ROW)),
        ((*_CONFIG, 13), lambda _: text("")),
        ((*_CONFIG, 14), lambda _: text("")),
        ((*_VERSIONS, 1), lambda ont: text(ont.state.hardware)),
        ((*_VERSIONS, 4), lambda ont: text(ont.state.equipment_id)),
        ((*_VERSIONS, 5), lambda ont: octets(ont.state.firmware_active.rstrip(b"\0"))),
        ((*_VERSIONS, 6), lambda ont: octets(ont.state.firmware_standby.rstrip(b"\0"))),
    ]


def _status() -> _Group:
    return [
        ((*_STATUS, 1), lambda ont: integer(1 if ont.state.admin_up else 2)),
        ((*_STATUS, 15), lambda ont: integer(UP if ont.up else DOWN)),
        ((*_STATUS, 16), lambda ont: integer((_NORMAL if ont.managed else _FAILED) if ont.up else _INITIAL)),
        ((*_STATUS, 18), lambda ont: integer(2 if ont.up else 1)),  # match, initial
        ((*_STATUS, 20), lambda ont: integer(round(ont.state.distance_m) if ont.up else _INVALID)),
        ((*_STATUS, 22), lambda ont: octets(date_and_time(ont.state.last_up_at, zone=True))),
        ((*_STATUS, 23), lambda ont: octets(date_and_time(ont.state.last_down_at, zone=True))),
        ((*_STATUS, 24), _down_cause),
        ((*_STATUS, 25), lambda ont: octets(date_and_time(ont.state.last_gasp_at, zone=True))),
        ((*_STATUS, 29), lambda ont: integer(round(ont.state.distance_m))),
        ((*_STATUS, 30), lambda ont: octets(ont.state.serial.octets if ont.up else b"")),
    ]


def down_cause(ont: Ont) -> int:
    """Why the ONT went down last: its dying gasp, else loss of its signal, or of the signals of its whole port."""
    if ont.state.last_down_at is None:
        return _NEVER_DOWN
    if ont.gasped:
        return _DYING_GASP
    if ont.state.down_cause is not None:
        return _CAUSES.get(ont.state.down_cause, _LOSI)
    return _LOSI if ont.pon.up else _LOS


def _down_cause(ont: Ont) -> bytes:
    return integer(down_cause(ont))


def _optics() -> _Group:
    return [
        ((*_OPTICS, 1), lambda ont: integer(_NO_READING if ont.ddm is None else ont.ddm.temperature_c)),
        ((*_OPTICS, 2), lambda ont: integer(_NO_READING if ont.ddm is None else ont.ddm.bias_ma)),
        ((*_OPTICS, 3), lambda ont: _hundredths(ont, ont.state.tx_dbm)),
        ((*_OPTICS, 4), lambda ont: _hundredths(ont, ont.state.rx_dbm)),
        ((*_OPTICS, 5), lambda ont: integer(_NO_READING if ont.ddm is None else round(ont.ddm.voltage_v * 1000))),
        ((*_OPTICS, 6), lambda ont: _hundredths(ont, ont.state.olt_rx_dbm, offset=10000)),
    ]


def _hundredths(ont: Ont, level_dbm: float | None, offset: int = 0) -> bytes:
    if level_dbm is None or not ont.up:
        return integer(_NO_READING)
    return integer(round(level_dbm * 100) + offset)


def _counters() -> _Group:
    alarms: _Group = [((*_ALARMS, place), _alarm(alarm)) for place, alarm in _ALARM_PLACES.items()]
    return [
        *alarms,
        ((*_TRAFFIC, 1), lambda ont: unsigned(COUNTER64, ont.state.bytes_up // _PACKET_BYTES)),
        ((*_TRAFFIC, 2), lambda ont: unsigned(COUNTER64, ont.state.bytes_down // _PACKET_BYTES)),
        ((*_TRAFFIC, 3), lambda ont: unsigned(COUNTER64, ont.state.bytes_up)),
        ((*_TRAFFIC, 4), lambda ont: unsigned(COUNTER64, ont.state.bytes_down)),
        ((*_ERRORS, 3), lambda ont: unsigned(COUNTER64, ont.state.errors_up)),
        ((*_ERRORS, 4), lambda ont: unsigned(COUNTER64, ont.state.errors_down)),
        ((*_ERRORS, 5), lambda ont: unsigned(COUNTER64, ont.state.fec_corrected)),
        ((*_ERRORS, 6), lambda ont: unsigned(COUNTER64, ont.state.fec_lost)),
        *(((*_ERRORS, place), lambda _: unsigned(COUNTER64, 0)) for place in (7, 8)),
    ]


def _alarm(alarm: OntAlarm) -> _Reader:
    return lambda ont: integer(2 if alarm in ont.state.alarms else 1)


def _user_port() -> _Group:
    return [
        ((*_UNI, 2), lambda ont: integer(1 if ont.state.uni_negotiation is Negotiation.AUTO else 2)),
        ((*_UNI, 3), _duplex),
        ((*_UNI, 4), _speed),
        ((*_UNI, 22), lambda ont: integer((UP if ont.state.uni_up else DOWN) if ont.managed else _INVALID)),
    ]


def _speed(ont: Ont) -> bytes:
    if not ont.managed:
        return integer(_INVALID)
    rate = _SPEED.get(ont.state.uni_rate)
    auto = ont.state.uni_negotiation is Negotiation.AUTO
    if rate is None:
        return integer(_AUTO if auto else _SPEED[EthernetRate.GIGABIT])
    return integer(_RESOLVED[rate] if auto else rate)


def _duplex(ont: Ont) -> bytes:
    """1 half, 2 full, 3 auto, 4 and 5 half and full by negotiation."""
    if not ont.managed:
        return integer(_INVALID)
    auto = ont.state.uni_negotiation is Negotiation.AUTO
    if ont.state.uni_rate is EthernetRate.NONE:
        return integer(3 if auto else 2)
    return integer((4 if auto else 1) if ont.state.uni_rate in _HALF else (5 if auto else 2))
