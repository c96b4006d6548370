"""An OLT of the fleet as a Huawei MA5800: the same tables as `simulators.snmp.huawei`, a column at a time.

Objects, indexes, scales and sentinels are those of `simulators/snmp/huawei*.py`; a test compares every variable.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.model import LOS, Olt
from simulators.fleet.physics import Reals
from simulators.fleet.tables import Changes, ColumnSpec, Family, VendorTables
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers, octet_strings, texts, unsigned
from simulators.snmp.ber import COUNTER64, GAUGE32, OBJECT_ID, OCTET_STRING, TIMETICKS, encode_oid

Column = Callable[[Olt], Field]

MODELS = (  # maker, equipment, firmware, firmware before it, hardware
    (b"HWTC", b"HG8010H", b"V3R016C10S115", b"V3R015C10S120", b"1B4D.A"),
    (b"HWTC", b"HG8240H", b"V3R017C00S130", b"V3R016C10S110", b"494.B"),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", b"F5670.1"),
    (b"ZTEG", b"F601", b"V6.0.1P1T12", b"V6.0.1P1T8", b"V6.0"),
)
SOFTWARE = b"MA5800V100R019C10"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD, CONTROL_SLOT = b"H901GPHF", b"H901XGHD", b"H901MPLA", 9
PASSWORD = b"0"  # every ONT of a fleet authenticates by serial number

_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
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

_NO_READING, _INVALID = 2147483647, -1
_NEVER_DOWN, _CAUSE_LOS, _CAUSE_LOSI, _CAUSE_CLOSED, _CAUSE_GASP = -1, 1, 2, 4, 13
_PACKET_BYTES = 800
_MAKERS = np.frombuffer(b"".join(model[0] for model in MODELS), np.uint8).reshape(-1, 4)


def _indexes(olt: Olt) -> Ints:
    return 0xFA000000 + olt.topology.pon_slot * 0x2000 + olt.topology.pon_pon * 0x100


def _slots(olt: Olt) -> list[int]:
    return [*np.unique(olt.topology.pon_slot).tolist(), CONTROL_SLOT]


def _families(olt: Olt) -> dict[str, Family]:
    t, pons = olt.topology, _indexes(olt)
    slots = np.array(_slots(olt))
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "pon": Family([pons]),
        "ont": Family([pons[t.port], t.ont]),
        "uni": Family([pons[t.port], t.ont, np.ones_like(t.ont)]),
        "board": Family([np.zeros_like(slots), slots]),
    }


def _xgs(olt: Olt) -> bool:
    return olt.topology.generation.name == "xgs"


def _rows(olt: Olt, family: str) -> int:
    return {"pon": len(olt.topology.pon_slot), "board": len(_slots(olt)), "scalar": 1}.get(family, len(olt.up))


def _number(family: str, value: int) -> Column:
    return lambda olt: integers(np.full(_rows(olt, family), value))


def _text(family: str, value: Callable[[Olt], bytes]) -> Column:
    return lambda olt: texts([value(olt)], np.zeros(_rows(olt, family), np.intp))


def _zero(olt: Olt) -> Field:
    return unsigned(COUNTER64, np.zeros(len(olt.up), np.int64))


def _board_types(olt: Olt) -> Field:
    slots = _slots(olt)
    lt = XGS_BOARD if _xgs(olt) else GPON_BOARD
    return texts([lt, CONTROL_BOARD], np.array([slot == CONTROL_SLOT for slot in slots]))


def _per_board(working: int, down: int) -> Column:
    return lambda olt: integers(np.where(np.isin(_slots(olt), list(olt.wrong.boards_off)), down, working))


def _names(olt: Olt) -> Field:
    t, kind = olt.topology, "XGS-PON" if _xgs(olt) else "GPON"
    table = [f"{kind} 0/{s}/{p}".encode() for s, p in zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)]
    return texts(table, np.arange(len(table)))


def _dates(instants_us: Ints) -> Field:
    """DateAndTime (RFC 2579) in UTC of 11 octets; 8 zeros for never (0)."""
    found = instants_us.astype("datetime64[us]")
    days, months = found.astype("datetime64[D]"), found.astype("datetime64[M]").astype(np.int64)
    year = months // 12 + 1970
    tenths = instants_us // 100_000
    out = np.zeros((len(instants_us), 11), np.uint8)
    out[:, 0], out[:, 1] = year >> 8, year & 0xFF
    out[:, 2] = months % 12 + 1
    out[:, 3] = (days - found.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    out[:, 4], out[:, 5] = tenths // 36_000 % 24, tenths // 600 % 60
    out[:, 6], out[:, 7] = tenths // 10 % 60, tenths % 10
    out[:, 8] = ord("+")
    never = instants_us == 0
    out[never] = 0
    return Field(out, np.where(never, 8, 11) if never.any() else None).tagged(OCTET_STRING)


def _pon_changed(up: bool) -> Column:
    return lambda olt: _dates(np.where(olt.pon_up == up, olt.pon_changed_us, 0))


def _pon_cause(olt: Olt) -> Field:
    return integers(np.where(olt.pon_up, -1, np.where(olt.lit_ports(), _CAUSE_LOS, _CAUSE_CLOSED)))


def _board_works(olt: Olt) -> NDArray[np.bool_]:
    return ~np.isin(olt.topology.pon_slot, list(olt.wrong.boards_off))


def _module(give: Callable[[Ints, Olt], Ints]) -> Column:
    """Figures of a port's module: `simulators.plant.ddm` spreads them by a checksum of the port's name."""

    def values(olt: Olt) -> Field:
        t = olt.topology
        pairs = zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)
        spread = np.array([crc32(b"PON-0-0-%d-%d" % pair) for pair in pairs], np.int64)
        return integers(np.where(_board_works(olt), give(spread, olt), _NO_READING))

    return values


def _ont_module(give: Callable[[Ints], Ints]) -> Column:
    def values(olt: Olt) -> Field:
        t = olt.topology
        made = zip(t.model.tolist(), t.serial.tolist(), strict=True)
        spread = np.array([crc32(MODELS[model][0] + b"%08X" % serial) for model, serial in made], np.int64)
        return integers(np.where(olt.up, give(spread), _NO_READING))

    return values


def _hundredths(level: Callable[[Olt], Reals], offset: int = 0) -> Column:
    def values(olt: Olt) -> Field:
        dbm = level(olt)
        return integers(np.where(np.isnan(dbm), _NO_READING, np.rint(np.nan_to_num(dbm) * 100) + offset))

    return values


def _serial_octets(olt: Olt) -> NDArray[np.uint8]:
    number = np.frombuffer(olt.topology.serial.astype(">u4").tobytes(), np.uint8).reshape(-1, 4)
    return np.concatenate([_MAKERS[olt.topology.model], number], axis=1)


def _seen_serial(olt: Olt) -> Field:
    sizes = None if olt.up.all() else np.where(olt.up, 8, 0)
    return Field(_serial_octets(olt), sizes).tagged(OCTET_STRING)


def _firmware(active: bool) -> Column:
    table = [model[2] for model in MODELS] + [model[3] for model in MODELS]
    return lambda olt: texts(table, olt.topology.model + len(MODELS) * (olt.topology.outdated == active))


def _model(part: int) -> Column:
    return lambda olt: texts([model[part] for model in MODELS], olt.topology.model)


def _up(yes: int, no: int) -> Column:
    return lambda olt: integers(np.where(olt.up, yes, no))


def _cause(olt: Olt) -> Field:
    gasped = (olt.last_gasp_us > 0) & (olt.last_gasp_us == olt.last_down_us)
    silent = np.where(olt.pon_up[olt.topology.port], _CAUSE_LOSI, _CAUSE_LOS)
    return integers(np.where(olt.last_down_us == 0, _NEVER_DOWN, np.where(gasped, _CAUSE_GASP, silent)))


def _by_port(values: Ints, olt: Olt) -> Field:
    total = np.zeros(len(olt.topology.pon_slot), np.int64)
    np.add.at(total, olt.topology.port, values)
    return unsigned(COUNTER64, total)


def _uni(linked: int, free: int) -> Column:
    return lambda olt: integers(np.where(olt.up, np.where(olt.uni_up, linked, free), _INVALID))


def _distance(olt: Olt) -> Ints:
    return np.rint(olt.topology.length_m).astype(np.int64)


def _uptime(olt: Olt) -> Field:
    return unsigned(TIMETICKS, np.array([max((olt.now_us - olt.booted_us) // 10_000, 0) & 0xFFFFFFFF]))


def _object_id(_olt: Olt) -> Field:
    return Field(np.frombuffer(encode_oid((*_HUAWEI, 2, 123)), np.uint8)[None, :]).tagged(OBJECT_ID)


Group = tuple[tuple[int, ...], dict[int, tuple[Changes, Column]]]


def _chassis() -> dict[str, list[Group]]:
    never, state, always = Changes.NEVER, Changes.WITH_STATE, Changes.ALWAYS
    product = b"Huawei-" + SOFTWARE[:6] + b"-" + SOFTWARE[6:14] + b"-GPON_UNI"
    system = {
        1: (never, _text("scalar", lambda _: b"Huawei Integrated Access Software")),
        2: (never, _object_id),
        3: (always, _uptime),
        4: (never, _text("scalar", lambda _: b"")),
        5: (never, _text("scalar", lambda olt: olt.name.encode())),
        6: (never, _text("scalar", lambda _: b"")),
    }
    boards: dict[int, tuple[Changes, Column]] = {
        1: (never, lambda olt: integers(np.array(_slots(olt)))),
        8: (state, _per_board(2, 3)),
        21: (never, _board_types),
    }
    health = {5: (state, _per_board(11, -1)), 6: (state, _per_board(39, -1)), 7: (never, _board_types)}
    health |= {10: (state, _per_board(35, -1)), 11: (state, _per_board(50, -1))}
    interfaces: dict[int, tuple[Changes, Column]] = {
        2: (never, _text("pon", lambda _: product)),
        3: (never, _number("pon", 250)),
        7: (never, _number("pon", 1)),
        8: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        9: (never, lambda olt: unsigned(TIMETICKS, np.zeros(_rows(olt, "pon"), np.int64))),
    }
    named: dict[int, tuple[Changes, Column]] = {
        1: (never, _names),
        15: (never, lambda olt: unsigned(GAUGE32, np.full(_rows(olt, "pon"), 9953 if _xgs(olt) else 2488))),
        18: (never, _text("pon", lambda _: b"")),
    }
    version = {999: (never, _text("scalar", lambda _: SOFTWARE))}
    return {
        "scalar": [(_SYSTEM, system), ((*_HUAWEI, 6, 3, 1), version)],
        "board": [(_SLOT, boards), (_HEALTH, health)],
        "pon": [(_IF, interfaces), (_IF_X, named), *_pon_groups()],
    }


def _pon_groups() -> list[Group]:
    never, state, light, counters = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT, Changes.WITH_COUNTERS
    control: dict[int, tuple[Changes, Column]] = {
        9: (state, lambda olt: integers(np.where(olt.lit_ports(), 1, 2))),
        10: (state, lambda olt: integers(np.where(olt.pon_up, 1, 2))),
        13: (state, lambda olt: integers(np.where(_board_works(olt), 1, 2))),
        16: (never, lambda olt: integers(np.bincount(olt.topology.port, minlength=_rows(olt, "pon")))),
        17: (state, _pon_changed(up=True)),
        18: (state, _pon_changed(up=False)),
        19: (state, _pon_cause),
    }
    ddm: dict[int, tuple[Changes, Column]] = {
        1: (state, _module(lambda spread, _: 28 + spread % 15)),
        2: (state, _module(lambda spread, _: 321 + spread // 15 % 10)),
        3: (state, _module(lambda spread, olt: np.where(olt.lit_ports(), 15 + spread // 299 % 12, 0))),
        4: (light, _hundredths(lambda olt: olt.light.pon_tx_dbm)),
        5: (never, _number("pon", _NO_READING)),
    }
    traffic: dict[int, tuple[Changes, Column]] = {
        15: (counters, lambda olt: _by_port(olt.traffic()[0], olt)),
        18: (never, lambda olt: unsigned(COUNTER64, np.zeros(_rows(olt, "pon"), np.int64))),
        30: (counters, lambda olt: _by_port(olt.traffic()[1], olt)),
    }
    return [(_PON, control), (_PON_DDM, ddm), (_PON_TRAFFIC, traffic)]


def _ont_groups() -> list[Group]:
    never, state, light, counters = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT, Changes.WITH_COUNTERS
    fixed = {4: PASSWORD, 7: b"line-ftth", 8: b"srv-ftth", 9: b"ONT_NO_DESCRIPTION", 13: b"", 14: b""}
    config = {place: (never, _text("ont", lambda _, value=value: value)) for place, value in fixed.items()}  # type: ignore[misc]
    config[3] = (never, lambda olt: octet_strings(_serial_octets(olt)))
    config[10] = (never, _number("ont", 1))
    versions = {1: (never, _model(4)), 4: (never, _model(1)), 5: (never, _firmware(True)), 6: (never, _firmware(False))}
    status: dict[int, tuple[Changes, Column]] = {
        1: (never, _number("ont", 1)),
        15: (state, _up(1, 2)),
        16: (state, _up(2, 1)),
        18: (state, _up(2, 1)),
        20: (state, lambda olt: integers(np.where(olt.up, _distance(olt), _INVALID))),
        22: (state, lambda olt: _dates(olt.last_up_us)),
        23: (state, lambda olt: _dates(olt.last_down_us)),
        24: (state, _cause),
        25: (state, lambda olt: _dates(olt.last_gasp_us)),
        29: (never, lambda olt: integers(_distance(olt))),
        30: (state, _seen_serial),
    }
    alarms = {place: (never, _number("ont", 1)) for place in (1, 2, 3, 5)}
    alarms[4] = (state, lambda olt: integers(np.where(olt.alarms & LOS, 2, 1)))
    optics: dict[int, tuple[Changes, Column]] = {
        1: (state, _ont_module(lambda spread: 38 + spread % 23)),
        2: (state, _ont_module(lambda spread: 9 + spread // 299 % 12)),
        3: (light, _hundredths(lambda olt: olt.light.ont_tx_dbm)),
        4: (light, _hundredths(lambda olt: olt.light.ont_rx_dbm)),
        5: (state, _ont_module(lambda spread: 3240 + spread // 23 % 13 * 10)),
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
        **dict.fromkeys((5, 6, 7, 8), (never, _zero)),
    }
    return [(_CONFIG, config), (_VERSIONS, versions), (_STATUS, status), (_ALARMS, alarms), (_OPTICS, optics),
            (_TRAFFIC, traffic), (_ERRORS, errors)]  # fmt: skip


def _columns() -> list[ColumnSpec]:
    state = Changes.WITH_STATE
    user = {
        2: (Changes.NEVER, _number("ont", 1)),
        3: (state, _uni(5, 3)),
        4: (state, _uni(7, 4)),
        22: (state, _uni(1, 2)),
    }
    families = _chassis() | {"ont": _ont_groups(), "uni": [(_UNI, user)]}
    return [
        ColumnSpec((*entry, place), family, changes, values, slow=entry in (_OPTICS, _PON_DDM))
        for family, groups in families.items()
        for entry, columns in groups
        for place, (changes, values) in columns.items()
    ]


TABLES = VendorTables(_families, _columns(), first=0)
