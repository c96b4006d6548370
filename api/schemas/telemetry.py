"""Stored values, each with its instant, its age, its source, or the reason why there is none."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from api.services.telemetry import Found
from collectors.cycle.plan import plan
from collectors.snmp.values import dotted
from domain.identifiers import PonName
from domain.metric import Metric
from domain.reading import Reason, Via
from domain.telemetry import PON_ROW, decode


class MetricOut(BaseModel):
    """A metric that telemetry keeps."""

    key: str
    label: str
    unit: str


class SourceOut(BaseModel):
    """What brought a value: a column polled over SNMP, by its object identifier where one gives it, or a walk."""

    via: Via
    detail: str


class SampleOut(BaseModel):
    """A stored value. ``value`` or ``reason``, never both; a state is a word, an instant a date.

    What belongs to a PON port itself has ``pon`` and no ``ont``.
    """

    metric: str
    unit: str
    olt: str
    pon: str
    ont: str | None
    at: datetime
    age_s: float
    value: float | bool | str | None
    reason: Reason | None
    source: SourceOut

    @classmethod
    def of(cls, found: Found, now: datetime) -> Self:
        """The value, with its age at ``now``."""
        sample, ont = found.sample, found.sample.ont
        own = ont.ont == PON_ROW
        return cls(
            metric=found.metric.key,
            unit=found.metric.unit,
            olt=sample.olt,
            pon=str(PonName(ont.rack, ont.shelf, ont.slot, ont.pon)),
            ont=None if own else str(ont),
            at=sample.at,
            age_s=(now - sample.at).total_seconds(),
            value=None if sample.value is None else decode(found.metric, sample.value),
            reason=sample.reason,
            source=_source(found.metric, found.vendor),
        )


class SamplesOut(BaseModel):
    """Values; ``truncated`` tells that there are more than ``limit``."""

    values: list[SampleOut]
    truncated: bool

    @classmethod
    def of(cls, found: list[Found], now: datetime, limit: int) -> Self:
        """The first of them."""
        return cls(values=[SampleOut.of(one, now) for one in found[:limit]], truncated=len(found) > limit)


class StepOut(BaseModel):
    """One step of a downsampled series; steps without value are absent."""

    start: datetime
    low: float
    mean: float
    high: float
    count: int


def _source(metric: Metric[object], vendor: str) -> SourceOut:
    followed = plan(vendor)
    for column in () if followed is None else followed.columns:
        if column.target is metric:
            return SourceOut(via=Via.SNMP, detail=dotted(column.oid))
    return SourceOut(via=Via.SNMP, detail="walk")
