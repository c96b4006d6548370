"""The scan of an OLT: the same numbers as a line test, common causes told once, unknown never taken for zero."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.trends.access import trends_of
from diagnostics.trends.drifts import EPOCH, Drift, began, drifts_of
from diagnostics.trends.fleet import LEVELS, days_of
from diagnostics.trends.scan import dipping, line_losses, restless
from diagnostics.trends.shared import days_until
from domain.access import OpticalClass
from domain.history import History, Sample
from domain.identifiers import OntName
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_RX_DBM, ONT_TX_DBM
from domain.telemetry import pack, pack_pon
from domain.trend import TrendCause, TrendKind, Unmeasured
from domain.verdict import Scope
from tests.diagnostics.build import snapshot
from tests.diagnostics.trend_kit import DAY, DAYS, FIRST, PON, Olt, T, fall


def test_a_quiet_olt_gives_no_line():
    assert (Olt().trends(), Olt().scan().unknown) == ([], ())


def test_one_line_that_drifts_is_told_with_its_slope_its_date_and_its_days_left():
    olt = Olt()
    olt.rx[3] += fall(3.0)
    olt.olt_rx[3] += fall(3.0)
    [found] = olt.trends()
    assert (found.scope, found.ont, found.kind, found.cause) == (
        Scope.INDIVIDUAL, olt.names[3], TrendKind.DRIFT, TrendCause.LINE,
    )  # fmt: skip
    assert found.slope_db_day == pytest.approx(3 / 29)
    assert found.change_db == pytest.approx(3.0)
    margins = (olt.rx[3, -1] + 27, olt.olt_rx[3, -1] + 28)
    assert found.days_left == pytest.approx(min(margins) / (3 / 29))
    assert found.since == EPOCH + timedelta(days=FIRST)
    assert found.confidence == T.ceilings["line_drift"]
    assert {fact.code for fact in found.facts} == {"loss_rises_down", "loss_rises_up", "senders_still"}


def test_a_drift_that_began_in_the_middle_is_dated():
    olt = Olt()
    olt.rx[3] += fall(4.0, 9)
    [found] = olt.trends()
    assert found.since is not None
    assert 7 <= (found.since - EPOCH).days - FIRST <= 11
    assert found.confidence == pytest.approx(T.ceilings["line_drift"] * T.doubt_minor, abs=0.005)


def test_a_step_is_dated_and_has_no_days_left_inside_its_class():
    olt = Olt()
    olt.rx[2, 17:] -= 2.0
    olt.olt_rx[2, 17:] -= 2.0
    [found] = olt.trends()
    assert (found.kind, found.slope_db_day, found.days_left) == (TrendKind.STEP, None, None)
    assert found.change_db == pytest.approx(2.0)
    assert found.since == EPOCH + timedelta(days=FIRST + 17)
    olt.rx[2] -= 6.0
    assert next(one for one in olt.trends() if one.ont == olt.names[2]).days_left == 0.0


def test_a_sfp_that_ages_is_one_line_and_not_one_an_ont():
    olt = Olt(onts=60)
    olt.port_tx += fall(3.0)
    olt.port_bias *= 1 + 0.03 * DAY
    olt.rx += fall(3.0)
    [found] = olt.trends()
    assert (found.scope, found.cause, found.onts, found.ont, found.pon) == (
        Scope.PON, TrendCause.OLT_SFP, 60, None, PON,
    )  # fmt: skip
    assert [fact.code for fact in found.facts] == ["group_rx_falls", "port_sends_less", "port_current_rises"]
    assert found.days_left == 0.0  # the last of them is out of its class
    olt.rx += 3.5
    [found] = olt.trends()
    assert found.days_left == pytest.approx((olt.rx[:, -1].min() + 27) / (3 / 29))


def test_a_line_that_drifts_besides_an_ageing_sfp_is_still_told():
    olt = Olt()
    olt.port_tx += fall(3.0)
    olt.rx += fall(3.0)
    olt.rx[5] += fall(2.5)
    olt.olt_rx[5] += fall(2.5)
    sfp, line = sorted(olt.trends(), key=lambda one: one.onts, reverse=True)
    assert (sfp.cause, line.cause, line.ont) == (TrendCause.OLT_SFP, TrendCause.LINE, olt.names[5])
    assert line.slope_db_day == pytest.approx(2.5 / 29)


def test_a_fibre_loses_both_ways_and_a_port_one_way():
    olt = Olt()
    olt.rx += fall(3.0)
    olt.olt_rx += fall(3.0)
    assert [one.cause for one in olt.trends()] == [TrendCause.FEEDER]
    olt.olt_rx -= fall(3.0)  # the port says that it sends as ever, and only downstream falls
    [one] = olt.trends()
    assert (one.cause, one.confidence) == (
        TrendCause.OLT_SFP, round(T.ceilings["line_drift"] * T.doubt_two_hypotheses, 2),
    )  # fmt: skip
    olt.olt_rx[:] = np.nan
    [one] = olt.trends()
    assert (one.cause, one.facts[-1].code) == (TrendCause.FEEDER, "up_unread")


def test_a_port_that_hears_less_is_its_receiver():
    olt = Olt()
    olt.olt_rx += fall(3.0)
    [one] = olt.trends()
    assert (one.cause, one.scope, one.onts) == (TrendCause.OLT_RECEIVER, Scope.PON, 12)


def test_a_pbo_that_falls_alone_is_one_line_with_its_name():
    olt = Olt()
    olt.rx[4:8] += fall(3.0)
    olt.olt_rx[4:8] += fall(3.0)
    [one] = olt.trends()
    assert (one.cause, one.scope, one.place, one.onts) == (TrendCause.PBO, Scope.PBO, "PBO-1", 4)


def test_several_pbos_behind_one_splitter_are_the_splitter():
    olt = Olt(onts=24)
    olt.splitters = [*["S-0"] * 16, *["S-1"] * 8]
    olt.rx[16:] += fall(3.0)
    [one] = olt.trends()
    assert (one.cause, one.scope, one.place, one.onts) == (TrendCause.SPLITTER, Scope.SPLITTER, "S-1", 8)


def test_a_splitter_of_one_pbo_only_leaves_the_word_to_the_pbo():
    olt = Olt(onts=12)
    olt.splitters = [*["S-0"] * 4, *["S-1"] * 4, *["S-2"] * 4]
    olt.rx[4:8] += fall(3.0)
    olt.rx[0] = np.nan
    [one] = olt.trends()
    assert (one.cause, one.place) == (TrendCause.PBO, "PBO-1")


def test_a_group_whose_limits_have_no_source_has_no_days_left():
    olt = Olt(classes=OpticalClass.D)
    olt.olt_rx += fall(3.0)  # class D: what the OLT may receive is not sourced
    [one] = olt.trends()
    assert (one.cause, one.days_left) == (TrendCause.OLT_RECEIVER, None)
    olt.olt_rx -= fall(3.0)
    olt.olt_rx[2] += fall(3.0)
    [line] = olt.trends()
    assert line.days_left is None


def test_two_lines_of_a_pbo_of_four_are_two_lines():
    olt = Olt()
    olt.rx[4:6] += fall(3.0)
    olt.olt_rx[4:6] += fall(3.0)
    assert sorted(str(one.ont) for one in olt.trends()) == sorted(str(name) for name in olt.names[4:6])


def test_a_laser_that_weakens_is_the_ont_and_not_the_line():
    olt = Olt()
    olt.ont_tx[7] += fall(2.0)
    olt.olt_rx[7] += fall(2.0)
    olt.ont_bias[7] *= 1 + 0.04 * DAY
    [one] = olt.trends()
    assert (one.cause, one.ont, one.confidence) == (TrendCause.ONT_LASER, olt.names[7], T.ceilings["transmitter_drift"])
    assert [fact.code for fact in one.facts] == ["ont_sends_less", "ont_current_rises"]
    assert one.days_left == pytest.approx(0.0)
    olt.ont_bias[7] = 12.0
    [one] = olt.trends()
    assert one.confidence == pytest.approx(T.ceilings["transmitter_drift"] * T.doubt_minor, abs=0.005)


def test_without_the_level_sent_a_fall_upstream_alone_is_not_held_against_the_line():
    olt = Olt()
    olt.ont_tx[7] = np.nan
    olt.olt_rx[7] += fall(2.0)
    assert olt.trends() == []
    olt.rx[7] += fall(2.0)
    [one] = olt.trends()
    assert one.confidence == pytest.approx(T.ceilings["line_drift"] * T.doubt_missing, abs=0.0051)


def test_more_loss_downstream_is_a_bend():
    olt = Olt()
    olt.rx[1] += fall(4.5)
    olt.olt_rx[1] += fall(2.0)
    [one] = olt.trends()
    assert (one.cause, one.facts[-1].code) == (TrendCause.BEND, "more_downstream")


def test_an_only_ont_leaves_two_hypotheses():
    olt = Olt(onts=1)
    olt.rx[0] += fall(3.0)
    olt.olt_rx[0] += fall(3.0)
    [one] = olt.trends()
    assert one.facts[-1].code == "no_neighbour"
    assert one.confidence == pytest.approx(T.ceilings["line_drift"] * T.doubt_two_hypotheses, abs=0.005)


def test_a_port_of_two_onts_that_sends_less_is_told_by_its_own_measure():
    olt = Olt(onts=2)
    olt.port_tx += fall(3.0)
    olt.rx += fall(3.0)
    [one] = olt.trends()
    assert (one.cause, one.onts) == (TrendCause.OLT_SFP, 2)
    assert one.days_left == 0.0  # 0.4 dBm: below what class B+ sends
    many = Olt()
    many.port_tx += fall(3.0)  # but its ONTs receive as ever
    [sfp] = [one for one in many.trends() if one.scope is Scope.PON]
    assert sfp.facts[-1].code == "onts_receive_as_ever"
    assert sfp.confidence < 0.6


@pytest.mark.parametrize(("slope", "told"), [(0.0499, False), (0.0501, True)])
def test_a_drift_counts_from_a_twentieth_of_a_decibel_a_day(slope: float, told: bool):
    t = T.model_copy(update={"drift_total_db": 1.0})
    series = (slope * DAY)[None, :]
    assert drifts_of(series, FIRST, t).drifts(t)[0] == told
    assert drifts_of(series, FIRST, t).one(0).drifts(t) is told


@pytest.mark.parametrize(("total", "told"), [(1.49, False), (1.5001, True)])
def test_a_drift_counts_from_a_decibel_and_a_half_in_all(total: float, told: bool):
    assert drifts_of(-fall(total)[None, :], FIRST, T).rises(T)[0] == told


@pytest.mark.parametrize(("days", "told"), [(14, False), (15, True)])
def test_a_drift_needs_fourteen_days_from_first_to_last(days: int, told: bool):
    series = np.where(days > DAY, 0.2 * DAY, np.nan)[None, :]
    assert drifts_of(series, FIRST, T).drifts(T)[0] == told


@pytest.mark.parametrize(("step", "told"), [(1.49, False), (1.5, True), (1.51, True)])
def test_a_step_counts_from_a_decibel_and_a_half(step: float, told: bool):
    series = np.where(DAY < 12, 0.0, step)[None, :]
    assert drifts_of(series, FIRST, T).steps(T)[0] == told


@pytest.mark.parametrize(("share", "causes"), [(7, {TrendCause.LINE}), (8, {TrendCause.FEEDER})])
def test_six_tenths_of_a_port_make_it_common(share: int, causes: set[TrendCause]):
    olt = Olt(pbo_of=1)
    olt.rx[:share] += fall(4.0)
    olt.olt_rx[:share] += fall(4.0)
    assert {one.cause for one in olt.trends()} >= causes
    assert (TrendCause.FEEDER in {one.cause for one in olt.trends()}) is (TrendCause.FEEDER in causes)


def test_what_is_read_on_too_few_days_is_listed_with_its_reason():
    olt = Olt()
    olt.rx[0, 13:] = np.nan
    olt.rx[1] = np.nan
    olt.rx[2] = 21474.0
    olt.rx[3, :5] = -80.0
    found = {one.ont: (one.reason, one.days) for one in olt.scan().unknown}
    assert found == {
        olt.names[0]: (Unmeasured.TOO_FEW_DAYS, 13),
        olt.names[1]: (Unmeasured.NOT_READ, 0),
        olt.names[2]: (Unmeasured.IMPLAUSIBLE, 0),
    }
    assert olt.trends() == []  # days without value are no fall


def test_an_olt_without_port_rows_is_judged_by_what_is_received():
    olt = Olt()
    olt.port_tx[:] = np.nan
    olt.port_bias[:] = np.nan
    olt.rx[3] += fall(3.0)
    olt.olt_rx[3] += fall(3.0)
    [one] = olt.trends()
    assert one.cause is TrendCause.LINE
    assert one.slope_db_day == pytest.approx(3 / 29)
    bare = days_of("OLT-1", FIRST, np.array([pack(n) for n in olt.names]), {ONT_RX_DBM: olt.rx}, T)
    assert np.isnan(bare.port_tx[bare.port_of]).all()
    assert np.allclose(line_losses(bare)[0], -olt.rx)


def test_a_margin_runs_out_at_the_slope_and_is_unknown_without_one():
    falling = Drift(slope=-0.1, total=-3.0, days=30)
    assert days_until(2.0, falling) == pytest.approx(20.0)
    assert days_until(0.0, falling) == 0.0
    assert days_until(2.0, falling.turned) is None
    assert days_until(math.nan, falling) is None
    assert days_until(2.0, replace(falling, is_step=True)) is None


def test_nothing_began_where_nothing_rises():
    assert began(np.full(30, np.nan), Drift(slope=0.1), FIRST, 0.5) is None
    assert began(DAY, Drift(slope=-0.1), FIRST, 0.5) is None
    assert drifts_of(np.full((2, 30), np.nan), FIRST).one(1).stepped_at is None


def test_restless_onts_change_state_on_two_days_or_often_within_one():
    noon = (FIRST + np.arange(10.0)) * 86_400
    quiet = np.full(10, noon[0])
    once = np.where(np.arange(10) < 6, noon[0], noon[6])
    twice = np.maximum(once, np.where(np.arange(10) < 8, noon[0], noon[8]))
    burst_low, burst_high = quiet.copy(), quiet.copy()
    burst_high[-1] = noon[-1]
    lows = np.stack([quiet, once, twice, burst_low, np.full(10, np.nan)])
    highs = np.stack([quiet, once, twice, burst_high, np.full(10, np.nan)])
    assert restless(lows, highs).tolist() == [False, False, True, True, False]


@pytest.mark.parametrize(("depth", "days", "told"), [(0.49, 30, False), (0.51, 3, False), (0.51, 4, True)])
def test_dips_of_half_a_cycle_on_four_days_are_looked_at(depth: float, days: int, told: bool):
    medians = np.full((1, 30), -19.0)
    lows = medians - np.where(days > DAY, depth, 0.0)
    assert dipping(medians, lows, T).tolist() == [told]


LEVEL = st.one_of(st.just(math.nan), st.floats(-0.3, 0.3))


@st.composite
def fleets(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    """Some ONTs of one port that drift, step, stay, and are not always read."""
    count = draw(st.integers(1, 3))
    rows = []
    for _ in range(count * 3 + 1):
        noise = np.array(draw(st.lists(LEVEL, min_size=DAYS, max_size=DAYS)))
        slope = draw(st.floats(-0.2, 0.2))
        at, step = draw(st.integers(0, DAYS)), draw(st.floats(-4, 4))
        rows.append(noise + slope * DAY + np.where(at <= DAY, step, 0.0))
    onts = np.array(rows[:-1]).reshape(3, count, DAYS)
    return onts[0] - 19.0, onts[1] - 20.0, onts[2] + 1.0, rows[-1][None, :] + 2.0


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_a_fleet_gives_the_numbers_of_each_line_test(fleet: tuple[np.ndarray, ...]):
    rx, olt_rx, ont_tx, port_tx = fleet
    names = [OntName(1, 1, 5, 10, 1 + place) for place in range(len(rx))]
    keys = np.array([*map(pack, names), pack_pon(PON)])
    nothing = np.full((1, DAYS), np.nan)
    rows = {ONT_RX_DBM: rx, OLT_RX_DBM: olt_rx, ONT_TX_DBM: ont_tx}
    medians = {metric: np.concatenate([values, nothing]) for metric, values in rows.items()}
    medians[PON_TX_DBM] = np.concatenate([np.full_like(rx, np.nan), port_tx])
    days = days_of("OLT-1", FIRST, keys, medians, T)
    assert {*medians} < {*LEVELS}
    whole = [drifts_of(series, FIRST, T) for series in (*line_losses(days), days.ont_tx)]
    for place, _ in enumerate(names):
        series = {metric.key: _samples(values[place]) for metric, values in rows.items()}
        series[PON_TX_DBM.key] = _samples(port_tx[0])
        alone = trends_of(replace(snapshot(), history=History(series)), snapshot().readings, T)
        for many, one in zip(whole, (alone.loss_down, alone.loss_up, alone.ont_tx), strict=True):
            mine = many.one(place)
            assert (mine.drifts(T), mine.steps(T), mine.rises(T)) == (one.drifts(T), one.steps(T), one.rises(T))
            if not math.isnan(one.slope):
                assert mine.slope == pytest.approx(one.slope, abs=1e-9)
                assert mine.days == one.days
            if not math.isnan(mine.step) and not math.isnan(one.step):
                assert mine.step == pytest.approx(one.step, abs=1e-9)
                assert mine.stepped_at == one.stepped_at


def _samples(values: np.ndarray) -> tuple[Sample, ...]:
    return tuple(
        Sample(EPOCH + timedelta(days=FIRST + place, hours=12), float(value))
        for place, value in enumerate(values)
        if not math.isnan(value)
    )


@pytest.mark.parametrize(("ratio", "told"), [(1.09, False), (1.1, True), (1.11, True)])
def test_a_laser_current_counts_as_risen_from_a_tenth_more(ratio: float, told: bool):
    olt = Olt()
    olt.ont_tx[7] += fall(2.0)
    olt.ont_bias[7] = np.linspace(10.0, 10.0 * ratio, DAYS)
    [one] = olt.trends()
    assert ("ont_current_rises" in {fact.code for fact in one.facts}) is told
