"""Three-valued logic, ranking and the forms of texts."""

from __future__ import annotations

from itertools import product

import pytest

from diagnostics.logic import all_of, any_of, first_known, is_one_of, negate
from diagnostics.ranking import rank
from diagnostics.rule import NETWORK, Layer, Match, Role, Rule
from diagnostics.texts import shown
from domain.reading import Reason, Source, known, missing
from domain.states import Oper
from domain.verdict import Family, Owner, Prelocalisation, Scope, Severity
from tests.diagnostics.build import NOW, rules

ORDER = {False: 0, None: 1, True: 2}
T = rules().thresholds


@pytest.mark.parametrize(("left", "right"), list(product(ORDER, ORDER)))
def test_kleene_and_is_the_least_and_or_the_greatest(left, right):
    assert ORDER[all_of(left, right)] == min(ORDER[left], ORDER[right])
    assert ORDER[any_of(left, right)] == max(ORDER[left], ORDER[right])
    assert negate(all_of(left, right)) is any_of(negate(left), negate(right))


def test_a_fact_is_drawn_from_the_first_thing_known():
    assert first_known(None, False, True) is False
    assert first_known(None, None) is None
    assert is_one_of(known(Oper.UP, NOW, Source()), Oper.UP) is True
    assert is_one_of(known(Oper.DOWN, NOW, Source()), Oper.UP) is False
    assert is_one_of(missing(Reason.TIMEOUT), Oper.UP) is None


def test_instants_are_told_in_paris_time_and_levels_with_a_point():
    assert shown({"at": NOW, "level": -19.0, "n": 3, "t": "x"}) == {
        "at": "09/05/2019 à 10:29:00",
        "level": "-19.0",
        "n": "3",
        "t": "x",
    }


def fit(rule_id, layer, role, certainty=1.0):
    match = Match(
        role,
        Family.LIGNE,
        Prelocalisation.INDETERMINEE,
        Scope.UNKNOWN,
        Severity.MAJOR,
        Owner.NOBODY,
        None,
        certainty,
    )
    return Rule(rule_id, layer, NETWORK, lambda _case, _thresholds: match), match


HEALTHY = fit("healthy", Layer.HEALTH, Role.HEALTH)
UNKNOWN = fit("nothing_known", Layer.UNKNOWN, Role.UNKNOWN)
WARNING = fit("firmware_differs", Layer.HEALTH, Role.WARNING)
WEAK = fit("high_attenuation", Layer.OPTICS, Role.DEGRADED)


def order(*matches):
    return [(item.rule.id, item.confidence) for item in rank(matches, T)]


def test_the_lowest_broken_layer_explains_what_is_above_it():
    feeder, drop = fit("feeder_cut", Layer.FEEDER, Role.FAULT), fit("drop_cut", Layer.DROP, Role.FAULT)
    assert order(drop, feeder, WEAK, HEALTHY, UNKNOWN) == [("feeder_cut", 0.96)]


def test_independent_faults_and_warnings_are_listed_beside():
    refused = fit("ppp_refused", Layer.SESSION, Role.FAULT)
    assert [r for r, _ in order(refused, WEAK, WARNING, HEALTHY)] == [
        "ppp_refused",
        "high_attenuation",
        "firmware_differs",
    ]
    assert [r for r, _ in order(WEAK, WARNING, HEALTHY)] == ["high_attenuation", "firmware_differs"]


def test_two_hypotheses_of_one_layer_are_both_less_sure_and_the_likelier_comes_first():
    box, link = fit("box_off", Layer.ETHERNET, Role.FAULT, 0.5), fit("ont_box_link_down", Layer.ETHERNET, Role.FAULT)
    assert order(box, link) == [("ont_box_link_down", 0.81), ("box_off", 0.37)]


def test_a_warning_comes_before_health_and_after_what_cannot_be_concluded():
    assert [r for r, _ in order(HEALTHY, WARNING, UNKNOWN)] == ["firmware_differs", "healthy"]
    silent = fit("olt_unreachable", Layer.ADMIN, Role.UNKNOWN)
    assert [r for r, _ in order(silent, UNKNOWN, WARNING)] == ["olt_unreachable", "firmware_differs"]
