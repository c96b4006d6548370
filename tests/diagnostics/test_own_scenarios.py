"""Our own labelled scenarios: every row of the signature table, every trap of hygiene, and mixtures."""

from __future__ import annotations

import json

import pytest

from diagnostics.scenarios.snapshot import snapshot_of
from diagnostics.score import score
from domain import codec
from domain.snapshot import Snapshot
from tests.diagnostics.build import SCENARIOS, judged, rules

FILES = sorted(SCENARIOS.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_labelled_scenario_is_judged_right(file):
    found = score(json.loads(file.read_text("utf-8")), rules())
    assert found.zeroed_by is None
    assert found.points >= found.most - 2, found.diagnosis.findings


@pytest.mark.parametrize("kind", ["nominal", "hard", "series"])
def test_a_class_of_scenarios_is_judged_right_on_the_whole(kind):
    told = [json.loads(file.read_text("utf-8")) for file in FILES]
    shares = [score(one, rules()).share for one in told if one["class"] == kind]
    assert sum(shares) / len(shares) >= 0.97


@pytest.mark.parametrize("file", FILES[::7], ids=lambda file: file.stem)
def test_a_scenario_replays_to_the_byte(file):
    told = json.loads(file.read_text("utf-8"))
    snapshot = snapshot_of(told["observations"], told.get("series"))
    again = codec.load(Snapshot, codec.dump(snapshot))
    assert codec.dump(judged(again)) == codec.dump(judged(snapshot))
