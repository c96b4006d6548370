"""The scan of one OLT's days: everything that moves slowly on it, the common causes first.

Rows are ONTs, columns are days. A series in which nothing was read is NaN all along and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from diagnostics.thresholds import OpticalLimits, Span, Thresholds
from diagnostics.trends.slopes import Floats, row_medians
from domain.metric import Metric
from domain.metrics.olt import PON_BIAS_MA, PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_BIAS_MA, ONT_RX_DBM, ONT_TX_DBM
from domain.telemetry import PON_ROW, Keys

Numbers = npt.NDArray[np.int64]

LEVELS: tuple[Metric[float], ...] = (ONT_RX_DBM, OLT_RX_DBM, ONT_TX_DBM, ONT_BIAS_MA, PON_TX_DBM, PON_BIAS_MA)
"""What the scan reads, as medians of days."""


@dataclass(frozen=True, slots=True, eq=False)
class OltDays:
    """The days of one OLT.

    Attributes:
        olt: Its name.
        first: Day of the first column, since 1970.
        keys: ONTs (`pack`), strictly increasing.
        port_of: Row of the port of each ONT in ``port_tx`` and ``port_bias``.
        ports: Keys of the ports' own rows.
        refused: ONTs that gave values which no receiver gives.
    """

    olt: str
    first: int
    keys: Keys
    rx: Floats
    olt_rx: Floats
    ont_tx: Floats
    ont_bias: Floats
    port_of: Numbers
    ports: Keys
    port_tx: Floats
    port_bias: Floats
    refused: npt.NDArray[np.bool_]

    @property
    def days(self) -> Numbers:
        """On how many days each ONT's level was read."""
        counts: Numbers = np.sum(~np.isnan(self.rx), axis=1, dtype=np.int64)
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What the inventory says of the same ONTs, one element each.

    Attributes:
        pbo: Number of its PBO in ``pbos``; -1 where unknown.
        splitter: Number of its last splitter in ``splitters``; -1 where unknown.
        limits: Limits of its class.
    """

    pbo: Numbers
    pbos: Sequence[str]
    splitter: Numbers
    splitters: Sequence[str]
    limits: Sequence[OpticalLimits]

    def lowest(self, which: str) -> Floats:
        """The lower end of one span of the class of each ONT; NaN where it has no source."""
        spans: list[Span | None] = [getattr(limits, which) for limits in self.limits]
        return np.array([np.nan if span is None else span[0] for span in spans], dtype=np.float64)

    @classmethod
    def of(cls, pbos: Sequence[str | None], splitters: Sequence[str | None], limits: Sequence[OpticalLimits]) -> Around:
        """From the references of each ONT."""
        (pbo, names), (splitter, others) = _numbered(pbos), _numbered(splitters)
        return cls(pbo, names, splitter, others, limits)


def _numbered(references: Sequence[str | None]) -> tuple[Numbers, tuple[str, ...]]:
    names = tuple(sorted({one for one in references if one is not None}))
    number = {name: place for place, name in enumerate(names)}
    return np.array([-1 if one is None else number[one] for one in references], dtype=np.int64), names


def days_of(olt: str, first: int, keys: Keys, medians: Mapping[Metric[Any], Floats], t: Thresholds) -> OltDays:
    """The days of an OLT, from the medians of its ONTs and of its ports' own rows; what is not plausible is unknown."""
    own = (keys & PON_ROW) == PON_ROW
    onts, ports = keys[~own], keys[own]
    wide = next(iter(medians.values())).shape[1]
    nothing = np.full((1, wide), np.nan)
    below = onts | PON_ROW
    place = np.searchsorted(ports, below)
    found = (place < len(ports)) & (ports[np.minimum(place, max(0, len(ports) - 1))] == below) if len(ports) else None
    port_of = np.full(len(onts), len(ports)) if found is None else np.where(found, place, len(ports))
    refused = np.zeros(len(onts), dtype=bool)

    def of(metric: Metric[float], span: Span, rows: npt.NDArray[np.bool_]) -> Floats:
        values = np.array(medians.get(metric, np.full((len(keys), wide), np.nan))[rows], dtype=np.float64)
        strange = (values < span[0]) | (values > span[1])
        values[strange] = np.nan
        if metric is ONT_RX_DBM:
            refused[:] = strange.any(axis=1)
        return values

    return OltDays(
        olt=olt,
        first=first,
        keys=onts,
        rx=of(ONT_RX_DBM, t.rx_plausible_dbm, ~own),
        olt_rx=of(OLT_RX_DBM, t.rx_plausible_dbm, ~own),
        ont_tx=of(ONT_TX_DBM, t.tx_plausible_dbm, ~own),
        ont_bias=of(ONT_BIAS_MA, t.bias_plausible_ma, ~own),
        port_of=port_of.astype(np.int64),
        ports=ports,
        port_tx=np.concatenate([of(PON_TX_DBM, t.tx_plausible_dbm, own), nothing]),
        port_bias=np.concatenate([of(PON_BIAS_MA, t.bias_plausible_ma, own), nothing]),
        refused=refused,
    )


def losses(sent: Floats, received: Floats) -> Floats:
    """As `diagnostics.trends.access.loss_of`, a series a row."""
    usual = row_medians(sent)
    filled = np.where(np.isnan(sent), np.where(np.isnan(usual), 0.0, usual)[:, None], sent)
    return filled - received


def read(rows: Floats) -> npt.NDArray[np.bool_]:
    """Which series have any value."""
    found: npt.NDArray[np.bool_] = np.sum(~np.isnan(rows), axis=1) > 0
    return found


def last_known(rows: Floats) -> Floats:
    """The last value of each row; NaN where there is none."""
    known = ~np.isnan(rows)
    last = rows.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), rows[np.arange(len(rows)), last], np.nan)
