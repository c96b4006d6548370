"""An OLT of the fleet as a FiberHome AN5516: the same tables as `simulators.snmp.fiberhome`, a column at a time."""

from __future__ import annotations

import numpy as np

from domain.states import EthernetRate
from simulators.fleet.kinds import RATES
from simulators.fleet.model import Olt
from simulators.fleet.setting import restart, set_pon, set_uni, switch
from simulators.fleet.shapes import (
    Group,
    Model,
    board_types,
    by_rate,
    configured,
    distance,
    firmware,
    gasped,
    model,
    module,
    number,
    numbered,
    ont_module,
    per_board,
    pon_admin,
    port_names,
    scaled,
    serial_texts,
    silent,
    slots,
    specs,
    system,
    text,
    uni_admin,
    up,
)
from simulators.fleet.tables import Changes, Family, VendorTables, Words
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers

MODELS: tuple[Model, ...] = (
    (b"FHTT", b"HG6145F", b"RP2602", b"RP2520", b"WKE2.094.331"),
    (b"FHTT", b"AN5506-01-A", b"RP2617", b"RP2511", b"WKE2.094.277"),
    (b"FHTT", b"HG6240A", b"RP2633", b"RP2601", b"WKE2.094.304"),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", b"F5670.1"),
)
DESCR = b"AN5516-01 (simulated fleet)"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"GC8B", b"XGPA", b"HSWA"
BOARDS = (GPON_BOARD.decode(), XGS_BOARD.decode(), CONTROL_BOARD.decode())
PASSWORD = b"0"  # every ONT of a fleet authenticates by serial number

_FIBERHOME = (1, 3, 6, 1, 4, 1, 5875, 800)
_COMMON = (*_FIBERHOME, 3)
_CARD, _PON, _UNI = (*_COMMON, 9, 2, 1, 1), (*_COMMON, 9, 3, 4, 1), (*_COMMON, 9, 3, 1, 1)
_OPTICS, _OLT_RX = (*_COMMON, 9, 3, 3, 1), (*_COMMON, 9, 3, 7, 1)
_SET_UNI, _SET_PON = (*_COMMON, 2, 2, 1), (*_COMMON, 2, 3, 1)
_LENGTH, _ONU = (*_COMMON, 9, 6, 1, 1), (*_COMMON, 10, 1, 1)

_SHELF, _NO_READING = 1, 0
_CUT, _ONLINE, _POWER_CUT, _OFFLINE = 0, 1, 2, 3
_TEN, _HUNDRED, _GIGABIT = 0, 1, 2
_SPEED = dict(zip(RATES, (_GIGABIT, _TEN, _TEN, _HUNDRED, _HUNDRED, _GIGABIT), strict=True))
_HALF = frozenset({EthernetRate.TEN_HALF, EthernetRate.HUNDRED_HALF, EthernetRate.GIGABIT_HALF})
_FULL = {rate: int(rate not in _HALF) for rate in RATES}


def _ports(olt: Olt) -> Ints:
    return olt.topology.pon_slot << 25 | olt.topology.pon_pon << 19


def _families(olt: Olt) -> dict[str, Family]:
    t, pons = olt.topology, _ports(olt)
    onus, there = pons[t.port] | t.ont << 8, ~olt.wrong.unprovisioned
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "board": Family([np.array(slots(olt))]),
        "pon": Family([pons]),
        "ont": Family([onus], there),
        "uni": Family([onus | 1], there),
        "pair": Family([pons[t.port], t.ont], there),
    }


def _status(olt: Olt) -> Field:
    dark = np.where(silent(olt), _CUT, _OFFLINE)
    return integers(np.where(olt.up, _ONLINE, np.where(gasped(olt), _POWER_CUT, dark)))


def _boards() -> list[Group]:
    state = Changes.WITH_STATE
    types = board_types(GPON_BOARD, XGS_BOARD, CONTROL_BOARD)
    return [
        (_CARD, {2: (Changes.NEVER, types), 5: (state, per_board(1, 0)), 8: (state, per_board(12, 0)),
                 9: (state, per_board(34, 0))}),
    ]  # fmt: skip


