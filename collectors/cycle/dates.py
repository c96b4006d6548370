"""Instants of a whole column, as an OLT writes them: the same values and reasons as one by one.

`collectors.columns.read` does it for a single variable; both are compared by tests. Forms of fixed width (DateAndTime
of 8 and 11 octets, RFC 2579; ``2019-05-09 08:29:00``) are treated at once, anything else one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from collectors.columns import CLOCK_SKEW, Column, Moment, read
from collectors.snmp.values import Kind, VarBind
from domain.reading import Reason
from domain.telemetry import REASON_CODES, Codes, Values, encode

_Octets = NDArray[np.uint8]
_NO_READING, _MALFORMED = REASON_CODES[Reason.NO_READING], REASON_CODES[Reason.MALFORMED]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S, _QUARTER_S = 86_400, 900  # a zone's offset changes on quarters of an hour
_LIKE = b"0000-00-00 00:00:00"
_DIGITS = [place for place, char in enumerate(_LIKE) if char == ord("0")]
_SIGNS = [place for place, char in enumerate(_LIKE) if char != ord("0")]
_BETWEEN = np.frombuffer(bytes(_LIKE[place] for place in _SIGNS), np.uint8)
_YEARS = (2, 9998)  # C: further ones fall out of datetime in some zone; one by one tells


def instants(column: Column, raw: Sequence[bytes], moment: Moment) -> tuple[Values, Codes]:
    """Seconds since 1970 of each octet string; NaN and the code of its reason where it is no instant."""
    values, reasons = np.full(len(raw), np.nan), np.full(len(raw), _MALFORMED, dtype=np.uint8)
    sizes = np.fromiter(map(len, raw), dtype=np.int64, count=len(raw))
    single = np.ones(len(raw), dtype=bool)
    for size in (8, 11, len(_LIKE)):
        at = np.flatnonzero(sizes == size)
        if not len(at):
            continue
        octets = np.frombuffer(b"".join(raw if len(at) == len(raw) else [raw[i] for i in at.tolist()]), np.uint8)
        values[at], reasons[at], single[at] = _of_size(column, octets.reshape(-1, size), moment)
    for place in np.flatnonzero(single).tolist():
        reading = read(column, VarBind(column.oid, Kind.OCTETS, raw[place]), moment)
        if reading.value is None:
            values[place], reasons[place] = np.nan, REASON_CODES[reading.reason or Reason.NO_READING]
        else:
            values[place], reasons[place] = encode(column.target, reading.value), 0
    return values, reasons


def _of_size(column: Column, octets: _Octets, moment: Moment) -> tuple[Values, Codes, NDArray[np.bool_]]:
    """Seconds and reasons of octet strings of one size; and which of them are to be read one by one."""
    parts, sound = _digits(octets) if octets.shape[1] == len(_LIKE) else _numbers(octets)
    year, month, day, hour, minute, second = parts
    never = sound & ((year == 0) | (month == 0) | (day == 0))
    sound &= (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    sound &= (days.astype("datetime64[D]").astype("datetime64[M]") == months) & (hour < 24) & (minute < 60)
    local = days * _DAY_S + hour * 3600 + minute * 60 + np.minimum(second, 59)
    ahead, told = _offsets(column, octets, local, sound)
    seconds = local - ahead
    future = sound & told & (seconds > (moment.at + CLOCK_SKEW).timestamp())
    reasons = np.where(future, _MALFORMED, np.where(never, _NO_READING, 0)).astype(np.uint8)
    values = np.where(reasons == 0, seconds.astype(np.float64), np.nan)
    return values, reasons, ~(never | sound & told) | _listed(column, octets)


def _numbers(octets: _Octets) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    wide = octets.astype(np.int64)
    parts = np.stack([wide[:, 0] << 8 | wide[:, 1], *(wide[:, place] for place in range(2, 7))])
    return parts, np.ones(len(octets), dtype=bool)


def _digits(octets: _Octets) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    digits = octets[:, _DIGITS].astype(np.int64) - ord("0")
    sound = (octets[:, _SIGNS] == _BETWEEN).all(axis=1) & ((digits >= 0) & (digits <= 9)).all(axis=1)
    pairs = digits[:, ::2] * 10 + digits[:, 1::2]
    parts = np.stack([pairs[:, 0] * 100 + pairs[:, 1], *(pairs[:, place] for place in range(2, 7))])
    return parts, sound


def _offsets(
    column: Column, octets: _Octets, local: NDArray[np.int64], sound: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Seconds ahead of UTC of each instant: as it says, else by the zone of the OLT; and where that is told."""
    ahead = _of_zone(column.zone, local, sound)
    told = np.ones(len(octets), dtype=bool)
    if octets.shape[1] == 11:
        sign, hours, minutes = (octets[:, place].astype(np.int64) for place in (8, 9, 10))
        own = (sign == ord("+")) | (sign == ord("-"))
        said = (hours * 3600 + minutes * 60) * np.where(sign == ord("-"), -1, 1)
        ahead = np.where(own, said, ahead)
        told = ~own | (np.abs(said) < _DAY_S)
    return ahead, told


def _of_zone(zone: tzinfo, local: NDArray[np.int64], sound: NDArray[np.bool_]) -> NDArray[np.int64]:
    if str(zone) == "UTC" or not sound.any():
        return np.zeros(len(local), dtype=np.int64)
    quarters, places = np.unique(np.where(sound, local, 0) // _QUARTER_S, return_inverse=True)
    aheads = [_ahead_s(zone, quarter * _QUARTER_S) for quarter in quarters.tolist()]
    return np.array(aheads, dtype=np.int64)[places]


def _ahead_s(zone: tzinfo, local_s: int) -> int:
    wall = _EPOCH + timedelta(seconds=local_s)
    return int((wall - wall.replace(tzinfo=zone)).total_seconds())


def _listed(column: Column, octets: _Octets) -> NDArray[np.bool_]:
    """Which octet strings stand in the list of sentinels as they are: any other form of them is no instant."""
    found = np.zeros(len(octets), dtype=bool)
    for item in column.sentinels:
        if not isinstance(item, str):
            continue
        octet = bytes.fromhex(item[2:]) if item.startswith("0x") else item.encode()
        if len(octet) == octets.shape[1]:
            found |= (octets == np.frombuffer(octet, np.uint8)).all(axis=1)
    return found
