"""The common ancestor by likelihood: what raises it, what never may, and what two close causes cost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.ancestry import Ancestry
from diagnostics.case import derive
from diagnostics.explain.tree import explain
from domain import codec
from domain.incident import Ancestor, KnownIncident
from domain.metrics.context import PLANNED_WORKS
from domain.metrics.olt import CARD_OPER, PON_LASER_ON
from domain.metrics.ont import ONT_ALARMS, ONT_LAST_CHANGE
from domain.reading import Quality
from domain.snapshot import Snapshot
from domain.states import OntAlarm, Oper
from tests.diagnostics.build import (
    ALL_DARK,
    ALL_UP,
    AREA_DARK,
    FAR,
    FAULTS,
    FELL,
    INCIDENT,
    NEAR,
    NOTHING,
    NOW,
    OUTSIDE,
    PBO_DARK,
    SPLITTER_DARK,
    Where,
    crowd,
    dark,
    gasping,
    judged,
    neighbour,
    over,
    port,
    rule_of,
    rules,
    told,
    unread,
    without,
)

T = rules().thresholds
CUT = FAULTS["drop_cut"]
MODEL = T.correlation


def of(neighbours, snap=CUT) -> Ancestry:
    return derive(replace(snap, neighbours=neighbours), T).ancestry


def best(neighbours, snap=CUT):
    posterior = of(neighbours, snap).posterior
    return max(posterior, key=posterior.__getitem__)


@pytest.mark.parametrize(
    ("neighbours", "cause"),
    [
        (ALL_UP, Ancestor.ALONE),
        (PBO_DARK, Ancestor.PBO),
        (SPLITTER_DARK, Ancestor.SPLITTER),
        (ALL_DARK, Ancestor.PON),
        (replace(ALL_DARK, ports=tuple(port(n, Oper.DOWN, FELL) for n in range(1, 9))), Ancestor.CARD),
    ],
)
def test_who_is_silent_names_the_ancestor(neighbours, cause):
    assert best(neighbours) is cause


def test_gasps_together_name_the_mains_and_never_the_fibre():
    gasped = over("area_power_cut", neighbours=crowd(*(gasping(n) for n in range(6))))
    assert best(gasped.neighbours, gasped) is Ancestor.AREA
    assert best(AREA_DARK, gasped) is Ancestor.AREA


def test_other_ports_of_a_board_that_says_nothing_name_the_board():
    ports = tuple(port(n, Oper.DOWN, FELL) for n in range(1, 9))
    silent = over("feeder_cut", {CARD_OPER: NOTHING})
    assert best(replace(ALL_DARK, ports=ports), silent) is Ancestor.CARD
    others = (*ports, *(port(n, Oper.DOWN, FELL, slot=6) for n in range(1, 9)))
    assert best(replace(ALL_DARK, ports=others), silent) is Ancestor.OLT
    assert best(replace(ALL_DARK, ports=(port(3),)), silent) is Ancestor.PON


def test_a_laser_off_leaves_nothing_behind_the_port():
    before = of(PBO_DARK, without(CUT, PON_LASER_ON)).posterior[Ancestor.PON]
    assert of(PBO_DARK, over("drop_cut", {PON_LASER_ON: False})).posterior[Ancestor.PON] > before


def test_the_posterior_is_one_in_all_and_nothing_without_a_fall_or_neighbours():
    assert math.isclose(sum(of(ALL_DARK).posterior.values()), 1.0)
    for nothing in (of(ALL_UP, FAULTS["healthy"]), of(unread()), of(replace(ALL_UP, quality=Quality.STORED, at=FELL))):
        assert nothing == Ancestry()
        assert nothing.rival(Ancestor.PBO) is None
        assert not nothing.denies(Ancestor.PBO)


@pytest.mark.parametrize(("late_s", "with_it"), [(5, True), (-5, True), (300, False), (-3600, False)])
def test_the_instant_of_a_fall_weighs(late_s, with_it):
    rest = tuple(neighbour(n, None) for n in range(10, 14))
    fell = crowd(dark(1, FELL + timedelta(seconds=late_s)), *rest)
    assert (best(fell) is not Ancestor.ALONE) is with_it


def test_an_ont_that_fell_long_before_says_nothing():
    before = dark(1, FELL - timedelta(days=2))
    assert of(crowd(before, *ALL_UP.onts[5:])).posterior == pytest.approx(
        of(crowd(*ALL_UP.onts[5:])).posterior, rel=1e-3
    )


def test_an_ont_that_fell_long_after_was_not_behind_what_broke():
    after = dark(4, FELL + timedelta(minutes=20))
    assert collective(of(crowd(dark(2), after))) < collective(of(crowd(dark(2))))


def test_records_that_lie_about_one_ont_do_not_hide_a_cut_pbo():
    lying = crowd(
        *(dark(n) for n in range(6)), neighbour(7), neighbour(15, **NEAR), *(neighbour(n, **FAR) for n in range(20, 30))
    )
    diagnosis = judged(over("pbo_cut", neighbours=lying))
    assert (diagnosis.findings[0].rule, diagnosis.scope) == ("pbo_cut", "pbo")
    assert diagnosis.confidence < judged(FAULTS["pbo_cut"]).confidence
    assert told(over("pbo_cut", neighbours=lying), "1 ONT du même PBO")


def test_half_of_the_neighbours_stale_still_name_the_feeder():
    stale = crowd(*(dark(n, **FAR) for n in range(8)), *(neighbour(n, None, **FAR) for n in range(8, 16)))
    assert best(stale) is Ancestor.PON


def test_two_faults_at_once_leave_the_subject_to_its_own():
    elsewhere = crowd(
        *(neighbour(n) for n in range(5)), *(dark(n, FELL - timedelta(hours=5), **FAR) for n in range(20, 28))
    )
    assert best(elsewhere) is Ancestor.ALONE


def test_a_street_of_the_records_is_told_from_a_splitter():
    street = replace(OUTSIDE, street="RUE-1")
    near = [replace(dark(n, pbo=f"PBO-{n}", splitter=f"S-{n}"), street="RUE-1") for n in range(10, 16)]
    far = [replace(neighbour(n, **FAR), street="RUE-2") for n in range(20, 30)]
    snap = over("splitter_cut", neighbours=crowd(*near, *far), outside=street)
    assert best(snap.neighbours, snap) is Ancestor.STREET
    diagnosis = judged(snap)
    assert (diagnosis.findings[0].rule, diagnosis.scope) == ("splitter_cut", "area")
    assert "rue" in diagnosis.synthesis


def test_a_street_of_which_the_records_say_nothing_explains_nothing():
    scattered = crowd(*(dark(n, None, pbo=f"PBO-{n}", splitter=None) for n in range(10, 14)), *ALL_UP.onts[:3])
    assert Ancestor.STREET not in of(scattered).posterior


def test_works_and_an_open_incident_raise_what_they_cover():
    few = crowd(dark(1), neighbour(2, None))
    plain = of(few).posterior[Ancestor.PBO]
    assert of(few, over("drop_cut", {PLANNED_WORKS: True})).posterior[Ancestor.PBO] > plain
    known = KnownIncident("INC-190509-000001", Ancestor.PBO, "PBO-3", FELL, 6, 0.9, NOW)
    assert of(few, replace(CUT, incident=known)).posterior[Ancestor.PBO] > plain


def test_two_close_causes_are_less_sure_and_name_the_reading_that_decides():
    close = crowd(*(dark(n) for n in range(4)), *(neighbour(n, **FAR) for n in range(20, 30)))
    rival = of(close).rival(Ancestor.PBO)
    assert rival is not None
    other, share = rival
    assert (other, 0.3 < share < 0.5) == (Ancestor.SPLITTER, True)
    diagnosis = judged(over("pbo_cut", neighbours=close))
    assert diagnosis.confidence < judged(FAULTS["pbo_cut"]).confidence
    assert diagnosis.findings[0].decider == "la présence de lumière au PBO"
    unknown = crowd(*close.onts, neighbour(15, None, **NEAR))
    assert judged(over("pbo_cut", neighbours=unknown)).findings[0].decider == "l'état des autres ONT du même port PON"


def test_nobody_is_sent_while_a_common_cause_is_established():
    ports = tuple(port(n, Oper.DOWN, FELL) for n in range(1, 9))
    snap = over(
        "drop_cut", {CARD_OPER: NOTHING, PON_LASER_ON: NOTHING}, neighbours=crowd(neighbour(1, None), ports=ports)
    )
    diagnosis = judged(snap)
    assert diagnosis.findings[0].rule == "drop_cut"
    assert "Avant tout déplacement" in diagnosis.action


# Known incidents

KNOWN = FAULTS["known_incident"]


def test_the_next_caller_reads_the_incident_in_the_first_line():
    assert judged(KNOWN).synthesis == "Incident collectif connu depuis 09:49, 17 accès, PBO 3"
    yesterday = replace(KNOWN, incident=replace(INCIDENT, since=FELL - timedelta(days=1)))
    assert judged(yesterday).synthesis == "Incident collectif connu depuis le 08/05/2019 à 09:49, 17 accès, PBO 3"


@pytest.mark.parametrize("ancestor", [a for a in Ancestor if a is not Ancestor.ALONE])
def test_every_ancestor_has_its_sentence_scope_and_owner(ancestor):
    incident = replace(INCIDENT, ancestor=ancestor, place="REF-1")
    diagnosis = judged(replace(KNOWN, neighbours=unread(), incident=incident))
    assert (diagnosis.findings[0].rule, diagnosis.scope) == ("known_incident", ancestor.scope)
    assert "REF-1" in diagnosis.synthesis
    assert "Ne pas envoyer de technicien" in diagnosis.action
    assert diagnosis.owner == ("personne" if ancestor is Ancestor.AREA else "opérateur d'infrastructure")


def test_an_incident_of_the_subject_alone_is_none():
    odd = replace(KNOWN, incident=replace(INCIDENT, ancestor=Ancestor.ALONE))
    assert rule_of(odd) == "pbo_cut"


def test_an_ont_that_is_back_or_lost_its_mains_is_not_of_the_incident():
    assert rule_of(replace(FAULTS["healthy"], incident=KNOWN.incident)) == "healthy"
    gasped = over("ont_power_off", incident=KNOWN.incident)
    assert rule_of(gasped) == "ont_power_off"
    assert rule_of(over("ont_admin_down", incident=KNOWN.incident)) == "ont_admin_down"


def test_neighbours_of_the_pbo_that_are_back_deny_the_incident():
    back = crowd(*(neighbour(n) for n in range(5)), *(neighbour(n, **FAR) for n in range(20, 30)))
    assert rule_of(replace(KNOWN, neighbours=back)) == "drop_cut"


def test_an_incident_that_is_wider_now_is_said_as_it_is_read():
    assert rule_of(replace(KNOWN, neighbours=ALL_DARK)) == "feeder_cut"


def test_a_port_whose_laser_is_off_says_what_broke_in_the_incident_that_it_caused():
    of_the_port = replace(INCIDENT, ancestor=Ancestor.PON, place="PON-1-1-5-10")
    dark = judged(over("pon_laser_off", incident=of_the_port))
    assert (dark.findings[0].rule, dark.family, dark.prelocalisation) == ("known_incident", "RESEAU", "RESEAU_OLT")
    assert any("n'émet pas" in one.text for one in dark.findings[0].evidence_for)
    assert rule_of(over("pon_laser_off", incident=KNOWN.incident)) == "pon_laser_off"
    assert rule_of(over("feeder_cut", incident=of_the_port)) == "known_incident"
    assert rule_of(over("card_down", incident=of_the_port)) == "card_down"


def test_an_incident_of_a_silent_olt_is_told_without_a_verdict():
    diagnosis = judged(replace(FAULTS["olt_unreachable"], incident=KNOWN.incident))
    assert (diagnosis.family, diagnosis.findings[0].rule) == ("INDETERMINE", "known_incident")
    assert "incident collectif connu depuis 09:49" in diagnosis.synthesis


def test_an_incident_of_which_nobody_is_sure_makes_the_verdict_less_sure():
    doubtful = replace(KNOWN, incident=replace(INCIDENT, confidence=0.5))
    assert judged(doubtful).confidence < judged(KNOWN).confidence
    works = replace(KNOWN, incident=replace(INCIDENT, works=True))
    assert told(works, "travaux programmés")


def test_mains_that_failed_expect_a_gasp():
    area = replace(INCIDENT, ancestor=Ancestor.AREA, place="POSTE-1")
    gasped = replace(FAULTS["area_power_cut"], incident=area)
    silent = over("drop_cut", incident=area, neighbours=unread())
    assert judged(gasped).confidence > judged(silent).confidence
    assert told(gasped, "coupure de son alimentation avant de tomber")


# What holds whatever is read

_STATES = {
    "up": lambda n, where: neighbour(n, **where),
    "dark": lambda n, where: dark(n, **where),
    "undated": lambda n, where: dark(n, None, **where),
    "before": lambda n, where: dark(n, FELL - timedelta(hours=3), **where),
    "gasp": lambda n, where: gasping(n, **where),
    "unknown": lambda n, where: neighbour(n, None, **where),
}
_WHERE: Mapping[str, Where] = {"pbo": {}, "splitter": NEAR, "far": FAR, "unrecorded": {"pbo": None, "splitter": None}}
_CROWDS = st.lists(
    st.tuples(st.sampled_from(sorted(_STATES)), st.sampled_from(sorted(_WHERE))), min_size=1, max_size=12
)


def made(drawn):
    return [_STATES[state](number, _WHERE[where]) for number, (state, where) in enumerate(drawn)]


def collective(found: Ancestry) -> float:
    return 1.0 - found.posterior[Ancestor.ALONE]


@settings(max_examples=200, deadline=None)
@given(_CROWDS, st.data())
def test_removing_a_silent_neighbour_never_raises_the_common_cause(drawn, data):
    onts = made(drawn)
    silent = [one for one in onts if one.oper is Oper.DOWN and OntAlarm.DG not in (one.alarms or ())]
    if silent:
        gone = data.draw(st.sampled_from(silent))
        left = crowd(*(one for one in onts if one is not gone))
        assert collective(of(left)) <= collective(of(crowd(*onts))) + 1e-9


@settings(max_examples=200, deadline=None)
@given(_CROWDS)
def test_unknown_neighbours_never_count(drawn):
    onts = made(drawn)
    known = [one for one in onts if one.oper is not None]
    assert of(crowd(*onts)).posterior == pytest.approx(of(crowd(*known)).posterior)


@settings(max_examples=100, deadline=None)
@given(_CROWDS, st.sampled_from(sorted(_WHERE)))
def test_a_neighbour_that_is_up_never_raises_what_it_hangs_from(drawn, where):
    onts = made(drawn)
    more = [*onts, neighbour(90, **_WHERE[where])]
    assert of(crowd(*more)).posterior[Ancestor.PON] <= of(crowd(*onts)).posterior[Ancestor.PON] + 1e-9


@settings(max_examples=100, deadline=None)
@given(_CROWDS)
def test_the_order_of_the_neighbours_changes_nothing(drawn):
    onts = made(drawn)
    assert of(crowd(*reversed(onts))).posterior == pytest.approx(of(crowd(*onts)).posterior)


def test_without_a_date_of_the_fall_every_dark_neighbour_is_undated():
    undated = without(CUT, ONT_LAST_CHANGE, ONT_ALARMS)
    assert best(PBO_DARK, undated) is Ancestor.PBO


def test_a_snapshot_from_before_incidents_loads_and_is_judged_the_same_to_the_byte():
    data = json.loads(codec.dump(FAULTS["pbo_cut"]))
    del data["incident"]
    for part in (data["outside"], *data["neighbours"]["onts"]):
        del part["street"], part["power_area"]
    before = codec.load(Snapshot, json.dumps(data))
    assert before == FAULTS["pbo_cut"]
    assert codec.dump(judged(before)) == codec.dump(judged(FAULTS["pbo_cut"]))


def test_the_reading_of_the_reasoning_ranks_the_causes():
    lines = "\n".join(explain(FAULTS["splitter_cut"], rules()).lines())
    assert "Cause commune" in lines
    assert "coupleur : 1.0000" in lines
