"""The plant as a ZTE ZXA10 C300, C320 or C600: which trees its firmware has, chassis, IF-MIB and PON ports.

Two recordings of C320 V2.1.0 number the IF-MIB in two ways: 0x10000000 from 0, and 0x11010000 from 1. The ONU tables
of tree 1012 keep 0x10000000 from 1 in both, those of tree 1082 0x11010000 from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from domain.errors import InvalidValueError
from domain.identifiers import PonName
from simulators.plant.ddm import pon_ddm
from simulators.plant.ports import PlantView
from simulators.snmp import zte_1012, zte_1082
from simulators.snmp.ber import COUNTER64, GAUGE32, TIMETICKS, Oid, integer, text, unsigned
from simulators.snmp.mib import Column, RowSet
from simulators.snmp.places import DOWN, UP, Board, Places, Pon, places, system, working

_ZTE = (1, 3, 6, 1, 4, 1, 3902)
_CARD = (*_ZTE, 1082, 10, 1, 2, 4, 1)
_MODULE = (*_ZTE, 1082, 30, 40, 2, 4, 1)
_FEC = (*_ZTE, 1082, 500, 4, 2, 1, 2, 1)
_IF = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)

_NO_READING = 2147483647
_GPON = 250  # IANAifType
_GPON_BIT_S, _GPON_MBIT = 2_488_320_000, 2488  # ITU-T G.984.1
_SPEED_MAX, _XGS_MBIT = 0xFFFFFFFF, 9953  # RFC 2863 ifSpeed beyond its range; ITU-T G.9807.1
_IN_SERVICE, _OFFLINE, _MISMATCH, _FAULTY = 1, 4, 7, 9
_LINE_CODE, _CONTROL_CODE = 599041, 590090  # card types as recorded: GTGOG, SMXA
_WAVELENGTH_NM = {False: 1490, True: 1577}  # ITU-T G.984.2, G.9807.1


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a firmware has.

    Attributes:
        if_from_zero: IF-MIB numbered 0x10000000 from 0, instead of 0x11010000 from 1.
        typed_serial: Serial numbers as text with their type, ``1,HWTC…``, instead of 8 octets.
    """

    object_id: Oid
    tree_1012: bool
    tree_1082: bool
    if_from_zero: bool = False
    typed_serial: bool = False


_C320 = (*_ZTE, 1082, 1001, 320, 2, 1)  # recorded
_C600 = (*_ZTE, 1082, 1001, 600, 2, 1)  # C: by analogy
DIALECTS = {
    "c320_v1": Dialect(_C320, tree_1012=True, tree_1082=False, if_from_zero=True),
    "c320_v2": Dialect(_C320, tree_1012=True, tree_1082=True),
    "c320_v2_from_zero": Dialect(_C320, tree_1012=True, tree_1082=True, if_from_zero=True),
    "c600": Dialect(_C600, tree_1012=False, tree_1082=True, typed_serial=True),
}


