"""Variations of our labelled scenarios: what changes the verdict, its form or its confidence."""

from __future__ import annotations

import copy

import pytest

from diagnostics.scenarios.snapshot import snapshot_of
from tests.diagnostics.build import judged, scenario

NOW = "2026-03-03T14:20:00+01:00"
SOON = "2026-03-03T14:19:00+01:00"
NO_LEVELS = {"ont_rx_dbm": None, "ont_tx_dbm": None, "olt_rx_dbm": None}


def laid(seen, changes):
    """Observations with changes; an object is merged, anything else replaces."""
    found = copy.deepcopy(dict(seen))
    for key, value in changes.items():
        inside = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = laid(found[key], value) if inside else value
    return found


def said(name, changes, series=None):
    told = scenario(name)
    return judged(snapshot_of(laid(told["observations"], changes), series or told.get("series")))


@pytest.mark.parametrize(
    ("name", "changes", "rule"),
    [
        ("N51", {"olt_card_state": "down", "olt_tx_dbm": None}, "planned_works"),
        ("N51", {"neighbours": {"online": 19, "offline_los": 6, "same_pbo_offline": 6}}, "planned_works"),
        ("N27", {"neighbours": {"upstream_errors": 1}}, "rogue_ont"),
        ("N28", {"pon_port_alarms": [], "neighbours": {"upstream_errors": True}}, "rogue_suffered"),
        ("N28", {"neighbours": {"upstream_errors": 0}, "bip_up": 0, "ont_alarms": []}, "rogue_suffered"),
        ("N28", {"neighbours": {"upstream_errors": 0.6, "flapping_onts": 9}}, "rogue_suffered"),
        ("N33", {"serial_seen": None, "discovered_unprovisioned": None, "register_result": "sn_conflict"},
         "serial_mismatch"),
        ("N33", {"serial_configured": None}, "serial_mismatch"),
        ("N33", {"ont_alarms": ["LOSi"]}, "serial_mismatch"),
        ("N33", {"ont_alarms": [], "last_down_cause": None}, "serial_mismatch"),
        ("N33", {"ont_oper_state": "up", "ont_alarms": []}, "session_inactive"),
        ("N33", {"serial_seen": None, "discovered_unprovisioned": ["ALCL00000001", "ALCL00000002"]},
         "serial_mismatch"),
        ("N34", {"register_result": None, "password_seen": "37:37:31:32:30:39:33:34:35:36"}, "password_mismatch"),
        ("N34", {"register_result": "other", "password_seen": None, "last_down_cause": None}, "ont_down_unexplained"),
        ("N13", {"pm_intervention": "2026-03-02T08:00:00+01:00"}, "drop_cut"),
        ("N31", {"customer_leds": None, "ont_alarms": ["PEEi"]}, "ont_dead"),
        ("N31", {"customer_checks": ["courant absent à la prise"]}, "ont_power_off"),
        ("N31", {"customer_checks": None, "customer_leds": {"ont_alimentation": "vert fixe"}}, "ont_power_off"),
        ("X01", {"recent_teleaction": {"type": "reboot_box", "at": SOON}}, "ont_power_off"),
        ("X01", {"recent_teleaction": {"type": "reboot_ont", "at": None, "age_s": 60}}, "transient"),
        ("N01", {"recent_teleaction": {"type": "reboot_box", "at": SOON}, "ont_uni": {"link": "down"}}, "transient"),
        ("N01", {"recent_teleaction": {"type": "reboot_box", "at": SOON}}, "healthy"),
        ("N32", {"ont_oper_state": "unknown", "ont_alarms": None, "omci_state": "failed"}, "omci_lost"),
        ("N15", {"ont_rx_dbm": None}, "dirty_connector"),
        ("N15", {"olt_rx_dbm": None}, "dirty_connector"),
        ("N15", {"bip_up": 0, "bip_down": 0}, "dirty_connector"),
        ("N16", {"ont_rx_dbm": -19.4, "olt_rx_dbm": -18.3, "bip_down": 0, "olt_tx_dbm": None}, "macrobend"),
        ("N26A", {"ont_rx_dbm": -21.0, "olt_rx_dbm": None}, "unexplained_loss"),
        ("N19", {"ont_tx_dbm": None, "olt_tx_dbm": None, "bip_up": 0, "bip_down": 0}, "overload"),
        ("N20", {"neighbours": {"mean_delta_ont_rx_db": None, "mean_delta_olt_rx_db": None}}, "olt_sfp_weak"),
        ("N20", {"olt_tx_dbm": 3.1, "reference": {"olt_bias_ma": 20.0}}, "olt_sfp_weak"),
        ("N20", {"olt_tx_dbm": 3.1}, "olt_sfp_weak"),
        ("N21", {"ont_rx_dbm": -21.0, "neighbours": {"mean_delta_ont_rx_db": 0.0}}, "healthy"),
        ("N22", {"neighbours": {"mean_delta_ont_rx_db": 0.0, "mean_delta_olt_rx_db": 0.0,
                                "same_pbo_mean_delta_ont_rx_db": -3.9}}, "shared_loss"),
        ("N23", {"ont_tx_dbm": None, "olt_rx_dbm": -18.4, "bip_up": 0}, "ont_laser"),
        ("N24", {"pon_port_alarms": None, "neighbours": {"upstream_errors": 12}}, "rogue_suffered"),
        ("N25", {"pon_port_alarms": None, "neighbours": {"upstream_errors": 12}}, "rogue_suffered"),
        ("N26B", {"olt_tx_dbm": 0.2, "ont_rx_dbm": -25.4}, "olt_sfp_weak"),
        ("N29", {"down_causes_24h": {"LOSi": 6, "dying-gasp": 3}}, "flapping_light"),
        ("N29", {"down_causes_24h": None, "last_down_cause": None, "reference": None,
                 "ont_rx_dbm": -20.6, "olt_rx_dbm": -22.0}, "flapping_light"),
        ("N30", {"down_causes_24h": {"LOSi": 2, "dying-gasp": 12}}, "flapping_power"),
        ("N37", {"ont_uni": {"negotiation": "auto"}}, "bad_negotiation"),
        ("N39", {"box": {"ppp_status": "down"}, "radius": {"active_session": False}}, "session_inactive"),
        ("N40", {"box": {"wifi": {"channel_utilisation_pct": None}}}, "wifi_only"),
        ("N40", {"box": {"wifi": {"clients": None}}}, "wifi_only"),
        ("N41", {"platform": None}, "radius_down"),
        ("N41", {"radius": {"last_result": None}, "platform": {"affected_subscribers": None}}, "radius_down"),
        ("N42", {"box": {"ppp_last_error": "ERROR_SERVER_OUT_OF_RESOURCES", "pado_received": None}}, "no_pado"),
        ("N42", {"box": {"ppp_last_error": None}}, "no_pado"),
        ("N46", {"box": {"dns_custom": None}, "platform": None}, "dns_failure"),
        ("N46", {"platform": {"dns_ok": False, "affected_subscribers": 40}}, "dns_failure"),
        ("N50", {"flow_tests": {"tcp_443": "fail", "tcp_587": None}}, "blocked_flow"),
        ("N01", {"box": {"mac": "not a mac", "firmware": None}}, "healthy"),
        ("N01", {"radius": {"stopped_at": SOON, "terminate_cause": "User-Request"}}, "healthy"),
        ("N01", {"register_result": "authentication OK? no", "serial_seen": "junk"}, "healthy"),
        ("N57", {"reachability": {"acs": "timeout"}}, "drop_cut"),
        ("N37", {"pm_intervention": ["x", "2026-03-02T08:00:00+01:00"]}, "bad_negotiation"),
        ("N01", {"flow_tests": "junk", "platform": {"radius_ok": "ok"}, "customer_checks": ["LAN"]}, "healthy"),
    ],
)  # fmt: skip
def test_a_variation_of_a_labelled_scenario(name, changes, rule):
    assert said(name, changes).findings[0].rule == rule


