"""Faults of one customer, from the ONT to the line: what triggers each rule, and what must not."""

from __future__ import annotations

import pytest

from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import (
    OLT_RX_DBM,
    ONT_ADMIN,
    ONT_ALARMS,
    ONT_LAST_CHANGE,
    ONT_OPER,
    ONT_PROVISIONED,
    ONT_RANGING,
    ONT_RX_DBM,
    ONT_TX_DBM,
)
from domain.states import Admin, OntAlarm
from domain.verdict import Prelocalisation, ResultCode, Scope, Severity
from tests.diagnostics.build import (
    BOX_GONE,
    FAR,
    FAULTS,
    NOTHING,
    crowd,
    judged,
    neighbour,
    over,
    rule_of,
    snapshot,
    unread,
)


def test_a_lone_loss_of_light_is_the_drop_and_only_leds_tell_a_dead_ont():
    diagnosis = judged(FAULTS["drop_cut"])
    assert (diagnosis.prelocalisation, diagnosis.severity) == (Prelocalisation.BRANCHEMENT_PBO, Severity.MAJOR)
    assert diagnosis.confidence == 0.8
    assert "voyants" in (diagnosis.findings[0].decider or "")
    assert "collectif" not in diagnosis.synthesis + diagnosis.interpretation + diagnosis.action


@pytest.mark.parametrize(
    ("neighbours", "confidence"), [(crowd(), 0.56), (unread(), 0.56), (crowd(complete=False), 0.56)]
)
def test_without_a_neighbour_on_line_the_cut_is_not_located(neighbours, confidence):
    diagnosis = judged(over("drop_cut", neighbours=neighbours))
    assert diagnosis.findings[0].rule == "drop_cut"
    assert diagnosis.prelocalisation is Prelocalisation.INDETERMINEE
    assert diagnosis.scope is (Scope.INDIVIDUAL if neighbours == crowd() else Scope.UNKNOWN)
    assert diagnosis.confidence == confidence


def test_neighbours_of_other_pbos_locate_less_surely():
    elsewhere = crowd(neighbour(1, None), *(neighbour(n, **FAR) for n in range(20, 30)))
    assert judged(over("drop_cut", neighbours=elsewhere)).confidence == 0.72


def test_light_lost_after_a_dying_gasp_is_the_power():
    assert rule_of(over("drop_cut", {ONT_ALARMS: (OntAlarm.LOS, OntAlarm.DG)})) == "ont_power_off"


def test_alarms_alone_tell_that_an_ont_is_down():
    alone = over("drop_cut", {ONT_OPER: NOTHING, ONT_RANGING: NOTHING})
    assert rule_of(alone) == "drop_cut"


def test_an_ont_down_without_alarms_is_not_explained():
    diagnosis = judged(over("drop_cut", {ONT_ALARMS: NOTHING, ONT_LAST_CHANGE: NOTHING}))
    assert diagnosis.findings[0].rule == "ont_down_unexplained"
    assert diagnosis.result is ResultCode.UNDETERMINED
    assert (diagnosis.findings[0].decider or "").startswith("les alarmes")
    lonely = over("drop_cut", {ONT_ALARMS: NOTHING}, neighbours=unread())
    assert rule_of(lonely) == "ont_down_unexplained"


def test_no_ont_up_is_unprovisioned_or_locked():
    assert rule_of(snapshot({ONT_PROVISIONED: False})) == "healthy"
    assert rule_of(snapshot({ONT_ADMIN: Admin.LOCKED})) == "healthy"


def test_an_ont_on_line_without_light_is_a_contradiction():
    odd = snapshot(BOX_GONE, {ONT_ALARMS: (OntAlarm.LOS,), ONT_RANGING: NOTHING})
    diagnosis = judged(odd)
    assert (diagnosis.findings[0].rule, diagnosis.result) == ("nothing_known", ResultCode.UNDETERMINED)
    assert diagnosis.findings[0].evidence_against


@pytest.mark.parametrize(
    ("ont_rx", "olt_rx", "found", "confidence"),
    [
        (-27.0, -28.0, "unexplained_loss", 0.77),
        (-27.1, -28.0, "high_attenuation", 0.85),
        (-28.6, NOTHING, "high_attenuation", 0.85),
        (-28.6, -29.9, "high_attenuation", 0.95),
    ],
)
def test_a_level_below_its_class_is_the_line(ont_rx, olt_rx, found, confidence):
    diagnosis = judged(snapshot({ONT_RX_DBM: ont_rx, OLT_RX_DBM: olt_rx}))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == (found, confidence)


def test_a_weak_transmitter_is_not_the_line():
    assert rule_of(snapshot({ONT_RX_DBM: -28.0, PON_TX_DBM: 0.0})) == "olt_sfp_weak"
    assert rule_of(snapshot({OLT_RX_DBM: -29.0, ONT_TX_DBM: 0.0})) == "ont_laser"


def test_low_levels_whose_loss_fits_the_class_are_doubtful():
    low = snapshot({ONT_RX_DBM: -27.5, OLT_RX_DBM: NOTHING, PON_TX_DBM: NOTHING, ONT_TX_DBM: NOTHING})
    assert judged(low).confidence == 0.77
    within = snapshot({ONT_RX_DBM: NOTHING, OLT_RX_DBM: -28.1, ONT_TX_DBM: -0.2 + 0.8, PON_TX_DBM: 3.4})
    assert rule_of(within) == "high_attenuation"


def test_a_session_refused_and_a_weak_line_are_both_told():
    both = over("ppp_refused", {ONT_RX_DBM: -28.6, OLT_RX_DBM: -29.9})
    assert [f.rule for f in judged(both).findings] == ["ppp_refused", "high_attenuation", "unexplained_loss"]
