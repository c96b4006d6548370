"""Raw values of a whole column into the unit of its metric, at once: the same values and reasons as one by one.

`collectors.columns.read` does it for a single variable; both are compared by tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from collectors.columns import CLOCK_SKEW, Column, Moment, Shape
from collectors.cycle.dates import instants
from collectors.snmp.column_types import ColumnKind, Numbers
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Codes, Values, encode

Raw = NDArray[np.int64]

_MICRO = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK_US = 10_000  # TimeTicks (RFC 2578 7.1.8)
_TICKS_WRAP = 1 << 32
_SKEW_US = CLOCK_SKEW // _MICRO

NO_READING = REASON_CODES[Reason.NO_READING]
OUT_OF_RANGE = REASON_CODES[Reason.OUT_OF_RANGE]
MALFORMED = REASON_CODES[Reason.MALFORMED]


@dataclass(frozen=True, slots=True)
class Converted:
    """Values in the unit of the metric, NaN where ``reasons`` is not 0."""

    values: Values
    reasons: Codes


def convertible(column: Column) -> bool:
    """Whether a column can be treated as a whole."""
    return column.type in _SHAPES or column.type is Shape.DATE


def convert(column: Column, raw: Numbers | Sequence[bytes], moment: Moment) -> Converted:
    """A whole column in the unit of its metric: of octet strings where they are instants, else of integers."""
    if column.type is Shape.DATE:
        return Converted(*instants(column, raw, moment))  # type: ignore[arg-type]  # asked as octets: see `kind`
    return _of_integers(column, np.asarray(raw, dtype=np.int64), moment)


def kind(column: Column) -> ColumnKind:
    """What is asked of the reader for a column."""
    return ColumnKind.OCTETS if column.type is Shape.DATE else ColumnKind.INTEGER


def _of_integers(column: Column, raw: Raw, moment: Moment) -> Converted:
    values, reasons = _SHAPES[column.type](column, raw, moment)
    sentinels = [item for item in column.sentinels if isinstance(item, int)]
    if sentinels:
        reasons[np.isin(raw, sentinels)] = NO_READING
    with np.errstate(invalid="ignore"):
        outside = np.zeros(len(raw), dtype=bool)
        if column.lowest is not None:
            outside |= values < column.lowest
        if column.highest is not None:
            outside |= values > column.highest
    reasons[outside & (reasons == 0)] = OUT_OF_RANGE
    values[reasons != 0] = np.nan
    return Converted(values, reasons)


def _number(column: Column, raw: Raw, _moment: Moment) -> tuple[Values, Codes]:
    """One multiplication and one division, each exact or rounded once: what the decimal gives one by one."""
    scale, offset = Fraction(column.scale), Fraction(column.offset)
    whole = math.lcm(scale.denominator, offset.denominator)
    numbers = raw.astype(np.float64) * float(scale * whole) + float(offset * whole)
    values = numbers / whole
    return np.trunc(values) if column.target.type is int else values, np.zeros(len(raw), dtype=np.uint8)


def _words(column: Column, raw: Raw, _moment: Moment) -> tuple[Values, Codes]:
    known = np.array(sorted(column.words), dtype=np.int64)
    as_type = bool if column.type is Shape.TRUTH else column.target.type
    codes = np.array([encode(column.target, as_type(word)) for word in _ordered(column)])
    at = np.minimum(np.searchsorted(known, raw), len(known) - 1)
    found = known[at] == raw
    return np.where(found, codes[at], np.nan), np.where(found, 0, MALFORMED).astype(np.uint8)


def _ordered(column: Column) -> list[str | bool]:
    return [column.words[raw] for raw in sorted(column.words)]


def _change(_column: Column, raw: Raw, moment: Moment) -> tuple[Values, Codes]:
    """Seconds since 1970 of a change told in ticks of sysUpTime, to the second; 0 is before the agent started."""
    reasons = np.where((raw < 0) | (raw >= _TICKS_WRAP), MALFORMED, 0).astype(np.uint8)
    reasons[raw == 0] = NO_READING
    if moment.booted_at is None:
        reasons[reasons == 0] = NO_READING
        return np.full(len(raw), np.nan), reasons
    booted, now = (moment.booted_at - _EPOCH) // _MICRO, (moment.at - _EPOCH) // _MICRO
    instants = booted + raw * _TICK_US
    instants[instants > now + _SKEW_US] -= _TICKS_WRAP * _TICK_US  # sysUpTime has wrapped since
    return ((instants + 500_000) // 1_000_000).astype(np.float64), reasons


_SHAPES: Mapping[Shape, Callable[[Column, Raw, Moment], tuple[Values, Codes]]] = {
    Shape.NUMBER: _number,
    Shape.ENUM: _words,
    Shape.TRUTH: _words,
    Shape.CHANGE: _change,
}
