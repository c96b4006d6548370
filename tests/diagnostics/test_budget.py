"""The optical budget."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.case import derive
from domain.access import OpticalClass, OutsidePlant
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from tests.diagnostics.build import rules, snapshot, without

T = rules().thresholds


def budget(snap):
    return derive(snap, T).budget


def test_losses_of_the_screens_example():
    found = budget(snapshot())
    assert found.down_db == pytest.approx(22.76)
    assert found.up_db == pytest.approx(22.98)
    assert found.expected_down_db == pytest.approx(20.1 + 0.25 * 2.1 + 1.5 + 0.6)
    assert found.expected_up_db == pytest.approx(20.1 + 0.35 * 2.1 + 1.5 + 0.6)
    assert found.excess_down_db == pytest.approx(0.035)
    assert found.ont_rx_margin_db == pytest.approx(7.64)
    assert found.olt_rx_margin_db == pytest.approx(7.3)
    assert found.loss_margin_db == pytest.approx(28 - 22.98)
    assert (found.received_ok, found.too_low, found.olt_sent_ok, found.ont_sent_ok) == (True, False, True, True)


def test_an_unknown_level_leaves_its_loss_unknown():
    found = budget(without(snapshot(), PON_TX_DBM, OLT_RX_DBM))
    assert (found.down_db, found.up_db, found.loss_margin_db, found.olt_rx_margin_db) == (None, None, None, None)
    assert (found.received_ok, found.too_low, found.olt_sent_ok) == (None, None, None)
    assert found.excess_down_db is None
    assert budget(without(snapshot(), ONT_TX_DBM)).ont_sent_ok is None


@pytest.mark.parametrize(
    ("level", "too_low", "good"), [(-27.1, True, False), (-27.0, False, True), (-26.9, False, True)]
)
def test_class_b_plus_ont_sensitivity_is_minus_27(level, too_low, good):
    found = budget(snapshot({ONT_RX_DBM: level}))
    assert (found.too_low, found.received_ok) == (too_low, good)


@pytest.mark.parametrize(("level", "good"), [(-8.1, True), (-8.0, True), (-7.9, False)])
def test_class_b_plus_overload_is_minus_8(level, good):
    assert budget(snapshot({ONT_RX_DBM: level, OLT_RX_DBM: -9.0})).received_ok is good


@pytest.mark.parametrize(("level", "good"), [(1.4, False), (1.5, True), (1.6, True)])
def test_class_b_plus_olt_sends_at_least_one_and_a_half(level, good):
    assert budget(snapshot({PON_TX_DBM: level})).olt_sent_ok is good


def test_each_class_has_its_own_limits():
    low = snapshot({ONT_RX_DBM: -28.5, OLT_RX_DBM: -28.5})
    assert budget(replace(low, optical_class=OpticalClass.C_PLUS)).received_ok is True
    assert budget(low).received_ok is False


def test_without_records_the_distance_measured_stands_for_the_length():
    bare = replace(snapshot({ONT_DISTANCE_M: 4100.0}), outside=OutsidePlant(splitter_ratio=64))
    assert budget(bare).expected_down_db == pytest.approx(20.1 + 0.25 * 4.1 + 2.1)
    assert budget(replace(bare, outside=OutsidePlant(length_m=2100.0))).expected_down_db is None
    assert budget(without(bare, ONT_DISTANCE_M)).expected_up_db is None
    assert budget(replace(bare, outside=OutsidePlant(splitter_ratio=48))).expected_down_db is None
