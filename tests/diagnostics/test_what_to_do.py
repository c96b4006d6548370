"""What a result recommends besides its action: the téléaction to make, and the lights to ask the customer about."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from diagnostics.engine import diagnose
from diagnostics.explain.tree import explain
from diagnostics.replay.difference import changes
from diagnostics.ruleset import build
from domain import codec
from domain.errors import InvalidValueError
from domain.verdict import Diagnosis, Scope
from teleactions.catalogue import catalogue
from tests.diagnostics.build import FAULTS, LABELLED, case, judged, rules

FORMS = [(rule, form) for rule, page in sorted(rules().pages.items()) for form in page.forms.values()]


def test_every_teleaction_that_a_page_names_is_in_the_catalogue():
    named = {form.teleaction for _, form in FORMS} - {None}
    assert named <= set(catalogue())
    assert {"box_reboot", "ont_reboot", "ont_reprovision"} <= named


@pytest.mark.parametrize(
    ("fault", "teleaction"),
    [
        ("session_inactive", "box_reboot"),
        ("omci_lost", "ont_reboot"),
        ("bad_negotiation", "uni_negotiation"),
        ("rogue_ont", "ont_deactivate"),
        ("healthy", None),
        ("feeder_cut", None),
    ],
)
def test_a_fault_recommends_what_can_be_done_from_afar(fault, teleaction):
    found = judged(case(fault))
    assert (found.teleaction, found.findings[0].teleaction) == (teleaction, teleaction)


def test_a_customer_whose_ont_is_off_is_asked_about_its_power_light():
    (check,) = judged(FAULTS["ont_power_off"]).checks
    assert (check.equipment, check.led, check.expected) == ("ONT", "Alimentation", "éteint")
    assert "relancer le diagnostic" in check.otherwise


def test_a_cut_drop_shows_on_the_lights_of_the_ont():
    lights = [(one.led, one.expected) for one in judged(FAULTS["drop_cut"]).checks]
    assert lights == [("Alimentation", "allumé fixe"), ("PON", "éteint ou clignotant, avec le voyant LOS rouge")]


@pytest.mark.parametrize("fault", sorted(LABELLED))
def test_a_fault_of_the_fibre_that_others_share_asks_the_customer_nothing(fault):
    found = judged(case(fault))
    fibre = found.scope in {Scope.PBO, Scope.SPLITTER, Scope.PON, Scope.CARD, Scope.OLT}
    assert not (fibre and found.checks)


def test_a_page_that_asks_about_an_unknown_light_is_refused():
    pages = dict(rules().texts.pages)
    pages["drop_cut"] = pages["drop_cut"].replace('"ont_pon_off"', '"ont_green"')
    with pytest.raises(InvalidValueError):
        build(rules().texts.toml, pages)


def test_rules_from_before_recommend_nothing_and_build_all_the_same():
    texts = rules().texts
    pages = {
        name: re.sub(r"(?m)^(voyants = |teleaction = .[a-z_]+.$).*\n?", "", page) for name, page in texts.pages.items()
    }
    pages["_common"] = re.sub(r"\[voyants\]\n(.+\n)+", "", pages["_common"])
    older = build(texts.toml, pages)
    assert older.common.checks == {}
    found = diagnose(FAULTS["session_inactive"], older)
    assert (found.teleaction, found.checks) == (None, ())


def test_a_diagnosis_from_before_loads_and_stays_what_it_was_to_the_byte():
    now = judged(FAULTS["session_inactive"])
    before = replace(now, findings=tuple(replace(one, teleaction=None, checks=()) for one in now.findings))
    text = codec.dump(before)
    assert '"teleaction"' not in text
    assert '"checks"' not in text
    assert codec.load(Diagnosis, text) == before
    assert codec.load(Diagnosis, codec.dump(now)) == now
    assert {change.field for change in changes(before, now)} == {"teleaction", "checks"}
    empty = replace(now, findings=())
    assert (empty.teleaction, empty.checks) == (None, ())


def test_the_reading_of_the_reasoning_tells_what_to_do():
    lines = "\n".join(explain(FAULTS["session_inactive"], rules()).lines())
    assert "téléaction conseillée : box_reboot" in lines
    assert "à demander au client : box, voyant Alimentation allumé fixe" in lines
