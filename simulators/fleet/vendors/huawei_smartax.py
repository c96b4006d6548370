"""An OLT of the fleet as a Huawei MA5800: the same tables as `simulators.snmp.huawei`, a column at a time.

Objects, indexes, scales and sentinels are those of `simulators/snmp/huawei*.py`; a test compares every variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from domain.states import EthernetRate, OntAlarm
from simulators.fleet.kinds import RATES
from simulators.fleet.model import ALARMS, Olt
from simulators.fleet.physics import Reals
from simulators.fleet.setting import restart, set_ont, set_pon, set_uni, switch
from simulators.fleet.shapes import (
    Column,
    Group,
    Model,
    board_types,
    by_rate,
    configured,
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
    ont_module,
    per_board,
    pon_admin,
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
from simulators.fleet.tables import Changes, Family, VendorTables, Words
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
DESCR = b"Huawei Integrated Access Software"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = b"H901GPHF", b"H901XGHD", b"H901MPLA"
BOARDS = (GPON_BOARD.decode(), XGS_BOARD.decode(), CONTROL_BOARD.decode())
PASSWORD = b"0"  # every ONT of a fleet authenticates by serial number

_IF = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_HUAWEI = (1, 3, 6, 1, 4, 1, 2011)
_SLOT = (*_HUAWEI, 6, 3, 3, 2, 1)
_HEALTH = (*_HUAWEI, 2, 6, 7, 1, 1, 2, 1)
_XPON = (*_HUAWEI, 6, 128, 1, 1)
_PON, _PON_DDM, _PON_TRAFFIC = (*_XPON, 2, 21, 1), (*_XPON, 2, 23, 1), (*_XPON, 4, 21, 1)
_CONFIG, _VERSIONS, _STATUS = (*_XPON, 2, 43, 1), (*_XPON, 2, 45, 1), (*_XPON, 2, 46, 1)
_AUTOFIND = (*_XPON, 2, 48, 1)
_ALARMS, _OPTICS, _UNI = (*_XPON, 2, 50, 1), (*_XPON, 2, 51, 1), (*_XPON, 2, 62, 1)
_TRAFFIC, _ERRORS = (*_XPON, 4, 23, 1), (*_XPON, 4, 27, 1)

_SHELF = 0
_NO_READING, _INVALID = 2147483647, -1
_NEVER_DOWN, _CAUSE_LOS, _CAUSE_LOSI, _CAUSE_CLOSED, _CAUSE_GASP = -1, 1, 2, 4, 13
_CAUSE_BY_HAND = np.array([0, 8, 35, _CAUSE_LOSI])  # by `CAUSES`: deactivated, refused, restarted
_ALARM_PLACES = {1: OntAlarm.SD, 2: OntAlarm.SF, 3: OntAlarm.DOW, 4: OntAlarm.LOS, 5: OntAlarm.RDI}
_INITIAL, _NORMAL, _FAILED = 1, 2, 3
_SPEED = dict(zip(RATES, (3, 1, 1, 2, 2, 3), strict=True))
_RESOLVED = {rate: speed + 4 for rate, speed in _SPEED.items()}  # the same rate, reached by negotiation
_AUTO_SPEED, _GIGABIT = 4, 3
_AUTO_DUPLEX, _FULL_DUPLEX = 3, 2
_HALF = frozenset({EthernetRate.TEN_HALF, EthernetRate.HUNDRED_HALF, EthernetRate.GIGABIT_HALF})
_PACKET_BYTES = 800
_TYPES = board_types(GPON_BOARD, XGS_BOARD, CONTROL_BOARD)


def _indexes(olt: Olt) -> Ints:
    return 0xFA000000 + olt.topology.pon_slot * 0x2000 + olt.topology.pon_pon * 0x100


def _families(olt: Olt) -> dict[str, Family]:
    t, pons = olt.topology, _indexes(olt)
    boards, there = np.array(slots(olt)), ~olt.wrong.unprovisioned
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "pon": Family([pons]),
        "ont": Family([pons[t.port], t.ont], there),
        "uni": Family([pons[t.port], t.ont, np.ones_like(t.ont)], there),
        "found": found_family(pons, olt),
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
    why = np.where(olt.cause > 0, _CAUSE_BY_HAND[olt.cause], silent)
    return integers(np.where(olt.last_down_us == 0, _NEVER_DOWN, np.where(gasped(olt), _CAUSE_GASP, why)))


def _alarm(alarm: OntAlarm) -> Column:
    return lambda olt: integers(np.where(olt.alarms & ALARMS[alarm], 2, 1))


def _by_port(values: Ints, olt: Olt) -> Field:
    total = np.zeros(len(olt.topology.pon_slot), np.int64)
    np.add.at(total, olt.topology.port, values)
    return unsigned(COUNTER64, total)


def _negotiated(yes: Mapping[EthernetRate, int], no: Mapping[EthernetRate, int], free: tuple[int, int]) -> Column:
    """A number for the link of each ONT by negotiation, or without; ``free`` where there is no link."""

    def values(olt: Olt) -> Field:
        shown = np.where(olt.wrong.forced, by_rate(olt, no, free[1]), by_rate(olt, yes, free[0]))
        return integers(np.where(olt.managed, shown, _INVALID))

    return values


def _config_state(olt: Olt) -> Field:
    return integers(np.where(olt.managed, _NORMAL, np.where(olt.up, _FAILED, _INITIAL)))


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
        7: pon_admin(2),
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
        "scalar": [system(DESCR, (*_HUAWEI, 2, 123)), ((*_HUAWEI, 6, 3, 1), version)],
        "board": [(_SLOT, boards), (_HEALTH, health)],
        "pon": [(_IF, interfaces), (_IF_X, named), *_pon_groups()],
    }


def _pon_groups() -> list[Group]:
    never, state, light, counters = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT, Changes.WITH_COUNTERS
    control: dict[int, tuple[Changes, Column]] = {
        9: (state, lambda olt: integers(np.where(olt.lit_ports(), 1, 2))),
        10: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        13: (state, lambda olt: integers(np.where(olt.boards_work(olt.topology.pon_slot), 1, 2))),
        16: (state, configured),
        17: (state, _pon_changed(up=True)),
        18: (state, _pon_changed(up=False)),
        19: (state, _pon_cause),
    }
    ddm: dict[int, tuple[Changes, Column]] = {
        1: (light, module(_SHELF, lambda figures: figures.temperature_c, _NO_READING)),
        2: (state, module(_SHELF, lambda figures: figures.voltage_v * 100, _NO_READING)),
        3: (light, module(_SHELF, lambda figures: figures.bias_ma, _NO_READING)),
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
    config = {place: (never, text("ont", lambda _, value=value: value)) for place, value in fixed.items()}  # type: ignore[misc]  # mypy infers no lambda with a default
    config[3] = (never, lambda olt: octet_strings(serial_octets(MODELS, olt)))
    config[10] = (never, number("ont", 1))
    versions = {1: (never, model(MODELS, 4)), 4: (never, model(MODELS, 1))}
    versions |= {5: (state, firmware(MODELS, active=True)), 6: (never, firmware(MODELS, active=False))}
    status: dict[int, tuple[Changes, Column]] = {
        1: (state, lambda olt: integers(np.where(olt.wrong.locked, 2, 1))),
        2: (never, number("ont", _INVALID)),
        15: (state, up(1, 2)),
        16: (state, _config_state),
        18: (state, up(2, 1)),
        20: (state, lambda olt: integers(np.where(olt.up, distance(olt), _INVALID))),
        22: (state, lambda olt: dates(olt.last_up_us, zone=True)),
        23: (state, lambda olt: dates(olt.last_down_us, zone=True)),
        24: (state, _cause),
        25: (state, lambda olt: dates(olt.last_gasp_us, zone=True)),
        29: (never, lambda olt: integers(distance(olt))),
        30: (state, _seen_serial),
    }
    alarms = {place: (state, _alarm(alarm)) for place, alarm in _ALARM_PLACES.items()}
    optics: dict[int, tuple[Changes, Column]] = {
        1: (light, ont_module(MODELS, lambda figures: figures.temperature_c, _NO_READING)),
        2: (light, ont_module(MODELS, lambda figures: figures.bias_ma, _NO_READING)),
        3: (light, _hundredths(lambda olt: olt.light.ont_tx_dbm)),
        4: (light, _hundredths(lambda olt: olt.light.ont_rx_dbm)),
        5: (state, ont_module(MODELS, lambda figures: figures.voltage_v * 1000, _NO_READING)),
        6: (light, _hundredths(lambda olt: olt.light.olt_rx_dbm, 10_000)),
    }
    traffic: dict[int, tuple[Changes, Column]] = {
        1: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[0] // _PACKET_BYTES)),
        2: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[1] // _PACKET_BYTES)),
        3: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[0])),
        4: (counters, lambda olt: unsigned(COUNTER64, olt.traffic()[1])),
    }
    errors: dict[int, tuple[Changes, Column]] = {
        3: (counters, lambda olt: unsigned(COUNTER64, olt.errors().up)),
        4: (counters, lambda olt: unsigned(COUNTER64, olt.errors().down)),
        5: (counters, lambda olt: unsigned(COUNTER64, olt.errors().corrected)),
        6: (counters, lambda olt: unsigned(COUNTER64, olt.errors().lost)),
        **dict.fromkeys((7, 8), (never, zeros("ont"))),
    }
    return [(_CONFIG, config), (_VERSIONS, versions), (_STATUS, status), (_ALARMS, alarms), (_OPTICS, optics),
            (_TRAFFIC, traffic), (_ERRORS, errors)]  # fmt: skip


def _users() -> list[Group]:
    state = Changes.WITH_STATE
    duplex_auto = {rate: 4 if rate in _HALF else 5 for rate in RATES}
    duplex_forced = {rate: 1 if rate in _HALF else 2 for rate in RATES}
    user: dict[int, tuple[Changes, Column]] = {
        2: (state, lambda olt: integers(np.where(olt.wrong.forced, 2, 1))),
        3: (state, _negotiated(duplex_auto, duplex_forced, (_AUTO_DUPLEX, _FULL_DUPLEX))),
        4: (state, _negotiated(_RESOLVED, _SPEED, (_AUTO_SPEED, _GIGABIT))),
        5: (state, lambda olt: integers(np.where(olt.managed, np.where(olt.wrong.unis_locked, 2, 1), _INVALID))),
        22: (state, lambda olt: integers(np.where(olt.managed, np.where(olt.uni_up, 1, 2), _INVALID))),
    }
    return [(_UNI, user)]


_FOUND = {2: (Changes.WITH_STATE, found_serials(MODELS))}
_WRITES = {
    (*_IF, 7): switch(set_pon),
    (*_STATUS, 1): switch(set_ont),
    (*_STATUS, 2): restart,
    (*_UNI, 5): switch(set_uni),
}

TABLES = VendorTables(
    _families,
    specs(
        _chassis() | {"ont": _ont_groups(), "uni": _users(), "found": [(_AUTOFIND, _FOUND)]},
        slow=(_OPTICS, _PON_DDM),
        writes=_WRITES,
    ),
    words=Words("huawei_smartax", DESCR.decode(), MODELS, *BOARDS, software=SOFTWARE.decode()),
    first=0,
)