def dialect_of(name: str) -> Dialect:
    """The dialect of that name; raises `InvalidValueError`."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise InvalidValueError("dialect", name, f"one of {', '.join(DIALECTS)}") from None


def columns(plant: PlantView) -> list[Column[Any]]:
    """Every column that the dialect of the OLT has."""
    dialect = dialect_of(plant.state.olt.dialect)
    found = places(plant.state)
    # sysUpTime moves in whole seconds: both recordings hold a multiple of 100.
    shuffles = plant.state.olt.quirks.shuffles_if_index
    shuffle = Random(plant.state.olt.booted_at.timestamp()) if shuffles else None  # noqa: S311 - no secret
    columns = [*system(plant, dialect.object_id, tick=100), *_interfaces(found, dialect, shuffle)]
    if dialect.tree_1012:
        columns += zte_1012.columns(found)
    if dialect.tree_1082:
        columns += [*_cards(found), *_pon_ports(found)]
        columns += zte_1082.columns(found, typed_serial=dialect.typed_serial)
    return columns


def if_index(name: PonName, dialect: Dialect) -> int:
    """IfIndex of a PON port."""
    if dialect.if_from_zero:
        return 0x10000000 | (name.slot - 1) << 16 | (name.pon - 1) << 8
    return zte_1082.pon_index(name)


def if_name(pon: Pon) -> str:
    """IfName of a PON port."""
    place = pon.state.name
    return f"{'xgpon' if pon.xgs else 'gpon'}_{place.shelf}/{place.slot}/{place.pon}"


def _interfaces(found: Places, dialect: Dialect, shuffle: Random | None) -> list[Column[Any]]:
    """IF-MIB of the ports; ``shuffle`` gives them each other's numbers, as some builds do at each start."""
    numbers = [if_index(pon.state.name, dialect) for pon in found.pons]
    if shuffle is not None:
        shuffle.shuffle(numbers)
    pons = RowSet(((number,), pon) for number, pon in zip(numbers, found.pons, strict=True))
    return [
        Column((*_IF, 2), pons, lambda _: text("")),
        Column((*_IF, 3), pons, lambda _: integer(_GPON)),
        Column((*_IF, 5), pons, lambda pon: unsigned(GAUGE32, _SPEED_MAX if pon.xgs else _GPON_BIT_S)),
        Column((*_IF, 7), pons, lambda pon: integer(UP if pon.state.admin_up else DOWN)),
        Column((*_IF, 8), pons, lambda pon: integer(UP if pon.up else DOWN)),
        Column((*_IF, 9), pons, lambda _: unsigned(TIMETICKS, 0)),  # as recorded, whatever happens
        Column((*_IF_X, 1), pons, lambda pon: text(if_name(pon))),
        Column((*_IF_X, 15), pons, lambda pon: unsigned(GAUGE32, _XGS_MBIT if pon.xgs else _GPON_MBIT)),
        Column((*_IF_X, 18), pons, lambda _: text("")),
    ]


def _cards(found: Places) -> list[Column[Any]]:
    cards = RowSet(((1, 1, board.slot), board) for board in found.boards)

    def ports(board: Board) -> int:
        return sum(pon.card is board.state for pon in found.pons) if board.state.slot is not None else 3

    def code(board: Board) -> bytes:
        return integer(_LINE_CODE if board.state.slot is not None else _CONTROL_CODE)

    return [
        Column((*_CARD, 2), cards, code),
        Column((*_CARD, 4), cards, lambda board: text("" if board.state.missing else board.state.actual_type)),
        Column((*_CARD, 5), cards, _card_status),
        Column((*_CARD, 7), cards, lambda board: integer(ports(board))),
        Column((*_CARD, 9), cards, lambda board: integer(14 if working(board.state) else 0)),
        Column((*_CARD, 11), cards, lambda board: integer(26 if working(board.state) else 0)),
        Column((*_CARD, 14), cards, lambda board: text("" if board.state.missing else board.state.serial)),
    ]


def _card_status(board: Board) -> bytes:
    if board.state.missing:
        return integer(_OFFLINE)
    if not board.state.up:
        return integer(_FAULTY)
    return integer(_IN_SERVICE if board.state.actual_type == board.state.planned_type else _MISMATCH)


def _pon_ports(found: Places) -> list[Column[Any]]:
    pons = RowSet(((zte_1082.pon_index(pon.state.name),), pon) for pon in found.pons)

    def module(pon: Pon, value: float) -> bytes:
        return integer(round(value * 1000) if working(pon.card) else _NO_READING)

    def tx(pon: Pon) -> bytes:
        level_dbm = pon.state.tx_dbm if pon.lit else None
        return integer(_NO_READING if level_dbm is None else round(level_dbm * 1000))

    return [
        Column((*_MODULE, 2), pons, lambda _: integer(_NO_READING)),  # recorded so on every PON module
        Column((*_MODULE, 3), pons, tx),
        Column((*_MODULE, 5), pons, lambda pon: module(pon, pon_ddm(pon.state).bias_ma)),
        Column((*_MODULE, 6), pons, lambda pon: module(pon, pon_ddm(pon.state).voltage_v)),
        Column((*_MODULE, 7), pons, lambda pon: integer(_WAVELENGTH_NM[pon.xgs])),
        Column((*_MODULE, 8), pons, lambda pon: module(pon, pon_ddm(pon.state).temperature_c)),
        *(Column((*_FEC, place), pons, lambda _: unsigned(COUNTER64, 0)) for place in (71, 72)),
    ]
