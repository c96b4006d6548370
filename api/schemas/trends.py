"""The « will fail » list, and the reference measures of an access."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from api.i18n import Language, translate
from api.schemas.conditions import all_of, any_of
from api.schemas.sent import Instant, Number
from api.trend_text import CAUSES, KINDS, WHY, sentence
from domain.identifiers import DiagnosisNumber, OntName, PonName
from domain.reference import Occasion, ReferenceMeasure
from domain.trend import TrendCause, TrendKind, Unknown, Unmeasured
from domain.verdict import Scope
from storage.trends import KeptTrend, ScanReport


class TrendOut(BaseModel):
    """One thing that moves: of an ONT, or of what several share (then without ``ont``)."""

    olt: str
    scope: Scope
    pon: PonName
    ont: OntName | None
    pbo: str | None
    place: str | None
    access: str | None
    onts: int
    kind: TrendKind
    kind_label: str
    cause: TrendCause
    cause_label: str
    since: datetime | None
    slope_db_day: float | None
    change_db: float | None
    days_left: float | None
    confidence: float
    evidence: list[str]

    @classmethod
    def of(cls, kept: KeptTrend, language: Language) -> Self:
        """The trend in the reader's language."""
        trend = kept.trend
        return cls(
            olt=trend.olt,
            scope=trend.scope,
            pon=trend.pon,
            ont=trend.ont,
            pbo=kept.pbo,
            place=trend.place,
            access=kept.id1,
            onts=trend.onts,
            kind=trend.kind,
            kind_label=translate(language, KINDS[trend.kind]),
            cause=trend.cause,
            cause_label=translate(language, CAUSES[trend.cause]),
            since=trend.since,
            slope_db_day=trend.slope_db_day,
            change_db=trend.change_db,
            days_left=trend.days_left,
            confidence=trend.confidence,
            evidence=[sentence(fact, language) for fact in trend.facts],
        )


class ScanOut(BaseModel):
    """The last scan; ``unlooked``: ONTs that wanted a closer look and were too many."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    olts: int
    onts: int
    elapsed_s: float
    unlooked: int


class WillFailOut(BaseModel):
    """A page of the list, first those that leave their class first; ``scan`` is ``null`` before the first scan."""

    items: list[TrendOut]
    total: int
    scan: ScanOut | None

    @classmethod
    def of(cls, items: list[TrendOut], total: int, scan: ScanReport | None) -> Self:
        """The page."""
        return cls(items=items, total=total, scan=None if scan is None else ScanOut.model_validate(scan))


class UnknownOut(BaseModel):
    """An ONT of which nothing can be said, and why; ``days``: on how many days it was measured."""

    olt: str
    ont: OntName
    reason: Unmeasured
    reason_label: str
    days: int

    @classmethod
    def of(cls, unknown: Unknown, language: Language) -> Self:
        """The ONT, with its reason in the reader's language."""
        label = translate(language, WHY[unknown.reason])
        return cls(olt=unknown.olt, ont=unknown.ont, reason=unknown.reason, reason_label=label, days=unknown.days)


class UnknownsOut(BaseModel):
    """A page of what cannot be measured."""

    items: list[UnknownOut]
    total: int


Dbm = Annotated[Number, Field(ge=-45, le=12)]
Milliamperes = Annotated[Number, Field(ge=0, le=150)]


_LEVELS = ("ont_rx_dbm", "ont_tx_dbm", "olt_rx_dbm", "olt_tx_dbm", "ont_bias_ma", "olt_bias_ma")


class ReferenceIn(BaseModel):
    """A reference measure; one level at least. ``at``: now, without it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"occasion": "commissioning", "source": "recette", "ont_rx_dbm": -19.4, "olt_rx_dbm": -20.7}],
            **all_of(any_of(*_LEVELS)),
        },
    )

    at: Instant | None = None
    occasion: Occasion
    source: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    ont_rx_dbm: Dbm | None = None
    ont_tx_dbm: Dbm | None = None
    olt_rx_dbm: Dbm | None = None
    olt_tx_dbm: Dbm | None = None
    ont_bias_ma: Milliamperes | None = None
    olt_bias_ma: Milliamperes | None = None

    def measure(self, now: datetime) -> ReferenceMeasure:
        """The domain's measure; raises `InvalidValueError` without any level."""
        return ReferenceMeasure(**{**self.model_dump(), "at": self.at or now})


class ReferenceOut(BaseModel):
    """A reference measure as kept."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    occasion: Occasion
    source: str
    ont_rx_dbm: float | None
    ont_tx_dbm: float | None
    olt_rx_dbm: float | None
    olt_tx_dbm: float | None
    ont_bias_ma: float | None
    olt_bias_ma: float | None
    number: DiagnosisNumber | None
