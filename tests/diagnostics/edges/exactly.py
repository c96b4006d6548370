"""Edges met exactly, where binary fractions allow it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

from diagnostics import optics
from diagnostics.case import derive
from diagnostics.ruleset import Ruleset
from domain.metric import Readings
from domain.metrics import olt, ont
from domain.metrics import reference as ref
from domain.snapshot import Snapshot
from domain.states import DownCause, Oper
from tests.diagnostics import build
from tests.diagnostics.build import (
    FAR,
    FELL,
    NOTHING,
    crowd,
    neighbour,
    port,
    snapshot,
    unread,
)
from tests.diagnostics.edges.making import (
    NO_REFERENCE_LEVELS,
    Edge,
    Look,
    case,
    counted,
    fact,
    fallen,
    headline,
    line,
    measured,
    neighbours,
    objected,
    risen,
    said,
    silent_box,
)


class _Deltas(TypedDict):
    """Levels of a neighbour against its own of old, dB."""

    rx_delta_db: float
    olt_rx_delta_db: float


_UP_LESS: _Deltas = {"olt_rx_delta_db": -2.0, "rx_delta_db": 0.0}
_ALL_LESS: _Deltas = {"rx_delta_db": -2.0, "olt_rx_delta_db": -2.0}


def exactly() -> Iterator[Edge]:
    """Numbers met exactly, where binary fractions allow it."""
    yield from _budgets()
    yield from _receivers()
    yield from _lines()
    yield from _senders()
    yield from _cards()


def _budgets() -> Iterator[Edge]:
    no_ref = snapshot()
    unknown = {"rise_down_db": None, "rise_up_db": None, "up_db": None, "expected_down_db": 20.0, "down_db": "v"}
    explained = measured(None, line(), rise_down_db="v", rise_up_db=0.0)
    yield Edge("loss_warning_db", explained, {1.95: True, 2.0: False})
    yield Edge("excess_warning_db", measured(None, no_ref, **unknown), {22.95: True, 23.0: False})
    yield Edge("excess_warning_db", measured("unexplained_loss", no_ref, **unknown), {22.95: None, 23.0: "warning"})
    yield Edge("excess_fault_db", measured("unexplained_loss", no_ref, **unknown), {24.95: "warning", 25.0: "degraded"})
    rx, tx = ref.REFERENCE_OLT_TX_DBM, olt.PON_TX_DBM
    kept: Look = lambda r, v: case(r, line({rx: NOTHING, tx: v})).budget.rise_down_db is not None  # noqa: E731
    yield Edge("classes.B+.olt_tx_dbm[0]", kept, {1.5: True, 1.45: False})
    sent: Look = lambda r, v: case(r, line({rx: 2.0, tx: v})).budget.olt_sent_ok  # noqa: E731
    yield Edge("tx_fall_db", sent, {1.0: False, 1.05: True})
    for number, name in (("ber_rising", "rising"), ("ber_major", "severe")):
        yield Edge(number, _rate_met(number, name), {1.0: True, 1.001: False})
    yield Edge("live_max_age_s", fact("box_active", lambda v: silent_box(v, None)), {900.0: True, 901.0: None})


def _receivers() -> Iterator[Edge]:
    receiver = line(neighbours=crowd(*neighbours(6, **_UP_LESS)))
    alone: dict[str, float | str] = {"rise_down_db": 0.0, "rise_up_db": 3.0, "ont_tx_fall_db": 0.0}
    drifting = headline(
        lambda v: risen(0.0, 3.0, neighbours=crowd(*neighbours(6, olt_rx_delta_db=-v, rx_delta_db=0.0)))
    )
    yield Edge("shared_drift_db", drifting, {1.45: "dirty_connector", 1.5: "olt_receiver_weak"})
    ever: Look = lambda r, v: optics.receives_as_ever(case(r, line({ont.ONT_RX_DBM: -20.0 - v})), r.thresholds)  # noqa: E731
    yield Edge("shared_drift_db", ever, {0.7: True, 0.75: False})
    unread_ = line(neighbours=unread())
    for name, number, seen in (
        ("rise_up_db", "loss_warning_db", {1.95: None, 2.0: "degraded"}),
        ("rise_down_db", "shared_drift_db", {0.7: "degraded", 0.75: None}),
        ("ont_tx_fall_db", "tx_fall_db", {0.95: "degraded", 1.0: None}),
    ):
        yield Edge(number, measured("olt_receiver_weak", unread_, **{**alone, name: "v"}), seen)
    down = measured("olt_receiver_weak", receiver, rise_down_db="v", rise_up_db=3.0)
    yield Edge("loss_warning_db", down, {1.95: "degraded", 2.0: None})
    own = objected("olt_receiver_weak", lambda v: replace(risen(0.0, v), neighbours=receiver.neighbours))
    yield Edge("shared_drift_db", own, {1.45: 1, 1.5: 0})


def _lines() -> Iterator[Edge]:
    dimmed = line(neighbours=crowd(*neighbours(6, **_ALL_LESS)))
    stable = objected(
        "flapping_power", lambda v: replace(risen(v), history=fallen(4, 2.0, DownCause.DYING_GASP).history)
    )
    yield Edge("loss_warning_db", stable, {1.95: 0, 2.0: 1})
    found: Look = lambda r, v: len(said(r, risen(6.0, 6.0 - v)).findings)  # noqa: E731
    yield Edge("bend_db", found, {1.95: 1, 2.0: 1})
    yield Edge("loss_warning_db", headline(lambda v: risen(v, 0.0)), {1.95: "healthy", 2.0: "macrobend"})
    shared = measured("shared_loss", dimmed, rise_down_db="v", rise_up_db=1.0)
    yield Edge("shared_drift_db", shared, {1.45: None, 1.5: "degraded"})
    elsewhere = crowd(*(replace(neighbour(n, **FAR), **_ALL_LESS) for n in range(6)))
    both = measured("shared_loss", line(neighbours=elsewhere), rise_down_db=3.0, rise_up_db="v")
    yield Edge("shared_drift_db", both, {0.7: None, 0.75: "degraded"})


def _senders() -> Iterator[Edge]:
    around = crowd(*neighbours(6, rx_delta_db=-2.0))
    one_way = measured("olt_sfp_weak", line({ont.ONT_RX_DBM: -22.0}, neighbours=around), rise_up_db="v")
    yield Edge("shared_drift_db", one_way, {0.7: "degraded", 0.75: None})
    yield Edge("tx_fall_db", headline(_weak_port), {-0.45: "healthy", -0.5: "olt_sfp_weak"})
    weak = objected("olt_sfp_weak", lambda v: replace(risen(0.0, v, neighbours=around), readings=_weak(v)))
    yield Edge("loss_warning_db", weak, {1.95: 0, 2.0: 1})
    faint = {ont.ONT_TX_DBM: -1.0}
    warm = objected("ont_laser", lambda v: line(faint, {ont.OLT_RX_DBM: -24.0, ont.ONT_BIAS_MA: v}))
    yield Edge("bias_warning_ratio", warm, {14.9: 1, 15.0: 0})
    worse = objected("ont_laser", lambda v: line(faint, {ont.OLT_RX_DBM: -24.0 - v, ont.ONT_BIAS_MA: 20.0}))
    yield Edge("loss_warning_db", worse, {1.95: 0, 2.0: 1})
    low = headline(lambda v: snapshot({ont.ONT_TX_DBM: v}))
    yield Edge("tx_fall_db", low, {-1.45: "healthy", -1.5: "ont_laser"})


def _cards() -> Iterator[Edge]:
    def ports(number: int) -> Snapshot:
        fell = tuple(port(n, Oper.DOWN, FELL) for n in range(1, number + 1))
        snap = build.FAULTS["card_down"]
        return replace(snap, neighbours=replace(snap.neighbours, ports=fell))

    shown: Look = lambda r, v: len(said(r, ports(v)).findings[0].evidence_for)  # noqa: E731
    yield Edge("card_min_ports", shown, {1: 3, 2: 4})


def _weak_port(level: float) -> Snapshot:
    """A port below its class without any reference, neighbours unread."""
    return snapshot(NO_REFERENCE_LEVELS, {olt.PON_TX_DBM: level}, neighbours=unread())


def _weak(rise_up: float) -> Readings:
    """A port that sends too little, and an upstream loss beside."""
    return line({olt.PON_TX_DBM: 0.0, ont.ONT_RX_DBM: -23.0, ont.OLT_RX_DBM: -21.0 - rise_up}).readings


def _rate_met(number: str, name: str) -> Look:
    """What is said of an error rate that is so many times smaller than the number."""

    def look(ruleset: Ruleset, times: float) -> object:
        snap = counted(down=1e-6)
        rate = case(ruleset, snap).errors.ber_down or 0.0
        moved = ruleset.thresholds.model_copy(update={number: rate * times})
        return getattr(derive(snap, moved).errors, name)

    return look
