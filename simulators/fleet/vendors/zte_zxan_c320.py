"""An OLT of the fleet as a ZTE C320 of V1 firmware: tree 3902.1012 alone, its IF-MIB counted from 0."""

from __future__ import annotations

import numpy as np

from simulators.fleet.model import Olt
from simulators.fleet.setting import restart, set_ont, set_uni, switch
from simulators.fleet.shapes import (
    Group,
    by_rate,
    firmware,
    found_serials,
    model,
    number,
    numbered,
    ont_module,
    serial_texts,
    specs,
    text,
    uni_admin,
)
from simulators.fleet.tables import Changes, Family, VendorTables, Words, Write
from simulators.fleet.topology import Ints
from simulators.fleet.vendors.zte_zxan import HEARD as HEARD_1082
from simulators.fleet.vendors.zte_zxan import (
    LEVELS,
    MODELS,
    NO_LEVEL,
    ZTE,
    admin,
    cause,
    chassis_families,
    interfaces,
    last_changes,
    onu_distance,
    onu_families,
    phase,
    serials,
    together,
)
from simulators.fleet.wire import integers
from simulators.snmp.ber import Oid
from simulators.snmp.zte_onu import NO_RATE, RATES

DESCR = b"ZXA10 C320, ZTE ZXA10 Software Version: V1.2.5P3 (simulated fleet)"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"GTGH", b"GTXH", b"SMXA"
BOARDS = (GPON_BOARD.decode(), XGS_BOARD.decode(), CONTROL_BOARD.decode())

_TREE = (*ZTE, 1012, 3)
_ONU, _STATE, _VERSION = (*_TREE, 28, 1, 1), (*_TREE, 28, 2, 1), (*_TREE, 50, 11, 2, 1)
_RANGING, OPTICS, _UNI = (*_TREE, 11, 4, 1), (*_TREE, 50, 12, 1, 1), (*_TREE, 50, 14, 1, 1)
_RESTART = (*_TREE, 50, 11, 3, 1)
_UNCONFIGURED, OLT_RX = (*_TREE, 13, 3, 1), (*ZTE, 1015, 1010, 11, 2, 1)
WRITES: dict[Oid, Write] = {(*_ONU, 17): switch(set_ont), (*_RESTART, 1): restart, (*_UNI, 5): switch(set_uni)}


def ports_1012(olt: Olt) -> Ints:
    """Index of each port in tree 1012."""
    return 0x10000000 | olt.topology.pon_slot << 16 | olt.topology.pon_pon << 8


def _families(olt: Olt) -> dict[str, Family]:
    t = olt.topology
    from_zero = 0x10000000 | (t.pon_slot - 1) << 16 | (t.pon_pon - 1) << 8
    return chassis_families(olt, from_zero) | onu_families(olt, ports_1012(olt), "_1012")


def onus_1012() -> dict[str, list[Group]]:
    """ONU tables of tree 1012."""
    never, state, light = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT
    configured = {2: (never, numbered(b"ONU-")), 3: (never, text("ont", lambda _: b"")), 5: (never, serials)}
    states = {4: (state, phase(0)), **last_changes(), 7: (state, cause)}
    versions = {
        1: (never, model(MODELS, 0)),
        2: (state, firmware(MODELS, active=True)),
        3: (never, serial_texts(MODELS)),
        9: (never, model(MODELS, 1)),
    }
    ddm = {
        17: (state, ont_module(MODELS, lambda figures: figures.voltage_v * 50, NO_LEVEL)),
        19: (light, ont_module(MODELS, lambda figures: figures.temperature_c * 256, NO_LEVEL)),
    }
    users = {
        5: uni_admin(2),
        6: (state, lambda olt: integers(np.where(olt.uni_up, 1, 2))),
        7: (state, lambda olt: integers(by_rate(olt, RATES, NO_RATE))),
    }
    return {
        "ont_1012": [
            (_ONU, {**configured, 17: (state, admin)}),
            (_STATE, states),
            (_VERSION, versions),
            (_RESTART, {1: (never, number("ont", -1))}),
            (_RANGING, {2: (state, onu_distance)}),
            (OLT_RX, HEARD_1082[1]),
        ],
        "module_1012": [(OPTICS, {**LEVELS, **ddm}), (_UNI, users)],
        "found_1012": [(_UNCONFIGURED, {2: (state, found_serials(MODELS))})],
    }


TABLES = VendorTables(
    _families,
    specs(
        together(interfaces(DESCR, (*ZTE, 1082, 1001, 320, 2, 1)), onus_1012()),
        slow=(OPTICS, OLT_RX),
        writes=WRITES,
    ),
    words=Words("zte_zxan", DESCR.decode(), MODELS, *BOARDS, "c320_v1"),
)
