"""Collective incidents over a fleet: opened, grown, merged, split."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.incidents.fleet import DARK, GASP, NOWHERE, UNKNOWN, Fleet
from diagnostics.incidents.tree import candidates
from domain.incident import Ancestor
from domain.incidents import Cause, Kind, State
from tests.diagnostics.build import rules
from tests.diagnostics.incident_kit import NOW, PER_OLT, PER_PBO, PER_PON, PER_SPLITTER, World, is_open, told

PBO, SPLITTER, PON, CARD, OLT = Ancestor.PBO, Ancestor.SPLITTER, Ancestor.PON, Ancestor.CARD, Ancestor.OLT
MODEL = rules().thresholds.correlation


@pytest.mark.parametrize(
    ("ancestor", "cause"),
    [
        (PBO, Cause.FIBRE),
        (SPLITTER, Cause.FIBRE),
        (PON, Cause.FIBRE_OR_PORT),
        (CARD, Cause.EQUIPMENT),
        (OLT, Cause.EQUIPMENT),
    ],
)
def test_what_broke_is_named_with_its_place_its_beginning_and_its_accesses(ancestor, cause):
    world = World(olts=2)
    rows = world.under(ancestor, 1)
    world.fall(rows)
    run = world.look()
    (one,) = run.open
    assert (one.ancestor, one.place, one.cause, one.accesses) == (ancestor, f"{ancestor}-1", cause, len(rows))
    assert (one.down, one.back, one.unknown, one.state) == (len(rows), 0, 0, State.OPEN)
    assert one.since == NOW - timedelta(seconds=600)
    assert one.confidence >= 0.9
    assert told(run) == [("opened", f"{ancestor}-1")]


@pytest.mark.parametrize(("laser", "cause"), [(True, Cause.FIBRE), (False, Cause.PORT)])
def test_the_laser_tells_the_fibre_from_the_port(laser, cause):
    world = World()
    world.fall(world.under(PON, 2))
    world.lasers = {2: laser}
    assert world.look().open[0].cause is cause


def test_a_fleet_that_works_has_no_incident():
    assert World().look().open == ()


def test_onts_that_are_down_for_themselves_are_no_incident():
    world = World(olts=4)
    chosen = np.random.default_rng(4).choice(len(world.row), 80, replace=False)
    for place, row in enumerate(chosen):
        world.fall([row], ago_s=3600.0 * place + 60, state=(DARK, GASP)[place % 2])
    assert world.look().open == ()


@pytest.mark.parametrize(("fallen", "opens"), [(1, False), (3, False), (4, True), (7, True), (8, True)])
def test_a_pbo_needs_half_of_its_onts_dark_at_one_instant(fallen, opens):
    world = World()
    world.fall(world.under(PBO, 3)[:fallen])
    assert bool(world.look().open) is opens


@pytest.mark.parametrize(("late_s", "opens"), [(59, True), (61, False)])
def test_two_onts_of_a_pbo_of_two_fell_together_or_did_not(late_s, opens):
    world = World()
    rows = world.under(PBO, 3)
    world.hide(rows[2:])
    world.fall(rows[:1], ago_s=600)
    world.fall(rows[1:2], ago_s=600 - late_s)
    assert bool(world.look().open) is opens


def test_unknown_neighbours_never_count():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows[:4])
    world.hide(rows[4:])
    (one,) = world.look().open
    assert (one.place, one.accesses, one.down) == ("pbo-3", 4, 4)


def test_half_of_the_neighbours_stale_still_tell_a_feeder():
    world = World()
    rows = world.under(PON, 1)
    world.fall(rows[::2])
    world.hide(rows[1::2])
    (one,) = world.look().open
    assert (one.ancestor, one.accesses) == (PON, len(rows) // 2)


def test_an_up_read_before_the_fall_says_nothing():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows[:3], ago_s=10)
    world.read[rows[3:]] -= 200 * 1_000_000
    assert [one.place for one in world.look().open] == ["pbo-3"]


def test_undated_falls_count_for_less_and_still_tell():
    world = World()
    world.fall(world.under(PBO, 3))
    world.changed[world.under(PBO, 3)] = 0
    run = world.look()
    assert is_open(run) == [("pbo-3", 8)]
    assert run.open[0].since == NOW  # nobody knows better


def test_records_that_lie_about_one_ont_of_the_pbo_do_not_hide_it():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows[:-1])  # the last one hangs elsewhere in truth
    assert is_open(world.look()) == [("pbo-3", 7)]


def test_without_records_of_pbos_and_splitters_a_feeder_is_still_found():
    nothing = np.full(PER_OLT, NOWHERE)
    world = World(pbo=nothing, splitter=nothing)
    world.fall(world.under(PON, 1))
    world.fall(world.under(PON, 3)[:4])
    assert is_open(world.look()) == [("pon-1", PER_PON)]


def test_two_faults_at_once_are_two_incidents():
    world = World()
    world.fall(world.under(PBO, 1))
    world.fall(world.under(PON, 6), ago_s=30)
    world.fall(world.under(PBO, 9), ago_s=4000)
    assert is_open(world.look()) == [("pbo-1", 8), ("pbo-9", 8), ("pon-6", 64)]


def test_a_pbo_that_hangs_from_two_ports_is_one_incident():
    world = World()
    names = world.nodes[PBO]
    world.fall([*world.under(PBO, 2), *world.under(PBO, 9)])
    fleet = world.fleet()
    labels = list(fleet.names[PBO])
    labels[9] = labels[2]
    assert names[0] == 0
    (one,) = candidates(Fleet(fleet.now, fleet.olts, fleet.ont, fleet.state, fleet.changed, fleet.read, fleet.nodes,
                              {**fleet.names, PBO: labels}), rules().thresholds)  # fmt: skip
    assert (one.place, len(one.rows)) == ("pbo-2", 16)


# Grown, merged, split


def test_pbo_incidents_become_one_of_their_splitter_when_the_evidence_grows_and_it_is_told():
    world = World()
    world.read[:] -= 3600 * 1_000_000  # nothing was read since
    world.fall(world.under(PBO, 0), ago_s=30)
    first = world.look()
    world.fall(world.under(PBO, 1), ago_s=20)
    world.later(60)
    run = world.look()
    assert is_open(run) == [("splitter-0", 16)]
    assert run.open[0].number == first.open[0].number
    assert told(run) == [("widened", "splitter-0")]
    assert run.changes[0].before is PBO


def test_incidents_of_two_splitters_are_merged_into_the_oldest():
    world = World()
    world.fall([*world.under(SPLITTER, 0), *world.under(SPLITTER, 3)], ago_s=200, spread_s=0)
    world.fall(world.under(SPLITTER, 3), ago_s=190)
    first = world.look()
    assert is_open(first) == [("splitter-0", 16), ("splitter-3", 16)]
    world.fall([*world.under(SPLITTER, 1), *world.under(SPLITTER, 2)], ago_s=180)  # read late
    run = world.look()
    oldest, other = sorted(first.open, key=lambda one: one.since)
    assert [(one.number, one.place) for one in run.open] == [(oldest.number, "pon-0")]
    assert {(c.kind, c.number, c.others) for c in run.changes} == {
        (Kind.MERGED, oldest.number, (other.number,)),
        (Kind.ABSORBED, other.number, (oldest.number,)),
    }
    ended = [one for one in run.incidents if one.state is State.CLOSED]
    assert [(one.number, one.into) for one in ended] == [(other.number, oldest.number)]


def test_a_feeder_cut_after_one_of_its_pbos_is_a_second_incident():
    world = World()
    world.fall(world.under(PON, 0), ago_s=100)
    world.fall(world.under(PBO, 2), ago_s=4000)
    assert is_open(world.look()) == [("pbo-2", 8), ("pon-0", PER_PON - 8)]


def test_an_incident_that_was_two_is_split_and_keeps_its_number():
    world = World()
    rows = world.under(PON, 0)
    world.fall(rows)
    (before,) = world.look().open
    world.later(30)
    world.read[:] -= 0
    kept = [*world.under(PBO, 0), *world.under(PBO, 5)]
    healed = np.setdiff1d(rows, kept)
    world.state[healed], world.changed[healed] = 1, world.changed[0] - 10**9 * 86_400  # had never fallen in truth
    run = world.look()
    assert is_open(run)[0][0] == "pbo-0"
    assert {one.place for one in run.open} == {"pbo-0", "pbo-5"}
    heir = next(one for one in run.open if one.number == before.number)
    new = next(one for one in run.open if one.number != before.number)
    assert (new.origin, new.accesses) == (before.number, 8)
    assert {c.kind for c in run.changes} == {Kind.NARROWED, Kind.SPLIT}
    assert not set(heir.members["OLT-0"].tolist()) & set(new.members["OLT-0"].tolist())


def test_a_street_that_explains_several_pbos_takes_their_place():
    world = World(street=np.where(np.isin(np.arange(PER_OLT) // PER_PBO, (0, 3, 6)), 0, NOWHERE))
    world.fall([row for pbo in (0, 3, 6) for row in world.under(PBO, pbo)])
    (one,) = world.look().open
    assert (one.ancestor, one.place, one.accesses) == (Ancestor.STREET, "street-0", 24)
    other = World(street=np.full(PER_OLT, NOWHERE))
    other.fall([row for pbo in (0, 3, 6) for row in other.under(PBO, pbo)])
    assert len(other.look().open) == 3
    long = World(street=np.zeros(PER_OLT))
    long.fall([row for pbo in (0, 3) for row in long.under(PBO, pbo)])
    assert is_open(long.look()) == [("pbo-0", 8), ("pbo-3", 8)]  # the rest of the street works


# Mains


def test_dying_gasps_of_one_minute_are_an_area_without_power_never_a_cut():
    world = World()
    rows = world.under(PON, 2)
    world.fall(rows[:40], state=GASP, spread_s=50)
    world.fall(rows[40:44], spread_s=50)  # their gasps were lost
    (one,) = world.look().open
    assert (one.ancestor, one.cause, one.place, one.accesses, one.gasps) == (
        Ancestor.AREA,
        Cause.MAINS,
        "pon-2",
        44,
        40,
    )


def test_several_ports_of_one_minute_are_one_area_that_bears_the_name_of_the_olt():
    world = World()
    for pon in (1, 2, 5):
        world.fall(world.under(PON, pon), state=GASP, spread_s=40)
    assert is_open(world.look()) == [("OLT-0", 3 * PER_PON)]


def test_an_area_of_the_records_reaches_over_olts():
    area = np.where(np.arange(2 * PER_OLT) % PER_OLT < PER_SPLITTER, 0, 1)
    world = World(olts=2, area=area)
    world.fall(world.under(Ancestor.AREA, 0), state=GASP, spread_s=40)
    (one,) = world.look().open
    assert (one.place, one.accesses, one.olts) == ("area-0", 32, ("OLT-0", "OLT-1"))


@pytest.mark.parametrize(("gasps", "opens"), [(2, False), (3, True)])
def test_an_area_needs_three_gasps(gasps, opens):
    world = World()
    world.hide(world.under(PON, 0))
    world.fall(world.under(PON, 0)[:gasps], state=GASP, spread_s=20)
    assert bool(world.look().open) is opens


def test_customers_that_switch_off_through_the_evening_are_no_area():
    world = World()
    for place, row in enumerate(world.under(PON, 0)[:20]):
        world.fall([row], ago_s=300.0 * place + 30, state=GASP)
    assert world.look().open == ()


def test_an_area_and_a_cut_pbo_at_once_are_told_apart():
    world = World()
    world.fall(world.under(PON, 1), state=GASP, spread_s=40)
    world.fall(world.under(PBO, 40))
    assert [(one.ancestor, one.place) for one in world.look().open] == [(Ancestor.AREA, "pon-1"), (PBO, "pbo-40")]


# What holds whatever happens


@st.composite
def worlds(draw):
    world = World()
    for ancestor, node in draw(
        st.lists(st.tuples(st.sampled_from([PBO, SPLITTER, PON]), st.integers(0, 7)), max_size=3)
    ):
        world.fall(
            world.under(ancestor, node), ago_s=draw(st.integers(30, 4000)), state=draw(st.sampled_from([DARK, GASP]))
        )
    world.hide(draw(st.lists(st.integers(0, PER_OLT - 1), min_size=1, max_size=60)))
    return world


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_no_ont_that_is_up_or_unknown_is_in_a_candidate_and_none_in_two(world):
    fleet = world.fleet()
    found = candidates(fleet, rules().thresholds)
    rows = np.concatenate([one.rows for one in found]) if found else np.zeros(0, dtype=np.int64)
    assert len(np.unique(rows)) == len(rows)
    assert np.isin(fleet.state[rows], (DARK, GASP)).all()


@settings(max_examples=60, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_a_silent_olt_closes_nothing_and_a_run_is_repeatable(world, random):
    first, again = world.look(), world.look()
    assert [one.number for one in again.open] == [one.number for one in first.open]
    world.hide([random.randrange(PER_OLT) for _ in range(200)])
    world.later(300)
    assert not [c for c in world.look().changes if c.kind is Kind.CLOSED]
    assert UNKNOWN in world.state
