"""`python -m diagnostics explain`: the whole reasoning as a tree."""

from __future__ import annotations

import json
import runpy
import sys
from dataclasses import fields, replace

import pytest

import diagnostics.__main__
from diagnostics.__main__ import main
from diagnostics.ancestry import Ancestry
from diagnostics.budget import Budget
from diagnostics.case import derive
from diagnostics.correlation import Crowd, Group
from diagnostics.errors import Errors
from diagnostics.explain import words
from diagnostics.explain.trace import Seen, evaluate
from diagnostics.explain.tree import explain
from diagnostics.facts import Facts
from diagnostics.trends.access import Trends
from diagnostics.trends.drifts import Drift
from diagnostics.trends.flapping import Flaps
from domain import codec
from domain.access import OutsidePlant
from domain.metrics.context import PLANNED_WORKS
from domain.metrics.ont import ONT_PASSWORD, ONT_RX_DBM
from domain.reading import Reason
from domain.snapshot import Outcome, SourceKind, SourceReport
from tests.diagnostics.build import FAULTS, GOLDEN, LABELLED, case, over, rules

CASES = sorted({*FAULTS, *LABELLED})


def told(snapshot):
    return "\n".join(explain(snapshot, rules()).lines())


def below(text, heading):
    """The lines of one part of the tree, without their branches."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.endswith(f"─ {heading}"))
    end = next((i for i in range(start + 1, len(lines)) if lines[i][:1] in "├└"), len(lines))
    return [line.lstrip("│├└─ ") for line in lines[start + 1 : end]]


def test_the_tree_goes_from_the_sources_to_the_headline():
    sources = (
        SourceReport(SourceKind.OLT_SNMP, Outcome.OK, None, 12.4, 3),
        SourceReport(SourceKind.BOX, Outcome.FAILED, Reason.TIMEOUT),
    )
    text = told(replace(FAULTS["drop_cut"], sources=sources))
    assert text.startswith("KO : Ligne en défaut")
    assert below(text, "Sources lues") == [
        "OLT (SNMP) : lu (12 ms, 3 requêtes)",
        "box (en direct) : en échec : pas de réponse dans le délai",
    ]
    assert "ONT hors ligne : vrai" in below(text, "Faits")
    assert any(line.startswith("voisins du PON : ") for line in below(text, "Voisinage"))
    assert any(line.startswith("OUI  drop_cut : Ligne du client coupée (panne)") for line in below(text, "Règles"))
    ranking = below(text, "Classement")
    assert ranking[0].startswith("1. Ligne du client coupée [drop_cut], confiance 0.8")
    assert any(line.startswith("lecture qui trancherait : ") for line in ranking)
    assert any(line.startswith("Mesure ONT rx : ") for line in below(text, "Non mesuré"))


def test_a_rule_that_does_not_apply_says_what_it_asked_and_the_one_fact_that_lacked():
    lines = below(told(FAULTS["healthy"]), "Règles")
    at = next(i for i, line in enumerate(lines) if line.startswith("non  ont_down_unexplained : "))
    assert lines[at].endswith("ONT hors ligne = faux")
    assert lines[at + 1] == "il suffirait de : ONT hors ligne = vrai"
    assert "non  feeder_cut : ONT hors ligne = faux" in lines


def test_a_fact_that_is_a_reading_can_be_what_lacked():
    lines = below(told(FAULTS["drop_cut"]), "Règles")
    assert f"il suffirait de : {PLANNED_WORKS.label_fr} = vrai" in lines


def test_what_the_reasoning_rests_on_is_all_there():
    everything = "\n".join(told(case(name)) for name in CASES)
    for expected in (
        "contredit : ",
        "attendu, non mesuré : ",
        "à lire : ",
        "signe absent",
        "├─ Tendances",
        "une panne ou une dégradation est établie",
        "une explication passe avant",
        "plus bas dans le réseau",
    ):
        assert expected in everything, expected


def test_a_refused_value_is_told_with_its_reason():
    text = told(over("healthy", {ONT_RX_DBM: 12.0, ONT_PASSWORD: "0848525835"}))
    assert "Puissance reçue par l'ONT : valeur physiquement impossible (lu : 12.0 dBm)" in below(
        text, "Valeurs refusées"
    )


def test_rival_hypotheses_are_told_where_they_lower_the_confidence():
    (cut,) = (rule for rule in rules().rules if rule.id == "drop_cut")
    text = "\n".join(explain(FAULTS["drop_cut"], replace(rules(), rules=(*rules().rules, cut))).lines())
    assert "confiance baissée : une autre hypothèse du même niveau convient aussi" in text


@pytest.mark.parametrize("name", CASES)
def test_a_watched_rule_says_what_it_says_unwatched(name):
    thresholds, judged = rules().thresholds, derive(case(name), rules().thresholds)
    for rule in rules().rules:
        tried = evaluate(rule, judged, thresholds)
        assert tried.match == rule.evaluate(judged, thresholds)
        assert tried.match is None or tried.lacking == ()


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (Facts, words.FACTS), (Budget, words.BUDGET), (Crowd, words.CROWD), (Group, words.GROUP),
        (Ancestry, words.ANCESTRY),
        (Errors, words.ERRORS), (Trends, words.TRENDS), (Drift, words.TRENDS), (Flaps, words.TRENDS),
        (OutsidePlant, words.SNAPSHOT),
    ],
)  # fmt: skip
def test_all_that_rules_may_look_at_has_a_french_name(part, names):
    public = {name for name in vars(part) if not name.startswith("_")} | {field.name for field in fields(part)}
    assert public <= names.keys()


def test_every_source_and_outcome_has_a_french_name():
    assert set(SourceKind) == set(words.SOURCES)
    assert set(Outcome) == set(words.OUTCOMES)


def test_values_are_shown_in_words():
    assert [words.shown(value) for value in (None, float("nan"), True, 2.5, 1e-9, (), ("b", "a"), Reason.STALE)] == [
        "inconnu", "inconnu", "vrai", "2.5", "1.00e-09", "aucun", "a, b", "stale",
    ]  # fmt: skip


def run_on(tmp_path, text):
    file = tmp_path / "snapshot.json"
    file.write_text(text, "utf-8")
    return main(["explain", str(file)])


def test_no_secret_is_printed(tmp_path, capsys):
    assert run_on(tmp_path, codec.dump(GOLDEN)) == 0
    assert "0848525835" not in capsys.readouterr().out
    assert words.told(Seen(("case", "readings", "x"), "0848525835", metric=ONT_PASSWORD)).endswith(" = ********")


def test_it_reads_a_labelled_scenario(tmp_path, capsys):
    scenario = {"id": "X", "observations": {"collected_at": "2019-05-09T08:29:00Z"}, "expected": {}}
    assert run_on(tmp_path, json.dumps(scenario)) == 0
    assert capsys.readouterr().out.startswith("Indéterminé : ")


def test_it_runs_as_a_command(tmp_path, monkeypatch, capsys):
    file = tmp_path / "snapshot.json"
    file.write_text(codec.dump(GOLDEN), "utf-8")
    monkeypatch.setattr(sys, "argv", ["diagnostics", "explain", str(file)])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(diagnostics.__main__.__file__, run_name="__main__")
    assert stop.value.code == 0
    assert "Fonctionnement Accès FTTH OK" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"id1": "F1"}', "\x00", '{"observations": {}}', '{"observations": []}']
)
def test_a_file_that_is_no_snapshot_is_a_clear_error(tmp_path, capsys, text):
    assert run_on(tmp_path, text) == 2
    assert "snapshot.json" in capsys.readouterr().err


def test_an_absent_file_is_a_clear_error(tmp_path, capsys):
    assert main(["explain", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
