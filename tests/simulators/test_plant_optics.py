from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValueError
from simulators.plant.layout import build
from simulators.plant.optics import SPLITTER_LOSS_DB, Direction, OpticalPath, levels, splitter_loss_db
from tests.simulators.plant_kit import GOLDEN, demo_description

lengths = st.floats(0, 60_000)
ratios = st.lists(st.sampled_from(sorted(SPLITTER_LOSS_DB)), max_size=3).map(tuple)
dbm = st.floats(-5, 10)
paths = st.builds(OpticalPath, lengths, ratios, st.floats(0, 30))


def test_the_golden_levels_come_out_of_lengths_splitters_connectors_and_splices() -> None:
    layout = build(demo_description())
    ont = layout.onts[GOLDEN]
    received = levels(ont.path, layout.pons[ont.name.pon_name].tx_dbm, ont.tx_dbm)
    assert ont.path.length_m == 2200
    assert ont.path.splitters == (8, 8)
    assert ont.path.excess_db == 0
    assert received.ont_rx_dbm == pytest.approx(-19.36, abs=1e-9)
    assert received.olt_rx_dbm == pytest.approx(-20.70, abs=1e-9)


def test_every_level_of_the_demo_plant_is_inside_class_b_plus() -> None:
    layout = build(demo_description())
    for ont in layout.onts.values():
        received = levels(ont.path, layout.pons[ont.name.pon_name].tx_dbm, ont.tx_dbm)
        assert -27 < received.ont_rx_dbm < -8
        assert -28 < received.olt_rx_dbm < -8


@given(path=paths, more_m=st.floats(0, 10_000), olt_tx=dbm, ont_tx=dbm)
def test_more_fibre_never_gives_more_light(path: OpticalPath, more_m: float, olt_tx: float, ont_tx: float) -> None:
    longer = OpticalPath(path.length_m + more_m, path.splitters, path.excess_db)
    near, far = levels(path, olt_tx, ont_tx), levels(longer, olt_tx, ont_tx)
    assert far.ont_rx_dbm <= near.ont_rx_dbm
    assert far.olt_rx_dbm <= near.olt_rx_dbm


@given(length=lengths, splitters=ratios, order=st.randoms(use_true_random=False))
def test_the_order_of_splitters_does_not_matter(length: float, splitters: tuple[int, ...], order: Random) -> None:
    shuffled = list(splitters)
    order.shuffle(shuffled)
    for direction in Direction:
        there, back = OpticalPath(length, splitters), OpticalPath(length, tuple(shuffled))
        assert there.loss_db(direction) == pytest.approx(back.loss_db(direction), abs=1e-9)


@given(path=paths)
def test_splitters_cost_the_same_in_both_directions(path: OpticalPath) -> None:
    bare = OpticalPath(path.length_m, (), path.excess_db)
    down = path.loss_db(Direction.DOWN) - bare.loss_db(Direction.DOWN)
    up = path.loss_db(Direction.UP) - bare.loss_db(Direction.UP)
    assert down == pytest.approx(up, abs=1e-9)
    assert down >= 0


@given(path=paths)
def test_upstream_loses_at_least_as_much_as_downstream(path: OpticalPath) -> None:
    assert path.loss_db(Direction.UP) >= path.loss_db(Direction.DOWN) > 0


@given(path=paths, olt_tx=dbm, ont_tx=dbm)
def test_what_is_received_is_what_was_sent_less_the_loss(path: OpticalPath, olt_tx: float, ont_tx: float) -> None:
    received = levels(path, olt_tx, ont_tx)
    assert olt_tx - received.ont_rx_dbm == pytest.approx(path.loss_db(Direction.DOWN), abs=1e-9)
    assert ont_tx - received.olt_rx_dbm == pytest.approx(path.loss_db(Direction.UP), abs=1e-9)


def test_a_splitter_always_loses_more_than_the_ideal_split_and_grows_with_its_ratio() -> None:
    losses = [SPLITTER_LOSS_DB[ratio] for ratio in sorted(SPLITTER_LOSS_DB)]
    assert losses == sorted(losses)


def test_a_splitter_that_is_not_made_is_an_error() -> None:
    with pytest.raises(InvalidValueError, match="ratio"):
        splitter_loss_db(7)
