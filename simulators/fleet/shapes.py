"""Values that several vendors show alike, as columns of an OLT of the fleet: constants, dates, serial numbers, modules.

Families are named alike too: ``scalar``, ``board``, ``pon`` (in the order of the topology's ports), ``ont`` and ``uni``
(in the order of its ONTs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from domain.states import EthernetRate
from simulators.fleet.kinds import RATES
from simulators.fleet.model import Olt
from simulators.fleet.physics import Reals
from simulators.fleet.tables import Changes, ColumnSpec, Family, Write
from simulators.fleet.topology import Ints
from simulators.fleet.wire import Field, integers, octet_strings, texts, unsigned
from simulators.snmp.ber import COUNTER64, OBJECT_ID, OCTET_STRING, TIMETICKS, Oid, encode_oid

Column = Callable[[Olt], Field]
Group = tuple[Oid, dict[int, tuple[Changes, Column]]]
"""An entry of a MIB, and its columns by their last arc."""

Model = tuple[bytes, bytes, bytes, bytes, bytes]
"""An ONT: maker, equipment, firmware, firmware before it, hardware."""

AnyModel = tuple[bytes, bytes, bytes, bytes, object]
"""The same, whatever its last part is."""

CONTROL_SLOT = 9
"""Of the control board, behind the eight line boards of the fleet's shelf."""

_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


def slots(olt: Olt) -> list[int]:
    """Of its boards: those with PON ports, then the control board."""
    return [*np.unique(olt.topology.pon_slot).tolist(), CONTROL_SLOT]


def rows(olt: Olt, family: str) -> int:
    """How many rows a family has."""
    return {"pon": len(olt.topology.pon_slot), "board": len(slots(olt)), "scalar": 1}.get(family, len(olt.up))


def is_xgs(olt: Olt) -> bool:
    """Whether its boards are XGS-PON."""
    return olt.topology.generation.name == "xgs"


def number(family: str, value: int) -> Column:
    """The same INTEGER on every row."""
    return lambda olt: integers(np.full(rows(olt, family), value))


def text(family: str, value: Callable[[Olt], bytes]) -> Column:
    """The same text on every row."""
    return lambda olt: texts([value(olt)], np.zeros(rows(olt, family), np.intp))


def numbered(prefix: bytes) -> Column:
    """The number of each ONT behind a prefix."""
    return lambda olt: texts([prefix + b"%d" % n for n in range(int(olt.topology.ont.max()) + 1)], olt.topology.ont)


def zeros(family: str) -> Column:
    """A counter that stays at zero."""
    return lambda olt: unsigned(COUNTER64, np.zeros(rows(olt, family), np.int64))


def system(descr: bytes, object_id: Oid, tick: int = 1) -> Group:
    """The system group (RFC 3418); ``tick`` is the step of sysUpTime in hundredths of a second."""
    never = Changes.NEVER

    def uptime(olt: Olt) -> Field:
        hundredths = max((olt.now_us - olt.booted_us) // 10_000, 0)
        return unsigned(TIMETICKS, np.array([(hundredths - hundredths % tick) & 0xFFFFFFFF]))

    def identity(_olt: Olt) -> Field:
        return Field(np.frombuffer(encode_oid(object_id), np.uint8)[None, :]).tagged(OBJECT_ID)

    return _SYSTEM, {
        1: (never, text("scalar", lambda _: descr)),
        2: (never, identity),
        3: (Changes.ALWAYS, uptime),
        4: (never, text("scalar", lambda _: b"")),
        5: (never, text("scalar", lambda olt: olt.name.encode())),
        6: (never, text("scalar", lambda _: b"")),
    }


def per_board(working: int, down: int) -> Column:
    """One number for boards that work, another for the others."""
    return lambda olt: integers(np.where(np.isin(slots(olt), list(olt.wrong.boards_off)), down, working))


def board_types(gpon: bytes, xgs: bytes, control: bytes) -> Column:
    """The type of each board."""
    return lambda olt: texts([xgs if is_xgs(olt) else gpon, control], np.array([s == CONTROL_SLOT for s in slots(olt)]))


def port_names(form: Callable[[Olt], bytes]) -> Column:
    """The name of each PON port: its slot and its number in a form of two ``%d``."""

    def values(olt: Olt) -> Field:
        t = olt.topology
        table = [form(olt) % pair for pair in zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)]
        return texts(table, np.arange(len(table)))

    return values


