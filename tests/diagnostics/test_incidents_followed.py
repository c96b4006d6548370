"""Collective incidents from run to run: kept through silences, told again, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from diagnostics.incidents.fleet import Fleet
from domain.errors import InvalidValueError
from domain.incident import Ancestor
from domain.incidents import Kind, State
from tests.diagnostics.build import rules
from tests.diagnostics.incident_kit import NOW, World, told

PBO, SPLITTER, PON, CARD, OLT = Ancestor.PBO, Ancestor.SPLITTER, Ancestor.PON, Ancestor.CARD, Ancestor.OLT
MODEL = rules().thresholds.correlation


def test_an_incident_that_explains_less_than_it_seemed_stays_until_its_onts_are_back():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows[:3])
    world.hide(rows[3:])
    (first,) = world.look().open
    world.later(300)
    world.state[rows[3:]] = 1  # the others had never fallen
    run = world.look()
    assert ([one.number for one in run.open], told(run)) == ([first.number], [])


def test_a_run_that_is_repeated_tells_nothing_new_and_keeps_the_number():
    world = World()
    world.fall(world.under(PBO, 3))
    first = world.look()
    world.later(300)
    second = world.look()
    assert told(second) == []
    assert second.open[0].number == first.open[0].number
    assert second.open[0].updated_at == NOW + timedelta(seconds=300)


def test_one_missing_poll_closes_nothing_and_reopens_nothing():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    (first,) = world.look().open
    world.later(300)
    world.hide(world.row)
    missed = world.look()
    assert [(one.number, one.unknown) for one in missed.open] == [(first.number, 8)]
    world.later(300)
    world.state[:] = 1
    world.fall(rows, ago_s=1200)
    again = world.look()
    assert [one.number for one in again.open] == [first.number]
    assert Kind.CLOSED not in {c.kind for c in (*missed.changes, *again.changes)}


def test_an_olt_that_does_not_answer_leaves_its_incidents_unknown_since_then():
    world = World(olts=2)
    world.fall(world.under(PBO, 3))
    (first,) = world.look().open
    world.later(300)
    world.silent = frozenset({0})
    lost = world.look()
    assert [(one.state, one.unknown_since) for one in lost.open] == [(State.UNKNOWN, world.now)]
    assert told(lost) == [("lost", "pbo-3")]
    since = world.now
    world.later(300)
    assert told(world.look()) == []
    assert world.incidents[0].unknown_since == since
    world.later(300)
    world.silent = frozenset()
    found = world.look()
    assert told(found) == [("found", "pbo-3")]
    assert [(one.number, one.state, one.unknown_since) for one in found.open] == [(first.number, State.OPEN, None)]


def test_an_olt_that_answers_again_with_everything_back_closes_after_the_calm():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    world.look()
    world.silent = frozenset({0})
    world.look()
    world.silent = frozenset()
    world.rise(rows)
    assert told(world.look()) == [("found", "pbo-3"), ("recovering", "pbo-3")]


def test_onts_that_come_back_one_by_one_leave_the_incident_open_until_most_are():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    (first,) = world.look().open
    for count, row in enumerate(rows, start=1):
        world.later(60)
        world.rise([row])
        run = world.look()
        (one,) = run.open
        assert one.number == first.number
        enough = count >= MODEL.close_share * len(rows)
        assert (one.state, one.back) == (State.RECOVERING if enough else State.OPEN, count)
        if enough:
            break
    world.later(MODEL.calm_s - 1)
    assert world.look().open[0].state is State.RECOVERING
    world.later(1)
    run = world.look()
    assert told(run) == [("closed", "pbo-3")]
    assert run.open == ()
    world.later(300)
    assert world.look().open == ()  # those that stay dark have faults of their own


def test_an_incident_that_falls_again_before_the_calm_is_the_same():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    (first,) = world.look().open
    world.rise(rows)
    world.look()
    world.later(60)
    world.fall(rows, ago_s=5)
    (again,) = world.look().open
    assert (again.number, again.state, again.calm_since) == (first.number, State.OPEN, None)


@pytest.mark.parametrize("jump_s", [-7200, 7200])
def test_a_clock_that_jumps_closes_nothing_by_itself(jump_s):
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    (first,) = world.look().open
    world.later(jump_s)
    assert [one.number for one in world.look().open] == [first.number]
    world.rise(rows)
    world.look()
    world.later(jump_s if jump_s < 0 else MODEL.calm_s)
    run = world.look()
    assert bool(run.open) is (jump_s < 0)
    assert all(one.since <= one.updated_at or jump_s < 0 for one in run.incidents)


def test_a_beginning_in_the_future_is_the_instant_of_the_run():
    world = World()
    world.fall(world.under(PBO, 3), ago_s=-500)
    assert world.look().open[0].since == NOW


def test_an_olt_that_left_the_inventory_takes_its_incidents_with_it(monkeypatch):
    world = World(olts=2)
    world.fall(world.under(PBO, 3))
    world.look()
    other = World(olts=1)
    other.incidents = world.incidents
    fleet = other.fleet()
    elsewhere = Fleet(
        fleet.now, ["ELSEWHERE"], fleet.ont, fleet.state, fleet.changed, fleet.read, fleet.nodes, fleet.names
    )
    monkeypatch.setattr(other, "fleet", lambda: elsewhere)
    run = other.look()
    assert told(run) == [("closed", "pbo-3")]


def test_works_that_cover_it_are_linked():
    world = World()
    rows = world.under(PBO, 3)
    world.fall(rows)
    assert not world.look().open[0].works
    world.works[rows] = True
    run = world.look()
    assert run.open[0].works
    assert told(run) == [("updated", "pbo-3")]


def test_an_incident_tells_which_onts_it_took_and_what_a_test_may_know():
    world = World(olts=2)
    world.fall(world.under(PBO, 3))
    (one,) = world.look().open
    assert one.covers("OLT-0", int(world.under(PBO, 3)[0]))
    assert not one.covers("OLT-0", 0)
    assert not one.covers("OLT-1", 24)
    known = one.known()
    assert (known.number, known.place, known.accesses, known.since) == (one.number, "pbo-3", 8, one.since)


def test_columns_of_different_lengths_and_a_tree_without_a_level_are_refused():
    fleet = World().fleet()
    parts = (fleet.now, fleet.olts, fleet.ont)
    with pytest.raises(InvalidValueError):
        Fleet(*parts, fleet.state[:3], fleet.changed, fleet.read, fleet.nodes, fleet.names)
    some = {a: c for a, c in fleet.nodes.items() if a is not PON}
    with pytest.raises(InvalidValueError):
        Fleet(*parts, fleet.state, fleet.changed, fleet.read, some, fleet.names)
