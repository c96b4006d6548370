"""Collective faults: what triggers each rule, what must not, and what doubt costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.access import OutsidePlant
from domain.metrics.olt import CARD_OPER, PON_ADMIN, PON_LASER_ON, PON_OPER, PON_TX_DBM
from domain.metrics.ont import (
    ONT_LAST_CHANGE,
)
from domain.states import Admin, Oper
from domain.verdict import Family, Scope
from tests.diagnostics.build import (
    ALL_DARK,
    ALL_UP,
    FAR,
    FAULTS,
    FELL,
    NEAR,
    NOTHING,
    OUTSIDE,
    crowd,
    dark,
    gasping,
    judged,
    neighbour,
    over,
    port,
    rule_of,
    snapshot,
    told,
    without,
)


def test_a_board_that_was_not_read_is_never_down():
    assert rule_of(over("card_down", {CARD_OPER: NOTHING})) != "card_down"


def test_a_board_said_down_under_an_ont_on_line_is_a_contradiction_not_an_outage():
    diagnosis = judged(snapshot({CARD_OPER: Oper.DOWN}))
    assert diagnosis.family is Family.OK
    assert diagnosis.confidence == 0.57
    assert told(snapshot({CARD_OPER: Oper.DOWN}), "La carte OLT est hors service")


def test_another_port_of_the_board_that_works_makes_its_outage_doubtful():
    doubtful = over("card_down", neighbours=replace(ALL_DARK, ports=(port(3),)))
    assert (rule_of(doubtful), judged(doubtful).confidence) == ("card_down", 0.58)


def test_a_laser_off_is_not_a_feeder_cut_though_the_onts_look_the_same():
    assert judged(FAULTS["pon_laser_off"]).family is Family.RESEAU
    assert judged(FAULTS["feeder_cut"]).family is Family.LIGNE


def test_a_nokia_port_down_with_its_laser_on_is_the_feeder():
    assert over("feeder_cut").readings.value(PON_OPER) is Oper.DOWN
    assert rule_of(over("feeder_cut")) == "feeder_cut"


def test_a_locked_port_is_the_networks():
    locked = over("feeder_cut", {PON_ADMIN: Admin.LOCKED})
    assert rule_of(locked) == "pon_laser_off"
    assert "verrouillé" in judged(locked).synthesis


def test_a_laser_said_off_while_a_neighbour_is_up_is_doubtful():
    doubtful = over("pon_laser_off", neighbours=ALL_UP)
    assert judged(doubtful).confidence == 0.58
    assert rule_of(snapshot({PON_LASER_ON: False})) == "healthy"


def test_without_a_word_on_the_laser_the_feeder_is_less_sure_and_the_laser_would_decide():
    blind = judged(over("feeder_cut", {PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}))
    assert blind.findings[0].rule == "feeder_cut"
    assert blind.confidence == 0.65
    assert blind.findings[0].decider == "la puissance émise par le port PON"


def test_a_port_that_sends_too_little_makes_the_feeder_doubtful():
    assert judged(over("feeder_cut", {PON_TX_DBM: 0.5})).confidence == 0.58


def test_a_feeder_needs_three_onts():
    two = crowd(dark(1), outside_dark := dark(2, **FAR))
    assert rule_of(over("feeder_cut", neighbours=two)) == "feeder_cut"
    assert rule_of(over("feeder_cut", neighbours=crowd(outside_dark))) == "drop_cut"


@pytest.mark.parametrize(("down", "found"), [(7, 0.58), (8, 0.96), (9, 0.96)])
def test_a_feeder_is_sure_when_nine_tenths_of_the_onts_that_were_on_line_fell(down, found):
    others = [dark(n, **FAR) for n in range(down)]
    diagnosis = judged(over("feeder_cut", neighbours=crowd(*others, neighbour(50, **FAR))))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("feeder_cut", found)


def test_neighbours_of_unknown_state_make_the_feeder_less_sure():
    partly = crowd(*(dark(n, **FAR) for n in range(5)), *(neighbour(n, None, **FAR) for n in range(10, 15)))
    diagnosis = judged(over("feeder_cut", neighbours=partly))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("feeder_cut", 0.86)


def test_a_list_cut_short_and_undated_falls_make_the_feeder_less_sure():
    assert judged(over("feeder_cut", neighbours=replace(ALL_DARK, complete=False))).confidence < 0.9
    undated = crowd(*(dark(n, None, **FAR) for n in range(5)))
    assert judged(over("feeder_cut", neighbours=undated)).confidence == 0.86


def test_a_pon_with_a_single_pbo_leaves_two_hypotheses():
    diagnosis = judged(over("feeder_cut", neighbours=crowd(*(dark(n) for n in range(5)))))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("feeder_cut", 0.8)
    assert "réflectométrie" in (diagnosis.findings[0].decider or "")


def test_ports_of_the_board_that_fell_together_make_a_feeder_doubtful():
    ports = tuple(port(n, Oper.DOWN, FELL) for n in (1, 2))
    diagnosis = judged(over("feeder_cut", neighbours=replace(ALL_DARK, ports=ports)))
    assert diagnosis.confidence == 0.58
    assert diagnosis.findings[0].decider == "l'état de la carte OLT"


def test_dying_gasps_in_number_are_no_cut_fibre():
    mostly_gasps = crowd(dark(1), dark(2), *(gasping(n) for n in range(3, 9)))
    assert rule_of(over("feeder_cut", neighbours=mostly_gasps)) == "area_power_cut"
    assert rule_of(over("pbo_cut", neighbours=crowd(*mostly_gasps.onts, neighbour(30, **FAR)))) == "area_power_cut"


def test_dying_gasps_of_before_are_set_apart_and_said():
    assert told(FAULTS["feeder_cut"], "1 ONT voisin(s) ont signalé une coupure d'alimentation")


def test_a_pbo_is_cut_from_two_onts_on_and_sure_from_three():
    two = crowd(dark(1), neighbour(15, **NEAR), *(neighbour(n, **FAR) for n in range(20, 30)))
    three = crowd(dark(1), dark(2), neighbour(15, **NEAR), *(neighbour(n, **FAR) for n in range(20, 30)))
    assert (rule_of(over("pbo_cut", neighbours=two)), judged(over("pbo_cut", neighbours=two)).confidence) == (
        "pbo_cut",
        0.88,
    )
    assert judged(over("pbo_cut", neighbours=three)).confidence == 0.88


def test_a_pbo_that_is_all_its_splitter_serves_leaves_two_hypotheses():
    alone = crowd(dark(1), dark(2), *(neighbour(n, **FAR) for n in range(20, 30)))
    diagnosis = judged(over("pbo_cut", neighbours=alone))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("pbo_cut", 0.75)
    assert diagnosis.findings[0].decider == "la présence de lumière au PBO"


def test_a_pbo_with_one_ont_up_is_not_cut():
    some = crowd(dark(1), dark(2), neighbour(3), *(neighbour(n, **FAR) for n in range(20, 30)))
    diagnosis = judged(over("pbo_cut", neighbours=some))
    assert (diagnosis.findings[0].rule, diagnosis.scope) == ("drop_cut", Scope.INDIVIDUAL)
    assert diagnosis.confidence == 0.48
    assert told(over("pbo_cut", neighbours=some), "2 autre(s) ONT proche(s)")


def test_a_pbo_cut_is_less_sure_while_the_rest_of_the_pon_is_unknown():
    rest_unknown = crowd(
        *(dark(n) for n in range(2)), neighbour(15, None, **NEAR), *(neighbour(n, None, **FAR) for n in range(20, 30))
    )
    diagnosis = judged(over("pbo_cut", neighbours=rest_unknown))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("pbo_cut", 0.62)
    assert diagnosis.findings[0].decider == "l'état des autres ONT du même port PON"


def test_two_pbos_dark_without_splitter_records_make_a_pbo_cut_doubtful():
    both = crowd(dark(1), dark(2), dark(3, pbo="PBO-4"), *(neighbour(n, **FAR) for n in range(20, 30)))
    plain = replace(OUTSIDE, splitters=())
    diagnosis = judged(over("pbo_cut", neighbours=both, outside=plain))
    assert (diagnosis.findings[0].rule, diagnosis.confidence) == ("pbo_cut", 0.49)


def test_a_splitter_whose_every_ont_is_on_one_pbo_is_a_pbo_cut():
    assert rule_of(FAULTS["pbo_cut"]) == "pbo_cut"
    assert rule_of(over("splitter_cut", outside=OutsidePlant(splitters=("PM-1-C1-S3",)))) == "splitter_cut"


def test_gasps_in_number_are_no_cut_splitter():
    mostly = crowd(dark(1), dark(2, pbo="PBO-4"), *(gasping(n) for n in range(3, 9)), neighbour(30, **FAR))
    assert rule_of(over("splitter_cut", neighbours=mostly)) == "area_power_cut"


@pytest.mark.parametrize(("gasps", "found"), [(1, "ont_power_off"), (2, "area_power_cut"), (3, "area_power_cut")])
def test_an_area_is_without_power_from_three_gasps_on(gasps, found):
    assert (
        rule_of(over("area_power_cut", neighbours=crowd(*(gasping(n) for n in range(gasps)), neighbour(30)))) == found
    )


def test_a_gasp_of_unknown_date_leaves_open_whether_the_area_fell():
    diagnosis = judged(without(over("ont_power_off", neighbours=crowd(gasping(1), neighbour(2))), ONT_LAST_CHANGE))
    assert (diagnosis.findings[0].decider or "").startswith("la date du dernier changement")
