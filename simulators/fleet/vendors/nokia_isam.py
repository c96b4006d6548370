"""An OLT of the fleet as a Nokia ISAM 7360 FX-8: the same tables as `simulators.snmp.isam`, a column at a time.

Objects, indexes, scales and sentinels are those of `simulators/snmp/isam_*.py`; a test compares every variable.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from domain.states import EthernetRate
from simulators.fleet.model import ALARMS, Olt
from simulators.fleet.physics import Reals
from simulators.fleet.setting import set_ont, set_pon, set_uni, switch
from simulators.fleet.shapes import by_rate, firmware, found_family, found_serials
from simulators.fleet.tables import Changes, ColumnSpec, Family, VendorTables, Words, Write
from simulators.fleet.topology import SHELF_SLOTS, Ints
from simulators.fleet.wire import Field, integers, octet_strings, texts, unsigned
from simulators.snmp.ber import COUNTER32, GAUGE32, OBJECT_ID, TIMETICKS, Oid, encode_oid
from simulators.snmp.isam_equip import BOARD_ENTRY, SFP_ENTRY
from simulators.snmp.isam_if import IF_ENTRY, IF_X_ENTRY, ISAM_OBJECT_ID, SYSTEM
from simulators.snmp.isam_index import (
    LEVEL_ONT,
    LEVEL_PON,
    LEVEL_UNI,
    NT_SLOTS,
    XPON_BITS,
    linear_slot,
    lt_slot,
    uni_slot,
)
from simulators.snmp.isam_pon import (
    ACTUAL_RATE,
    AUTO_RATE,
    DISCOVERED_ENTRY,
    FORCED_RATE,
    INVALID,
    OLT_RX_ENTRY,
    ONT_ENTRY,
    ONT_OPTICS_ENTRY,
    ONT_OPTICS_INVALID,
    ONT_STATUS_ENTRY,
    PON_OPTICS_ENTRY,
    RANGING_ENTRY,
    UNI_CONFIG_ENTRY,
    UNI_STATUS_ENTRY,
    alarm_bitmap,
)

Column = Callable[[Olt], Field]

MODELS = (  # maker, equipment, firmware, firmware before it, card of its Ethernet port
    (b"HWTC", b"HG8010H", b"HWTCA31610115", b"HWTCA31510207", 1),
    (b"ALCL", b"G-010G-P", b"3FE56065AFGB89", b"3FE56065AFEA16", 10),
    (b"ALCL", b"G-240G-E", b"3FE46606AFIA42", b"3FE46606AFGB11", 14),
    (b"SCOM", b"FAST5670-ONT", b"SG4B10002204", b"SG4B10002101", 1),
)
_MAKERS = np.frombuffer(b"".join(model[0] for model in MODELS), np.uint8).reshape(-1, 4)
_UNI_CARDS = np.array([model[4] for model in MODELS])
_GPON_BOARD, _XPON_BOARD, _NT_BOARD = b"FGLT-B", b"FWLT-C", b"FANT-F"
_BOARDS = (_GPON_BOARD.decode(), _XPON_BOARD.decode(), _NT_BOARD.decode())
_DESCR = b"R6.2.04m NFXS-F FANT-F NOKIA ISAM (simulated fleet)"
_NO_RATE = ACTUAL_RATE[EthernetRate.NONE]
_ALARM_WORDS = np.array(  # by the fleet's own bits
    [alarm_bitmap(frozenset(a for a, bit in ALARMS.items() if bits & bit)) for bits in range(1 << len(ALARMS))]
)
_OMCI_VERSION = 14  # octets, ITU-T G.988 9.1.4
_GPON_BIT_S, _XPON_BIT_S = 2_488_320_000, 0xFFFFFFFF


def _if_index(slot: Ints, level: int, pon: Ints, ont: Ints | int, card: Ints | int) -> Ints:
    return linear_slot(0) + slot << 25 | level << 21 | pon - 1 << 16 | ont - 1 << 9 | card << 5


def _indexes(olt: Olt) -> tuple[Ints, Ints, Ints]:
    """IfIndex of every port, ONT and Ethernet port."""
    t = olt.topology
    xpon = XPON_BITS if t.generation.name == "xgs" else 0
    one = np.ones_like(t.pon_slot)
    return (
        _if_index(t.pon_slot, LEVEL_PON, t.pon_pon, one, 0) | xpon,
        _if_index(t.slot, LEVEL_ONT, t.pon, t.ont, 0),
        _if_index(t.slot, LEVEL_UNI, t.pon, t.ont, _UNI_CARDS[t.model]),
    )


def _families(olt: Olt) -> dict[str, Family]:
    t = olt.topology
    pons, onts, unis = _indexes(olt)
    cards = np.array([uni_slot(int(card), 1) for card in _UNI_CARDS])[t.model]
    boards = np.array([*NT_SLOTS, *(lt_slot(slot) for slot in range(1, SHELF_SLOTS + 1))])
    return {
        "scalar": Family([np.zeros(1, np.int64)]),
        "every": Family([np.concatenate([pons, onts, unis])]),
        "pon": Family([pons]),
        "ont": Family([onts]),
        "uni": Family([unis]),
        "pon_ont": Family([pons[t.port], t.ont]),
        "ont_uni": Family([onts, cards]),
        "board": Family([boards]),
        "module": Family([t.pon_slot + lt_slot(0), t.pon_pon]),
        "stranger": found_family(pons, olt, strangers=True),
    }


def _one(value: bytes) -> Field:
    return texts([value], np.zeros(1, np.intp))


def _system_texts(get: Callable[[Olt], bytes]) -> Column:
    return lambda olt: _one(get(olt))


def _object_id(_olt: Olt) -> Field:
    return Field(np.frombuffer(encode_oid(ISAM_OBJECT_ID), np.uint8)[None, :]).tagged(OBJECT_ID)


def _ticks(olt: Olt, instants_us: Ints) -> Field:
    """Hundredths of a second since the start, 32 bits (RFC 2578 7.1.8)."""
    return unsigned(TIMETICKS, np.maximum((instants_us - olt.booted_us) // 10_000, 0) & 0xFFFFFFFF)


def _sizes(olt: Olt) -> tuple[int, int]:
    return len(olt.topology.pon_slot), len(olt.topology.slot)


def _per_kind(pon: int, ont: int, uni: int) -> Callable[[Olt], NDArray[np.intp]]:
    """One number a port, one an ONT, one an Ethernet port."""

    def give(olt: Olt) -> NDArray[np.intp]:
        ports, onts = _sizes(olt)
        return np.repeat(np.array([pon, ont, uni], np.intp), [ports, onts, onts])

    return give


def _board_of(olt: Olt) -> bytes:
    return _XPON_BOARD if olt.topology.generation.name == "xgs" else _GPON_BOARD


def _descr(olt: Olt) -> Field:
    board = _board_of(olt)
    table = [b"nokia " + board + b"  " + label for label in (b"PON", b"ONT", b"PHYSICALUNI")]
    return texts(table, _per_kind(0, 1, 2)(olt))


def _if_name(olt: Olt) -> Field:
    pon = b" X-PON" if olt.topology.generation.name == "xgs" else b" G-PON"
    return texts([pon, b" ONT", b" PHYSICALUNI"], _per_kind(0, 1, 2)(olt))


def _admin(olt: Olt) -> Field:
    wrong = olt.wrong
    return integers(np.where(np.concatenate([wrong.pons_locked, wrong.locked, wrong.unis_locked]), 2, 1))


def _set_admin(olt: Olt, row: int, up: bool) -> None:
    """IfAdminStatus of a port, an ONT or an Ethernet port."""
    ports, onts = _sizes(olt)
    if row < ports:
        set_pon(olt, row, up)
    elif row < ports + onts:
        set_ont(olt, row - ports, up)
    else:
        set_uni(olt, row - ports - onts, up)


def _oper(olt: Olt) -> Field:
    return integers(np.where(np.concatenate([olt.pon_up, olt.up, olt.uni_up]), 1, 2))


def _last_change(olt: Olt) -> Field:
    return _ticks(olt, np.concatenate([olt.pon_changed_us, olt.changed_us, olt.changed_us]))


def _octet_counts(values: Ints) -> Field:
    """An ifHC counter as the ISAM writes it: 8 octets instead of a Counter64."""
    return octet_strings(np.frombuffer(values.astype(">u8").tobytes(), np.uint8).reshape(-1, 8))


def _serials(olt: Olt) -> Field:
    t = olt.topology
    number = np.frombuffer(t.serial.astype(">u4").tobytes(), np.uint8).reshape(-1, 4)
    return octet_strings(np.concatenate([_MAKERS[t.model], number], axis=1))


def _planned(olt: Olt) -> Field:
    return texts([model[2].ljust(_OMCI_VERSION, b"\0") for model in MODELS], olt.topology.model)


def _alarms(olt: Olt) -> Field:
    return integers(_ALARM_WORDS[olt.alarms])


def _distance(olt: Olt) -> Field:
    return integers(np.where(olt.up, np.rint(olt.topology.length_m / 100), INVALID))


def _steps(levels_dbm: Reals, steps: int, invalid: int) -> Field:
    return integers(np.where(np.isnan(levels_dbm), invalid, np.rint(np.nan_to_num(levels_dbm) * steps)))


def _module_tx(olt: Olt) -> Field:
    table = [
        f"{level:.2f} dBm".encode() if on else b"No Power"
        for level, on in zip(olt.light.pon_tx_dbm.tolist(), olt.lit_ports().tolist(), strict=True)
    ]
    return _unless_board_off(olt, table)


def _unless_board_off(olt: Olt, table: list[bytes]) -> Field:
    off = olt.wrong.boards_off
    shown = [
        b"Not Available" if slot in off else text
        for slot, text in zip(olt.topology.pon_slot.tolist(), table, strict=True)
    ]
    return texts(shown, np.arange(len(shown)))


def _boards(nt: int | bytes, fitted: int | bytes, empty: int | bytes, broken: int | bytes | None = None) -> Column:
    """One value for NT-A, one for the boards that are there, one for empty slots; another for a board that is down."""
    down = fitted if broken is None else broken

    def give(olt: Olt) -> Field:
        known = set(olt.topology.pon_slot.tolist())
        slots = range(1, SHELF_SLOTS + 1)
        values = [
            nt,
            empty,
            *(empty if s not in known else down if s in olt.wrong.boards_off else fitted for s in slots),
        ]
        named = [_board_of(olt) if value == b"BOARD" else value for value in values]
        if isinstance(nt, bytes):
            return texts([bytes(value) for value in named], np.arange(len(named)))
        return integers(np.array(named, np.int64))

    return give


def _board_serials(olt: Olt) -> Field:
    known = set(olt.topology.pon_slot.tolist())
    lts = [f"SIM{olt.number:05d}{s:03d}".encode() if s in known else b"" for s in range(1, SHELF_SLOTS + 1)]
    return texts([f"SIM{olt.number:05d}000".encode(), b"", *lts], np.arange(2 + SHELF_SLOTS))


def _linear_slots(_olt: Olt) -> Field:
    return integers(np.array([0, 255, *(linear_slot(slot) for slot in range(1, SHELF_SLOTS + 1))]))


def _same(family: str, value: int) -> Column:
    def give(olt: Olt) -> Field:
        ports, onts = _sizes(olt)
        return integers(np.full({"pon": ports, "module": ports, "board": 10}.get(family, onts), value))

    return give


_NEVER, _STATE, _LIGHT = Changes.NEVER, Changes.WITH_STATE, Changes.WITH_LIGHT
_COUNTERS, _ALWAYS = Changes.WITH_COUNTERS, Changes.ALWAYS


def _of(
    entry: Oid,
    number: int,
    family: str,
    changes: Changes,
    values: Column,
    *,
    slow: bool = False,
    write: Write | None = None,
) -> ColumnSpec:
    return ColumnSpec((*entry, number), family, changes, values, slow, write)


def _interface_columns() -> list[ColumnSpec]:
    """System group and IF-MIB."""
    return [
        _of(SYSTEM, 1, "scalar", _NEVER, _system_texts(lambda _: _DESCR)),
        _of(SYSTEM, 2, "scalar", _NEVER, _object_id),
        _of(SYSTEM, 3, "scalar", _ALWAYS, lambda olt: _ticks(olt, np.array([olt.now_us]))),
        _of(SYSTEM, 4, "scalar", _NEVER, _system_texts(lambda _: b"")),
        _of(SYSTEM, 5, "scalar", _NEVER, _system_texts(lambda olt: olt.name.encode())),
        _of(SYSTEM, 6, "scalar", _NEVER, _system_texts(lambda _: b"")),
        _of(IF_ENTRY, 1, "every", _NEVER, lambda olt: integers(np.concatenate(_indexes(olt)))),
        _of(IF_ENTRY, 2, "every", _NEVER, _descr),
        _of(IF_ENTRY, 3, "every", _NEVER, lambda olt: integers(_per_kind(250, 270, 271)(olt))),
        _of(IF_ENTRY, 5, "pon", _NEVER, _speed),
        _of(IF_ENTRY, 7, "every", _STATE, _admin, write=switch(_set_admin)),
        _of(IF_ENTRY, 8, "every", _STATE, _oper),
        _of(IF_ENTRY, 9, "every", _STATE, _last_change),
        _of(IF_X_ENTRY, 1, "every", _NEVER, _if_name),
        _of(IF_X_ENTRY, 6, "uni", _COUNTERS, lambda olt: _octet_counts(olt.traffic()[0])),
        _of(IF_X_ENTRY, 10, "uni", _COUNTERS, lambda olt: _octet_counts(olt.traffic()[1])),
        _of(IF_X_ENTRY, 14, "every", _NEVER, lambda olt: integers(_per_kind(1, 1, 2)(olt))),
    ]


def _board_columns() -> list[ColumnSpec]:
    """Boards and modules."""
    return [
        _of(BOARD_ENTRY, 2, "board", _NEVER, _boards(_NT_BOARD, b"BOARD", b"NOT_PLANNED")),
        _of(BOARD_ENTRY, 3, "board", _NEVER, _boards(_NT_BOARD, b"BOARD", b"EMPTY")),
        _of(BOARD_ENTRY, 5, "board", _NEVER, _same("board", 1)),
        _of(BOARD_ENTRY, 6, "board", _STATE, _boards(1, 1, 2, 2)),
        _of(BOARD_ENTRY, 7, "board", _NEVER, _same("board", 1)),
        _of(BOARD_ENTRY, 8, "board", _STATE, _boards(1, 1, 5, 3)),
        _of(BOARD_ENTRY, 19, "board", _NEVER, _board_serials),
        _of(BOARD_ENTRY, 32, "board", _NEVER, _linear_slots),
        _of(SFP_ENTRY, 3, "module", _STATE, _module_read, slow=True),
        _of(SFP_ENTRY, 4, "module", _NEVER, _same("module", 3), slow=True),
        _of(SFP_ENTRY, 6, "module", _LIGHT, _module_tx, slow=True),
        _of(
            SFP_ENTRY,
            7,
            "module",
            _STATE,
            lambda olt: _unless_board_off(olt, [b"not-available"] * _sizes(olt)[0]),
            slow=True,
        ),
    ]


def _ont_columns() -> list[ColumnSpec]:
    """ONTs and their light."""
    return [
        _of(ONT_ENTRY, 2, "ont", _STATE, lambda olt: integers(np.where(olt.wrong.unprovisioned, 2, 1))),
        _of(ONT_ENTRY, 5, "ont", _NEVER, _serials),
        _of(ONT_ENTRY, 9, "ont", _STATE, firmware(MODELS, active=True, width=_OMCI_VERSION)),
        _of(ONT_ENTRY, 10, "ont", _NEVER, firmware(MODELS, active=False, width=_OMCI_VERSION)),
        _of(ONT_ENTRY, 11, "ont", _NEVER, _planned),
        _of(ONT_ENTRY, 17, "ont", _NEVER, _same("ont", 2)),
        _of(ONT_ENTRY, 24, "ont", _NEVER, lambda olt: texts([b""], np.zeros(_sizes(olt)[1], np.intp))),
        _of(ONT_ENTRY, 26, "ont", _NEVER, lambda olt: texts([model[1] for model in MODELS], olt.topology.model)),
        _of(ONT_STATUS_ENTRY, 2, "ont", _STATE, _alarms),
        _of(ONT_STATUS_ENTRY, 3, "ont", _STATE, _distance),
        _of(
            ONT_OPTICS_ENTRY,
            2,
            "ont",
            _LIGHT,
            lambda olt: _steps(olt.light.ont_rx_dbm, 500, ONT_OPTICS_INVALID),
            slow=True,
        ),
        _of(
            ONT_OPTICS_ENTRY,
            4,
            "ont",
            _LIGHT,
            lambda olt: _steps(olt.light.ont_tx_dbm, 500, ONT_OPTICS_INVALID),
            slow=True,
        ),
        _of(OLT_RX_ENTRY, 2, "ont", _LIGHT, lambda olt: _steps(olt.light.olt_rx_dbm, 10, INVALID)),
    ]


def _port_columns() -> list[ColumnSpec]:
    """What hangs from PON ports, and Ethernet ports."""
    return [
        _of(RANGING_ENTRY, 3, "pon_ont", _COUNTERS, lambda olt: unsigned(COUNTER32, olt.errors()[0] & 0xFFFFFFFF)),
        _of(RANGING_ENTRY, 4, "pon_ont", _COUNTERS, lambda olt: unsigned(COUNTER32, olt.errors()[1] & 0xFFFFFFFF)),
        _of(RANGING_ENTRY, 5, "pon_ont", _STATE, lambda olt: integers(np.where(olt.wrong.locked, 2, olt.up))),
        _of(DISCOVERED_ENTRY, 3, "stranger", _STATE, found_serials(MODELS)),
        _of(PON_OPTICS_ENTRY, 2, "pon", _LIGHT, lambda olt: _steps(olt.light.pon_tx_dbm, 10, INVALID)),
        _of(UNI_CONFIG_ENTRY, 5, "ont_uni", _STATE, _wanted_rate),
        _of(UNI_STATUS_ENTRY, 3, "ont_uni", _STATE, lambda olt: integers(by_rate(olt, ACTUAL_RATE, _NO_RATE))),
    ]


def _wanted_rate(olt: Olt) -> Field:
    forced = by_rate(olt, FORCED_RATE, FORCED_RATE[EthernetRate.NONE])
    return integers(np.where(olt.wrong.forced, forced, AUTO_RATE))


def _speed(olt: Olt) -> Field:
    bit_s = _XPON_BIT_S if olt.topology.generation.name == "xgs" else _GPON_BIT_S
    return unsigned(GAUGE32, np.full(_sizes(olt)[0], bit_s))


def _module_read(olt: Olt) -> Field:
    return integers(np.where(olt.boards_work(olt.topology.pon_slot), 1, 3))


TABLES = VendorTables(
    _families,
    [*_interface_columns(), *_board_columns(), *_ont_columns(), *_port_columns()],
    words=Words("nokia_isam", _DESCR.decode(), MODELS, *_BOARDS, seat=None),
)
