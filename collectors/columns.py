"""Declared columns: what a vendor's SNMP column holds, as data, and how an answered variable becomes a reading.

A vendor lists its columns in a YAML file; adding one is adding an entry. The file is validated when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from collectors.snmp.values import ABSENT, Kind, Oid, VarBind, dotted, oid
from domain.errors import InvalidValueError
from domain.identifiers import Firmware, SerialNumber
from domain.metric import Metric, metric
from domain.reading import Reading, Reason, Source, Via, known, missing
from domain.states import OntAlarm

_NUMBERS = frozenset({Kind.INTEGER, Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS, Kind.COUNTER64})
_TICK_S = 0.01  # TimeTicks (RFC 2578 7.1.8)
_TICKS_WRAP = 1 << 32
_LONGEST_RAW = 64
_UTC = ZoneInfo("UTC")
_DATE_TEXT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?")


CLOCK_SKEW = timedelta(seconds=60)
"""C: an instant may seem this much younger than now; more of it is a counter that has wrapped, or a wrong clock."""


class Shape(StrEnum):
    """How the raw value is read."""

    NUMBER = "number"  # integer x scale, in the unit of the metric
    ENUM = "enum"  # integer -> word of the metric's enumeration, or text
    TRUTH = "truth"  # integer -> true or false
    BITS = "bits"  # integer, one alarm a bit
    CODE = "code"  # integer or octets, as a text
    TEXT = "text"  # octets in UTF-8, NUL and spaces stripped
    SERIAL = "serial"  # 8 octets (ITU-T G.984.3 9.2.4.1)
    FIRMWARE = "firmware"  # 14 octets (ITU-T G.988 9.1.4)
    UPTIME = "uptime"  # TimeTicks -> seconds
    CHANGE = "change"  # TimeTicks of sysUpTime at a change -> instant
    DATE = "date"  # DateAndTime of 8 or 11 octets (RFC 2579), or text -> instant


class Cadence(StrEnum):
    """How often a cycle reads the column (`collectors.cycle.cadence`). A walk reads all but the live ones."""

    STATE = "state"  # every few minutes
    COUNTER = "counter"  # cumulative: at an interval, for what happened in between
    OPTICS = "optics"  # a query of the OLT to the ONT each: for some PON ports at a time
    STATIC = "static"  # what changes with provisioning only
    LIVE = "live"  # for one access, on demand, never in a walk


@dataclass(frozen=True, slots=True)
class Moment:
    """What instants of a reply are computed from.

    Attributes:
        at: When the reply was true, by the clock in force.
        booted_at: Start of the agent, from its sysUpTime; ``None`` when that is unknown.
    """

    at: datetime
    booted_at: datetime | None = None


class Column(BaseModel):
    """One declared column.

    Attributes:
        metric: Key of the metric it gives.
        oid: Column identifier (for a scalar, with its ``.0``).
        index: What its rows are indexed by, in the vendor's words.
        tree: Which of the vendor's trees it is of, where one metric stands in several: the first that answers is read.
        scale: Units of the metric for one unit of the raw integer.
        offset: Added to the scaled value, in the unit of the metric.
        zone: Time zone of the OLT's clock, for instants that carry none.
        words: Raw integer to word, truth or alarm (bit number from 1).
        sentinels: Raw values that mean "no value": integers, texts, or ``0x…`` for octets.
        lowest: Lowest plausible value, in the unit of the metric; so ``highest``.
        needs_ont: The value is only true while the ONT is on line.
        source: Who says so: MIB object, recording or public code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    metric: str
    oid: Annotated[Oid, BeforeValidator(oid)]
    index: str
    type: Shape
    tree: str = ""
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    zone: Annotated[ZoneInfo, BeforeValidator(lambda key: ZoneInfo(key) if isinstance(key, str) else key)] = _UTC
    unit: str = ""
    words: Mapping[int, str | bool] = Field(default_factory=dict)
    sentinels: tuple[int | str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    needs_ont: bool = False
    cadence: Cadence = Cadence.STATE
    source: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        target = self.target
        if target.unit != self.unit:
            raise InvalidValueError("columns.unit", self.unit, f"the unit of {target.key}, {target.unit!r}")
        if (self.type in {Shape.ENUM, Shape.TRUTH, Shape.BITS}) is not bool(self.words):
            raise InvalidValueError("columns.words", dict(self.words), f"words where, and only where, {self.type} asks")
        for word in self.words.values():
            _word(self, word)
        return self

    def __hash__(self) -> int:
        """By what names it: its words stand in a mapping."""
        return hash((self.oid, self.metric, self.index, self.tree))

    @cached_property
    def target(self) -> Metric[Any]:
        """The metric."""
        return metric(self.metric)

    @cached_property
    def origin(self) -> Source:
        """Source of every reading of this column."""
        return Source(Via.SNMP, dotted(self.oid))


class ColumnTable(BaseModel):
    """The declared columns of a vendor."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vendor: str
    columns: tuple[Column, ...]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        keys = [(column.metric, column.tree) for column in self.columns]
        if len(set(keys)) != len(keys):
            twice = sorted({metric for metric, tree in keys if keys.count((metric, tree)) > 1})
            raise InvalidValueError("columns", twice, "one column a metric, or one a tree")
        return self

    @classmethod
    def load(cls, text: str) -> ColumnTable:
        """Read and validate the YAML text."""
        return cls.model_validate(yaml.safe_load(text))

    def of(self, index: str) -> tuple[Column, ...]:
        """The columns indexed by ``index``."""
        return tuple(column for column in self.columns if column.index == index)

    def about(self, entity: str) -> tuple[Column, ...]:
        """The columns whose index begins with that word: ``ont`` for ``ont`` and ``ont.ani``."""
        return tuple(column for column in self.columns if column.index.partition(".")[0] == entity)

    @property
    def metrics(self) -> frozenset[Metric[Any]]:
        """Every metric that a column gives."""
        return frozenset(column.target for column in self.columns)


def _word(column: Column, word: str | bool) -> Any:
    kind = column.target.type
    if column.type is Shape.BITS:
        return OntAlarm(str(word))
    if column.type is Shape.TRUTH:
        return bool(word)
    return kind(word)


def raw_text(varbind: VarBind) -> str:
    """A raw value as short text, for the reader of a refused reading."""
    value = varbind.value
    if isinstance(value, bytes):
        return raw_octets(value)
    return dotted(value)[:_LONGEST_RAW] if isinstance(value, tuple) else str(value)[:_LONGEST_RAW]


def raw_octets(value: bytes) -> str:
    """Octets as short text: as they stand where they print, else in hexadecimal."""
    text = value.decode("ascii") if value.isascii() and value.decode("ascii").isprintable() else value.hex(":")
    return text[:_LONGEST_RAW]


def read(column: Column, varbind: VarBind, moment: Moment) -> Reading[Any]:
    """The reading of an answered variable: a value, or the reason why there is none."""
    refusal: Reason | None = None
    value: Any = None
    if varbind.kind is Kind.FAILED:
        refusal = varbind.value if isinstance(varbind.value, Reason) else Reason.ERROR
    elif varbind.kind in ABSENT:
        refusal = Reason.NOT_SUPPORTED
    elif _is_sentinel(column, varbind):
        refusal = Reason.NO_READING
    else:
        try:
            value = _SHAPES[column.type](column, varbind, moment)
            refusal = _implausible(column, value)
        except (ValueError, KeyError, OverflowError):  # InvalidValueError among them
            refusal = Reason.MALFORMED
    if refusal is None:
        return known(value, moment.at, column.origin)
    answered = varbind.kind is not Kind.FAILED and varbind.kind not in ABSENT
    return missing(refusal, moment.at, column.origin, raw_text(varbind) if answered else None)


def _implausible(column: Column, value: Any) -> Reason | None:
    if value is None:
        return Reason.NO_READING
    below = column.lowest is not None and value < column.lowest
    above = column.highest is not None and value > column.highest
    return Reason.OUT_OF_RANGE if below or above else None


def _is_sentinel(column: Column, varbind: VarBind) -> bool:
    value = varbind.value
    if isinstance(value, bytes):
        stripped = value.strip(b"\x00 ")
        return any(
            value == bytes.fromhex(item[2:]) if item.startswith("0x") else stripped.lower() == item.lower().encode()
            for item in column.sentinels
            if isinstance(item, str)
        )
    return value in column.sentinels


def _integer(varbind: VarBind) -> int:
    if varbind.kind not in _NUMBERS or not isinstance(varbind.value, int):
        raise InvalidValueError("value", varbind.kind.name, "an integer")
    return varbind.value


def _ticks(varbind: VarBind) -> int:
    ticks = _integer(varbind)
    if not 0 <= ticks < _TICKS_WRAP:
        raise InvalidValueError("value", ticks, "TimeTicks of 32 bits")
    return ticks


def _octets(varbind: VarBind) -> bytes:
    if varbind.kind is not Kind.OCTETS or not isinstance(varbind.value, bytes):
        raise InvalidValueError("value", varbind.kind.name, "an octet string")
    return varbind.value


def _number(column: Column, varbind: VarBind, _moment: Moment) -> Any:
    return column.target.type(column.scale * _integer(varbind) + column.offset)


def _enum(column: Column, varbind: VarBind, _moment: Moment) -> Any:
    return _word(column, column.words[_integer(varbind)])


def _bits(column: Column, varbind: VarBind, _moment: Moment) -> tuple[OntAlarm, ...]:
    """Bits without a word are left out: this vendor's reserved or undocumented alarms."""
    raised = _integer(varbind)
    if raised < 0:
        raised += 1 << 32  # a bit map in a signed Integer32
    return tuple(OntAlarm(str(word)) for bit, word in sorted(column.words.items()) if raised >> (bit - 1) & 1)


def _code(column: Column, varbind: VarBind, moment: Moment) -> str | None:
    return str(varbind.value) if varbind.kind in _NUMBERS else _text(column, varbind, moment)


def _text(_column: Column, varbind: VarBind, _moment: Moment) -> str | None:
    text = _octets(varbind).rstrip(b"\x00").decode("utf-8").strip()
    if any(ord(char) < 0x20 for char in text):
        raise InvalidValueError("value", "control characters", "a text")
    return text or None


def _serial(_column: Column, varbind: VarBind, _moment: Moment) -> SerialNumber | None:
    """8 octets; or its text, which some agents give, some of them with the mode of authentication in front."""
    octets = _octets(varbind)
    if len(octets) == 8:
        return SerialNumber.from_octets(octets)
    text = octets.rstrip(b"\x00").decode("ascii").strip()
    return SerialNumber.parse(re.sub(r"^\d+,", "", text)) if text else None


def _date(column: Column, varbind: VarBind, moment: Moment) -> datetime | None:
    """All zeros mean never. An instant later than now is of a clock that nothing can be said of."""
    octets = _octets(varbind)
    if not octets.strip(b"\x00 "):
        return None
    instant = _date_octets(column, octets) if len(octets) in {8, 11} else _date_text(column, octets)
    if instant is not None and instant > moment.at + CLOCK_SKEW:
        raise InvalidValueError("value", instant.isoformat(), "an instant that is past")
    return instant


def _date_octets(column: Column, octets: bytes) -> datetime | None:
    """DateAndTime: year, month, day, hour, minutes, seconds, tenths; direction, hours and minutes from UTC."""
    year = int.from_bytes(octets[:2], "big")
    month, day, hour, minute, second = octets[2:7]
    if not (year and month and day):
        return None
    zone: tzinfo = column.zone
    if len(octets) == 11 and octets[8] in b"+-":
        ahead = timedelta(hours=octets[9], minutes=octets[10])
        zone = timezone(ahead if octets[8] == ord("+") else -ahead)
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)


