"""The scenarios' words for metrics, in their list of doubtful data: several where the format leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostics.case import Case
from domain.metric import Metric
from domain.metrics import box, olt, ont, reference, session
from domain.reading import Reason

LEVELS: Mapping[Metric[float], str] = {
    ont.ONT_RX_DBM: "ont_rx_dbm",
    ont.ONT_TX_DBM: "ont_tx_dbm",
    ont.OLT_RX_DBM: "olt_rx_dbm",
    olt.PON_TX_DBM: "olt_tx_dbm",
    ont.ONT_BIAS_MA: "ont_bias_ma",
    ont.ONT_TEMPERATURE_C: "ont_temp_c",
    olt.PON_BIAS_MA: "olt_bias_ma",
}
"""Readings that share the instant `optical_measured_at`."""

COUNTERS: Mapping[Metric[int], str] = {
    ont.ONT_ERRORS_UP: "bip_up",
    ont.ONT_ERRORS_DOWN: "bip_down",
    ont.ONT_FEC_CORRECTED: "fec_corrected_down",
    ont.ONT_FEC_UNCORRECTED: "fec_uncorrectable_down",
}

REFERENCES: Mapping[Metric[float], str] = {
    reference.REFERENCE_ONT_RX_DBM: "ont_rx_dbm",
    reference.REFERENCE_ONT_TX_DBM: "ont_tx_dbm",
    reference.REFERENCE_OLT_RX_DBM: "olt_rx_dbm",
    reference.REFERENCE_OLT_TX_DBM: "olt_tx_dbm",
    reference.REFERENCE_ONT_BIAS_MA: "ont_bias_ma",
    reference.REFERENCE_OLT_BIAS_MA: "olt_bias_ma",
}

NAMES: Mapping[Metric[Any], tuple[str, ...]] = {
    **{metric: (name,) for metric, name in LEVELS.items()},
    **{metric: (name,) for metric, name in COUNTERS.items()},
    **{metric: ("reference", f"reference.{name}") for metric, name in REFERENCES.items()},
    ont.ONT_DISTANCE_M: ("distance_m",),
    ont.ONT_OPER: ("ont_oper_state",),
    ont.ONT_ALARMS: ("ont_alarms",),
    ont.ONT_ADMIN: ("ont_admin_state",),
    ont.ONT_PROVISIONED: ("ont_provisioned",),
    ont.ONT_LAST_CHANGE: ("last_down_at", "last_up_at"),
    ont.ONT_LAST_DOWN: ("last_down_at",),
    ont.ONT_LAST_UP: ("last_up_at",),
    ont.ONT_DOWN_CAUSE: ("last_down_cause",),
    ont.ONT_COUNTER_INTERVAL_S: ("counter_interval_s",),
    ont.ONT_FLAPS_24H: ("flaps_24h",),
    ont.ONT_SERIAL: ("serial_configured",),
    ont.ONT_SERIAL_SEEN: ("serial_seen",),
    ont.ONT_FIRMWARE_ACTIVE: ("firmware_active",),
    ont.ONT_FIRMWARE_PLANNED: ("firmware_planned",),
    ont.UNI_OPER: ("ont_uni", "ont_uni.link"),
    olt.CARD_OPER: ("olt_card_state",),
    olt.PON_OPER: ("pon_port_state",),
    olt.PON_ALARMS: ("pon_port_alarms",),
    box.BOX_LAST_INFORM: ("box", "box.inform_age_s", "inform_age_s"),
    box.BOX_INFORM_INTERVAL_S: ("box.inform_interval_s", "inform_interval_s"),
    box.BOX_PPP_STATUS: ("box.ppp_status", "ppp_status"),
    box.BOX_PPP_LAST_ERROR: ("box.ppp_last_error", "ppp_last_error"),
    box.BOX_WAN_LINK: ("box.wan_link", "wan_link"),
    box.BOX_PING_OK: ("box.ping_ok",),
    box.BOX_DNS_OK: ("box.dns_ok",),
    box.BOX_UPTIME_S: ("box.uptime_s", "uptime_s"),
    box.BOX_MAC: ("box.mac",),
    session.SESSION_ACTIVE: ("radius", "radius.active_session"),
    session.SESSION_STARTED: ("radius", "radius.session_start"),
    session.SESSION_LAST_SEEN: ("radius", "radius.last_interim_at"),
    session.AUTH_AT: ("radius", "radius.last_at"),
}


def doubtful(case: Case) -> tuple[str, ...]:
    """The scenarios' words for what hygiene refused or ignored."""
    found = {"neighbours"} if case.neighbours_outdated else set()
    for refusal in case.refusals:
        found.update(NAMES.get(refusal.metric, (refusal.metric.key,)))
        if refusal.metric in LEVELS and refusal.reason in (Reason.STALE, Reason.CLOCK):
            found.add("optical_measured_at")
    return tuple(sorted(found))
