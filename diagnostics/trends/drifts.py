"""How daily medians move, many series at once: robust slope, best step, and which of the two explains them best.

The line test of one access and the scan of a fleet share this file: the same medians give the same numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from diagnostics.thresholds import Thresholds
from diagnostics.trends.slopes import Floats, theil_sen
from diagnostics.trends.steps import best_steps, line_misfit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drift:
    """How one series moved over its days.

    Attributes:
        slope: Change a day, positive when it rises.
        total: Change over the whole, by that slope.
        days: Days from first to last.
        step: Rise at its best change point.
        stepped_at: When that was.
        is_step: A step explains the change better than a slope.
    """

    slope: float = math.nan
    total: float = math.nan
    days: int = 0
    step: float = math.nan
    stepped_at: datetime | None = None
    is_step: bool = False

    @property
    def turned(self) -> Drift:
        """The same of the series turned over: a fall becomes a rise."""
        return Drift(-self.slope, -self.total, self.days, -self.step, self.stepped_at, self.is_step)

    @property
    def change(self) -> float:
        """By how much it moved, as a step or by its slope; 0 where that is unknown."""
        change = self.step if self.is_step else self.total
        return 0.0 if math.isnan(change) else change

    def rises(self, t: Thresholds) -> bool:
        """Whether it drifts or steps up."""
        return (self.drifts(t) and self.slope > 0 and not self.is_step) or (self.steps(t) and self.step > 0)

    def drifts(self, t: Thresholds) -> bool:
        """Whether it drifts up or down, steadily, by more than readings may."""
        long = self.days >= t.drift_min_days
        return long and abs(self.slope) >= t.drift_db_per_day and abs(self.total) >= t.drift_total_db

    def steps(self, t: Thresholds) -> bool:
        """Whether it stepped up or down by more than readings may."""
        return self.is_step and abs(self.step) >= t.step_db


@dataclass(frozen=True, slots=True, eq=False)
class Drifts:
    """The same of many series, one element a series; NaN is unknown.

    Attributes:
        first: Day of the first column, since 1970.
        slope: As `Drift.slope`.
        total: As `Drift.total`.
        days: As `Drift.days`.
        step: As `Drift.step`; NaN also where nothing moved enough to be looked at.
        cut: Column of the first day after the step.
        is_step: As `Drift.is_step`.
    """

    first: int
    slope: Floats
    total: Floats
    days: npt.NDArray[np.int64]
    step: Floats
    cut: Floats
    is_step: Flags

    def drifts(self, t: Thresholds) -> Flags:
        """As `Drift.drifts`."""
        long = self.days >= t.drift_min_days
        return long & (np.abs(self.slope) >= t.drift_db_per_day) & (np.abs(self.total) >= t.drift_total_db)

    def steps(self, t: Thresholds) -> Flags:
        """As `Drift.steps`."""
        return self.is_step & (np.abs(self.step) >= t.step_db)

    def rises(self, t: Thresholds) -> Flags:
        """Those that drift or step up."""
        return (self.drifts(t) & ~self.is_step & (self.slope > 0)) | (self.steps(t) & (self.step > 0))

    def falls(self, t: Thresholds) -> Flags:
        """Those that drift or step down."""
        return (self.drifts(t) & ~self.is_step & (self.slope < 0)) | (self.steps(t) & (self.step < 0))

    def one(self, row: int) -> Drift:
        """One of them."""
        cut = float(self.cut[row])
        return Drift(
            slope=float(self.slope[row]),
            total=float(self.total[row]),
            days=int(self.days[row]),
            step=float(self.step[row]),
            stepped_at=None if math.isnan(cut) else EPOCH + timedelta(days=self.first + int(cut)),
            is_step=bool(self.is_step[row]),
        )


def drifts_of(medians: Floats, first: int, t: Thresholds | None = None) -> Drifts:
    """How daily medians move, a series a row, a day a column from day ``first`` on.

    With thresholds, steps are looked for in the series alone that moved by half of what counts as one, or as a drift:
    what the others would say is below every threshold anyway.
    """
    rows, size = medians.shape
    known = ~np.isnan(medians)
    some: Flags = np.asarray(known.any(axis=1))
    span = np.where(some, size - 1 - np.argmax(known[:, ::-1], axis=1) - np.argmax(known, axis=1), 0)
    times = np.arange(size, dtype=np.float64)
    slope = theil_sen(times, medians)
    total = slope * span
    step, cut, is_step = np.full(rows, np.nan), np.full(rows, np.nan), np.zeros(rows, dtype=bool)
    looked = np.flatnonzero(some if t is None else _moved(medians, some, t))
    if looked.size:
        found = best_steps(medians[looked])
        misfit = line_misfit(times, medians[looked], slope[looked])
        step[looked], cut[looked], is_step[looked] = found.rise, found.at, found.misfit < misfit
    return Drifts(first, slope, total, span.astype(np.int64), step, cut, is_step)


def _moved(medians: Floats, some: Flags, t: Thresholds) -> Flags:
    spread = np.zeros(len(medians))
    spread[some] = np.nanmax(medians[some], axis=1) - np.nanmin(medians[some], axis=1)
    moved: Flags = spread >= min(t.step_db, t.drift_total_db) / 2
    return moved


def began(medians: Floats, drift: Drift, first: int, noise_db: float) -> datetime | None:
    """When one series that drifts up left its first level; the day of its step where it stepped.

    The first level is the median of its first three days; a drift is told once it stands ``noise_db`` above it, and
    began so much earlier as its slope needs for that.
    """
    if drift.is_step:
        return drift.stepped_at
    days = np.flatnonzero(~np.isnan(medians))
    if days.size < 2 or not drift.slope > 0:
        return None
    above = medians[days] >= float(np.median(medians[days[:3]])) + noise_db
    below = np.flatnonzero(~above)
    last_quiet = int(days[below[-1]]) if below.size else int(days[0])
    start = max(float(days[0]), last_quiet - noise_db / drift.slope)
    return EPOCH + timedelta(days=first + int(start))
