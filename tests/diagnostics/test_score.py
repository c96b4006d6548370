"""`python -m diagnostics score`: the labelled scenarios whose faults have a rule already, and the scoring itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from diagnostics.__main__ import load, main
from diagnostics.scenarios.snapshot import snapshot_of
from diagnostics.scenarios.words import instant
from diagnostics.score import score
from domain import codec
from tests.shared import shared_dir

COVERED = [
    "S01",
    "S02",
    "S03",
    "S05",
    "S06",
    "S07",
    "S08",
    "S14",
    "S21",
    "S26",
    "S29",
    "S30",
    "S39",
    "H03",
    "H06",
    "H12",
]
"""Scenarios whose fault has its rule; the others wait for theirs."""

SCENARIO: dict[str, Any] = {
    "id": "X01",
    "class": "nominal",
    "fault": "drop_cut",
    "description": "Étiquette pour le lecteur",
    "observations": {
        "collected_at": "2026-03-02T09:00:00+01:00",
        "optical_class": "B+",
        "split_ratio": 64,
        "reachability": {"olt_mgmt": "ok", "acs": "ok", "radius_log": "ok"},
        "olt_card_state": "up",
        "pon_port_state": "up",
        "ont_oper_state": "down",
        "ont_provisioned": True,
        "ont_alarms": ["LOSi"],
        "last_down_at": "2026-03-02T08:10:00+01:00",
        "optical_measured_at": "2026-03-01T08:00:00+01:00",
        "ont_rx_dbm": -20.1,
        "neighbours": {
            "pon_total": 30, "online": 30, "offline_los": 0, "offline_dying_gasp": 0, "offline_other": 0,
            "same_pbo_total": 4, "same_pbo_online": 4, "same_pbo_offline": 0, "other_pon_ports_down_on_card": 0,
        },
    },
    "expected": {
        "verdict_family": "LIGNE",
        "acceptable_verdict_families": ["LIGNE", "ONT"],
        "prelocalisation": "BRANCHEMENT_PBO",
        "scope": "individual",
        "severity": "major",
        "must_report": ["finding:LIGNE", "text:branchement"],
        "must_not_say": ["family:RESEAU", "text:surcharge"],
        "data_quality": ["ont_rx_dbm"],
        "confidence": {"min": 0.6, "max": 0.9},
    },
}  # fmt: skip


def changed(**expected):
    return {**SCENARIO, "expected": {**SCENARIO["expected"], **expected}}


def test_a_scenario_that_is_judged_right_wins_every_point():
    found = score(SCENARIO, load())
    assert (found.points, found.most, found.zeroed_by, found.share) == (10, 10, None, 1.0)


@pytest.mark.parametrize(
    ("expected", "points"),
    [
        ({"verdict_family": "ONT"}, 8),
        ({"verdict_family": "OK", "acceptable_verdict_families": ["OK"]}, 6),
        ({"prelocalisation": "ONT"}, 8),
        ({"prelocalisation": "ONT", "acceptable_prelocalisations": ["BRANCHEMENT_PBO"]}, 9),
        ({"scope": "pon"}, 9),
        ({"scope": "pon", "acceptable_scopes": ["individual"]}, 10),
        ({"severity": "none"}, 9),
        ({"must_report": ["finding:DNS"]}, 9),
        ({"must_report": ["text:macrocourbure"]}, 9),
        ({"data_quality": ["bip_up"]}, 9),
    ],
)
def test_each_wrong_answer_costs_its_points(expected, points):
    assert score(changed(**expected), load()).points == points


@pytest.mark.parametrize(
    "expected",
    [
        {"must_not_say": ["family:LIGNE"]},
        {"must_not_say": ["prelocalisation:BRANCHEMENT_PBO"]},
        {"must_not_say": ["scope:individual"]},
        {"must_not_say": ["defect:Ligne en défaut prélocalisée ligne"]},
        {"must_not_say": ["text:LUMIÈRE"]},
        {"confidence": {"min": 0.0, "max": 0.6}},
    ],
)
def test_a_forbidden_word_or_a_wrong_confidence_makes_it_zero(expected):
    found = score(changed(**expected), load())
    assert found.zeroed_by
    assert found.share == 0.0


def test_labels_never_reach_the_engine():
    text = codec.dump(snapshot_of(SCENARIO["observations"]))
    assert "Étiquette" not in text
    assert "drop_cut" not in text


def test_a_scenario_without_any_observation_is_no_verdict():
    found = score({**SCENARIO, "observations": {"collected_at": SCENARIO["observations"]["collected_at"]}}, load())
    assert found.diagnosis.family == "INDETERMINE"


def test_the_command_prints_a_line_a_scenario_and_the_means(tmp_path, capsys):
    (tmp_path / "X01.json").write_text(json.dumps(SCENARIO), "utf-8")
    assert main(["score", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["X01     1.00  10/10  LIGNE", "mean nominal  1.000  (1)"]
    assert main(["score", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(item["id"], item["points"], item["max"], item["family"]) for item in said] == [("X01", 10, 10, "LIGNE")]


def test_a_scenario_needs_its_instant_and_unreadable_ones_are_none():
    with pytest.raises(ValueError, match="collected_at"):
        snapshot_of({"collected_at": "2026-03-02T09:00:00"})
    assert instant("yesterday") is None


def test_every_kind_of_observation_reaches_the_snapshot():
    observations = {
        **SCENARIO["observations"],
        "olt_card_state": "unknown",
        "pon_port_state": None,
        "ont_admin_state": "down",
        "bip_up": 3,
        "distance_m": -1,
        "serial_configured": "HWTC0172629D (485754430172629D)",
        "password_configured": "0848525835",
        "firmware_active": "HWTCA31610115",
        "ont_uni": {"link": "up", "speed_mbps": 100, "duplex": "half", "negotiation": "forced"},
        "box": {
            "inform_age_s": 60, "inform_interval_s": 3600, "wan_link": "Up", "ppp_status": "Disconnected",
            "ppp_last_error": "ERROR_NO_CARRIER", "firmware": "1.2", "mac": "D8D775557E90", "uptime_s": 5,
        },
        "radius": {
            "active_session": False, "session_start": "2026-03-01T08:00:00+01:00", "last_result": "reject",
            "last_at": "2026-03-02T08:59:00+01:00", "last_reason": "bad password",
            "last_interim_at": "2026-03-02T08:00:00+01:00",
        },
        "neighbours": {"pon_total": 5, "online": 1, "same_pbo_online": 2, "other_pon_ports_down_on_card": 10},
    }  # fmt: skip
    snapshot = snapshot_of(observations)
    told = {metric.key for metric in snapshot.readings}
    assert {"card.oper", "pon.oper"}.isdisjoint(told)
    assert {"ont.admin", "ont.errors_up", "uni.rate", "box.ppp_status", "session.auth_reason", "box.uptime_s"} <= told
    assert [neighbour.oper for neighbour in snapshot.neighbours.onts] == ["up", None, None, None, None]
    assert len(snapshot.neighbours.ports) == 10
    assert snapshot.outside.length_m is None


def test_an_answer_without_its_instant_is_left_out():
    radius = {"last_result": "accept", "last_at": None}
    snapshot = snapshot_of({**SCENARIO["observations"], "radius": radius, "neighbours": None, "reachability": None})
    assert "session.auth_result" not in {metric.key for metric in snapshot.readings}


def test_nothing_expected_is_nothing_to_win():
    found = score({**SCENARIO, "expected": {"must_not_say": ["colour:red"]}}, load())
    assert (found.points, found.most, found.share) == (0, 0, 0.0)


def test_a_folder_without_scenarios_or_with_another_file_is_a_clear_error(tmp_path, capsys):
    assert main(["score", str(tmp_path)]) == 2
    (tmp_path / "X.json").write_text("{}", "utf-8")
    (tmp_path / "Y.json").write_text(json.dumps(SCENARIO), "utf-8")
    assert main(["score", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert "not a scenario" in told.err
    assert SCENARIO["id"] in told.out  # the others are scored all the same


@pytest.mark.parametrize("name", COVERED)
def test_a_labelled_scenario_whose_fault_has_a_rule_is_judged_right(name):
    [file] = (shared_dir() / "scenarios").glob(f"{name}_*.json")
    found = score(json.loads(file.read_text("utf-8")), load())
    assert found.zeroed_by is None
    assert found.points >= found.most - 1  # H12 also has a sentinel in data that no metric of the snapshot carries yet
