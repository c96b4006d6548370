"""Every simulated network, of any generation, sends and receives within the ITU class of its ports (C+, B+, N1, N2)."""

from __future__ import annotations

import numpy as np
import pytest

from diagnostics.__main__ import load as load_ruleset
from simulators.fleet.fleet import Fleet
from simulators.fleet.options import FleetOptions
from simulators.plant.description import load
from simulators.plant.layout import Layout, build
from simulators.plant.optics import CLASSES, Direction
from simulators.plant.random_plant import PLANTS, TEMPLATES, random_plant


def within(layout: Layout) -> set[str]:
    """Check every path of a plant; the classes that it has."""
    for pon in layout.pons.values():
        limits, light = pon.limits, pon.generation
        assert limits.olt_tx_dbm[0] <= pon.tx_dbm <= limits.olt_tx_dbm[1], pon.name
        for ont in pon.onts:
            down, up = (ont.path.loss_db(direction, light) for direction in (Direction.DOWN, Direction.UP))
            assert limits.ont_tx_dbm[0] <= ont.tx_dbm <= limits.ont_tx_dbm[1], ont.name
            assert limits.ont.sensitivity_dbm <= pon.tx_dbm - down <= limits.ont.overload_dbm, ont.name
            assert limits.olt.sensitivity_dbm <= ont.tx_dbm - up <= limits.olt.overload_dbm, ont.name
    return {pon.optical_class for pon in layout.pons.values()}


@pytest.mark.parametrize("name", sorted(path.stem for path in PLANTS.glob("*.yaml")))
def test_levels_of_a_shipped_plant_are_those_of_its_classes(name: str) -> None:
    found = within(build(load(PLANTS / f"{name}.yaml")))
    assert found == ({"B+"} if name == "demo" else {"B+", "N1"})


@pytest.mark.parametrize("vendor", sorted(TEMPLATES))
def test_levels_of_plants_drawn_at_random_are_those_of_their_classes(vendor: str) -> None:
    found = set[str]()
    for seed in range(30):
        found |= within(build(random_plant(seed, onts=128, pons=9, vendor=vendor)))
    assert found == {"B+", "C+", "N1", "N2"}


@pytest.mark.parametrize(("per_pon", "classes"), [(32, {"B+", "N1", "N2"}), (120, {"C+", "N2"})])
def test_levels_of_a_fleet_are_those_of_its_classes(per_pon: int, classes: set[str]) -> None:
    names = {id(limits): name for name, limits in CLASSES.items()}
    fleet = Fleet(FleetOptions(olts=40, onts=480, onts_per_pon=per_pon, xgs=0.5, seed=11))
    found = set[str]()
    for number in range(1, 41):
        olt = fleet.olt(number)
        t, levels, limits = olt.topology, olt.levels(), olt.topology.generation.limits
        found.add(names[id(limits)])
        assert limits.olt_tx_dbm[0] <= t.pon_tx_dbm.min() <= t.pon_tx_dbm.max() <= limits.olt_tx_dbm[1]
        assert limits.ont_tx_dbm[0] <= t.tx_dbm.min() <= t.tx_dbm.max() <= limits.ont_tx_dbm[1]
        for level, receiver in ((levels.received, limits.ont), (levels.heard, limits.olt)):
            inside = (level >= receiver.sensitivity_dbm) & (level <= receiver.overload_dbm)
            assert np.mean(inside) >= 0.99, f"{number}: bad workmanship is the exception"
    assert found == classes


def test_the_rules_and_the_simulators_mean_the_same_limits_by_a_class() -> None:
    for name, told in load_ruleset().thresholds.classes.items():
        limits = CLASSES.get(str(name))
        if limits is not None:
            assert told.ont_rx_dbm == (limits.ont.sensitivity_dbm, limits.ont.overload_dbm)
            assert told.olt_rx_dbm == (limits.olt.sensitivity_dbm, limits.olt.overload_dbm)
            assert told.ont_tx_dbm == limits.ont_tx_dbm
