"""Edges of the optical classes, of the splitters, and how sure each rule is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diagnostics.ruleset import Ruleset
from domain.access import OpticalClass
from domain.metric import Metric
from domain.metrics import box, olt, ont, session
from domain.states import Reach
from tests.diagnostics import build
from tests.diagnostics.build import (
    NOTHING,
    Values,
    over,
)
from tests.diagnostics.edges.making import Edge, Look, case, of_class, said

# Classes as the recommendations give them: path loss, OLT tx, ONT rx, ONT tx, OLT rx, dB/km down and up
Span = tuple[float, float]
_NONE: Span = (0.0, 0.0)
CLASSES: Mapping[str, tuple[Span, Span, Span, Span, Span, float, float]] = {
    "B+": ((13.0, 28.0), (1.5, 5.0), (-27.0, -8.0), (0.5, 5.0), (-28.0, -8.0), 0.25, 0.35),
    "C": ((15.0, 30.0), (3.0, 7.0), (-28.0, -8.0), (2.0, 7.0), (-29.0, -8.0), 0.25, 0.35),
    "C+": ((17.0, 32.0), (3.0, 7.0), (-30.0, -8.0), (0.5, 5.0), (-32.0, -12.0), 0.25, 0.35),
    "D": ((20.0, 35.0), (6.0, 10.0), (-30.0, -8.0), _NONE, _NONE, 0.25, 0.35),
    "N1": ((14.0, 29.0), (2.0, 5.0), (-28.0, -9.0), (4.0, 9.0), (-26.0, -5.0), 0.22, 0.40),
    "N2": ((16.0, 31.0), (4.0, 7.0), (-28.0, -9.0), (4.0, 9.0), (-28.0, -7.0), 0.22, 0.40),
    "E1": ((18.0, 33.0), (6.0, 9.0), (-28.0, -9.0), (4.0, 9.0), (-30.0, -9.0), 0.22, 0.40),
    "E2": ((20.0, 35.0), (8.0, 11.0), (-28.0, -9.0), (4.0, 9.0), (-32.0, -11.0), 0.22, 0.40),
}
_SPLITTERS = {1: 0.0, 2: 3.6, 4: 7.1, 8: 10.3, 16: 13.5, 32: 16.8, 64: 20.1, 128: 23.5}
_NAMES = ("path_loss_db", "olt_tx_dbm", "ont_rx_dbm", "ont_tx_dbm", "olt_rx_dbm")
_SENT = {"olt_tx_dbm": (olt.PON_TX_DBM, "olt_sent_ok"), "ont_tx_dbm": (ont.ONT_TX_DBM, "ont_sent_ok")}
_RECEIVED = {"ont_rx_dbm": ont.ONT_RX_DBM, "olt_rx_dbm": ont.OLT_RX_DBM}
_JUST = 0.05


def _budget(name: str, of: OpticalClass, metric: Metric[Any]) -> Look:
    return lambda r, v: getattr(case(r, of_class(of, {metric: v})).budget, name)


def _limit(of: OpticalClass, name: str, end: int | None) -> Look:
    def look(ruleset: Ruleset, _: object) -> object:
        found = getattr(ruleset.thresholds.limits(of), name)
        return found if end is None else found[end]

    return look


def classes() -> Iterator[Edge]:
    for key, (*spans, down, up) in CLASSES.items():
        of = OpticalClass(key)
        for name, span in zip(_NAMES, spans, strict=True):
            if span is not _NONE:
                yield from _span(of, name, span)
        for name, value in (("attenuation_down_db_km", down), ("attenuation_up_db_km", up)):
            yield Edge(f"classes.{key}.{name}", _limit(of, name, None), {"": value})
    for ratio, loss in _SPLITTERS.items():
        yield Edge(f"splitters.{ratio}", lambda r, n: r.thresholds.splitter_loss_db[n], {ratio: loss})


def _span(of: OpticalClass, name: str, span: Span) -> Iterator[Edge]:
    low, high = (f"classes.{of.value}.{name}[{end}]" for end in (0, 1))
    if name in _RECEIVED:
        metric = _RECEIVED[name]
        within = None if of is OpticalClass.D else False  # its other end is not known
        yield Edge(low, _budget("too_low", of, metric), {span[0]: within, span[0] - _JUST: True})
        yield Edge(high, _budget("too_strong", of, metric), {span[1]: within, span[1] + _JUST: True})
        good = None if of is OpticalClass.D else True
        yield Edge(high, _budget("received_ok", of, metric), {span[1]: good, span[1] + _JUST: False})
        return
    if name in _SENT:
        metric, field = _SENT[name]
        yield Edge(low, _budget(field, of, metric), {span[0]: True, span[0] - _JUST: False})
    else:
        yield Edge(low, _limit(of, name, 0), {"": span[0]})
    yield Edge(high, _limit(of, name, 1), {"": span[1]})


def _confidence_with(layer: Values) -> Look:
    return lambda r, _: said(r, over("healthy", layer)).confidence


def ceilings() -> Iterator[Edge]:
    for rule, confidence in CONFIDENCES.items():
        yield Edge(f"ceilings.{rule}", lambda r, name: said(r, build.case(name)).confidence, {rule: confidence})
    doubts: Mapping[str, tuple[Values, float]] = {
        "doubt_minor": ({ont.ONT_PROVISIONED: NOTHING}, 0.92),
        "doubt_missing": ({session.SESSION_ACTIVE: NOTHING, box.BOX_PPP_STATUS: NOTHING}, 0.85),
        "doubt_decisive": ({ont.UNI_OPER: NOTHING}, 0.66),
        "doubt_contradiction": ({box.BOX_REACH: Reach.SILENT}, 0.57),
    }
    for number, (layer, confidence) in doubts.items():
        yield Edge(number, _confidence_with(layer), {number: confidence})


CONFIDENCES: Mapping[str, float] = {
    "planned_works": 0.85, "card_down": 0.97, "no_ont": 0.2, "olt_receiver_weak": 0.86, "olt_sfp_weak": 0.97,
    "pon_laser_off": 0.97, "rogue_ont": 0.95, "rogue_suffered": 0.82, "feeder_cut": 0.96, "shared_loss": 0.97,
    "splitter_cut": 0.85, "pbo_cut": 0.88, "area_power_cut": 0.95, "transient": 0.5, "not_provisioned": 0.96,
    "password_mismatch": 0.97, "patch_crossed": 0.96, "serial_mismatch": 0.97, "olt_unreachable": 0.3,
    "ont_admin_down": 0.96, "ont_dead": 0.92, "ont_power_off": 0.95, "wrong_unpatching": 0.84, "drop_cut": 0.8,
    "ont_down_unexplained": 0.3, "omci_lost": 0.95, "dirty_connector": 0.84, "downstream_errors": 0.79,
    "errors_low_level": 0.85, "flapping_light": 0.92, "flapping_power": 0.94, "high_attenuation": 0.95,
    "line_drift": 0.85, "loss_cycle": 0.75, "loss_step": 0.86, "macrobend": 0.88, "ont_laser": 0.92, "overload":
    0.88, "transmitter_drift": 0.85, "unexplained_loss": 0.77, "upstream_errors": 0.79, "bad_negotiation": 0.96,
    "known_incident": 0.95, "lns_down": 0.93,
    "box_off": 0.9, "box_reboots": 0.95, "ont_box_link_down": 0.87, "radius_down": 0.93, "no_pado": 0.84,
    "ppp_refused": 0.96, "blocked_flow": 0.96, "box_silent": 0.3, "dns_failure": 0.96, "flow_not_ours": 0.95,
    "no_internet": 0.96, "session_inactive": 0.97, "wifi_only": 0.95, "box_alive": 0.9, "firmware_differs":
    0.95, "healthy": 0.95, "service_proved": 0.78, "nothing_known": 0.1,
}  # fmt: skip
"""How sure each rule is of its case, which has every sign that it lists."""
