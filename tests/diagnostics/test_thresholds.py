"""Every number of the rule-set at its edge; none can be moved without being noticed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.diagnostics.build import rules
from tests.diagnostics.edges import EDGES
from tests.diagnostics.mutation import edges_of, moved, numbers, turned, turns

NUMBERS = {number: (value, changed) for number, value, changed in numbers(rules())}
_COUNTS: Counter[str] = Counter()


def _ids(edge):
    _COUNTS[edge.number] += 1
    return f"{edge.number}-{_COUNTS[edge.number]}"


@pytest.mark.parametrize("edge", EDGES, ids=_ids)
def test_a_number_decides_at_its_edge(edge):
    assert {value: edge.look(rules(), value) for value in edge.seen} == dict(edge.seen)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_cannot_be_moved_unnoticed(number):
    value, changed = NUMBERS[number]
    for other in moved(number, value):
        mutant = changed(other)
        assert any(edge.wrong(mutant) for edge in edges_of(number)), f"{number} = {other:g} survives"


def test_every_edge_is_of_a_number_that_exists():
    assert {edge.number for edge in EDGES} <= set(NUMBERS) | {"splitters.1"}


def test_a_comparison_can_be_turned_and_turned_back():
    turn = next(one for one in turns() if "near_sensitivity_db" in one.shown)
    edges = edges_of("near_sensitivity_db")
    with turned(turn):
        assert any(edge.wrong(rules()) for edge in edges)
    assert not any(edge.wrong(rules()) for edge in edges)
