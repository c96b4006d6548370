"""An OLT of the fleet as a ZTE C600: the same tables as `simulators.snmp.zte` in that dialect, a column at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulators.fleet.model import Olt
from simulators.fleet.shapes import (
    CONTROL_SLOT,
    Group,
    Model,
    board_types,
    dates,
    distance,
    firmware,
    gasped,
    is_xgs,
    model,
    module,
    number,
    numbered,
    of_ont,
    per_board,
    port_names,
    rows,
    scaled,
    serial_texts,
    slots,
    specs,
    system,
    text,
    zeros,
)
from simulators.fleet.tables import Changes, Family, VendorTables
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers, texts, unsigned
from simulators.snmp.ber import GAUGE32, TIMETICKS

MODELS: tuple[Model, ...] = (
    (b"ZTEG", b"F601", b"V6.0.1P1T12", b"V6.0.1P1T8", b"V6.0"),
    (b"ZTEG", b"F660", b"V7.0.10P6T7", b"V7.0.10P3T2", b"V7.0"),
    (b"ZTEG", b"F612", b"V6.0.10P2N3", b"V6.0.10P1N8", b"V6.0"),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", b"F5670.1"),
)
DESCR = b"ZXA10 C600, ZTE ZXA10 Software Version: V1.2.2 (simulated fleet)"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"GFGH", b"GFXH", b"SFUQ"

_ZTE = (1, 3, 6, 1, 4, 1, 3902, 1082)
_CARD, _MODULE, _FEC = (*_ZTE, 10, 1, 2, 4, 1), (*_ZTE, 30, 40, 2, 4, 1), (*_ZTE, 500, 4, 2, 1, 2, 1)
_IF, _IF_X = (1, 3, 6, 1, 2, 1, 2, 2, 1), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_ONU, _STATE, _RANGING = (*_ZTE, 500, 10, 2, 3, 3, 1), (*_ZTE, 500, 10, 2, 3, 8, 1), (*_ZTE, 500, 10, 2, 3, 10, 1)
_VERSION, _OPTICS, _OLT_RX = (*_ZTE, 500, 20, 2, 1, 2, 1), (*_ZTE, 500, 20, 2, 2, 2, 1), (*_ZTE, 500, 1, 2, 4, 2, 1)

_SHELF, _NO_READING, _NO_LEVEL, _NO_LIGHT = 1, 2147483647, 65535, -80000
_LOS, _WORKING, _DYING_GASP, _OFFLINE = 2, 4, 5, 7  # phases, which this tree counts from 1
_NONE, _CAUSE_LOS, _CAUSE_LOSI, _POWER_OFF = 1, 2, 3, 9
_LINE_CODE, _CONTROL_CODE = 599041, 590090
_IN_SERVICE, _FAULTY = 1, 9


def _ports(olt: Olt) -> Ints:
    return 0x11010000 | olt.topology.pon_slot << 8 | olt.topology.pon_pon


def _families(olt: Olt) -> dict[str, Family]:
    t, pons = olt.topology, _ports(olt)
    boards, ones = np.array(slots(olt)), np.ones_like(t.ont)
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "board": Family([np.ones_like(boards), np.ones_like(boards), boards]),
        "pon": Family([pons]),
        "ont": Family([pons[t.port], t.ont]),
        "module": Family([pons[t.port], t.ont, ones]),
    }


def _phase(olt: Olt) -> Field:
    dark = np.where(olt.lit_ports()[olt.topology.port], _LOS, _OFFLINE)
    return integers(np.where(olt.up, _WORKING, np.where(gasped(olt), _DYING_GASP, dark)))


def _cause(olt: Olt) -> Field:
    silent = np.where(olt.pon_up[olt.topology.port], _CAUSE_LOSI, _CAUSE_LOS)
    return integers(np.where(olt.last_down_us == 0, _NONE, np.where(gasped(olt), _POWER_OFF, silent)))


def _codes(olt: Olt) -> Field:
    return integers(np.where(np.array(slots(olt)) == CONTROL_SLOT, _CONTROL_CODE, _LINE_CODE))


def _port_counts(olt: Olt) -> Field:
    found, counts = np.unique(olt.topology.pon_slot, return_counts=True)
    held = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return integers(np.array([held.get(slot, 3) for slot in slots(olt)]))


def _board_serials(olt: Olt) -> Field:
    own = {slot: b"SIM%05d%03d" % (olt.number, 0 if slot == CONTROL_SLOT else slot) for slot in slots(olt)}
    return texts(list(own.values()), np.arange(len(own)))


def _either(gpon: int, xgs: int) -> Callable[[Olt], Field]:
    return lambda olt: unsigned(GAUGE32, np.full(rows(olt, "pon"), xgs if is_xgs(olt) else gpon))


def _chassis() -> dict[str, list[Group]]:
    never, state = Changes.NEVER, Changes.WITH_STATE
    boards = {
        2: (never, _codes),
        4: (never, board_types(GPON_BOARD, XGS_BOARD, CONTROL_BOARD)),
        5: (state, per_board(_IN_SERVICE, _FAULTY)),
        7: (never, _port_counts),
        9: (state, per_board(14, 0)),
        11: (state, per_board(26, 0)),
        14: (never, _board_serials),
    }
    interfaces = {
        2: (never, text("pon", lambda _: b"")),
        3: (never, number("pon", 250)),
        5: (never, _either(2_488_320_000, 0xFFFFFFFF)),
        7: (never, number("pon", 1)),
        8: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        9: (never, lambda olt: unsigned(TIMETICKS, np.zeros(rows(olt, "pon"), np.int64))),
    }
    named = {
        1: (never, port_names(lambda olt: b"xgpon_1/%d/%d" if is_xgs(olt) else b"gpon_1/%d/%d")),
        15: (never, _either(2488, 9953)),
        18: (never, text("pon", lambda _: b"")),
    }
    modules = {
        2: (never, number("pon", _NO_READING)),
        3: (Changes.WITH_LIGHT, scaled(lambda olt: olt.light.pon_tx_dbm, 1000, 0, _NO_READING)),
        5: (state, module(_SHELF, _bias, _NO_READING)),
        6: (state, module(_SHELF, lambda spread, _: 3210 + spread // 15 % 10 * 10, _NO_READING)),
        7: (never, lambda olt: integers(np.full(rows(olt, "pon"), 1577 if is_xgs(olt) else 1490))),
        8: (state, module(_SHELF, lambda spread, _: 28_000 + spread % 15 * 1000, _NO_READING)),
    }
    errors = dict.fromkeys((71, 72), (never, zeros("pon")))
    return {
        "scalar": [system(DESCR, (*_ZTE, 1001, 600, 2, 1), tick=100)],
        "board": [(_CARD, boards)],
        "pon": [(_IF, interfaces), (_IF_X, named), (_MODULE, modules), (_FEC, errors)],
    }


def _bias(spread: Ints, olt: Olt) -> Ints:
    return np.where(olt.lit_ports(), 15_000 + spread // 299 % 12 * 1000, 0)


def _onts() -> list[Group]:
    never, state = Changes.NEVER, Changes.WITH_STATE
    configured = {
        2: (never, numbered(b"ONU-")),
        3: (never, text("ont", lambda _: b"")),
        18: (never, serial_texts(MODELS, b"1,")),
    }
    states = {
        1: (never, number("ont", 1)),
        4: (state, _phase),
        5: (state, lambda olt: dates(olt.last_up_us, zone=False)),
        6: (state, lambda olt: dates(olt.last_down_us, zone=False)),
        7: (state, _cause),
    }
    versions = {
        1: (never, model(MODELS, 0)),
        2: (never, firmware(MODELS, active=True)),
        3: (never, serial_texts(MODELS)),
        8: (never, model(MODELS, 1)),
    }
    ranging = {2: (state, lambda olt: integers(np.where(olt.up, distance(olt), 0)))}
    heard = {2: (Changes.WITH_LIGHT, scaled(of_ont(lambda olt: olt.light.olt_rx_dbm), 1000, 0, _NO_LIGHT))}
    return [(_ONU, configured), (_STATE, states), (_VERSION, versions), (_RANGING, ranging), (_OLT_RX, heard)]


_LEVELS = {
    10: (Changes.WITH_LIGHT, scaled(of_ont(lambda olt: olt.light.ont_rx_dbm), 500, 30, _NO_LEVEL)),
    14: (Changes.WITH_LIGHT, scaled(of_ont(lambda olt: olt.light.ont_tx_dbm), 500, 30, _NO_LEVEL)),
}

TABLES = VendorTables(
    _families,
    specs(_chassis() | {"ont": _onts(), "module": [(_OPTICS, _LEVELS)]}, slow=(_OPTICS, _MODULE, _OLT_RX)),
)
