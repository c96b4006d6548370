"""Replay: a verdict again from its stored bytes, the difference that other rules make, and back-tests."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from diagnostics.engine import diagnose
from diagnostics.replay import backtest
from diagnostics.replay.backtest import Tally, judge, reached, told
from diagnostics.replay.difference import Change, Part, changes, compare, thresholds_changed
from diagnostics.replay.tables import as_json, table
from diagnostics.replay.telling import tell
from diagnostics.ruleset import build
from domain import codec
from domain.metrics.ont import ONT_PASSWORD, ONT_RX_DBM
from domain.snapshot import Snapshot
from domain.verdict import Family
from tests.diagnostics.build import FAULTS, GOLDEN, LABELLED, case, over, rules

CASES = sorted({*FAULTS, *LABELLED})


def altered(**values):
    """The rules in force with other thresholds or ceilings, under the next version."""
    toml = rules().texts.toml.replace(f'version = "{rules().version}"', 'version = "99.0.0"')
    for name, value in values.items():
        toml, found = re.subn(
            rf"(?m)^{name} = {{ value = .+?, (unit|source) =", f"{name} = {{ value = {value}, \\1 =", toml
        )
        assert found == 1
    return build(toml, rules().texts.pages)


@pytest.mark.parametrize("name", CASES)
def test_a_stored_snapshot_gives_the_stored_verdict_to_the_byte(name):
    stored = codec.dump(case(name))
    read = codec.load(Snapshot, stored)
    assert codec.dump(read) == stored
    verdict = codec.dump(diagnose(read, rules()))
    assert compare(verdict, diagnose(codec.load(Snapshot, stored), rules())) == ()


def test_a_changed_ceiling_is_told_with_what_it_changes():
    snapshot, other = FAULTS["drop_cut"], altered(drop_cut=0.5, together_s=6.0)
    found = (
        *compare(codec.dump(diagnose(snapshot, rules())), diagnose(snapshot, other)),
        *thresholds_changed(snapshot, rules(), other),
    )
    assert list(tell(found, "fr")) == [
        "Verdict",
        "  confiance : 0.8 → 0.5",
        f"  règles : {rules().version} → 99.0.0",
        "Constats",
        "  drop_cut, confiance : 0.8 → 0.5",
        "Seuils",
        "  together_s : 5.0 → 6.0",
        "  ceilings.drop_cut : 0.8 → 0.5  ← suffit à changer le résultat",
    ]
    assert "  ceilings.drop_cut : 0.8 → 0.5  ← changes the result by itself" in list(tell(found, "en"))


def test_rules_that_fire_or_no_longer_fire_are_told_once():
    sound = FAULTS["healthy"]
    weak = over("healthy", {ONT_RX_DBM: -30.0})
    found = changes(diagnose(sound, rules()), diagnose(weak, rules()))
    lines = list(tell(found, "fr"))
    assert "  healthy : ne se déclenche plus (rang 1)" in lines
    assert "  high_attenuation : se déclenche, rang 1" in lines
    assert not any(line.startswith(("  healthy,", "  high_attenuation,")) for line in lines)
    assert any(line.startswith("  Mesure ONT rx, valeur : ") for line in lines)
    assert "  high_attenuation : fires, rank 1" in list(tell(found, "en"))


def test_what_was_measured_before_and_is_no_longer_is_told():
    found = changes(diagnose(FAULTS["healthy"], rules()), diagnose(FAULTS["nothing_known"], rules()))
    assert Change(Part.MISSING, "Mesure ONT rx", "", None, "non demandé") in found


def test_a_secret_that_differs_is_told_and_masked():
    other = GOLDEN.readings.merged(over("healthy", {ONT_PASSWORD: "1111111111"}).readings)
    found = changes(diagnose(GOLDEN, rules()), diagnose(replace(GOLDEN, readings=other), rules()))
    label = "Password ONT configuré dans l'OLT"
    assert Change(Part.ROW, label, "value", "********", "********") in found
    assert not any("1111111111" in line or "0848525835" in line for line in tell(found, "fr"))


def test_the_same_values_written_otherwise_are_not_identical():
    verdict = diagnose(GOLDEN, rules())
    spaced = json.dumps(json.loads(codec.dump(verdict)), ensure_ascii=False)
    (change,) = compare(spaced, verdict)
    assert change.part is Part.ENCODING
    assert next(iter(list(tell([change], "fr"))[1:])).startswith("  mêmes valeurs, écrites autrement (")


def test_thresholds_of_a_table_with_other_keys_differ_as_a_whole():
    toml = rules().texts.toml.replace(f'version = "{rules().version}"', 'version = "99.0.0"')
    assert "value = { 1 = 0.0," in toml
    other = build(toml.replace("value = { 1 = 0.0,", "value = { 1 = 0.0, 3 = 5.0,"), rules().texts.pages)
    (change,) = thresholds_changed(GOLDEN, rules(), other)
    assert (change.of, change.decides) == ("splitter_loss_db", False)


def judged(name, ruleset, number="190509-1029-0000001"):
    snapshot = case(name)
    stored = codec.dump(diagnose(snapshot, rules()))
    return judge(number, (rules().version, "0.1.0"), codec.dump(snapshot), stored, ruleset)


@pytest.mark.parametrize("name", CASES)
def test_the_headline_alone_is_that_of_the_whole_diagnosis(name):
    assert reached(case(name), rules()) == told(diagnose(case(name), rules()))


def test_a_visit_is_a_fault_of_one_line_or_ont_that_the_infrastructure_mends():
    visits = {name for name in FAULTS if reached(FAULTS[name], rules()).visit}
    assert {"drop_cut", "high_attenuation"} <= visits
    assert not visits & {"healthy", "card_down", "feeder_cut", "pbo_cut", "ont_power_off", "ppp_refused", "box_off"}


def test_a_backtest_counts_what_changes_and_the_visits():
    later = altered(rx_plausible_dbm="[-20.0, 0.0]")
    tally = Tally()
    tally.add(judged(name, later, f"190509-1029-{n:07d}") for n, name in enumerate(("high_attenuation", "drop_cut")))
    assert (tally.total, tally.changes, tally.visits_before, tally.visits_avoided) == (2, 1, 2, 1)
    ((number, before, _),) = tally.changed
    assert (number, before.rule) == ("190509-1029-0000000", "high_attenuation")
    lines = list(table(tally))
    assert lines[0] == "2 diagnostics rejoués"
    assert "techniciens chez le client : 2 → 1 (0 de plus, 1 évités)" in lines
    assert any(line.startswith("190509-1029-0000000 : high_attenuation (LIGNE, ") for line in lines)
    assert as_json(tally)["visits"] == {"before": 2, "added": 0, "avoided": 1}
    assert sum(entry["count"] for entry in as_json(tally)["families"]) == 2


def test_a_backtest_tells_apart_what_changes_the_confidence_alone():
    tally = Tally()
    tally.add([judged("drop_cut", altered(drop_cut=0.5)), judged("feeder_cut", altered(drop_cut=0.5))])
    assert (tally.changes, tally.confidence_only) == (0, 1)
    assert "confiance moyenne : -0.150" in list(table(tally))
    assert tally.families[Family.LIGNE, Family.LIGNE] == 2


@pytest.mark.parametrize(("snapshot", "diagnosis"), [("{}", "{}"), ("", ""), ("{}", None)])
def test_records_of_another_schema_are_counted_apart(snapshot, diagnosis):
    good = codec.dump(diagnose(GOLDEN, rules()))
    tally = Tally()
    tally.add([judge("190509-1029-0000001", ("1.0.0", "0.1.0"), snapshot, diagnosis or good, rules())])
    assert (tally.total, sum(tally.unread.values()), tally.changes) == (1, 1, 0)
    assert "illisibles sous ce code" in list(table(tally))[-1]
    assert as_json(tally)["confidence_mean_change"] is None


def test_the_list_of_changes_is_bounded(monkeypatch):
    monkeypatch.setattr(backtest, "LISTED", 1)
    tally = Tally()
    tally.add([judged("high_attenuation", altered(rx_plausible_dbm="[-20.0, 0.0]"))] * 3)
    assert (tally.changes, len(tally.changed)) == (3, 1)
    assert list(table(tally))[-1] == "… et 2 autres"
