"""The scan: what several ONTs share first, then what is each one's own, then what cannot be measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diagnostics.thresholds import Thresholds
from diagnostics.trends.drifts import Drift, Flags, began, drifts_of
from diagnostics.trends.fleet import Around, OltDays, last_known, losses, read
from diagnostics.trends.shared import Common, common, days_until, fact, kind_of
from diagnostics.trends.slopes import Floats
from domain.telemetry import unpack
from domain.trend import Trend, TrendCause, TrendFact, Unknown, Unmeasured
from domain.verdict import Scope

_FLAP_DAYS = 7
_CYCLE_DAYS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What one OLT's days say.

    Attributes:
        trends: Everything that moves, in no order.
        unknown: ONTs with fewer days than a drift needs.
    """

    trends: tuple[Trend, ...]
    unknown: tuple[Unknown, ...]


def scan(days: OltDays, around: Around, t: Thresholds) -> Scan:
    """Everything that moves slowly on one OLT."""
    shared = common(days, around, t)
    own = _Own(days, around, t, shared)
    return Scan((*shared.trends, *own.lines(), *own.lasers()), tuple(_unknown(days, t)))


def line_losses(days: OltDays) -> tuple[Floats, Floats]:
    """The loss of each line, downstream and upstream, as a line test takes it."""
    return losses(days.port_tx[days.port_of], days.rx), losses(days.ont_tx, days.olt_rx)


class _Own:
    """What moves of each ONT alone, once what is common is taken off."""

    def __init__(self, days: OltDays, around: Around, t: Thresholds, shared: Common) -> None:
        self._days, self._around, self._t = days, around, t
        down, up = line_losses(days)
        for loss, apart, rows in ((down, shared.down, shared.down_shared), (up, shared.up, shared.up_shared)):
            taken = np.array(sorted(rows), dtype=np.int64)
            loss[taken] = -apart[taken]
        self._series = (down, up)
        self._down, self._up = drifts_of(down, days.first, t), drifts_of(up, days.first, t)
        self._sent = drifts_of(days.ont_tx, days.first, t)
        self._sends = read(days.port_tx)[days.port_of]
        self._sent_known, self._up_known = read(days.ont_tx), read(days.olt_rx)
        self._alone = _alone(days)

    def lines(self) -> Iterator[Trend]:
        """Lines that lose more and more, or that stepped to a greater loss."""
        t = self._t
        for row in np.flatnonzero(self._down.rises(t) | (self._up.rises(t) & ~self._blinded())):
            yield self._line(int(row))

    def _blinded(self) -> Flags:
        """Where the level sent is unknown, what the OLT receives may fall by the laser: downstream must follow."""
        blind: Flags = ~self._sent_known & ~np.isnan(self._down.slope) & ~self._down.rises(self._t)
        return blind

    def _line(self, row: int) -> Trend:
        t, pair = self._t, (self._down.one(row), self._up.one(row))
        place, head = chosen(pair, t)
        bends = pair[0].change - pair[1].change >= t.bend_db and bool(self._up_known[row])
        facts = [fact("loss_rises_down", pair[0])] if pair[0].rises(t) else []
        facts += [fact("loss_rises_up", pair[1])] if pair[1].rises(t) else []
        facts += self._senders(row)
        if bends:
            facts.append(TrendFact("more_downstream", {"change": round(pair[0].change - pair[1].change, 2)}))
        doubt = self._doubt(row, pair)
        if self._alone[row]:
            facts.append(TrendFact("no_neighbour"))
            doubt *= t.doubt_two_hypotheses
        ceiling = t.ceilings["loss_step" if head.is_step else "line_drift"]
        return self._trend(
            row, head, self._series[place][row], TrendCause.BEND if bends else TrendCause.LINE,
            self._left(row, pair), ceiling * doubt, facts,
        )  # fmt: skip

    def _senders(self, row: int) -> list[TrendFact]:
        still = not self._sent.falls(self._t)[row]
        return [TrendFact("senders_still")] if self._sends[row] and self._sent_known[row] and still else []

    def _doubt(self, row: int, pair: tuple[Drift, Drift]) -> float:
        unread = not (self._sends[row] and self._sent_known[row])
        one_way = not all(drift.rises(self._t) for drift in pair)
        return (self._t.doubt_missing if unread else 1.0) * (self._t.doubt_minor if one_way else 1.0)

    def _left(self, row: int, pair: tuple[Drift, Drift]) -> float | None:
        levels = (self._days.rx, self._days.olt_rx)
        found = [
            days_until(float(last_known(rows[row : row + 1])[0] - limit), drift.turned)
            for rows, limit, drift in zip(levels, self._limits(row), pair, strict=True)
            if drift.rises(self._t)
        ]
        return min((left for left in found if left is not None), default=None)

    def _limits(self, row: int) -> tuple[float, float]:
        limits = self._around.limits[row]
        return limits.ont_rx_dbm[0], np.nan if limits.olt_rx_dbm is None else limits.olt_rx_dbm[0]

    def lasers(self) -> Iterator[Trend]:
        """ONTs that send less and less."""
        t = self._t
        for row in np.flatnonzero(self._sent.falls(t)):
            drift = self._sent.one(int(row))
            current = self._current(int(row))
            facts = [fact("ont_sends_less", drift), *current]
            doubt = 1.0 if current else t.doubt_minor
            ceiling = t.ceilings["transmitter_drift"]
            yield self._trend(int(row), drift.turned, -self._days.ont_tx[row], TrendCause.ONT_LASER,
                              self._laser_left(int(row), drift), ceiling * doubt, facts)  # fmt: skip

    def _laser_left(self, row: int, drift: Drift) -> float | None:
        limits = self._around.limits[row]
        least = np.nan if limits.ont_tx_dbm is None else limits.ont_tx_dbm[0]
        pairs = ((self._days.ont_tx, least), (self._days.olt_rx, self._limits(row)[1]))
        found = [days_until(float(last_known(rows[row : row + 1])[0] - limit), drift) for rows, limit in pairs]
        return min((left for left in found if left is not None), default=None)

    def _current(self, row: int) -> list[TrendFact]:
        known = self._days.ont_bias[row][~np.isnan(self._days.ont_bias[row])]
        if known.size < 2 or not known[0] > 0 or known[-1] / known[0] < self._t.trend_bias_ratio:
            return []
        return [TrendFact("ont_current_rises", {"ratio": round(float(known[-1] / known[0]), 2)})]

    def _trend(
        self, row: int, rising: Drift, series: Floats, cause: TrendCause, left: float | None, sure: float,
        facts: list[TrendFact],
    ) -> Trend:  # fmt: skip
        ont = unpack(int(self._days.keys[row]))
        return Trend(
            olt=self._days.olt,
            scope=Scope.INDIVIDUAL,
            pon=ont.pon_name,
            ont=ont,
            place=None,
            onts=1,
            kind=kind_of(rising),
            cause=cause,
            since=began(series, rising, self._days.first, self._t.trend_noise_db),
            slope_db_day=None if rising.is_step else rising.slope,
            change_db=rising.change,
            days_left=left,
            confidence=round(sure, 2),
            facts=tuple(facts),
        )


