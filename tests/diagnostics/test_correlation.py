"""Who fell together with the subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from diagnostics.case import derive
from diagnostics.correlation import Crowd, Group
from domain.access import OutsidePlant
from domain.metrics.olt import OLT_REACHABLE
from domain.metrics.ont import ONT_LAST_CHANGE
from domain.reading import Quality
from domain.states import Oper
from tests.diagnostics.build import (
    ALL_UP,
    FAR,
    FAULTS,
    FELL,
    NOW,
    crowd,
    dark,
    gasping,
    neighbour,
    port,
    rules,
    snapshot,
    unread,
    without,
)

T = rules().thresholds
CUT = FAULTS["drop_cut"]


def around(neighbours, snap=CUT):
    return derive(replace(snap, neighbours=neighbours), T).crowd


@pytest.mark.parametrize(("apart_s", "together"), [(4, 1), (5, 1), (6, 0), (-5, 1), (-6, 0)])
def test_ont_that_fell_within_five_seconds_fell_together(apart_s, together):
    found = around(crowd(dark(1, FELL + timedelta(seconds=apart_s)))).pon
    assert (found.dark, found.dated, found.apart) == (together, together, 1 - together)


def test_without_instants_a_dark_neighbour_counts_but_is_undated():
    assert around(crowd(dark(1, None))).pon == Group(dark=1, pbos=frozenset({"PBO-3"}), noise_known=1)
    assert around(crowd(dark(1)), without(CUT, ONT_LAST_CHANGE)).pon.dated == 0


def test_dying_gasps_are_set_apart():
    found = around(crowd(gasping(1), dark(2), neighbour(3)))
    assert (found.pon.gasp, found.pon.dark, found.pon.up, found.pon.size) == (1, 1, 1, 3)


def test_an_unknown_neighbour_is_neither_up_nor_down():
    found = around(crowd(neighbour(1, None), dark(2))).pon
    assert (found.unknown, found.dark, found.up) == (1, 1, 0)


def test_a_neighbour_stored_as_up_before_the_fall_is_unknown():
    stored = replace(ALL_UP, at=FELL - timedelta(seconds=1), quality=Quality.LIVE)
    fresh = replace(FAULTS["drop_cut"], at=FELL + timedelta(seconds=30))
    assert around(stored, fresh).pon.up == 0
    assert around(replace(stored, at=FELL), fresh).pon.up == 15


@pytest.mark.parametrize(("age_s", "known"), [(600, True), (601, False)])
def test_stored_neighbours_are_good_for_two_polling_periods(age_s, known):
    stored = replace(ALL_UP, at=NOW - timedelta(seconds=age_s), quality=Quality.STORED)
    assert (around(stored) != Crowd()) is known


def test_neighbours_stored_of_an_unreachable_olt_are_unknown():
    stored = replace(ALL_UP, quality=Quality.STORED)
    assert around(stored, snapshot({OLT_REACHABLE: False})) == Crowd()


def test_neighbours_that_were_not_read_are_unknown():
    assert around(unread()) == Crowd()
    assert around(replace(ALL_UP, at=None)).pon.up == 15


def test_groups_follow_the_outside_plant_records():
    found = around(ALL_UP)
    assert (found.pbo.size, found.splitter.size, found.beyond_pbo.size, found.beyond_splitter.size) == (5, 5, 10, 10)
    without_records = around(ALL_UP, replace(CUT, outside=OutsidePlant()))
    assert without_records.pon.size == 15
    assert without_records.pbo.any_up is None


@pytest.mark.parametrize(
    ("group", "answer"),
    [
        (Group(dark=9), True),
        (Group(dark=8, up=1), True),  # 9 of 10, subject included
        (Group(dark=7, up=1), False),
        (Group(dark=1), False),  # two in all, three are needed
        (Group(dark=1, complete=False), None),
        (Group(dark=1, unknown=1), None),
        (Group(dark=8, unknown=2), None),
        (Group(dark=8, unknown=1), True),
        (Group(up=5, unknown=1), False),
        (Group(), False),
    ],
)
def test_a_group_fell_when_nine_tenths_of_those_online_did_whatever_became_of_the_unknown(group, answer):
    assert group.fell(0.9, 3) is answer


@pytest.mark.parametrize(
    ("group", "answer"),
    [(Group(up=1, unknown=1), True), (Group(unknown=1), None), (Group(complete=False), None), (Group(dark=1), False)],
)
def test_whether_one_is_up(group, answer):
    assert group.any_up is answer


def test_gasps_of_the_same_minute_are_counted():
    found = around(crowd(gasping(1, FELL + timedelta(seconds=60)), gasping(2, FELL + timedelta(seconds=61))))
    assert found.gasps_together == 1
    assert around(crowd(gasping(1)), without(CUT, ONT_LAST_CHANGE)).gasps_together == 0
    assert around(crowd(replace(gasping(1), last_change=None))).gasps_together == 0


def test_ports_of_the_same_board_are_counted_the_subjects_own_left_out():
    ports = (
        port(1, Oper.DOWN, FELL),
        port(2, Oper.DOWN, FELL - timedelta(days=1)),
        port(3, Oper.DOWN),
        port(4),
        port(10, Oper.DOWN, FELL),
        port(1, Oper.DOWN, FELL, slot=6),
    )
    found = around(crowd(neighbour(1, **FAR), ports=ports))
    assert (found.card_ports_down, found.card_ports_up) == (1, 1)
    placeless = around(crowd(ports=ports), replace(CUT, place=None))
    assert (placeless.card_ports_down, placeless.card_ports_up) == (0, 0)
    undated = around(crowd(ports=ports), without(CUT, ONT_LAST_CHANGE))
    assert undated.card_ports_down == 0