def _date_text(column: Column, octets: bytes) -> datetime | None:
    found = _DATE_TEXT.fullmatch(octets.rstrip(b"\x00").decode("ascii").strip())
    if found is None:
        raise InvalidValueError("value", raw_octets(octets), "a DateAndTime")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not (year and month and day):
        return None
    zone = datetime.strptime(found[7], "%z").tzinfo if found[7] else column.zone
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)


def _firmware(_column: Column, varbind: VarBind, _moment: Moment) -> Firmware | None:
    octets = _octets(varbind)
    if len(octets) > 64:
        raise InvalidValueError("value", len(octets), "a firmware version")
    firmware = Firmware(octets)
    return firmware if firmware.text else None


def _uptime(_column: Column, varbind: VarBind, _moment: Moment) -> float:
    return round(_ticks(varbind) * _TICK_S, 2)


def _change(_column: Column, varbind: VarBind, moment: Moment) -> datetime | None:
    ticks = _ticks(varbind)
    if ticks == 0 or moment.booted_at is None:  # 0: before the agent started (RFC 2863 ifLastChange)
        return None
    instant = moment.booted_at + timedelta(seconds=ticks * _TICK_S)
    if instant > moment.at + CLOCK_SKEW:  # sysUpTime has wrapped since (every 497 days)
        instant -= timedelta(seconds=_TICKS_WRAP * _TICK_S)
    return (instant + timedelta(milliseconds=500)).replace(microsecond=0)


_SHAPES: Mapping[Shape, Callable[[Column, VarBind, Moment], Any]] = {
    Shape.NUMBER: _number,
    Shape.ENUM: _enum,
    Shape.TRUTH: _enum,
    Shape.BITS: _bits,
    Shape.CODE: _code,
    Shape.TEXT: _text,
    Shape.SERIAL: _serial,
    Shape.FIRMWARE: _firmware,
    Shape.UPTIME: _uptime,
    Shape.CHANGE: _change,
    Shape.DATE: _date,
}