def dates(instants_us: Ints, *, zone: bool) -> Field:
    """DateAndTime (RFC 2579) in UTC, of 11 octets with its ``zone``, of 8 without; 8 zeros for never (0)."""
    found = instants_us.astype("datetime64[us]")
    days, months = found.astype("datetime64[D]"), found.astype("datetime64[M]").astype(np.int64)
    year = months // 12 + 1970
    tenths = instants_us // 100_000
    out = np.zeros((len(instants_us), 11 if zone else 8), np.uint8)
    out[:, 0], out[:, 1] = year >> 8, year & 0xFF
    out[:, 2] = months % 12 + 1
    out[:, 3] = (days - found.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    out[:, 4], out[:, 5] = tenths // 36_000 % 24, tenths // 600 % 60
    out[:, 6], out[:, 7] = tenths // 10 % 60, tenths % 10
    if zone:
        out[:, 8] = ord("+")
    never = instants_us == 0
    out[never] = 0
    return Field(out, np.where(never, 8, 11) if zone and never.any() else None).tagged(OCTET_STRING)


@dataclass(frozen=True, slots=True)
class Modules:
    """Figures of modules as `simulators.plant.ddm` has them: degrees Celsius, volts, milliamperes."""

    temperature_c: Reals
    voltage_v: Reals
    bias_ma: Reals


def module(shelf: int, give: Callable[[Modules], Reals], silent: int) -> Column:
    """Figures of a port's module, spread by a checksum of the port's name.

    ``shelf`` is the rack and the shelf of that name, ``silent`` what is told where the board does not work.
    """

    def values(olt: Olt) -> Field:
        t = olt.topology
        pairs = zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)
        spread = np.array([crc32(b"PON-%d-%d-%d-%d" % (shelf, shelf, *pair)) for pair in pairs], np.int64)
        bias = np.where(olt.lit_ports(), np.rint((15 + spread // 299 % 12) * olt.light.pon_bias), 0.0)
        heat = np.rint(28 + spread % 15 + olt.light.pon_heat_c)
        figures = give(Modules(heat, 3.21 + spread // 15 % 10 / 100, bias))
        return integers(np.where(olt.boards_work(t.pon_slot), np.rint(figures), silent))

    return values


def ont_module(models: tuple[Model, ...], give: Callable[[Modules], Reals], silent: int) -> Column:
    """Figures of an ONT's module, spread in the same way by its serial number; ``silent`` while it cannot be asked."""

    def values(olt: Olt) -> Field:
        t = olt.topology
        made = zip(t.model.tolist(), t.serial.tolist(), strict=True)
        spread = np.array([crc32(models[model][0] + b"%08X" % serial) for model, serial in made], np.int64)
        bias = np.rint((9 + spread // 299 % 12) * olt.light.ont_bias)
        heat = np.rint(38 + spread % 23 + olt.light.ont_heat_c)
        figures = give(Modules(heat, 3.24 + spread // 23 % 13 / 100, bias))
        return integers(np.where(olt.managed, np.rint(figures), silent))

    return values


def scaled(level: Callable[[Olt], Reals], steps: int, offset: float, silent: int) -> Column:
    """A level in dBm as ``steps`` a dB above ``-offset`` dBm; ``silent`` where there is none."""

    def values(olt: Olt) -> Field:
        dbm = level(olt)
        return integers(np.where(np.isnan(dbm), silent, np.rint((np.nan_to_num(dbm) + offset) * steps)))

    return values


def serial_octets(models: tuple[Model, ...], olt: Olt) -> NDArray[np.uint8]:
    """The 8 octets of each serial number."""
    makers = np.frombuffer(b"".join(model[0] for model in models), np.uint8).reshape(-1, 4)
    numbers = np.frombuffer(olt.topology.serial.astype(">u4").tobytes(), np.uint8).reshape(-1, 4)
    return np.concatenate([makers[olt.topology.model], numbers], axis=1)


def serial_texts(models: tuple[Model, ...], prefix: bytes = b"") -> Column:
    """Each serial number as text, its number in 8 hexadecimal digits."""

    def values(olt: Olt) -> Field:
        octets = serial_octets(models, olt)
        digits = np.stack([octets[:, 4:] >> 4, octets[:, 4:] & 15], axis=2).reshape(len(octets), 8)
        before = np.tile(np.frombuffer(prefix, np.uint8), (len(octets), 1))
        return Field(np.concatenate([before, octets[:, :4], _HEX[digits]], axis=1)).tagged(OCTET_STRING)

    return values


def firmware(models: Sequence[AnyModel], *, active: bool, width: int = 0) -> Column:
    """The firmware that runs, or the other one of the model, filled with NUL up to ``width``."""

    def values(olt: Olt) -> Field:
        given = olt.wrong.version if active else np.zeros_like(olt.wrong.version)
        other = olt.outdated if active else ~olt.topology.outdated
        choice = np.where(given > 1, 2 * len(models) + given - 2, olt.topology.model + len(models) * other)
        table = [model[2] for model in models] + [model[3] for model in models] + olt.wrong.versions
        return texts([version.ljust(width, b"\0") for version in table], choice)

    return values


def model(models: tuple[Model, ...], part: int) -> Column:
    """A part of the model of each ONT."""
    return lambda olt: texts([one[part] for one in models], olt.topology.model)


def up(yes: int, no: int) -> Column:
    """One number for ONTs that are up, another for the others."""
    return lambda olt: integers(np.where(olt.up, yes, no))


def gasped(olt: Olt) -> NDArray[np.bool_]:
    """Whether the last thing heard of an ONT was that it lost its power."""
    found: NDArray[np.bool_] = (olt.last_gasp_us > 0) & (olt.last_gasp_us == olt.last_down_us)
    return found


def silent(olt: Olt) -> NDArray[np.bool_]:
    """Whether an ONT that is down ought to be heard: it is wanted, and its port emits."""
    wanted: NDArray[np.bool_] = ~olt.wrong.locked & olt.lit_ports()[olt.topology.port]
    return wanted


def configured(olt: Olt) -> Field:
    """How many ONTs each port has in its configuration."""
    t = olt.topology
    return integers(np.bincount(t.port[~olt.wrong.unprovisioned], minlength=len(t.pon_slot)))


def by_rate(olt: Olt, table: Mapping[EthernetRate, int], without: int) -> Ints:
    """A number for the rate of each ONT's Ethernet link, ``without`` where there is none."""
    numbers = np.array([table[rate] for rate in RATES])
    return np.where(olt.uni_up, numbers[olt.wrong.rate], without)


def found_family(ports: Ints, olt: Olt, *, strangers: bool = False) -> Family:
    """Rows of what shows itself without being configured, ``ports`` being the index of each; or only of strangers."""
    at = np.array([one.port for one in olt.found], np.int64)
    numbers = np.array([one.number for one in olt.found], np.int64)
    shown = np.array([one.stranger or not strangers for one in olt.found], np.bool_)
    return Family([ports[at], numbers], shown)


def found_serials(models: Sequence[AnyModel]) -> Column:
    """The 8 octets of the serial number of what shows itself."""

    def values(olt: Olt) -> Field:
        own = (models[model][0] for model in olt.topology.model[[one.ont for one in olt.found]])
        octets = [
            (one.maker or maker) + one.serial.to_bytes(4, "big") for one, maker in zip(olt.found, own, strict=True)
        ]
        return octet_strings(np.frombuffer(b"".join(octets), np.uint8).reshape(-1, 8))

    return values


def distance(olt: Olt) -> Ints:
    """Of each ONT, in metres."""
    return np.rint(olt.topology.length_m).astype(np.int64)


def pon_admin(no: int) -> tuple[Changes, Column]:
    """Whether each port is open: 1, or ``no``."""
    return Changes.WITH_STATE, lambda olt: integers(np.where(olt.wrong.pons_locked, no, 1))


def uni_admin(no: int) -> tuple[Changes, Column]:
    """Whether the Ethernet port of each ONT is open: 1, or ``no``."""
    return Changes.WITH_STATE, lambda olt: integers(np.where(olt.wrong.unis_locked, no, 1))


def specs(
    families: dict[str, list[Group]], slow: tuple[Oid, ...], writes: Mapping[Oid, Write] | None = None
) -> list[ColumnSpec]:
    """Columns by family and entry as the tables want them.

    ``slow``: entries for which the OLT asks its modules; ``writes``: columns that may be set, and what that means.
    """
    return [
        ColumnSpec((*entry, place), family, changes, values, entry in slow, (writes or {}).get((*entry, place)))
        for family, groups in families.items()
        for entry, columns in groups
        for place, (changes, values) in columns.items()
    ]
