"""Edges of hygiene and of light."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.access import OutsidePlant
from domain.metrics import box, olt, ont
from domain.metrics import reference as ref
from domain.reading import Quality
from domain.snapshot import Snapshot
from domain.states import Oper
from tests.diagnostics.build import (
    NOTHING,
    crowd,
    snapshot,
)
from tests.diagnostics.edges.making import (
    Edge,
    Look,
    case,
    clocked,
    counted,
    head,
    headline,
    line,
    neighbours,
    old,
    refused,
    risen,
    said,
)


def hygiene() -> Iterator[Edge]:
    rx, tx = ont.ONT_RX_DBM, ont.ONT_TX_DBM
    yield Edge("rx_plausible_dbm[0]", refused(rx, lambda v: snapshot({rx: v})), {-36.0: False, -36.1: True})
    high = {olt.PON_TX_DBM: NOTHING}
    yield Edge("rx_plausible_dbm[1]", refused(rx, lambda v: snapshot({rx: v}, high)), {-0.01: False, 0.01: True})
    yield Edge("tx_plausible_dbm[0]", refused(tx, lambda v: snapshot({tx: v})), {-10.0: False, -10.1: True})
    yield Edge("tx_plausible_dbm[1]", refused(tx, lambda v: snapshot({tx: v})), {12.0: False, 12.1: True})
    yield Edge(
        "rx_dark_dbm",
        lambda r, v: case(r, snapshot({rx: v})).readings[rx].reason.value,  # type: ignore[union-attr]  # refused
        {-40.0: "no_reading", -39.9: "out_of_range"},
    )
    bias, heat, far = ont.ONT_BIAS_MA, ont.ONT_TEMPERATURE_C, ont.ONT_DISTANCE_M
    yield Edge("bias_plausible_ma[0]", refused(bias, lambda v: snapshot({bias: v})), {0.0: False, -0.1: True})
    yield Edge("bias_plausible_ma[1]", refused(bias, lambda v: snapshot({bias: v})), {150.0: False, 150.1: True})
    yield Edge("temperature_plausible_c[0]", refused(heat, lambda v: snapshot({heat: v})), {-40.0: False, -40.1: True})
    yield Edge("temperature_plausible_c[1]", refused(heat, lambda v: snapshot({heat: v})), {110.0: False, 110.1: True})
    yield Edge("distance_plausible_m[0]", refused(far, lambda v: snapshot({far: v})), {0.0: False, -0.1: True})
    yield Edge("distance_plausible_m[1]", refused(far, lambda v: snapshot({far: v})), {60000.0: False, 60001.0: True})

    def short(ratio: int) -> Callable[[float], Snapshot]:
        plant = OutsidePlant("PM-1", ("C1",), "PBO-3", 2100.0, ratio)
        return lambda loss: snapshot({olt.PON_TX_DBM: 3.0, rx: 3.0 - loss}, outside=plant)

    yield Edge("loss_tolerance_db", refused(rx, short(64)), {12.1: False, 12.0: True})  # 10 log 64 less 6 dB
    yield Edge("clock_slack_s", refused(box.BOX_LAST_INFORM, clocked), {120.0: False, 121.0: True})
    live = {900.0: False, 901.0: True}
    yield Edge("live_max_age_s", refused(ont.UNI_OPER, lambda v: old(ont.UNI_OPER, Oper.UP, v)), live)
    stored = {600.0: False, 601.0: True}
    kept = refused(ont.UNI_OPER, lambda v: old(ont.UNI_OPER, Oper.UP, v, Quality.STORED))
    yield Edge("polling_period_s", kept, stored)

    def rate(number: float) -> Snapshot:
        return snapshot({ont.ONT_COUNTER_INTERVAL_S: 10.0, ont.ONT_ERRORS_UP: int(number)})

    yield Edge("errors_max_per_s", refused(ont.ONT_ERRORS_UP, rate), {640_000: False, 640_001: True})

    def words(number: int) -> Snapshot:
        return snapshot({ont.ONT_COUNTER_INTERVAL_S: 10.0, ont.ONT_FEC_UNCORRECTED: number})

    lost = refused(ont.ONT_FEC_UNCORRECTED, words)
    yield Edge("fec_codewords_per_s", lost, {12_200_000: False, 12_200_001: True})


def optics_() -> Iterator[Edge]:
    yield Edge("loss_warning_db", headline(risen), {1.99: "healthy", 2.0: "dirty_connector"})
    severity: Look = lambda r, v: said(r, risen(v)).severity.value  # noqa: E731
    yield Edge("loss_fault_db", severity, {4.99: "warning", 5.0: "minor"})

    def alike(apart: float) -> Snapshot:
        return risen(5.0, 5.0 + apart)

    unlike: Look = lambda r, v: bool(said(r, alike(v)).findings[0].evidence_against)  # noqa: E731
    yield Edge("loss_alike_db", unlike, {1.5: False, 1.55: True})
    bent = headline(lambda v: risen(6.0, 6.0 - v))
    yield Edge("bend_db", bent, {1.95: "dirty_connector", 2.0: "macrobend"})
    slight: Look = lambda r, v: said(r, risen(v, 0.0)).severity.value  # noqa: E731
    yield Edge("excess_warning_db", slight, {2.95: "warning", 3.0: "minor"})

    def excess(db: float) -> Snapshot:
        # expected: 0.25 dB/km x 2 km + 20.1 + 1.5 + 0.6 = 22.7 dB downstream, 22.9 dB upstream
        plant = OutsidePlant("PM-1", ("C1",), "PBO-3", 2000.0, 64)
        return snapshot({olt.PON_TX_DBM: 3.0, ont.ONT_RX_DBM: -19.7 - db, ont.ONT_TX_DBM: NOTHING}, outside=plant)

    yield Edge("excess_fault_db", lambda r, v: said(r, excess(v)).severity.value, {4.9: "warning", 5.05: "minor"})
    for number in ("connectors", "connector_loss_db", "splices", "splice_loss_db"):
        yield Edge(number, lambda r, v: head(r, excess(v)), {2.99: "healthy", 3.01: "unexplained_loss"})

    def shared(db: float) -> Snapshot:
        drift = {"rx_delta_db": -db, "olt_rx_delta_db": -db}
        return risen(3.0, neighbours=crowd(*neighbours(6, **drift)))

    yield Edge("shared_drift_db", headline(shared), {1.45: "dirty_connector", 1.5: "shared_loss"})

    def faint(db: float) -> Snapshot:
        return line({ref.REFERENCE_ONT_TX_DBM: 4.0, ont.ONT_TX_DBM: 4.0 - db, ont.OLT_RX_DBM: -21.0 - db})

    yield Edge("tx_fall_db", headline(faint), {1.95: "healthy", 2.0: "ont_laser"})
    ageing = headline(lambda v: line({ont.ONT_BIAS_MA: v}))
    yield Edge("bias_warning_ratio", ageing, {14.9: "healthy", 15.0: "ont_laser"})

    def hot(ratio: float) -> Snapshot:
        around = crowd(*neighbours(6, rx_delta_db=-3.0))
        return line({olt.PON_BIAS_MA: 20.0 * ratio, ont.ONT_RX_DBM: -23.0, ont.OLT_RX_DBM: -22.0}, neighbours=around)

    yield Edge("bias_fault_ratio", headline(hot), {1.95: "shared_loss", 2.0: "olt_sfp_weak"})
    near = headline(lambda v: counted(0.0, 1e-8, 0.0, {ont.ONT_RX_DBM: -27.0 + v, ref.REFERENCE_ONT_RX_DBM: -27.0 + v}))
    yield Edge("near_sensitivity_db", near, {1.95: "errors_low_level", 2.0: "downstream_errors"})
