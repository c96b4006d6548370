"""An OLT of the fleet as a ZTE C600: the same tables as `simulators.snmp.zte` in that dialect, a column at a time.

What its tree 3902.1082 shares with tree 3902.1012 of older OLTs stands here as functions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulators.fleet.model import REFUSED, Olt
from simulators.fleet.setting import restart, set_ont, switch
from simulators.fleet.shapes import (
    CONTROL_SLOT,
    Column,
    Group,
    Model,
    board_types,
    dates,
    distance,
    firmware,
    found_family,
    found_serials,
    gasped,
    is_xgs,
    model,
    module,
    number,
    numbered,
    per_board,
    pon_admin,
    port_names,
    rows,
    scaled,
    serial_octets,
    serial_texts,
    silent,
    slots,
    specs,
    system,
    text,
    zeros,
)
from simulators.fleet.tables import Changes, Family, VendorTables, Words, Write
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers, octet_strings, texts, unsigned
from simulators.snmp.ber import GAUGE32, TIMETICKS, Oid

MODELS: tuple[Model, ...] = (
    (b"ZTEG", b"F601", b"V6.0.1P1T12", b"V6.0.1P1T8", b"V6.0"),
    (b"ZTEG", b"F660", b"V7.0.10P6T7", b"V7.0.10P3T2", b"V7.0"),
    (b"ZTEG", b"F612", b"V6.0.10P2N3", b"V6.0.10P1N8", b"V6.0"),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", b"F5670.1"),
)
DESCR = b"ZXA10 C600, ZTE ZXA10 Software Version: V1.2.2 (simulated fleet)"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"GFGH", b"GFXH", b"SFUQ"
BOARDS = (GPON_BOARD.decode(), XGS_BOARD.decode(), CONTROL_BOARD.decode())
Boards = tuple[bytes, bytes, bytes]

ZTE = (1, 3, 6, 1, 4, 1, 3902)
_TREE = (*ZTE, 1082)
CARD, MODULE, _FEC = (*_TREE, 10, 1, 2, 4, 1), (*_TREE, 30, 40, 2, 4, 1), (*_TREE, 500, 4, 2, 1, 2, 1)
_IF, _IF_X = (1, 3, 6, 1, 2, 1, 2, 2, 1), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_ONU, _STATE, _RANGING = (*_TREE, 500, 10, 2, 3, 3, 1), (*_TREE, 500, 10, 2, 3, 8, 1), (*_TREE, 500, 10, 2, 3, 10, 1)
_VERSION, OPTICS, OLT_RX = (*_TREE, 500, 20, 2, 1, 2, 1), (*_TREE, 500, 20, 2, 2, 2, 1), (*_TREE, 500, 1, 2, 4, 2, 1)
_UNCONFIGURED, _RESTART = (*_TREE, 500, 2, 2, 11, 2, 1), (*_TREE, 500, 20, 2, 1, 10, 1)
WRITES: dict[Oid, Write] = {(*_STATE, 1): switch(set_ont), (*_RESTART, 1): restart}

_SHELF, _NO_READING, NO_LEVEL, _NO_LIGHT = 1, 2147483647, 65535, -80000
_LOS, _SYNC_MIB, _WORKING, _DYING_GASP, _AUTH_FAILED, _OFFLINE = 1, 2, 3, 4, 5, 6  # tree 1082 counts them from 1
_NONE, _CAUSE_LOS, _CAUSE_LOSI, _POWER_OFF = 1, 2, 3, 9
_CAUSE_BY_HAND = np.array([0, 10, 8, _CAUSE_LOSI])  # by `CAUSES`: deactivated, refused, restarted
_LINE_CODE, _CONTROL_CODE = 599041, 590090
_IN_SERVICE, _FAULTY = 1, 9
_NEVER, _AT_STATE, _AT_LIGHT = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT


def chassis_families(olt: Olt, ports: Ints) -> dict[str, Family]:
    """Families of what has no ONT in its index, ``ports`` being the index of the ports in the IF-MIB."""
    boards = np.array(slots(olt))
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "board": Family([np.ones_like(boards), np.ones_like(boards), boards]),
        "pon": Family([ports]),
    }


def onu_families(olt: Olt, ports: Ints, tree: str) -> dict[str, Family]:
    """Families of the ONU tables of a tree, each with the name of the tree behind its own."""
    t, there = olt.topology, ~olt.wrong.unprovisioned
    on = ports[t.port]
    return {
        f"ont{tree}": Family([on, t.ont], there),
        f"module{tree}": Family([on, t.ont, np.ones_like(t.ont)], there),
        f"found{tree}": found_family(ports, olt),
    }


def ports_1082(olt: Olt) -> Ints:
    """Index of each port in tree 1082, and in the IF-MIB of most firmware."""
    return 0x11010000 | olt.topology.pon_slot << 8 | olt.topology.pon_pon


def _families(olt: Olt) -> dict[str, Family]:
    return chassis_families(olt, ports_1082(olt)) | onu_families(olt, ports_1082(olt), "_1082")


def phase(first: int) -> Column:
    """What each ONU does, in numbers from ``first``."""

    def values(olt: Olt) -> Field:
        down = np.where(olt.alarms & REFUSED, _AUTH_FAILED, np.where(silent(olt), _LOS, _OFFLINE))
        down = np.where(gasped(olt), _DYING_GASP, down)
        return integers(first + np.where(olt.managed, _WORKING, np.where(olt.up, _SYNC_MIB, down)))

    return values


def cause(olt: Olt) -> Field:
    """Why each ONU went down last."""
    lost = np.where(olt.pon_up[olt.topology.port], _CAUSE_LOSI, _CAUSE_LOS)
    why = np.where(olt.cause > 0, _CAUSE_BY_HAND[olt.cause], lost)
    return integers(np.where(olt.last_down_us == 0, _NONE, np.where(gasped(olt), _POWER_OFF, why)))


def admin(olt: Olt) -> Field:
    """Whether each ONU is enabled."""
    return integers(np.where(olt.wrong.locked, 2, 1))


def serials(olt: Olt) -> Field:
    """The 8 octets of each serial number."""
    return octet_strings(serial_octets(MODELS, olt))


def onu_distance(olt: Olt) -> Field:
    """In metres, 0 while it is down."""
    return integers(np.where(olt.up, distance(olt), 0))


HEARD: Group = (OLT_RX, {2: (_AT_LIGHT, scaled(lambda olt: olt.light.olt_rx_dbm, 1000, 0, _NO_LIGHT))})
LEVELS = {
    10: (_AT_LIGHT, scaled(lambda olt: olt.light.ont_rx_dbm, 500, 30, NO_LEVEL)),
    14: (_AT_LIGHT, scaled(lambda olt: olt.light.ont_tx_dbm, 500, 30, NO_LEVEL)),
}


def last_changes() -> dict[int, tuple[Changes, Column]]:
    """When each ONU last came up and went down."""
    return {
        5: (_AT_STATE, lambda olt: dates(olt.last_up_us, zone=False)),
        6: (_AT_STATE, lambda olt: dates(olt.last_down_us, zone=False)),
    }


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


def interfaces(descr: bytes, object_id: Oid) -> dict[str, list[Group]]:
    """System group, whose uptime moves in whole seconds, and IF-MIB of the ports."""
    of_port = {
        2: (_NEVER, text("pon", lambda _: b"")),
        3: (_NEVER, number("pon", 250)),
        5: (_NEVER, _either(2_488_320_000, 0xFFFFFFFF)),
        7: pon_admin(2),
        8: (_AT_STATE, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        9: (_NEVER, lambda olt: unsigned(TIMETICKS, np.zeros(rows(olt, "pon"), np.int64))),
    }
    named = {
        1: (_NEVER, port_names(lambda olt: b"xgpon_1/%d/%d" if is_xgs(olt) else b"gpon_1/%d/%d")),
        15: (_NEVER, _either(2488, 9953)),
        18: (_NEVER, text("pon", lambda _: b"")),
    }
    return {"scalar": [system(descr, object_id, tick=100)], "pon": [(_IF, of_port), (_IF_X, named)]}


def chassis_1082(types: Boards) -> dict[str, list[Group]]:
    """Boards, modules and errors of the ports."""
    boards = {
        2: (_NEVER, _codes),
        4: (_NEVER, board_types(*types)),
        5: (_AT_STATE, per_board(_IN_SERVICE, _FAULTY)),
        7: (_NEVER, _port_counts),
        9: (_AT_STATE, per_board(14, 0)),
        11: (_AT_STATE, per_board(26, 0)),
        14: (_NEVER, _board_serials),
    }
    modules = {
        2: (_NEVER, number("pon", _NO_READING)),
        3: (_AT_LIGHT, scaled(lambda olt: olt.light.pon_tx_dbm, 1000, 0, _NO_READING)),
        5: (_AT_LIGHT, module(_SHELF, lambda figures: figures.bias_ma * 1000, _NO_READING)),
        6: (_AT_STATE, module(_SHELF, lambda figures: figures.voltage_v * 1000, _NO_READING)),
        7: (_NEVER, lambda olt: integers(np.full(rows(olt, "pon"), 1577 if is_xgs(olt) else 1490))),
        8: (_AT_LIGHT, module(_SHELF, lambda figures: figures.temperature_c * 1000, _NO_READING)),
    }
    errors = dict.fromkeys((71, 72), (_NEVER, zeros("pon")))
    return {"board": [(CARD, boards)], "pon": [(MODULE, modules), (_FEC, errors)]}


def onus_1082(serial: Column) -> dict[str, list[Group]]:
    """ONU tables of tree 1082, the serial number written by ``serial``."""
    configured = {2: (_NEVER, numbered(b"ONU-")), 3: (_NEVER, text("ont", lambda _: b"")), 18: (_NEVER, serial)}
    states = {1: (_AT_STATE, admin), 4: (_AT_STATE, phase(1)), **last_changes(), 7: (_AT_STATE, cause)}
    versions = {
        1: (_NEVER, model(MODELS, 0)),
        2: (_AT_STATE, firmware(MODELS, active=True)),
        3: (_NEVER, serial_texts(MODELS)),
        8: (_NEVER, model(MODELS, 1)),
    }
    onus: list[Group] = [(_ONU, configured), (_STATE, states), (_VERSION, versions), HEARD]
    return {
        "ont_1082": [*onus, (_RESTART, {1: (_NEVER, number("ont", -1))}), (_RANGING, {2: (_AT_STATE, onu_distance)})],
        "module_1082": [(OPTICS, LEVELS)],
        "found_1082": [(_UNCONFIGURED, {2: (_AT_STATE, found_serials(MODELS))})],
    }


def together(*parts: dict[str, list[Group]]) -> dict[str, list[Group]]:
    """Groups of several parts, by family."""
    found: dict[str, list[Group]] = {}
    for part in parts:
        for family, groups in part.items():
            found[family] = found.get(family, []) + groups
    return found


TABLES = VendorTables(
    _families,
    specs(
        together(
            interfaces(DESCR, (*_TREE, 1001, 600, 2, 1)),
            chassis_1082((GPON_BOARD, XGS_BOARD, CONTROL_BOARD)),
            onus_1082(serial_texts(MODELS, b"1,")),
        ),
        slow=(OPTICS, MODULE, OLT_RX),
        writes=WRITES,
    ),
    words=Words("zte_zxan", DESCR.decode(), MODELS, *BOARDS, "c600"),
)
