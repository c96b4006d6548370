"""The trends of one access, for its rules: drifts, steps, cycles and falls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.cycles import correlation, daily_swing
from diagnostics.trends.drifts import EPOCH, Drift, drifts_of
from diagnostics.trends.flapping import Flaps, flaps_of
from diagnostics.trends.slopes import Floats, daily_medians
from domain.access import OpticalClass
from domain.history import History, Sample
from domain.metric import Metric, Readings
from domain.metrics import olt, ont, surroundings
from domain.snapshot import Snapshot

_DAY_S = 86_400.0


_STILL = Drift()


@dataclass(frozen=True, slots=True)
class Trends:
    """The trends of an access.

    Attributes:
        loss_down: Loss downstream, or the level received turned over where nothing tells the level sent.
        loss_up: The same, upstream.
        ont_tx: Level sent by the ONT.
        ont_bias: Its laser current, in its own unit.
        olt_tx: Level sent by the port.
        pbo_rx: Mean level received by the ONTs of the PBO.
        pon_rx: Mean level received by the ONTs of the PON.
        swing_down_db: Peak to peak of the daily cycle of the loss, downstream.
        swing_up_db: The same, upstream.
        with_heat: Correlation of the loss with the temperature outside; NaN when unknown.
        with_rain: The same, with rain.
        range_db: From the quiet to the bad samples of the loss downstream (5th to 95th percentile).
        days_left: Days until the level received reaches the limit of its class at the present slope.
        flaps: Falls of the ONT.
    """

    loss_down: Drift = _STILL
    loss_up: Drift = _STILL
    ont_tx: Drift = _STILL
    ont_bias: Drift = _STILL
    olt_tx: Drift = _STILL
    pbo_rx: Drift = _STILL
    pon_rx: Drift = _STILL
    swing_down_db: float = math.nan
    swing_up_db: float = math.nan
    with_heat: float = math.nan
    with_rain: float = math.nan
    range_db: float = 0.0
    days_left: float | None = None
    flaps: Flaps = field(default_factory=Flaps)


class _Table:
    """The series of one access on common instants; what was not sampled, or is impossible, is NaN."""

    def __init__(self, series: dict[str, tuple[Sample, ...]], t: Thresholds) -> None:
        self._series = series
        self._t = t
        instants = sorted({sample.at for samples in series.values() for sample in samples})
        self.days: Floats = np.array([(at - EPOCH).total_seconds() / _DAY_S for at in instants])
        self._index = {at: number for number, at in enumerate(instants)}

    def of(self, metric: Metric[float], plausible: tuple[float, float] = (-math.inf, math.inf)) -> Floats:
        """One series, what is not plausible left out."""
        row = np.full(self.days.size, np.nan)
        for sample in self._series.get(metric.key, ()):
            if plausible[0] <= sample.value <= plausible[1]:
                row[self._index[sample.at]] = sample.value
        return row

    def drift(self, values: Floats) -> Drift:
        """The drift of one series, over its daily medians."""
        if np.sum(~np.isnan(values)) < 2:
            return _STILL
        first = int(self.days[0])
        medians = daily_medians(self.days, values[None, :], first, int(self.days[-1]) - first + 1)
        return drifts_of(medians, first).one(0)


def trends_of(snapshot: Snapshot, readings: Readings, t: Thresholds) -> Trends:
    """The trends of an access, from its history and from the counts of its falls."""
    return history_trends(snapshot.history, readings, snapshot.at, snapshot.optical_class, t)


def history_trends(
    history: History, readings: Readings, now: datetime, optical_class: OpticalClass, t: Thresholds
) -> Trends:
    """The same of a history alone: what a closer look at one ONT of a fleet has."""
    flaps = flaps_of(history.drops, readings, now, t)
    if not history.series:
        return Trends(flaps=flaps)
    table = _Table(dict(history.series), t)
    rx, olt_rx = (table.of(metric, t.rx_plausible_dbm) for metric in (ont.ONT_RX_DBM, ont.OLT_RX_DBM))
    ont_tx, olt_tx = (table.of(metric, t.tx_plausible_dbm) for metric in (ont.ONT_TX_DBM, olt.PON_TX_DBM))
    down, up = loss_of(olt_tx, rx), loss_of(ont_tx, olt_rx)
    heat, rain = table.of(surroundings.AIR_TEMPERATURE_C), table.of(surroundings.RAIN_MM)
    loss_down = table.drift(down)
    margin = _margin(readings, t.limits(optical_class).ont_rx_dbm[0])
    return Trends(
        loss_down=loss_down,
        loss_up=table.drift(up),
        ont_tx=table.drift(ont_tx),
        ont_bias=table.drift(table.of(ont.ONT_BIAS_MA, t.bias_plausible_ma)),
        olt_tx=table.drift(olt_tx),
        pbo_rx=table.drift(table.of(surroundings.PBO_MEAN_RX_DBM, t.rx_plausible_dbm)),
        pon_rx=table.drift(table.of(surroundings.PON_MEAN_RX_DBM, t.rx_plausible_dbm)),
        swing_down_db=daily_swing(table.days, down),
        swing_up_db=daily_swing(table.days, up),
        with_heat=correlation(down, heat),
        with_rain=correlation(down, rain),
        range_db=_range(down),
        days_left=None if margin is None or not loss_down.slope > 0 else margin / loss_down.slope,
        flaps=flaps,
    )


def loss_of(sent: Floats, received: Floats) -> Floats:
    """The loss where both ends were sampled; else the level received turned over, about the usual level sent."""
    if np.isnan(sent).all():
        return -received
    return np.where(np.isnan(sent), np.nanmedian(sent), sent) - received


def _margin(readings: Readings, limit_dbm: float) -> float | None:
    level = readings.value(ont.ONT_RX_DBM)
    return None if level is None or level <= limit_dbm else level - limit_dbm


def _range(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.percentile(known, 95) - np.percentile(known, 5)) if known.size else 0.0
