from __future__ import annotations

import pytest

from domain.states import OntAlarm, PppStatus
from simulators.plant.errors import CommandError, DescriptionError
from simulators.plant.optics import (
    CLASSES,
    GPON,
    XGSPON,
    Direction,
    Generation,
    OpticalPath,
    codewords_lost,
    left_by_fec,
)
from simulators.plant.plant import Plant
from simulators.plant.random_plant import random_plant
from simulators.plant.stepped import SteppedClock
from tests.simulators.plant_kit import GOLDEN, GOLDEN_PBO, GOLDEN_PON, Kit, demo_kit

ID1 = "F00000015"


@pytest.fixture
def kit() -> Kit:
    return demo_kit()


def losses(kit: Kit) -> tuple[float, float]:
    """Loss down and up of the golden ONT, as readings tell it."""
    ont, pon = kit.ont, kit.plant.state.pons[GOLDEN_PON]
    assert None not in {ont.rx_dbm, ont.tx_dbm, ont.olt_rx_dbm, pon.tx_dbm}
    return pon.tx_dbm - ont.rx_dbm, ont.tx_dbm - ont.olt_rx_dbm  # type: ignore[operator]  # none of them is unknown: see above


def test_a_dirty_connector_loses_as_much_both_ways_and_a_bend_more_downstream(kit: Kit) -> None:
    down, up = losses(kit)
    dirt = kit.plant.apply("dirty-connector", ID1, loss_db=3)
    assert losses(kit) == pytest.approx((down + 3, up + 3))
    kit.plant.repair(dirt.id)
    kit.plant.apply("macrobend", ID1, loss_db=4)
    assert losses(kit) == pytest.approx((down + 4, up + 1.2))


def test_an_xgs_pon_loses_more_upstream_in_glass_and_more_downstream_in_a_bend() -> None:
    path = OpticalPath(10_000, (8, 8))

    def loss(generation: Generation, direction: Direction) -> float:
        return path.loss_db(direction, generation)

    assert loss(XGSPON, Direction.UP) - loss(GPON, Direction.UP) == pytest.approx(0.5)
    assert loss(XGSPON, Direction.DOWN) - loss(GPON, Direction.DOWN) == pytest.approx(-0.3)
    assert XGSPON.bend[Direction.DOWN] > GPON.bend[Direction.DOWN] > GPON.bend[Direction.UP]


def test_a_weak_module_lowers_all_its_onts_and_changes_no_loss(kit: Kit) -> None:
    before, bias = losses(kit), kit.plant.state.pons[GOLDEN_PON].bias_factor
    rx = {ont.name: ont.rx_dbm for ont in kit.plant.state.onts.values()}
    kit.plant.apply("olt-tx-weak", str(GOLDEN_PON), loss_db=2.5)
    assert losses(kit) == pytest.approx(before)
    assert kit.plant.state.pons[GOLDEN_PON].bias_factor > bias
    for name, ont in kit.plant.state.onts.items():
        fall = 2.5 if name.pon_name == GOLDEN_PON else 0.0
        assert (rx[name] or 0) - (ont.rx_dbm or 0) == pytest.approx(fall)


def test_a_laser_that_ends_its_life_sends_less_for_more_current(kit: Kit) -> None:
    _, up = losses(kit)
    kit.plant.apply("ont-laser-degraded", ID1, loss_db=2, ramp_s=86_400)
    assert kit.ont.tx_dbm == 2.28
    kit.pass_time(43_200)
    assert kit.ont.tx_dbm == pytest.approx(1.28)
    assert kit.ont.bias_factor == pytest.approx(1.7)
    assert losses(kit)[1] == pytest.approx(up)


def test_light_too_low_or_too_high_ends_the_link(kit: Kit) -> None:
    dirt = kit.plant.apply("dirty-connector", ID1, loss_db=12)
    assert not kit.ont.oper_up
    assert OntAlarm.DG not in kit.ont.alarms
    kit.plant.repair(dirt.id)
    assert kit.ont.oper_up
    kit.plant.apply("wrong-splitter", ID1)
    assert kit.ont.rx_dbm is not None
    assert kit.ont.rx_dbm > CLASSES["B+"].ont.overload_dbm
    kit.plant.repair("all")
    kit.plant.apply("wrong-splitter", ID1, gain_db=20)
    assert not kit.ont.oper_up


def test_error_rates_are_those_of_the_standards() -> None:
    b_plus, n1 = CLASSES["B+"], CLASSES["N1"]
    assert b_plus.ont.bit_error_rate(-27) == pytest.approx(1e-10, rel=0.01)
    assert n1.ont.bit_error_rate(-28) == pytest.approx(1e-3, rel=0.01)
    assert not b_plus.ont.fec
    assert left_by_fec(1e-6, b_plus.ont, GPON) == 1e-6
    assert left_by_fec(1e-4, n1.ont, XGSPON) < 1e-15
    assert codewords_lost(0.0, GPON) == 0.0
    assert codewords_lost(0.1, GPON) == 1.0


def test_bip_counts_what_the_error_rate_makes_in_a_quarter_of_an_hour(kit: Kit) -> None:
    kit.plant.apply("errors-down", ID1, rate=1e-10)
    kit.pass_time(900)
    assert kit.ont.errors_down == 223  # 2.48832 Gbit/s for 900 s at 1e-10: 223.9
    assert kit.ont.errors_up == 0
    kit.plant.apply("errors-up", ID1, rate=1e-5)
    kit.pass_time(900)
    assert 0 < kit.ont.errors_up < 0.1 * 1e-5 * 2.48832e9 * 900  # of its own bursts only
    assert kit.ont.alarms == {OntAlarm.SD, OntAlarm.SF}


