"""What holds whatever is missing: no crash, no invented fault, never surer for knowing less."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.engine import diagnose
from domain import codec
from domain.access import TestName
from domain.metric import Readings
from domain.metrics import ont
from domain.reading import Quality, Source, Via, known
from domain.snapshot import Snapshot
from domain.verdict import Family, ResultCode, Severity
from tests.diagnostics.build import FAULTS, GOLDEN, judged, nothing_read, rules, unread
from tests.diagnostics.edges.making import line

_NAMES = sorted(FAULTS)
_CLAIMS = [name for name in _NAMES if judged(FAULTS[name]).family is not Family.INDETERMINE]
"""Verdicts that claim something: the confidence of « impossible de conclure » is no claim to compare with."""


CROWDS = {
    "read": lambda whole: whole.neighbours,
    "unread": lambda _: unread(),
    "cut short": lambda whole: replace(whole.neighbours, complete=False),
}


@st.composite
def cases(draw, names=_NAMES):
    """A consistent case, the readings taken away from it, and what is known of its neighbours: by name."""
    name = draw(st.sampled_from(names))
    keys = sorted(m.key for m in FAULTS[name].readings)
    chosen = draw(st.sets(st.sampled_from(keys))) if keys else set()
    dropped = set(keys) - chosen if draw(st.booleans()) else chosen
    return name, sorted(dropped), draw(st.sampled_from(sorted(CROWDS)))


def partial(case):
    """The snapshot of a case with its gaps."""
    name, dropped, crowd = case
    whole = FAULTS[name]
    left = {m: r for m, r in whole.readings.values.items() if m.key not in dropped}
    return replace(whole, readings=Readings(left), neighbours=CROWDS[crowd](whole))


@settings(max_examples=400, deadline=None)
@given(cases(_CLAIMS))
def test_knowing_less_never_makes_the_headline_surer(case):
    before, after = judged(FAULTS[case[0]]), judged(partial(case))
    assert after.confidence <= before.confidence, after.findings[0].rule


@settings(max_examples=200, deadline=None)
@given(cases())
def test_what_is_missing_never_makes_a_working_access_faulty(case):
    if judged(FAULTS[case[0]]).result is not ResultCode.KO:
        assert judged(partial(case)).result is not ResultCode.KO


_POOL = {m: sorted({n for n in _NAMES if m in FAULTS[n].readings}) for n in _NAMES for m in FAULTS[n].readings}
_CROWDS = st.sampled_from(sorted({id(s.neighbours): n for n, s in FAULTS.items()}.values()))


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({m.key: st.sampled_from([None, *names]) for m, names in _POOL.items()}), _CROWDS)
def test_readings_that_contradict_each_other_still_give_a_diagnosis(mixed, crowd):
    found = {m: FAULTS[mixed[m.key]].readings[m] for m in _POOL if mixed[m.key] is not None}
    for test in TestName:
        odd = replace(FAULTS[crowd], readings=Readings(found), test=test)
        assert 0.0 <= judged(odd).confidence <= 1.0


@pytest.mark.parametrize("name", _CLAIMS)
def test_each_reading_taken_alone_never_raises_confidence(name):
    whole = FAULTS[name]
    before = judged(whole)
    for metric in whole.readings:
        left = {m: r for m, r in whole.readings.values.items() if m is not metric}
        after = judged(replace(whole, readings=Readings(left)))
        assert after.confidence <= before.confidence, (metric, after.findings[0].rule)


@pytest.mark.parametrize("test", TestName)
def test_an_access_of_which_nothing_is_known_is_undetermined(test):
    diagnosis = judged(nothing_read(test))
    assert diagnosis.family is Family.INDETERMINE
    assert diagnosis.result is ResultCode.UNDETERMINED
    assert diagnosis.confidence <= 0.2
    assert diagnosis.findings[0].decider


@pytest.mark.parametrize("name", _NAMES)
def test_a_replay_gives_the_same_diagnosis_to_the_byte(name):
    stored = codec.dump(FAULTS[name])
    again = codec.load(Snapshot, stored)
    assert again == FAULTS[name]
    assert codec.dump(diagnose(again, rules())) == codec.dump(judged(FAULTS[name]))


def test_the_order_of_the_readings_changes_nothing():
    turned = replace(GOLDEN, readings=Readings(dict(reversed(list(GOLDEN.readings.values.items())))))
    assert codec.dump(judged(turned)) == codec.dump(judged(GOLDEN))


@pytest.mark.parametrize("name", _NAMES)
def test_no_diagnosis_leaves_a_placeholder_or_an_empty_sentence(name):
    text = codec.dump(judged(FAULTS[name]))
    assert "{" not in "".join(_texts(json.loads(text)))
    assert all(_texts(json.loads(text)))


_GRAVITY = (Severity.NONE, Severity.WARNING, Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)


def dimmed(snap, db):
    """The same access, its light worse by so much at both ends."""
    layer = {
        metric: known(snap.readings.value(metric) - db, snap.at, Source(Via.SNMP), Quality.LIVE)
        for metric in (ont.ONT_RX_DBM, ont.OLT_RX_DBM)
    }
    return replace(snap, readings=Readings({**snap.readings.values, **layer}))


_LIT = {"at its reference": line(), "without reference": FAULTS["healthy"], "with a box hung": GOLDEN}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(_LIT)), st.floats(0.0, 9.0), st.floats(0.0, 5.0))
def test_below_overload_worse_light_never_gives_a_better_verdict(name, first, more):
    before, after = (judged(dimmed(_LIT[name], db)) for db in (first, first + more))
    assert _worst(after) >= _worst(before)
    assert not (before.result is ResultCode.KO and after.result is ResultCode.OK)


def _worst(diagnosis):
    return max(_GRAVITY.index(finding.severity) for finding in diagnosis.findings)


_CROWDED = sorted(name for name, snap in FAULTS.items() if snap.neighbours.onts)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(_CROWDED), st.randoms(use_true_random=False))
def test_the_order_of_the_neighbours_changes_nothing(name, random):
    snap = FAULTS[name]
    onts, ports = list(snap.neighbours.onts), list(snap.neighbours.ports)
    random.shuffle(onts)
    random.shuffle(ports)
    turned = replace(snap, neighbours=replace(snap.neighbours, onts=tuple(onts), ports=tuple(ports)))
    assert codec.dump(judged(turned)) == codec.dump(judged(snap))


@pytest.mark.parametrize("name", _NAMES)
def test_taking_everything_away_never_proves_a_fault(name):
    nothing = replace(FAULTS[name], readings=Readings({}), neighbours=unread())
    assert judged(nothing).result is not ResultCode.KO


def _texts(data):
    found = [data[key] for key in ("synthesis", "interpretation", "action")]
    for finding in data["findings"]:
        found += [finding["title"], finding["action"], *(e["text"] for e in finding["evidence_for"])]
    return found
