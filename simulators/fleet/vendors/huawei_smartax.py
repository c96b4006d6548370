"""An OLT of the fleet as a Huawei MA5800: the same tables as `simulators.snmp.huawei`, a column at a time.

Objects, indexes, scales and sentinels are those of `simulators/snmp/huawei*.py`; a test compares every variable.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulators.fleet.model import LOS, Olt
from simulators.fleet.physics import Reals
from simulators.fleet.shapes import (
    Column,
    Group,
    Model,
    board_types,
    board_works,
    dates,
    distance,
    firmware,
    gasped,
    is_xgs,
    model,
    module,
    number,
    ont_module,
    per_board,
    port_names,
    rows,
    serial_octets,
    slots,
    specs,
    system,
    text,
    up,
    zeros,
)
from simulators.fleet.tables import Changes, Family, VendorTables
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers, octet_strings, unsigned
from simulators.snmp.ber import COUNTER64, GAUGE32, OCTET_STRING, TIMETICKS

MODELS: tuple[Model, ...] = (  # maker, equipment, firmware, firmware before it, hardware
    (b"HWTC", b"HG8010H", b"V3R016C10S115", b"V3R015C10S120", b"1B4D.A"),
    (b"HWTC", b"HG8240H", b"V3R017C00S130", b"V3R016C10S110", b"494.B"),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", b"F5670.1"),
    (b"ZTEG", b"F601", b"V6.0.1P1T12", b"V6.0.1P1T8", b"V6.0"),
)
SOFTWARE = b"MA5800V100R019C10"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"H901GPHF", b"H901XGHD", b"H901MPLA"
PASSWORD = b"0"  # every ONT of a fleet authenticates by serial number

_IF = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_HUAWEI = (1, 3, 6, 1, 4, 1, 2011)
_SLOT = (*_HUAWEI, 6, 3, 3, 2, 1)
_HEALTH = (*_HUAWEI, 2, 6, 7, 1, 1, 2, 1)
_XPON = (*_HUAWEI, 6, 128, 1, 1)
_PON, _PON_DDM, _PON_TRAFFIC = (*_XPON, 2, 21, 1), (*_XPON, 2, 23, 1), (*_XPON, 4, 21, 1)
_CONFIG, _VERSIONS, _STATUS = (*_XPON, 2, 43, 1), (*_XPON, 2, 45, 1), (*_XPON, 2, 46, 1)
_ALARMS, _OPTICS, _UNI = (*_XPON, 2, 50, 1), (*_XPON, 2, 51, 1), (*_XPON, 2, 62, 1)
_TRAFFIC, _ERRORS = (*_XPON, 4, 23, 1), (*_XPON, 4, 27, 1)

_SHELF = 0
_NO_READING, _INVALID = 2147483647, -1
_NEVER_DOWN, _CAUSE_LOS, _CAUSE_LOSI, _CAUSE_CLOSED, _CAUSE_GASP = -1, 1, 2, 4, 13
_PACKET_BYTES = 800
_TYPES = board_types(GPON_BOARD, XGS_BOARD, CONTROL_BOARD)


def _indexes(olt: Olt) -> Ints:
    return 0xFA000000 + olt.topology.pon_slot * 0x2000 + olt.topology.pon_pon * 0x100


def _families(olt: Olt) -> dict[str, Family]:
    t, pons = olt.topology, _indexes(olt)
    boards = np.array(slots(olt))
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "pon": Family([pons]),
        "ont": Family([pons[t.port], t.ont]),
        "uni": Family([pons[t.port], t.ont, np.ones_like(t.ont)]),
        "board": Family([np.zeros_like(boards), boards]),
    }


def _pon_changed(up: bool) -> Column:
    return lambda olt: dates(np.where(olt.pon_up == up, olt.pon_changed_us, 0), zone=True)


def _pon_cause(olt: Olt) -> Field:
    return integers(np.where(olt.pon_up, -1, np.where(olt.lit_ports(), _CAUSE_LOS, _CAUSE_CLOSED)))


def _hundredths(level: Callable[[Olt], Reals], offset: int = 0) -> Column:
    def values(olt: Olt) -> Field:
        dbm = level(olt)
        return integers(np.where(np.isnan(dbm), _NO_READING, np.rint(np.nan_to_num(dbm) * 100) + offset))

    return values


def _seen_serial(olt: Olt) -> Field:
    sizes = None if olt.up.all() else np.where(olt.up, 8, 0)
    return Field(serial_octets(MODELS, olt), sizes).tagged(OCTET_STRING)


def _cause(olt: Olt) -> Field:
    silent = np.where(olt.pon_up[olt.topology.port], _CAUSE_LOSI, _CAUSE_LOS)
    return integers(np.where(olt.last_down_us == 0, _NEVER_DOWN, np.where(gasped(olt), _CAUSE_GASP, silent)))


def _by_port(values: Ints, olt: Olt) -> Field:
    total = np.zeros(len(olt.topology.pon_slot), np.int64)
    np.add.at(total, olt.topology.port, values)
    return unsigned(COUNTER64, total)


def _uni(linked: int, free: int) -> Column:
    return lambda olt: integers(np.where(olt.up, np.where(olt.uni_up, linked, free), _INVALID))


def _chassis() -> dict[str, list[Group]]:
    never, state = Changes.NEVER, Changes.WITH_STATE
    product = b"Huawei-" + SOFTWARE[:6] + b"-" + SOFTWARE[6:14] + b"-GPON_UNI"
    boards: dict[int, tuple[Changes, Column]] = {
        1: (never, lambda olt: integers(np.array(slots(olt)))),
        8: (state, per_board(2, 3)),
        21: (never, _TYPES),
    }
    health = {5: (state, per_board(11, -1)), 6: (state, per_board(39, -1)), 7: (never, _TYPES)}
    health |= {10: (state, per_board(35, -1)), 11: (state, per_board(50, -1))}
    interfaces: dict[int, tuple[Changes, Column]] = {
        2: (never, text("pon", lambda _: product)),
        3: (never, number("pon", 250)),
        7: (never, number("pon", 1)),
        8: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        9: (never, lambda olt: unsigned(TIMETICKS, np.zeros(rows(olt, "pon"), np.int64))),
    }
    named: dict[int, tuple[Changes, Column]] = {
        1: (never, port_names(lambda olt: b"XGS-PON 0/%d/%d" if is_xgs(olt) else b"GPON 0/%d/%d")),
        15: (never, lambda olt: unsigned(GAUGE32, np.full(rows(olt, "pon"), 9953 if is_xgs(olt) else 2488))),
        18: (never, text("pon", lambda _: b"")),
    }
    version = {999: (never, text("scalar", lambda _: SOFTWARE))}
    return {
        "scalar": [system(b"Huawei Integrated Access Software", (*_HUAWEI, 2, 123)), ((*_HUAWEI, 6, 3, 1), version)],
        "board": [(_SLOT, boards), (_HEALTH, health)],
        "pon": [(_IF, interfaces), (_IF_X, named), *_pon_groups()],
    }


def _pon_groups() -> list[Group]:
    never, state, light, counters = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT, Changes.WITH_COUNTERS
    control: dict[int, tuple[Changes, Column]] = {
        9: (state, lambda olt: integers(np.where(olt.lit_ports(), 1, 2))),
        10: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        13: (state, lambda olt: integers(np.where(board_works(olt), 1, 2))),
        16: (never, lambda olt: integers(np.bincount(olt.topology.port, minlength=rows(olt, "pon")))),
        17: (state, _pon_changed(up=True)),
        18: (state, _pon_changed(up=False)),
        19: (state, _pon_cause),
    }
    ddm: dict[int, tuple[Changes, Column]] = {
        1: (state, module(_SHELF, lambda spread, _: 28 + spread % 15, _NO_READING)),
        2: (state, module(_SHELF, lambda spread, _: 321 + spread // 15 % 10, _NO_READING)),
        3: (
            state,
            module(_SHELF, lambda spread, olt: np.where(olt.lit_ports(), 15 + spread // 299 % 12, 0), _NO_READING),
        ),
        4: (light, _hundredths(lambda olt: olt.light.pon_tx_dbm)),
        5: (never, number("pon", _NO_READING)),
    }
    traffic: dict[int, tuple[Changes, Column]] = {
        15: (counters, lambda olt: _by_port(olt.traffic()[0], olt)),
        18: (never, lambda olt: unsigned(COUNTER64, np.zeros(rows(olt, "pon"), np.int64))),
        30: (counters, lambda olt: _by_port(olt.traffic()[1], olt)),
    }
    return [(_PON, control), (_PON_DDM, ddm), (_PON_TRAFFIC, traffic)]


def _ont_groups() -> list[Group]:
    never, state, light, counters = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT, Changes.WITH_COUNTERS
    fixed = {4: PASSWORD, 7: b"line-ftth", 8: b"srv-ftth", 9: b"ONT_NO_DESCRIPTION", 13: b"", 14: b""}
    config = {place: (never, text("ont", lambda _, value=value: value)) for place, value in fixed.items()}  # type: ignore[misc]
    config[3] = (never, lambda olt: octet_strings(serial_octets(MODELS, olt)))
    config[10] = (never, number("ont", 1))
    versions = {1: (never, model(MODELS, 4)), 4: (never, model(MODELS, 1))}
    versions |= {5: (never, firmware(MODELS, active=True)), 6: (never, firmware(MODELS, active=False))}
    status: dict[int, tuple[Changes, Column]] = {
        1: (never, number("ont", 1)),
        15: (state, up(1, 2)),
        16: (state, up(2, 1)),
        18: (state, up(2, 1)),
        20: (state, lambda olt: integers(np.where(olt.up, distance(olt), _INVALID))),
        22: (state, lambda olt: dates(olt.last_up_us, zone=True)),
        23: (state, lambda olt: dates(olt.last_down_us, zone=True)),
        24: (state, _cause),
        25: (state, lambda olt: dates(olt.last_gasp_us, zone=True)),
        29: (never, lambda olt: integers(distance(olt))),
        30: (state, _seen_serial),
    }
    alarms = {place: (never, number("ont", 1)) for place in (1, 2, 3, 5)}
    alarms[4] = (state, lambda olt: integers(np.where(olt.alarms & LOS, 2, 1)))
    optics: dict[int, tuple[Changes, Column]] = {
        1: (state, ont_module(MODELS, lambda spread: 38 + spread % 23, _NO_READING)),
        2: (state, ont_module(MODELS, lambda spread: 9 + spread // 299 % 12, _NO_READING)),
        3: (light, _hundredths(lambda olt: olt.light.ont_tx_dbm)),
        4: (light, _hundredths(lambda olt: olt.light.ont_rx_dbm)),
        5: (state, ont_module(MODELS, lambda spread: 3240 + spread // 23 % 13 * 10, _NO_READING)),
        6: (light, _hundredths(lambda olt: olt.light.olt_rx_dbm, 10_000)),
    }
    traffic: dict[int, tuple[Changes, Column]] = {
        1: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[0] // _PACKET_BYTES)),
        2: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[1] // _PACKET_BYTES)),
        3: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[0])),
        4: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[1])),
    }
    errors: dict[int, tuple[Changes, Column]] = {
        3: (counters, lambda olt: unsigned(COUNTER64, olt.errors()[0])),
        4: (counters, lambda olt: unsigned(COUNTER64, olt.errors()[1])),
        **dict.fromkeys((5, 6, 7, 8), (never, zeros("ont"))),
    }
    return [(_CONFIG, config), (_VERSIONS, versions), (_STATUS, status), (_ALARMS, alarms), (_OPTICS, optics),
            (_TRAFFIC, traffic), (_ERRORS, errors)]  # fmt: skip


def _users() -> list[Group]:
    state = Changes.WITH_STATE
    user = {2: (Changes.NEVER, number("ont", 1)), 3: (state, _uni(5, 3)), 4: (state, _uni(7, 4))}
    user[22] = (state, _uni(1, 2))
    return [(_UNI, user)]


TABLES = VendorTables(
    _families, specs(_chassis() | {"ont": _ont_groups(), "uni": _users()}, slow=(_OPTICS, _PON_DDM)), first=0
)
