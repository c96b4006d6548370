"""The Monte Carlo of `benchmarks.diagnosis_mc`, on draws few enough for a test."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.diagnosis_mc.__main__ import drawn, one, told
from benchmarks.diagnosis_mc.draws import Gap, Order, draw, every_kind
from benchmarks.diagnosis_mc.judging import Judged, judge, summary
from benchmarks.diagnosis_mc.oracle import same
from benchmarks.diagnosis_mc.picture import confusion
from benchmarks.diagnosis_mc.reader import snapshot_of
from benchmarks.diagnosis_mc.scene import stage
from benchmarks.diagnosis_mc.truth import Truth, Verdict, truth_of
from domain.metrics import ont
from domain.verdict import Family, Prelocalisation, Scope
from tests.diagnostics.build import rules

SEED = 10_000


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return drawn(SEED, 16, jobs=1)


def test_everything_follows_from_the_seed(judged):
    assert draw(SEED) == draw(SEED) != draw(SEED + 1)
    assert drawn(SEED, 2, jobs=1) == judged[:2]


def test_what_the_evidence_decides_is_judged_right_and_nobody_is_sent_for_a_collective_fault(judged):
    found = summary(judged)
    assert [o.seed for o in judged if o.decides and not o.family_right] == []
    assert not found.collective_visits
    assert any("prelocalisation" in line for line in told(judged, found))


@pytest.mark.parametrize("kind", every_kind())
def test_each_kind_can_be_drawn_and_its_truth_is_known(kind):
    found = draw(SEED, (kind,))
    scene = stage(found, found.orders)
    assert truth_of(scene).right
    assert snapshot_of(scene).at == scene.now


def test_a_scene_looks_like_itself_and_not_like_a_broken_one():
    found = replace(draw(SEED), gaps=frozenset())
    whole, cut = (snapshot_of(stage(found, orders)) for orders in ((), (Order("drop-cut", str(found.subject), 900.0),)))
    assert same(whole, whole)
    assert not same(whole, cut)


def test_a_source_withheld_gives_a_reason_and_no_value():
    found = replace(draw(SEED), orders=(), gaps=frozenset({Gap.OLT, Gap.NEIGHBOURS}))
    snapshot = snapshot_of(stage(found, ()))
    assert not snapshot.readings[ont.ONT_OPER].known
    assert snapshot.neighbours.reason is not None


def test_what_no_evidence_tells_apart_is_left_out():
    hidden = replace(draw(SEED), gaps=frozenset({Gap.OLT, Gap.NEIGHBOURS, Gap.ACS, Gap.SESSIONS}))
    cut = (Order("drop-cut", str(hidden.subject), 900.0),)
    assert same(snapshot_of(stage(hidden, cut)), snapshot_of(stage(hidden, ())))


def test_the_figures_of_a_summary():
    def made(said: Family, confidence: float, **more: Any) -> Judged:
        truth = Truth(("feeder-cut",), (Verdict(Family.LIGNE, Prelocalisation.TRANSPORT_PON, Scope.PON),), False, True)
        verdict = Verdict(said, Prelocalisation.TRANSPORT_PON, Scope.PON)
        base = Judged(1, (), "x", (), truth, verdict, "r", confidence, visit=False, decides=True)
        return replace(base, **more)

    found = summary(
        [
            made(Family.LIGNE, 0.9),
            made(Family.RESEAU, 0.9),
            made(Family.ONT, 0.5, visit=True, decides=False, fits=False),
            made(Family.INDETERMINE, 0.3),
        ]
    )
    assert (found.decided, found.excluded) == (3, 0.25)
    assert found.family == pytest.approx(1 / 3)
    assert len(found.collective_visits) == len(found.guesses) == 1
    assert found.calibration_error == pytest.approx((2 * 0.4 + 0.5) / 3)  # nothing is claimed by INDETERMINE
    assert found.matrix[Family.LIGNE, Family.RESEAU] == 1


def test_the_picture_holds_each_count():
    matrix = Counter({(Family.OK, Family.OK): 7, (Family.ONT, Family.LIGNE): 2})
    drawing = ET.fromstring(confusion(matrix, "a < b"))  # noqa: S314 - our own text
    texts = {element.text for element in drawing.iter() if element.text}
    assert {"7", "2", "OK", "ONT", "LIGNE", "a < b"} <= texts


def test_one_draw_is_explained():
    text = "\n".join(one(SEED, ("feeder-cut",)))
    assert "fault feeder-cut" in text
    assert judge(SEED, rules(), ("feeder-cut",)).kinds[0] == "feeder-cut"
