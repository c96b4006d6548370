"""The rule-set: every rule has its page, its ceiling and its test; doubtful texts are refused."""

from __future__ import annotations

import ast
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

import diagnostics.rules
from diagnostics.pages import COMMON, HEADINGS, Template
from diagnostics.ruleset import build
from diagnostics.thresholds import OlderRulesetError, parse
from domain.errors import InvalidValueError
from tests.diagnostics.build import FAULTS, LABELLED, case, judged, rule_of, rules

FOLDER = Path(diagnostics.rules.__file__).parent
TOML = (FOLDER.parent / "ruleset.toml").read_text("utf-8")
PAGES = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
RULES = sorted(info.name for info in pkgutil.iter_modules([str(FOLDER)]))


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_short_has_its_page_and_is_the_headline_of_its_own_case(name):
    assert len((FOLDER / f"{name}.py").read_text("utf-8").splitlines()) <= 80
    assert all(f"## {heading}" in PAGES[name] for heading in HEADINGS)
    assert rule_of(case(name)) == name


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_rule_reaches_its_ceiling_when_all_its_signs_are_there(name):
    reached = judged(FAULTS[name]).confidence
    ceiling = rules().thresholds.ceilings[name]
    assert reached == (0.87 if name == "ont_box_link_down" else ceiling)  # two hypotheses always fit that one


@pytest.mark.parametrize("name", sorted(LABELLED))
def test_no_rule_is_surer_than_its_ceiling(name):
    assert 0 < judged(case(name)).findings[0].confidence <= rules().thresholds.ceilings[name]


def test_a_working_access_is_said_to_work_in_the_screens_words():
    for name in ("healthy", "session_inactive", "firmware_differs", "service_proved"):
        assert judged(FAULTS[name]).synthesis == "Fonctionnement Accès FTTH OK"


def test_a_collective_fault_is_the_infrastructures_and_sends_nobody_to_the_customer():
    for name in ("card_down", "pon_laser_off", "feeder_cut", "splitter_cut", "pbo_cut"):
        diagnosis = judged(FAULTS[name])
        assert diagnosis.owner == "opérateur d'infrastructure"
        assert "Ne pas envoyer de technicien" in diagnosis.action


def test_every_threshold_names_its_source():
    data = tomllib.loads(TOML)
    for group in ("thresholds", "correlation", "ceilings"):
        assert all(entry["source"] for entry in data[group].values())
    assert all(entry["source"] for entry in data["classes"].values())


def test_the_changelog_begins_with_the_version_in_force():
    assert rules().changes[0].version == rules().version
    assert all(change.text for change in rules().changes)


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    "toml",
    [
        changed(TOML, 'source = "C: 15 minutes for an on-demand reading"', 'source = ""'),
        changed(TOML, "together_s = {", "togethr_s = {"),
        changed(TOML, "pon = 0.04, card = 0.004,", "pon = 0.04,"),
        changed(TOML, 'source = "C: an ONT falls for causes of its own once in 50 days"', 'source = ""'),
        changed(TOML, "polling_period_s = { value = 300.0", 'polling_period_s = { value = "soon"'),
        changed(TOML, '[classes."E2"]', '[classes."Z9"]'),
        TOML[: TOML.index('[classes."E2"]')] + TOML[TOML.index("# Confidence of each rule") :],
        changed(TOML, "drop_cut =", "drop_cutt ="),
        changed(TOML, "gasps_together_s = { value = 60.0,", "gasps_together_s = { valeur = 60.0,"),
        re.sub('(?m)^version = ".*"$', 'version = "99.0.0"', TOML, count=1),
        re.sub('(?m)^version = ".*"$', "", TOML, count=1),
        re.sub('(?m)^version = ".*"$', 'version = "two"', TOML),
        changed(TOML, 'version = "1.0.0"', 'version = "100.0.0"'),
        re.sub(r'(?s)(version = "1\.0\.0"\ntext = """).*?"""', r'\1"""', TOML),
    ],
)
def test_a_doubtful_threshold_refuses_the_rule_set(toml):
    with pytest.raises((InvalidValueError, ValidationError)):
        build(toml, PAGES)


