"""The fleet itself: reproducible, physical, and struck by faults on arrays."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.fleet.faults import KINDS
from simulators.fleet.model import DYING_GASP, INACTIVE, LOS, Olt
from simulators.fleet.physics import temperature_c
from simulators.plant.errors import CommandError
from simulators.plant.optics import OpticalPath, levels
from tests.simulators.fleet.kit import SECOND, fleet_of, ont_name

HOUR, DAY = 3600.0, 86_400.0


def pbo_rows(olt: Olt, row: int) -> np.ndarray:  # type: ignore[type-arg]
    t = olt.topology
    same = (t.port == t.port[row]) & (t.branch == t.branch[row]) & (t.pbo == t.pbo[row])
    return np.flatnonzero(same)


def pbo_name(olt: Olt, row: int) -> str:
    t = olt.topology
    return f"PBO-{t.slot[row]}-{t.pon[row]}-{t.branch[row]}-{t.pbo[row]}"


def test_the_same_seed_gives_the_same_fleet_and_another_seed_another() -> None:
    first, again, other = (fleet_of(olts=3, seed=seed)[0].olt(2) for seed in (5, 5, 6))
    assert np.array_equal(first.light.ont_rx_dbm, again.light.ont_rx_dbm, equal_nan=True)
    assert np.array_equal(first.topology.serial, again.topology.serial)
    assert not np.array_equal(first.light.ont_rx_dbm, other.light.ont_rx_dbm, equal_nan=True)


@pytest.mark.parametrize("onts", [1, 2, 31, 256, 2048, 16_384])
def test_the_topology_is_one_that_can_be_built(onts: int) -> None:
    t = fleet_of(onts=onts)[0].olt(1).topology
    assert len(t.slot) == onts
    assert t.slot.max() <= 8
    assert t.pon.max() <= 16
    assert t.ont.min() >= 1
    assert t.ont.max() <= 128
    places = t.port * 1000 + t.ont
    assert np.all(np.diff(places) > 0)
    assert t.branch.max() <= 8
    _, sizes = np.unique(t.port * 10_000 + t.branch * 100 + t.pbo, return_counts=True)
    assert sizes.max() <= 12
    _, outputs = np.unique(t.port * 100 + t.branch, return_counts=True)
    assert outputs.max() <= 16


def test_serials_are_unique_in_the_whole_fleet() -> None:
    fleet, _ = fleet_of(olts=4, onts=500)
    serials = np.concatenate([fleet.olt(number).topology.serial for number in range(1, 5)])
    assert len(np.unique(serials)) == len(serials)


def test_light_is_that_of_the_small_plant_but_for_what_only_the_fleet_has() -> None:
    olt = fleet_of(onts=32, off=0.0)[0].olt(1)
    t = olt.topology
    received, sent, heard, pon_tx = olt.true_levels(olt.now_us, olt.wrong)
    for row in range(32):
        extra = t.workmanship_db[row] + t.heat_db_c[row] * (temperature_c(olt.now_us) - 12.0)
        path = OpticalPath(float(t.length_m[row]), (8, 8), float(extra))
        expected = levels(path, float(pon_tx[t.port[row]]), float(sent[row]))
        assert received[row] == pytest.approx(expected.ont_rx_dbm)
        assert heard[row] == pytest.approx(expected.olt_rx_dbm)


def test_a_healthy_fleet_works_but_for_what_customers_switched_off() -> None:
    for xgs in (0.0, 1.0):
        olt = fleet_of(onts=4096, off=0.02, xgs=xgs)[0].olt(1)
        assert np.mean(olt.up | olt.topology.off) > 0.995
        assert 0.01 < np.mean(olt.topology.off) < 0.03
        assert np.isnan(olt.light.ont_rx_dbm[~olt.up]).all()


def test_what_is_cut_loses_its_light_and_what_loses_power_gasps() -> None:
    fleet, _ = fleet_of(onts=256, off=0.0)
    olt = fleet.olt(1)
    rows = pbo_rows(olt, 40)
    cut = fleet.fault("pbo-cut", 1, pbo_name(olt, 40))
    assert np.array_equal(np.flatnonzero(~olt.up), rows)
    assert set(olt.alarms[rows]) == {LOS | INACTIVE}
    fleet.repair(cut.id)
    assert olt.up.all()
    fleet.fault("area-power-off", 1, "PM-1")
    dark = olt.topology.pm == 1
    assert set(olt.alarms[dark]) == {LOS | INACTIVE | DYING_GASP}
    assert olt.up[~dark].all()


def test_a_board_that_is_down_takes_all_below_it() -> None:
    fleet, hand = fleet_of(onts=1024, off=0.0)
    olt = fleet.olt(1)
    hand.move(60)
    fleet.fault("card-down", 1, "LT1")
    struck = olt.topology.slot == 1
    assert not olt.up[struck].any()
    assert olt.up[~struck].all()
    assert set(olt.alarms[struck]) == {INACTIVE}
    assert set(olt.changed_us[struck]) == {hand.now_us}


def test_two_faults_on_one_place_leave_it_down_until_both_are_repaired() -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    feeder = fleet.fault("feeder-cut", 1, "PON-1-1-1-1")
    drop = fleet.fault("drop-cut", 1, ont_name(olt, 3))
    fleet.repair(feeder.id)
    assert np.flatnonzero(~olt.up).tolist() == [3]
    fleet.repair(drop.id)
    assert olt.up.all()


def test_a_fault_over_a_period_begins_and_ends_at_its_own_instants() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt, begin = fleet.olt(1), hand.now_us + 100 * SECOND
    fleet.fault("drop-cut", 1, ont_name(olt, 5), begin_us=begin, end_us=begin + 50 * SECOND)
    assert olt.up[5]
    hand.move(120)
    assert not olt.up[5]
    assert olt.changed_us[5] == begin
    hand.move(3600)
    assert olt.up[5]
    assert olt.changed_us[5] == begin + 50 * SECOND


def test_a_flapping_ont_comes_and_goes_and_a_jump_of_a_year_is_one_step() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    fleet.fault("drop-cut", 1, ont_name(olt, 5), period_s=600, duty=0.25)
    seen = []
    for _ in range(8):
        seen.append(bool(olt.up[5]))
        hand.move(150)
    assert seen == [False, True, True, True] * 2
    hand.move(365 * DAY + 300)
    assert bool(olt.up[5])
    assert hand.now_us - olt.changed_us[5] < 600 * SECOND


def test_a_drift_lowers_both_levels_a_little_each_day_until_the_link_is_lost() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    row = best(olt)
    before = olt.light
    fleet.fault("drift", 1, ont_name(olt, row), size=0.1)
    hand.move(20 * DAY)
    after = olt.light
    for old, new in ((before.ont_rx_dbm, after.ont_rx_dbm), (before.olt_rx_dbm, after.olt_rx_dbm)):
        assert new[row] - old[row] == pytest.approx(-2.0, abs=0.4)
        assert new[row - 1] == pytest.approx(old[row - 1], abs=0.4)
    hand.move(300 * DAY)
    assert not olt.up[row]
    assert olt.alarms[row] == LOS | INACTIVE


@pytest.mark.parametrize(("xgs", "down"), [(0.0, 4.0), (1.0, 6.0)])
def test_a_macrobend_costs_more_at_the_longer_wavelength(xgs: float, down: float) -> None:
    fleet, _ = fleet_of(onts=64, off=0.0, xgs=xgs)
    olt = fleet.olt(1)
    row = int(np.nanargmax(olt.light.ont_rx_dbm))
    before = olt.light
    fleet.fault("macrobend", 1, ont_name(olt, row), size=4.0)
    after = olt.light
    assert before.ont_rx_dbm[row] - after.ont_rx_dbm[row] == pytest.approx(down, abs=0.01)
    assert before.olt_rx_dbm[row] - after.olt_rx_dbm[row] < 1.5


def test_dirt_costs_the_same_both_ways_and_a_weak_module_strikes_its_whole_port() -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    row = best(olt)
    before = olt.light
    fleet.fault("dirty-connector", 1, ont_name(olt, row), size=2.0)
    fleet.fault("sfp-weak", 1, "PON-1-1-1-2", size=1.0)
    after = olt.light
    assert before.ont_rx_dbm[row] - after.ont_rx_dbm[row] == pytest.approx(2.0, abs=0.01)
    assert before.olt_rx_dbm[row] - after.olt_rx_dbm[row] == pytest.approx(2.0, abs=0.01)
    second = olt.topology.port == 1
    assert np.allclose((before.ont_rx_dbm - after.ont_rx_dbm)[second], 1.0)
    assert np.allclose((before.olt_rx_dbm - after.olt_rx_dbm)[second], 0.0)
    assert before.pon_tx_dbm[1] - after.pon_tx_dbm[1] == pytest.approx(1.0)


def test_moisture_comes_with_the_rain_only() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    fleet.fault("moisture", 1, "PON-1-1-1-1", size=3.0, when="rain")
    seen = []
    for _ in range(200):
        seen.append(float(np.nanmean(olt.light.ont_rx_dbm[olt.topology.port == 0])))
        hand.move(HOUR)
    assert max(seen) - min(seen) == pytest.approx(3.0, abs=0.6)
    wet = np.array(seen) < (max(seen) + min(seen)) / 2
    assert 0.02 < wet.mean() < 0.4


def test_levels_move_with_the_day_and_counters_with_traffic() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    night, bytes_before = olt.light.ont_rx_dbm.copy(), olt.traffic()[1]
    hand.move(12 * HOUR)
    assert not np.array_equal(olt.light.ont_rx_dbm, night)
    assert np.abs(olt.light.ont_rx_dbm - night).max() < 1.0
    assert (olt.traffic()[1] > bytes_before).all()


def test_errors_grow_near_the_sensitivity_and_never_go_back() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    row = best(olt)
    level = float(olt.true_levels(olt.now_us, olt.wrong)[2][row])
    fault = fleet.fault("step", 1, ont_name(olt, row), size=level + 28.5)
    hand.move(HOUR)
    struck = olt.errors()[0][row]
    assert struck > 100
    assert olt.errors()[0][row - 1] == 0
    fleet.repair(fault.id)
    hand.move(HOUR)
    assert olt.errors()[0][row] == pytest.approx(struck, abs=20)


def test_a_mistaken_command_says_what_is_accepted() -> None:
    fleet, _ = fleet_of(onts=8)
    for kind, olt, target, word in (
        ("nonsense", 1, "OLT", "drop-cut"),
        ("drop-cut", 9, "OLT", "1 to 1"),
        ("drop-cut", 1, "ONT-1-1-9-9-9", "ONT-1-1-5-10-19"),
        ("pbo-cut", 1, "PON-1-1-1-1", "PBO-"),
    ):
        with pytest.raises(CommandError, match=word):
            fleet.fault(kind, olt, target)
    with pytest.raises(CommandError):
        fleet.repair(77)


def test_every_kind_of_fault_leaves_a_mark_and_its_repair_takes_it_away() -> None:
    targets = {
        "ONT": "ONT",
        "PBO": "PBO-1-1-1-1",
        "CPL": "CPL-1-1-1",
        "PON": "PON-1-1-1-1",
        "PM": "PM-1",
        "LT": "LT1",
        "OLT": "OLT",
    }
    for kind, known in KINDS.items():
        fleet, hand = fleet_of(onts=64, off=0.0)
        olt = fleet.olt(1)
        for scope in known.scopes:
            text = targets[scope.value.partition("-")[0].rstrip("0123456789")]
            before = mark(olt)
            fault = fleet.fault(kind, 1, ont_name(olt, 5) if text == "ONT" else text)
            hand.move(DAY if known.moves else 30)
            assert mark(olt) != before, (kind, scope)
            fleet.repair(fault.id)
            assert mark(olt)[:4] == before[:4], (kind, scope)


def best(olt: Olt) -> int:
    """An ONT of the first port with room for loss."""
    return int(np.nanargmax(np.where(olt.topology.port == 0, olt.light.ont_rx_dbm, -99.0)))


def mark(olt: Olt) -> tuple[object, ...]:
    wrong = olt._wrong_at(olt.now_us, olt.wrong)
    return (
        olt.up.tobytes(),
        olt.uni_up.tobytes(),
        olt.reachable,
        [
            np.asarray(array).tobytes()
            for array in (wrong.both_db, wrong.bend_db, wrong.port_db, wrong.receiver_db, wrong.ont_db)
        ],
        olt._errors_up_s.tobytes(),
    )