def test_a_rogue_disturbs_the_others_and_the_customers_levels_stay(kit: Kit) -> None:
    before = losses(kit)
    rogue = next(ont.name for ont in kit.plant.layout.pons[GOLDEN_PON].onts if ont.name != GOLDEN)
    kit.plant.apply("rogue-ont", str(rogue))
    assert OntAlarm.DOW in kit.plant.state.onts[rogue].alarms
    assert OntAlarm.SF in kit.ont.alarms
    assert losses(kit) == before
    assert kit.plant.state.pons[GOLDEN_PON].disturbed


def test_a_crossed_ont_shows_itself_on_the_other_port(kit: Kit) -> None:
    kit.plant.apply("crossed-patch", ID1, to="PON-1-1-5-9")
    (stranger,) = kit.plant.state.strangers
    assert (str(stranger.pon), stranger.serial) == ("PON-1-1-5-9", kit.ont.serial)
    assert not kit.ont.oper_up
    kit.plant.apply("feeder-cut", "PON-1-1-5-9")
    assert kit.plant.state.strangers == []


def test_radius_unreachable_ends_some_sessions_and_lets_none_open(kit: Kit) -> None:
    kit.plant.apply("radius-unreachable", dropped=0.5)
    status = [box.ppp_status for box in kit.plant.state.boxes.values()]
    assert 0.4 < status.count(PppStatus.AUTHENTICATING) / len(status) < 0.6
    kit.plant.repair("all")
    assert {box.ppp_status for box in kit.plant.state.boxes.values()} == {PppStatus.CONNECTED}


def test_a_fault_begins_ends_comes_and_goes_by_itself(kit: Kit) -> None:
    kit.plant.apply("drop-cut", ID1, after_s=60, for_s=240, period_s=120, duty=0.5)
    seen = []
    for _ in range(11):
        seen.append(kit.ont.oper_up)
        kit.pass_time(30)
    assert seen == [True, True, False, False, True, True, False, False, True, True, True]
    assert kit.plant.faults == ()


def test_a_clock_that_jumps_over_a_flap_shows_its_instants(kit: Kit) -> None:
    begin = kit.clock.now()
    kit.plant.apply("flapping-power", ID1, period_s=3600, duty=0.1)
    kit.pass_time(3600 * 3 + 1800)
    assert kit.ont.oper_up
    assert kit.ont.last_gasp_at is not None
    assert (kit.ont.last_gasp_at - begin).total_seconds() == pytest.approx(3 * 3600)
    assert kit.ont.last_up_at is not None
    assert (kit.ont.last_up_at - begin).total_seconds() == pytest.approx(3 * 3600 + 360)


def test_moisture_follows_the_rain_and_leaves_the_rest_alone(kit: Kit) -> None:
    dry = losses(kit)
    kit.plant.apply("moisture", GOLDEN_PBO, loss_db=3)
    added = []
    for _ in range(24 * 20):
        kit.pass_time(3600)
        down, up = losses(kit)
        assert down - dry[0] == pytest.approx(up - dry[1])
        wet = kit.plant.environment.weather.wetness(kit.clock.now())
        added.append((wet, down - dry[0]))
    assert max(amount for _, amount in added) > 2
    assert min(amount for _, amount in added) < 0.1
    assert all(amount == pytest.approx(3 * wet, abs=0.15) for wet, amount in added)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"loss_db": -1}, "from 0 to 40"),
        ({"loss_db": "much"}, "is a number"),
        ({"colour": 3}, "does not take colour; accepted: loss_db"),
        ({"when": "tuesday"}, "accepted: always, rain, hot, cold"),
        ({"duty": 2}, "between 0 and 1"),
        ({"period_s": 0.1}, "1 second or more"),
    ],
)
def test_a_parameter_that_a_fault_cannot_take_is_refused(kit: Kit, parameters: dict[str, object], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        kit.plant.apply("dirty-connector", ID1, **parameters)
    assert kit.plant.faults == ()


def test_drawn_plants_are_healthy_mixed_and_the_same_for_the_same_seed() -> None:
    vendors, classes = set(), set()
    for seed in range(12):
        description = random_plant(seed, 64 + 8 * seed)
        assert random_plant(seed, 64 + 8 * seed) == description
        plant = Plant(description, SteppedClock(description.clock.origin))
        assert len(plant.state.onts) == 64 + 8 * seed
        assert all(ont.oper_up and not ont.alarms for ont in plant.state.onts.values())
        assert all(len(onts) <= 12 for onts in plant.layout.pbos.values())
        vendors.add(description.olt.vendor)
        classes |= {pon.optical_class for pon in plant.layout.pons.values()}
    assert len(vendors) == 4
    assert {"B+", "C+", "N1"} <= classes
    with pytest.raises(CommandError, match="nokia_isam"):
        random_plant(1, vendor="acme")


def test_readings_differ_by_calibration_and_noise_and_the_truth_does_not_move() -> None:
    plant = Plant(random_plant(2), SteppedClock(random_plant(2).clock.origin))
    name = next(iter(plant.layout.onts))
    first = plant.state.onts[name].rx_dbm
    plant.advance(300)
    second = plant.state.onts[name].rx_dbm
    assert first is not None
    assert second is not None
    assert 0 < abs(first - second) < 1.5
    fault = plant.apply("drop-cut", str(name))
    assert plant.truth(name) == (fault,)


def test_a_class_of_the_other_technology_is_refused() -> None:
    from simulators.plant.description import parse
    from simulators.plant.random_plant import written

    text = written(random_plant(2, vendor="huawei_smartax"))
    assert parse(text) == random_plant(2, vendor="huawei_smartax")
    with pytest.raises(DescriptionError, match="is no class of"):
        parse(text.replace("optical_class: B+", "optical_class: N1").replace("optical_class: C+", "optical_class: N1"))