def test_rules_from_before_common_ancestors_were_weighed_are_told_to_be_too_old():
    older = re.sub(r"(?s)\n\[correlation\].*?(?=\n\[)", "", TOML)
    with pytest.raises(
        OlderRulesetError, match=re.escape("[correlation]: 'absent' is not given, as rule-sets do since 2.2.0")
    ):
        build(older, PAGES)


@pytest.mark.parametrize("section", ["thresholds", "classes", "splitters", "ceilings"])
def test_rules_without_one_of_their_sections_are_refused_by_its_name(section):
    data = {name: part for name, part in tomllib.loads(TOML).items() if name != section}
    with pytest.raises(InvalidValueError, match=re.escape(f"[{section}]: 'absent'")):
        parse(data)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("drop_cut", PAGES["drop_cut"].replace("## Impact", "## Effet")),
        ("drop_cut", PAGES["drop_cut"] + "\n## Encore\nx"),
        ("drop_cut", PAGES["drop_cut"].partition("## Action")[0] + "## Action\n"),
        ("drop_cut", PAGES["drop_cut"].replace("synthese =", "sinthese =")),
        ("drop_cut", PAGES["drop_cut"].replace("{dark}", "{dark!r}")),
        ("drop_cut", PAGES["drop_cut"].replace("{dark}", "{dark")),
        ("drop_cut", PAGES["drop_cut"].replace("{dark}", "{0}")),
        ("drop_cut", PAGES["drop_cut"].replace("+++", "---")),
        ("drop_cut", ""),
        ("drop_cut", "+++\ntitle = 'x'"),
        ("stranger", PAGES["drop_cut"]),
        (COMMON, PAGES[COMMON].replace('timeout = "pas de réponse dans le délai"\n', "")),
        (COMMON, PAGES[COMMON].replace("walk_cut =", "walk =")),
        (COMMON, PAGES[COMMON].replace("(lu : {raw})", "")),
    ],
)
def test_a_doubtful_page_refuses_the_rule_set(name, page):
    with pytest.raises((InvalidValueError, ValidationError)):
        build(TOML, {**PAGES, name: page})


@pytest.mark.parametrize("name", ["drop_cut", COMMON])
def test_a_missing_page_refuses_the_rule_set(name):
    with pytest.raises(InvalidValueError):
        build(TOML, {key: text for key, text in PAGES.items() if key != name})


def test_a_template_without_its_value_is_an_error():
    with pytest.raises(InvalidValueError):
        Template("{since}").render({})


def sentences_asked(path):
    """What a module asks of a page: evidence keys with the placeholders it fills, and deciders."""
    evidence, deciders = [], set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        filled = {k.arg for k in node.keywords}
        if node.func.attr in ("add", "object_to"):
            evidence += [(text, filled) for text in texts]
        elif node.func.attr == "expect":
            evidence += [(text, filled) for text in ast.literal_eval(node.args[1])]
            deciders |= {ast.literal_eval(k.value) for k in node.keywords if k.arg == "decider"}
        elif node.func.attr == "lack":
            deciders |= set(texts)
    return [(key, filled) for key, filled in evidence if None not in filled], deciders


@pytest.mark.parametrize("name", [*RULES, COMMON])
def test_each_sentence_a_rule_asks_for_is_on_its_page_with_the_placeholders_it_fills(name):
    path = FOLDER.parent / "signs.py" if name == COMMON else FOLDER / f"{name}.py"
    page = rules().common if name == COMMON else rules().pages[name]
    evidence, deciders = sentences_asked(path)
    assert deciders <= page.deciders.keys()
    for key, filled in evidence:
        assert page.evidence[key].names <= filled, key


def test_no_sentence_is_left_unused():
    code = "".join(path.read_text("utf-8") for path in [*FOLDER.glob("*.py"), FOLDER.parent / "signs.py"])
    ends = {f"{end}_{how}" for end in ("ont_rx", "olt_rx") for how in ("low", "enough")}
    used = set(re.findall(r'"([a-z_]+)"', code)) | ends
    written = {key for page in rules().pages.values() for key in (*page.evidence, *page.deciders, *page.forms)}
    assert written - {""} <= used