def chosen(pair: tuple[Drift, Drift], t: Thresholds) -> tuple[int, Drift]:
    """Of both directions, the one that tells it: the steepest that drifts, else the step downstream, else upstream."""
    drifting = [(place, d) for place, d in enumerate(pair) if d.drifts(t) and d.slope > 0 and not d.is_step]
    if drifting:
        return max(drifting, key=lambda one: one[1].slope)
    place = 0 if pair[0].steps(t) and pair[0].step > 0 else 1
    return place, pair[place]


def _alone(days: OltDays) -> Flags:
    """ONTs without any measured neighbour on their PON: what is common to both cannot be told apart."""
    measured = ~np.isnan(days.rx).all(axis=1)
    pon = np.unique(days.keys >> 12, return_inverse=True)[1]
    counts = np.bincount(pon[measured], minlength=int(pon.max()) + 1 if pon.size else 0)
    alone: Flags = counts[pon] < 2
    return alone


def _unknown(days: OltDays, t: Thresholds) -> Iterator[Unknown]:
    """ONTs read on fewer days than a drift needs."""
    counts = days.days
    for row in np.flatnonzero(counts < t.drift_min_days):
        reason = Unmeasured.TOO_FEW_DAYS if counts[row] else Unmeasured.NOT_READ
        if days.refused[row] and not counts[row]:
            reason = Unmeasured.IMPLAUSIBLE
        yield Unknown(days.olt, unpack(int(days.keys[row])), reason, int(counts[row]))


def restless(lows: Floats, highs: Floats, slack: float = 60.0) -> npt.NDArray[np.bool_]:
    """ONTs whose last change of state moved on two of the last seven days at least, or often within one of them.

    Args:
        lows: The earliest « last change » of each day (seconds), a row an ONT.
        highs: The latest.
        slack: Seconds by which two tellings of one change may differ (C).
    """
    lows, highs = lows[:, -_FLAP_DAYS:], highs[:, -_FLAP_DAYS:]
    within = highs - lows > slack
    before = np.fmax.accumulate(highs, axis=1)
    later = np.zeros_like(within)
    later[:, 1:] = lows[:, 1:] - before[:, :-1] > slack
    moved = np.nan_to_num(within | later)
    found: npt.NDArray[np.bool_] = (moved.sum(axis=1) >= 2) | within[:, -2:].any(axis=1)
    return found


def dipping(medians: Floats, lows: Floats, t: Thresholds) -> npt.NDArray[np.bool_]:
    """ONTs whose level dips under the median of the day by half a cycle or more, on several days."""
    deep = medians - lows >= t.cycle_db / 2
    found: npt.NDArray[np.bool_] = deep.sum(axis=1) >= _CYCLE_DAYS
    return found
