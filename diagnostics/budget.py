"""The optical budget of one access: losses of the path in both directions, and where the levels stand in their class.

Losses in dB, levels in dBm. Losses are compared rather than levels: a low level received from a low level sent is a
transmitter's fault, not the line's.
"""

from __future__ import annotations

from diagnostics.logic import Tri, all_of, any_of
from diagnostics.thresholds import OpticalLimits, Span, Thresholds
from domain.metric import Readings
from domain.metrics.olt import PON_BIAS_MA, PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_BIAS_MA, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from domain.metrics.reference import (
    REFERENCE_OLT_BIAS_MA,
    REFERENCE_OLT_RX_DBM,
    REFERENCE_OLT_TX_DBM,
    REFERENCE_ONT_BIAS_MA,
    REFERENCE_ONT_RX_DBM,
    REFERENCE_ONT_TX_DBM,
)
from domain.record import record
from domain.snapshot import Snapshot
from domain.units import loss_db


@record
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
        olt_sent_ok: The OLT sends at least the minimum of its class, or what it always has.
        ont_sent_ok: The ONT sends at least the minimum of its class, or what it always has.
        too_strong: A level received is above the overload of its class.
        rise_down_db: Loss downstream less that of the access's own reference.
        rise_up_db: The same, upstream.
        ont_tx_fall_db: Level sent by the ONT at its reference, less the level it sends now.
        ont_bias_ratio: Laser current of the ONT, over its reference.
        olt_bias_ratio: Laser current of the port, over its reference.
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
    too_strong: Tri = None
    rise_down_db: float | None = None
    rise_up_db: float | None = None
    ont_tx_fall_db: float | None = None
    ont_bias_ratio: float | None = None
    olt_bias_ratio: float | None = None

    @property
    def excess_up_db(self) -> float | None:
        """Loss upstream that the outside plant does not explain."""
        if self.up_db is None or self.expected_up_db is None:
            return None
        return self.up_db - self.expected_up_db

    @property
    def worst_rise_db(self) -> float | None:
        """The greater rise of loss since the reference, of the two directions."""
        return max((rise for rise in (self.rise_down_db, self.rise_up_db) if rise is not None), default=None)

    @property
    def worst_excess_db(self) -> float | None:
        """The greater loss that the outside plant does not explain."""
        return max((x for x in (self.excess_down_db, self.excess_up_db) if x is not None), default=None)

    def loss_explained(self, thresholds: Thresholds) -> Tri:
        """Whether the losses are those expected: by the access's own reference first, else by the outside plant."""
        if self.worst_rise_db is not None:
            return self.worst_rise_db < thresholds.loss_warning_db
        return None if self.worst_excess_db is None else self.worst_excess_db < thresholds.excess_warning_db

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
        too_low=any_of(*(None if level is None or span is None else level < span[0] for level, span in levels)),
        too_strong=any_of(*(None if level is None or span is None else level > span[1] for level, span in levels)),
        olt_sent_ok=_sent_ok(olt_tx, readings.value(REFERENCE_OLT_TX_DBM), limits.olt_tx_dbm, thresholds),
        ont_sent_ok=_sent_ok(ont_tx, readings.value(REFERENCE_ONT_TX_DBM), limits.ont_tx_dbm, thresholds),
        **_against_reference(readings, down, up, limits),
    )


def _against_reference(
    readings: Readings, down: float | None, up: float | None, limits: OpticalLimits
) -> dict[str, float | None]:
    """What changed since the reference.

    A port whose level was not kept is taken to have sent what it does now, while that is in its class; a sender that
    cannot be read is taken not to have changed.
    """
    sent, was_sent = readings.value(PON_TX_DBM), readings.value(REFERENCE_OLT_TX_DBM)
    if was_sent is None and (sent is None or sent >= limits.olt_tx_dbm[0]):
        was_sent = sent
    ont_tx, ont_was = readings.value(ONT_TX_DBM), readings.value(REFERENCE_ONT_TX_DBM)
    ont_was_sent = ont_was if ont_was is not None else ont_tx
    return {
        "rise_down_db": _rise(down, sent, was_sent, readings.value(ONT_RX_DBM), readings.value(REFERENCE_ONT_RX_DBM)),
        "rise_up_db": _rise(up, ont_tx, ont_was_sent, readings.value(OLT_RX_DBM), readings.value(REFERENCE_OLT_RX_DBM)),
        "ont_tx_fall_db": _loss(ont_was, ont_tx),
        "ont_bias_ratio": _ratio(readings.value(ONT_BIAS_MA), readings.value(REFERENCE_ONT_BIAS_MA)),
        "olt_bias_ratio": _ratio(readings.value(PON_BIAS_MA), readings.value(REFERENCE_OLT_BIAS_MA)),
    }


def _rise(
    loss: float | None, sent: float | None, was_sent: float | None, received: float | None, was: float | None
) -> float | None:
    if received is None or was is None:
        return None
    if loss is None or sent is None:
        return was - received
    return None if was_sent is None else loss - loss_db(was_sent, was)


def _sent_ok(level: float | None, was: float | None, span: Span | None, thresholds: Thresholds) -> Tri:
    """Whether a sender is in its class, or reads as it always has: its own measure is off by up to 3 dB."""
    if level is None or span is None:
        return None
    return level >= span[0] or (was is not None and was - level < thresholds.tx_fall_db / 2)


def _ratio(now: float | None, then: float | None) -> float | None:
    return None if now is None or not then else now / then


def _loss(sent: float | None, received: float | None) -> float | None:
    return None if sent is None or received is None else loss_db(sent, received)


def _margin(level: float | None, span: Span | None) -> float | None:
    return None if level is None or span is None else level - span[0]


def _within(level: float | None, span: Span | None) -> Tri:
    return None if level is None or span is None else span[0] <= level <= span[1]


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
