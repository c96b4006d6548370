"""Telemetry of a whole OLT at once: columns, not objects. One row an ONT, one array a metric.

Only this module and what treats a fleet at once uses numpy; a single line test never needs it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.reading import Reason

Keys = NDArray[np.int64]
Values = NDArray[np.float64]
Codes = NDArray[np.uint8]
Instants = NDArray[np.int64]
"""Microseconds since 1970, UTC."""

DAY_S = 86_400

REASON_CODES: Mapping[Reason, int] = {reason: code for code, reason in enumerate(Reason, start=1)}
"""0 means « there is a value »; stored data relies on these numbers: `Reason` only grows at its end."""

REASONS: Mapping[int, Reason] = {code: reason for reason, code in REASON_CODES.items()}

_BITS = 12
_MASK = (1 << _BITS) - 1

PON_ROW = _MASK
"""ONT number under which a PON port's own metrics are kept: 0 is a real ONT (Huawei), and none reaches 4095."""


def pack(name: OntName) -> int:
    """An ONT's name as one integer, in the order of the names: rack, shelf, slot, PON, ONT, 12 bits each."""
    key = 0
    for part in (name.rack, name.shelf, name.slot, name.pon, name.ont):
        if part > _MASK:
            raise InvalidValueError("ont", name, "an ONT whose numbers are below 4096")
        key = (key << _BITS) | part
    return key


def unpack(key: int) -> OntName:
    """The name of `pack`."""
    return OntName(*((int(key) >> shift) & _MASK for shift in range(4 * _BITS, -1, -_BITS)))


def pack_pon(name: PonName) -> int:
    """The key of a PON port's own row: the last of its range, under an ONT number that no vendor gives."""
    return pack(OntName(name.rack, name.shelf, name.slot, name.pon, PON_ROW))


def pon_range(name: PonName) -> tuple[int, int]:
    """First key of a PON port, and first key after it."""
    low = pack(OntName(name.rack, name.shelf, name.slot, name.pon, 0))
    return low, low + (1 << _BITS)


def encode(metric: Metric[Any], value: object) -> float:
    """A value as a number: enumerations by their place, booleans as 0 and 1, instants as seconds since 1970.

    Stored data relies on these places: an enumeration that a metric holds only grows at its end.
    """
    if isinstance(value, StrEnum):
        return float(list(type(value)).index(value))
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bool | int | float):
        return float(value)
    raise InvalidValueError(metric.key, type(value).__name__, "a metric that telemetry can hold")


