"""Robust slopes (Theil–Sen) of many series at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def theil_sen(times: Floats, values: Floats) -> Floats:
    """Median of the slopes between every two samples, a series a row of ``values``; NaN is « no sample ».

    A series with less than two samples has the slope NaN. Half of the samples may be wrong without moving it.
    """
    first, second = np.triu_indices(times.size, k=1)
    apart = times[second] - times[first]
    used = apart > 0
    rises = (values[:, second[used]] - values[:, first[used]]) / apart[used]
    return _median(rises)


def _median(rows: Floats) -> Floats:
    """Median of each row without its NaN; NaN for a row of nothing else."""
    counts = np.sum(~np.isnan(rows), axis=1)
    result = np.full(rows.shape[0], np.nan)
    filled = counts > 0
    if filled.any():
        result[filled] = np.nanmedian(rows[filled], axis=1)
    return result


def daily_medians(days: Floats, values: Floats, first: int, count: int) -> Floats:
    """Median of each day from day ``first`` on, a series a row; ``days`` are the instants, in days."""
    index = np.floor(days).astype(np.int64) - first
    columns = [_median(values[:, index == day]) for day in range(count)]
    return np.stack(columns, axis=1) if columns else np.empty((values.shape[0], 0))