def _pons() -> list[Group]:
    never, state = Changes.NEVER, Changes.WITH_STATE
    return [
        (_PON, {
            2: (never, port_names(lambda _: b"PON %d/%d")),
            4: pon_admin(0),
            5: (state, lambda olt: integers(np.where(olt.pon_up, 1, 0))),
            8: (Changes.WITH_LIGHT, scaled(lambda olt: olt.light.pon_tx_dbm, 100, 0, _NO_READING)),
            9: (state, module(_SHELF, lambda figures: figures.voltage_v * 100, _NO_READING)),
            10: (Changes.WITH_LIGHT, module(_SHELF, lambda figures: figures.bias_ma * 100, _NO_READING)),
            11: (Changes.WITH_LIGHT, module(_SHELF, lambda figures: figures.temperature_c * 100, _NO_READING)),
            12: (state, configured),
        }),
        (_SET_PON, {1: pon_admin(0)}),
    ]  # fmt: skip


def _onts() -> list[Group]:
    never, state, light = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT
    identity = {
        2: (never, lambda olt: integers(olt.topology.slot)),
        3: (never, lambda olt: integers(olt.topology.pon)),
        4: (never, lambda olt: integers(olt.topology.ont)),
        5: (never, model(MODELS, 1)),
        7: (never, numbered(b"ONU-")),
        8: (never, serial_texts(MODELS)),
        9: (never, text("ont", lambda _: PASSWORD)),
        10: (never, serial_texts(MODELS)),
        11: (state, _status),
        12: (state, firmware(MODELS, active=True)),
        13: (never, model(MODELS, 4)),
        15: (never, number("ont", 0)),
    }
    optics = {
        6: (light, scaled(lambda olt: olt.light.ont_rx_dbm, 100, 0, _NO_READING)),
        7: (light, scaled(lambda olt: olt.light.ont_tx_dbm, 100, 0, _NO_READING)),
        8: (state, ont_module(MODELS, lambda figures: figures.voltage_v * 100, _NO_READING)),
        9: (light, ont_module(MODELS, lambda figures: figures.bias_ma * 100, _NO_READING)),
        10: (light, ont_module(MODELS, lambda figures: figures.temperature_c * 100, _NO_READING)),
        11: (state, up(1, 2)),
    }
    length = {1: (state, lambda olt: integers(np.where(olt.up, distance(olt), _NO_READING)))}
    return [(_ONU, identity), (_OPTICS, optics), (_LENGTH, length)]


def _users() -> list[Group]:
    state = Changes.WITH_STATE
    return [(_UNI, {
        3: uni_admin(0),
        4: (state, lambda olt: integers(olt.uni_up)),
        5: (state, lambda olt: integers(by_rate(olt, _SPEED, _GIGABIT))),
        8: (state, lambda olt: integers(by_rate(olt, _FULL, 1))),
        12: (state, lambda olt: integers(~olt.wrong.forced)),
    }), (_SET_UNI, {2: uni_admin(0)})]  # fmt: skip


_RX = {2: (Changes.WITH_LIGHT, scaled(lambda olt: olt.light.olt_rx_dbm, 100, 0, _NO_READING))}

TABLES = VendorTables(
    _families,
    specs(
        {
            "scalar": [system(DESCR, _FIBERHOME)],
            "board": _boards(),
            "pon": _pons(),
            "ont": _onts(),
            "uni": _users(),
            "pair": [(_OLT_RX, _RX)],
        },
        slow=(_OPTICS, _OLT_RX),
        writes={
            (*_ONU, 15): restart,
            (*_SET_UNI, 2): switch(set_uni, 1, 0),
            (*_SET_PON, 1): switch(set_pon, 1, 0),
        },
    ),
    words=Words("fiberhome_an", DESCR.decode(), MODELS, *BOARDS),
)