def decode(metric: Metric[Any], value: float) -> float | bool | str:
    """What `encode` made a number of: a state is its word, an instant its ISO 8601 text, UTC."""
    if issubclass(metric.type, StrEnum):
        return str(list(metric.type)[int(value)].value)
    if issubclass(metric.type, datetime):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return bool(value) if issubclass(metric.type, bool) else value


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one cycle read of one OLT.

    Attributes:
        operator_id: The infrastructure operator that owns the OLT.
        olt: Name of the OLT.
        at: Instant of the cycle, UTC-aware; each column may be up to its own duration later.
        keys: Names of the ONTs (`pack`), strictly increasing.
        values: One array a metric, in the metric's unit; NaN where there is a reason.
        reasons: One array a metric: 0 where there is a value, else the code of the reason (`REASON_CODES`).
    """

    operator_id: str
    olt: str
    at: datetime
    keys: Keys
    values: Mapping[Metric[Any], Values]
    reasons: Mapping[Metric[Any], Codes]

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValueError("batch.at", self.at, "an instant with its time zone")
        if len(self.keys) > 1 and not bool(np.all(self.keys[1:] > self.keys[:-1])):
            raise InvalidValueError("batch.keys", self.olt, "strictly increasing keys")
        if self.values.keys() != self.reasons.keys():
            raise InvalidValueError("batch", self.olt, "values and reasons of the same metrics")
        for metric, column in self.values.items():
            if len(column) != len(self.keys) or len(self.reasons[metric]) != len(self.keys):
                raise InvalidValueError(metric.key, len(column), f"{len(self.keys)} values")


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored value of one ONT. Exactly one of ``value`` and ``reason`` is given."""

    olt: str
    ont: OntName
    at: datetime
    value: float | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Where:
    """Which ONTs a question is about; ``None`` everywhere is the whole fleet of the operator."""

    operator_id: str
    olt: str | None = None
    pon: PonName | None = None
    ont: OntName | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Latest:
    """The last sample of each ONT of one OLT, for questions about a whole fleet.

    Attributes:
        olt: Name of the OLT.
        keys: ONTs (`pack`), strictly increasing: those that have a sample of any of the metrics asked.
        values: One array a metric; NaN where there is a reason.
        reasons: One array a metric: 0 where there is a value; `never_seen` where that ONT has no sample of that metric.
        at: One array a metric; 0 where it was never seen.
    """

    olt: str
    keys: Keys
    values: Mapping[Metric[Any], Values]
    reasons: Mapping[Metric[Any], Codes]
    at: Mapping[Metric[Any], Instants]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Every sample of one metric on one OLT, one element a sample, by ONT then by instant.

    Attributes:
        olt: Name of the OLT.
        keys: ONT of each sample (`pack`).
        at: Instant of each.
        values: NaN where there is a reason.
        reasons: 0 where there is a value, else the code of the reason.
    """

    olt: str
    keys: Keys
    at: Instants
    values: Values
    reasons: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What each ONT of one OLT measured, step by step: the form in which a fleet's weeks are looked at.

    Attributes:
        olt: Name of the OLT.
        keys: ONTs (`pack`) that have a value of any of the metrics asked, strictly increasing; PON ports' own rows too.
        starts: Start of each step, whole since 1970; the same steps for every OLT, those that touch the time asked.
        medians: One array a metric, one row an ONT, one column a step; NaN in steps without value.
        lows: Likewise, the lowest value.
        highs: Likewise, the highest.
        counts: Likewise, the number of values (0 without); reasons are not counted.
    """

    olt: str
    keys: Keys
    starts: Instants
    medians: Mapping[Metric[Any], Values]
    lows: Mapping[Metric[Any], Values]
    highs: Mapping[Metric[Any], Values]
    counts: Mapping[Metric[Any], NDArray[np.int32]]


class TelemetryStore(Protocol):
    """Keeps telemetry. What `append` acknowledged survives a kill; nothing is averaged when it is written."""

    async def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; returns once they are durable. The same batch twice is kept once."""
        ...

    async def last(self, where: Where, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last sample of each ONT, whatever its age, by metric."""
        ...

    async def latest(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        """The same as `last` in columns, by OLT in the order of names; OLTs without any sample are absent."""
        ...

    async def series(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> list[Sample]:
        """Every sample of ``[since, until[``, by ONT then by instant; samples without value included."""
        ...

    def tracks(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> AsyncIterator[Track]:
        """The same as `series` in columns, OLT after OLT in the order of names; OLTs without any sample are absent.

        A fleet's history is read piece by piece: never more than some OLTs are in memory.
        """
        ...

    def summaries(
        self,
        where: Where,
        metrics: Sequence[Metric[Any]],
        since: datetime,
        until: datetime,
        step_s: int = DAY_S,
    ) -> AsyncIterator[Summary]:
        """Per ONT and step, what its values in ``[since, until[`` were; OLT after OLT in the order of names.

        OLTs without any value are absent. Made for a scan of a fleet's weeks: never more than some OLTs are in memory.
        """
        ...

    async def worst(self, where: Where, metric: Metric[Any], count: int, *, lowest: bool = True) -> list[Sample]:
        """The ONTs whose last value is the lowest (or the highest), worst first; those without value left out."""
        ...

    async def as_of(self, where: Where, metric: Metric[Any], at: datetime) -> list[Sample]:
        """The last sample of each ONT at or before an instant."""
        ...

    async def downsampled(
        self, where: Where, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> list[tuple[datetime, float, float, float, int]]:
        """Per step: its start, minimum, mean, maximum and number of values; steps without value are absent."""
        ...

    async def close(self) -> None:
        """Finish what is being written and release files and sockets."""
        ...
