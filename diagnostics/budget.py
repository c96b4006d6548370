"""The optical budget of one access: losses of the path in both directions, and where the levels stand in their class.

Losses in dB, levels in dBm. Losses are compared rather than levels: a low level received from a low level sent is a
transmitter's fault, not the line's.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics.logic import Tri, all_of, any_of
from diagnostics.thresholds import OpticalLimits, Span, Thresholds
from domain.metric import Readings
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from domain.snapshot import Snapshot
from domain.units import loss_db


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget; ``None`` where a level or the outside plant is unknown.

    Attributes:
        down_db: Loss from the OLT to the ONT.
        up_db: Loss from the ONT to the OLT.
        expected_down_db: Loss that the outside plant explains, downstream.
        expected_up_db: The same, upstream.
        ont_rx_margin_db: Level received by the ONT above its sensitivity; negative is out of class.
        olt_rx_margin_db: Level received by the OLT above its sensitivity.
        loss_margin_db: Class maximum less the greater loss measured.
        received_ok: Both levels received are between sensitivity and overload.
        too_low: A level received is below the sensitivity of its class.
        olt_sent_ok: The OLT sends at least the minimum of its class.
        ont_sent_ok: The ONT sends at least the minimum of its class.
    """

    down_db: float | None
    up_db: float | None
    expected_down_db: float | None
    expected_up_db: float | None
    ont_rx_margin_db: float | None
    olt_rx_margin_db: float | None
    loss_margin_db: float | None
    received_ok: Tri
    too_low: Tri
    olt_sent_ok: Tri
    ont_sent_ok: Tri

    @property
    def excess_down_db(self) -> float | None:
        """Loss downstream that the outside plant does not explain."""
        if self.down_db is None or self.expected_down_db is None:
            return None
        return self.down_db - self.expected_down_db


def expected_loss_db(length_m: float, ratio: int, attenuation_db_km: float, thresholds: Thresholds) -> float | None:
    """Loss of a path of ``length_m`` through splitters of total ``ratio``; ``None`` where it is not tabulated."""
    splitter = thresholds.splitter_loss_db.get(ratio)
    if splitter is None:
        return None
    joints = thresholds.connectors * thresholds.connector_loss_db + thresholds.splices * thresholds.splice_loss_db
    return attenuation_db_km * length_m / 1000 + splitter + joints


def budget_of(snapshot: Snapshot, readings: Readings, thresholds: Thresholds) -> Budget:
    """The budget of the access of a snapshot, from its believed readings."""
    limits = thresholds.limits(snapshot.optical_class)
    olt_tx, ont_rx = readings.value(PON_TX_DBM), readings.value(ONT_RX_DBM)
    ont_tx, olt_rx = readings.value(ONT_TX_DBM), readings.value(OLT_RX_DBM)
    down, up = _loss(olt_tx, ont_rx), _loss(ont_tx, olt_rx)
    expected_down, expected_up = _expected(snapshot, readings, limits, thresholds)
    levels = ((ont_rx, limits.ont_rx_dbm), (olt_rx, limits.olt_rx_dbm))
    worst = max((loss for loss in (down, up) if loss is not None), default=None)
    return Budget(
        down_db=down,
        up_db=up,
        expected_down_db=expected_down,
        expected_up_db=expected_up,
        ont_rx_margin_db=_margin(ont_rx, limits.ont_rx_dbm),
        olt_rx_margin_db=_margin(olt_rx, limits.olt_rx_dbm),
        loss_margin_db=None if worst is None else limits.path_loss_db[1] - worst,
        received_ok=all_of(*(_within(level, span) for level, span in levels)),
        too_low=any_of(*(None if level is None else level < span[0] for level, span in levels)),
        olt_sent_ok=None if olt_tx is None else olt_tx >= limits.olt_tx_dbm[0],
        ont_sent_ok=None if ont_tx is None else ont_tx >= limits.ont_tx_dbm[0],
    )


def _loss(sent: float | None, received: float | None) -> float | None:
    return None if sent is None or received is None else loss_db(sent, received)


def _margin(level: float | None, span: Span) -> float | None:
    return None if level is None else level - span[0]


def _within(level: float | None, span: Span) -> Tri:
    return None if level is None else span[0] <= level <= span[1]


def _expected(
    snapshot: Snapshot, readings: Readings, limits: OpticalLimits, thresholds: Thresholds
) -> tuple[float | None, float | None]:
    """Expected losses down and up. The records' length is preferred to the ranging distance, good to 100 m only."""
    length = snapshot.outside.length_m
    if length is None:
        length = readings.value(ONT_DISTANCE_M)
    ratio = snapshot.outside.splitter_ratio
    if length is None or ratio is None:
        return None, None
    down, up = limits.attenuation_down_db_km, limits.attenuation_up_db_km
    return expected_loss_db(length, ratio, down, thresholds), expected_loss_db(length, ratio, up, thresholds)
