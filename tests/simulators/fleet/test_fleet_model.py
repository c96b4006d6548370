"""The fleet itself: reproducible, physical, and struck by faults on arrays."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.states import OntAlarm
from simulators.fleet.faults import Wrong
from simulators.fleet.kinds import elsewhere, kinds
from simulators.fleet.model import ALARMS, DYING_GASP, INACTIVE, LOS, Olt
from simulators.fleet.physics import clear_db, received
from simulators.fleet.topology import EPOCH
from simulators.plant import faults as plant_faults
from simulators.plant.errors import CommandError, UnknownFaultError
from simulators.plant.optics import CLASSES, GPON, XGSPON, OpticalPath, left_by_fec, levels
from simulators.plant.weather import REFERENCE_C
from tests.simulators.fleet.kit import SECOND, fleet_of, ont_name

HOUR, DAY = 3600.0, 86_400.0


def pbo_rows(olt: Olt, row: int) -> NDArray[np.intp]:
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
    true, warm = olt.levels(), olt.weather.temperature_c(EPOCH + timedelta(microseconds=olt.now_us)) - REFERENCE_C
    for row in range(32):
        extra = t.workmanship_db[row] + t.heat_db_c[row] * warm
        path = OpticalPath(float(t.length_m[row]), (8, 8), float(extra))
        expected = levels(path, float(true.pon_tx[t.port[row]]), float(true.sent[row]))
        assert true.received[row] == pytest.approx(expected.ont_rx_dbm)
        assert true.heard[row] == pytest.approx(expected.olt_rx_dbm)


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
    fleet.fault("area-power-cut", 1, "PM-1")
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
    fleet.fault("drop-cut", 1, ont_name(olt, 5), after_s=100, for_s=50)
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
    fleet.fault("dirty-connector", 1, ont_name(olt, row), loss_db=30.0, ramp_s=300 * DAY)
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
    fleet.fault("macrobend", 1, ont_name(olt, row), loss_db=4.0)
    after = olt.light
    assert before.ont_rx_dbm[row] - after.ont_rx_dbm[row] == pytest.approx(down, abs=0.01)
    assert before.olt_rx_dbm[row] - after.olt_rx_dbm[row] < 1.5


def test_dirt_costs_the_same_both_ways_and_a_weak_module_strikes_its_whole_port() -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    row = best(olt)
    before = olt.light
    fleet.fault("dirty-connector", 1, ont_name(olt, row), loss_db=2.0)
    fleet.fault("olt-tx-weak", 1, "PON-1-1-1-2", loss_db=1.0)
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
    fleet.fault("moisture", 1, "PON-1-1-1-1", loss_db=3.0)
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
    level = float(olt.levels().heard[row])
    fault = fleet.fault("dirty-connector", 1, ont_name(olt, row), loss_db=level + 29.2)
    hand.move(HOUR)
    struck = olt.errors().up[row]
    assert struck > 100
    assert olt.errors().up[row - 1] == 0
    fleet.repair(fault.id)
    hand.move(HOUR)
    assert olt.errors().up[row] == pytest.approx(struck, abs=20)


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


def test_the_fleet_has_the_kinds_of_the_plant_that_an_olt_shows() -> None:
    every = plant_faults.discover()
    assert set(kinds()) == {name for name, kind in every.items() if "olt" in kind.seen}
    assert set(elsewhere()) == set(every) - set(kinds())
    fleet, _ = fleet_of()
    with pytest.raises(UnknownFaultError, match="box and radius: only the small plant has it"):
        fleet.fault("box-hung", 1, "ONT-1-1-1-1-1")
    with pytest.raises(UnknownFaultError, match="no such kind"):
        fleet.fault("earthquake", 1, "OLT")


COLD = {"moisture": {"when": "always"}, "bend-in-the-cold": {"when": "always"}}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_of_fault_leaves_a_mark_and_its_repair_takes_it_away(kind: str) -> None:
    targets = {
        "ONT": "ONT",
        "PBO": "PBO-1-1-1-1",
        "CPL": "CPL-1-1-1",
        "PON": "PON-1-1-1-1",
        "PM": "PM-1",
        "LT": "LT1",
        "OLT": "OLT",
    }
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    for scope in kinds()[kind].scopes:
        text = targets[scope.value.partition(",")[0].partition("-")[0].rstrip("0123456789")]
        before = mark(olt)
        fault = fleet.fault(kind, 1, ont_name(olt, 5) if text == "ONT" else text, **COLD.get(kind, {}))
        hand.move(30)
        assert mark(olt) != before, scope
        fleet.repair(fault.id)
        assert mark(olt) == before, scope


def test_what_is_looked_at_one_by_one_is_all_that_a_receiver_errs_on() -> None:
    for limits in CLASSES.values():
        for receiver in (limits.ont, limits.olt):
            light = XGSPON if receiver.quality < 3.5 else GPON
            least, most = receiver.sensitivity_dbm + clear_db(receiver), receiver.overload_dbm - clear_db(receiver)
            assert max(receiver.bit_error_rate(least), receiver.bit_error_rate(most)) < 1e-15
            found = received(np.arange(-40.0, 0.0, 0.25), receiver, light)
            for place, level in enumerate(np.arange(-40.0, 0.0, 0.25).tolist()):
                raw = receiver.bit_error_rate(level)
                assert found.holds[place] == receiver.holds(level)
                assert found.raw[place] == pytest.approx(raw, abs=1e-15)
                assert found.left[place] == pytest.approx(left_by_fec(raw, receiver, light), abs=1e-15)


def test_a_rogue_ont_harms_the_others_of_its_port_and_is_known() -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    fleet.fault("rogue-ont", 1, ont_name(olt, 3))
    others = np.flatnonzero((olt.topology.port == 0) & (np.arange(64) != 3))
    assert olt.alarms[3] == ALARMS[OntAlarm.DOW]
    assert set(olt.alarms[others]) == {ALARMS[OntAlarm.SD] | ALARMS[OntAlarm.SF]}
    assert not olt.alarms[olt.topology.port == 1].any()


def test_an_ont_patched_elsewhere_and_one_that_was_exchanged_show_themselves() -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    fleet.fault("crossed-patch", 1, ont_name(olt, 3))
    fleet.fault("serial-mismatch", 1, ont_name(olt, 4), serial="ABCD12345678")
    fleet.fault("not-provisioned", 1, ont_name(olt, 5))
    shown = [(one.port, one.ont, one.stranger, one.maker, one.serial) for one in olt.found]
    serials = olt.topology.serial
    assert shown == [
        (0, 5, False, None, serials[5]),
        (1, 3, True, None, serials[3]),
        (0, 4, True, b"ABCD", 0x12345678),
    ]
    assert np.flatnonzero(~olt.up).tolist() == [3, 4, 5]
    fleet.fault("feeder-cut", 1, "PON-1-1-1-2")
    assert [one.ont for one in olt.found] == [5, 4]


def test_an_ageing_laser_draws_more_current_and_too_much_light_kills_a_link() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    before = olt.light.ont_bias.copy()
    fleet.fault("ont-laser-degraded", 1, ont_name(olt, 3), ramp_s=10 * DAY)
    fleet.fault("wrong-splitter", 1, ont_name(olt, 4), gain_db=20.0)
    hand.move(20 * DAY)
    assert olt.light.ont_bias[3] / before[3] == pytest.approx(2.4, rel=0.1)
    assert not olt.up[4]


@pytest.mark.parametrize(
    ("kind", "given", "word"),
    [
        ("bad-negotiation", {"rate": "1000_full"}, "100_half"),
        ("firmware-not-planned", {"version": "fifteen octets!"}, "14"),
        ("serial-mismatch", {"serial": "x"}, "serial"),
        ("crossed-patch", {"to": "PON-1-1-9-9"}, "PON-1-1-1-2"),
        ("crossed-patch", {"to": "PON-1-1-1-1"}, "own"),
        ("drop-cut", {"loss_db": 3.0}, "after_s"),
        ("drop-cut", {"when": "snow"}, "rain"),
    ],
)
def test_parameters_that_a_fault_cannot_follow_are_refused(kind: str, given: dict[str, object], word: str) -> None:
    fleet, _ = fleet_of(onts=64, off=0.0)
    olt = fleet.olt(1)
    with pytest.raises(CommandError, match=word):
        fleet.fault(kind, 1, ont_name(olt, 3), **given)
    assert not olt.faults


def test_a_fault_that_is_over_leaves_the_list_by_itself() -> None:
    fleet, hand = fleet_of(onts=64, off=0.0)
    fleet.fault("drop-cut", 1, ont_name(fleet.olt(1), 3), for_s=60)
    assert len(fleet.faults()) == 1
    hand.move(61)
    assert fleet.faults() == []


def best(olt: Olt) -> int:
    """An ONT of the first port with room for loss."""
    return int(np.nanargmax(np.where(olt.topology.port == 0, olt.light.ont_rx_dbm, -99.0)))


def mark(olt: Olt) -> tuple[object, ...]:
    wrong = olt._sum(olt.now_us)
    arrays = (getattr(wrong, name) for name in Wrong.__slots__)
    said = [array.tobytes() for array in arrays if isinstance(array, np.ndarray)]
    return (said, olt.reachable, sorted(wrong.boards_off), olt.found, olt.up.tobytes())
