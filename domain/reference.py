"""A reference measure: the levels of an access on an occasion after which it was known to work as it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidValueError
from domain.identifiers import DiagnosisNumber
from domain.metric import Metric, Readings
from domain.metrics.olt import PON_BIAS_MA, PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_BIAS_MA, ONT_RX_DBM, ONT_TX_DBM
from domain.metrics.reference import (
    REFERENCE_OLT_BIAS_MA,
    REFERENCE_OLT_RX_DBM,
    REFERENCE_OLT_TX_DBM,
    REFERENCE_ONT_BIAS_MA,
    REFERENCE_ONT_RX_DBM,
    REFERENCE_ONT_TX_DBM,
)
from domain.reading import Quality, Source, Via, known


class Occasion(StrEnum):
    """Why it was taken."""

    COMMISSIONING = "commissioning"  # creation of the access
    BOX_EXCHANGE = "box_exchange"
    ONT_EXCHANGE = "ont_exchange"
    TICKET_CLOSED = "ticket_closed"


@dataclass(frozen=True, slots=True)
class ReferenceMeasure:
    """The levels of one access; ``None`` was not measured.

    Attributes:
        at: When they were read.
        source: Where they come from: a DELC, a measuring set.
        number: The diagnosis that read them, where it was one.
    """

    at: datetime
    occasion: Occasion
    source: str
    ont_rx_dbm: float | None = None
    ont_tx_dbm: float | None = None
    olt_rx_dbm: float | None = None
    olt_tx_dbm: float | None = None
    ont_bias_ma: float | None = None
    olt_bias_ma: float | None = None
    number: DiagnosisNumber | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise InvalidValueError("reference", self.source, "a measure with at least one level")

    @property
    def values(self) -> dict[Metric[float], float]:
        """What was measured, under the metric that the engine compares with."""
        pairs = (
            (REFERENCE_ONT_RX_DBM, self.ont_rx_dbm),
            (REFERENCE_ONT_TX_DBM, self.ont_tx_dbm),
            (REFERENCE_OLT_RX_DBM, self.olt_rx_dbm),
            (REFERENCE_OLT_TX_DBM, self.olt_tx_dbm),
            (REFERENCE_ONT_BIAS_MA, self.ont_bias_ma),
            (REFERENCE_OLT_BIAS_MA, self.olt_bias_ma),
        )
        return {metric: value for metric, value in pairs if value is not None}

    def readings(self) -> Readings:
        """The same as the engine reads them."""
        source = Source(Via.INVENTORY, f"{self.occasion.value}: {self.source}")
        return Readings(
            {metric: known(value, self.at, source, Quality.STORED) for metric, value in self.values.items()}
        )


_MEASURED = {
    "ont_rx_dbm": ONT_RX_DBM,
    "ont_tx_dbm": ONT_TX_DBM,
    "olt_rx_dbm": OLT_RX_DBM,
    "olt_tx_dbm": PON_TX_DBM,
    "ont_bias_ma": ONT_BIAS_MA,
    "olt_bias_ma": PON_BIAS_MA,
}


def measured(readings: Readings, at: datetime, occasion: Occasion, number: DiagnosisNumber) -> ReferenceMeasure | None:
    """The reference measure that a line test gives; ``None`` where it read no level live."""
    levels = {
        name: reading.value
        for name, metric in _MEASURED.items()
        if (reading := readings[metric]).known and reading.quality is Quality.LIVE
    }
    return ReferenceMeasure(at, occasion, f"N° {number}", **levels, number=number) if levels else None