def test_works_whose_window_is_not_dated_cover_the_instant():
    assert said("N57", {"planned_works": [{"ref": "A"}]}).findings[0].rule == "planned_works"


def series_of(days, **fields):
    return [
        {"t": f"2026-02-{day:02d}T{hour:02d}:00:00+01:00", **{k: f(day, hour) for k, f in fields.items()}}
        for day in range(1, days + 1)
        for hour in (3, 15)
    ]


def test_a_level_received_alone_still_tells_a_drift():
    found = said("R01", {**NO_LEVELS, "olt_tx_dbm": None}, series_of(28, ont_rx_dbm=lambda d, h: -17 - 0.1 * d))
    finding = next(f for f in found.findings if f.rule == "line_drift")
    assert "dérive" in said("R01", {}).interpretation
    assert not [e for e in finding.evidence_for if "limite" in e.text]


def test_a_drift_of_the_whole_pon_is_not_the_branch():
    falls = {k: (lambda d, h: -17 - 0.1 * d) for k in ("ont_rx_dbm", "pbo_mean_ont_rx_dbm", "pon_mean_ont_rx_dbm")}
    found = said("R01", {"ont_rx_dbm": -17.2, "olt_rx_dbm": -18.5}, series_of(28, **falls))
    assert (found.scope, found.prelocalisation) == ("pon", "TRANSPORT_PON")


def test_a_laser_that_falls_with_the_line_hides_no_sender():
    both = {"ont_tx_dbm": lambda d, h: 2 - 0.1 * d, "olt_rx_dbm": lambda d, h: -18 - 0.2 * d}
    assert {"line_drift", "transmitter_drift"} <= {f.rule for f in said("R02", {}, series_of(28, **both)).findings}


def test_a_large_step_is_a_fault():
    steps = series_of(28, ont_rx_dbm=lambda d, h: -17 - (6 if d > 14 else 0))
    found = said("R07", {"ont_rx_dbm": -23.0, "olt_rx_dbm": -24.3}, steps)
    assert found.family == "LIGNE"
    assert "loss_step" in {f.rule for f in found.findings}


def test_a_small_cycle_is_only_watched():
    small = series_of(20, ont_rx_dbm=lambda d, h: -17 - (1.3 if h < 9 else 0))
    assert said("N01", {}, small).findings[0].rule == "loss_cycle"
    assert said("N01", {}, small).severity == "warning"


def test_one_sample_is_no_trend():
    assert said("N01", {}, [{"t": NOW, "ont_rx_dbm": -17.0}]).findings[0].rule == "healthy"
    assert said("N01", {}, [{"t": NOW, "colour": 1}, "junk"]).findings[0].rule == "healthy"
