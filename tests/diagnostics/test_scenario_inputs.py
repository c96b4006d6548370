"""A scenario that is badly written never stops the scoring, and what it does not tell is never a fault."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.scenarios.around import neighbours_of
from diagnostics.scenarios.snapshot import snapshot_of
from diagnostics.scenarios.words import instant
from diagnostics.score import score
from domain.states import Oper
from tests.diagnostics.build import judged, rules, scenario

NOMINAL, SERIES = scenario("N01"), scenario("R01")
KEYS = sorted(set(NOMINAL["observations"]) - {"collected_at"})
NESTED = [
    (section, key)
    for section in ("reachability", "reference", "ont_uni", "neighbours", "box", "radius", "flow_tests")
    for key in sorted(NOMINAL["observations"][section])
]
ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(["unknown", "down", "LOSi", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "NaN"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)
SCENARIO_KEYS = st.sampled_from(
    [*KEYS, "recent_teleaction", "planned_works", "pm_intervention", "customer_leds", "customer_checks", "platform",
     "discovered_unprovisioned", "register_result", "password_seen", "down_causes_24h", "collected_at"]
)  # fmt: skip


def scored(observations, series=None):
    return score({**NOMINAL, "observations": observations, "series": series}, rules())


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(SCENARIO_KEYS.filter(lambda key: key != "collected_at"), ODD, max_size=6))
def test_values_of_any_type_are_scored(changes):
    assert 0.0 <= scored({**NOMINAL["observations"], **changes}).diagnosis.confidence <= 1.0


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NESTED), ODD), max_size=6))
def test_nested_values_of_any_type_are_scored(changes):
    told = copy.deepcopy(NOMINAL["observations"])
    for (section, key), value in changes:
        told[section][key] = value
    assert 0.0 <= scored(told).diagnosis.confidence <= 1.0


@settings(max_examples=100, deadline=None)
@given(ODD, st.sampled_from(["t", "ont_rx_dbm", "down_at", "cause"]))
def test_samples_of_any_type_are_scored(value, name):
    samples = [{**sample, name: value} for sample in SERIES["series"][:4]]
    assert 0.0 <= scored(SERIES["observations"], samples).diagnosis.confidence <= 1.0


@settings(max_examples=100, deadline=None)
@given(ODD)
def test_a_series_of_any_type_is_scored(series):
    assert 0.0 <= scored(NOMINAL["observations"], series).diagnosis.confidence <= 1.0


@pytest.mark.parametrize("absent", [True, False], ids=["absent", "null"])
@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_a_healthy_access_lacks_is_no_fault(key, absent):
    told = {k: v for k, v in NOMINAL["observations"].items() if k != key}
    found = judged(snapshot_of(told if absent else {**told, key: None}))
    assert found.family.value in {"OK", "INDETERMINE"}


def test_lights_are_read_grouped_by_equipment_or_not():
    flat = scored({**NOMINAL["observations"], "customer_leds": {"ont_alim": "éteint"}})
    grouped = scored({**NOMINAL["observations"], "customer_leds": {"ont": {"alim": "éteint"}}})
    assert grouped.diagnosis == flat.diagnosis


@pytest.mark.parametrize(
    ("fell_at", "nearest"),
    [
        ("2019-05-09T07:00:00Z", "2019-05-09T08:00:00Z"),
        ("2019-05-09T10:00:00Z", "2019-05-09T09:00:00Z"),
        ("2019-05-09T08:30:00Z", None),
        (None, None),
    ],
)
def test_neighbours_that_fell_over_an_hour_are_dated_by_the_fall_nearest_to_the_subjects(fell_at, nearest):
    collected_at = instant("2019-05-09T12:00:00Z")
    assert collected_at is not None
    told = {
        "neighbours": {
            "pon_total": 8,
            "online": 4,
            "offline_los": 4,
            "first_offline_at": "2019-05-09T08:00:00Z",
            "last_offline_at": "2019-05-09T09:00:00Z",
        },
        "last_down_at": fell_at,
    }
    known = neighbours_of(told, collected_at, silent=False)
    dated = {one.last_change for one in known.onts if one.oper is Oper.DOWN}
    assert dated == {instant(nearest)}
