"""Rows that are drawn from several readings, and the forms of values."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.identifiers import Firmware
from domain.metrics.box import (
    BOX_INFORM_INTERVAL_S,
    BOX_LAST_INFORM,
    BOX_PPP_STATUS,
    BOX_REACH,
)
from domain.metrics.olt import PON_ADMIN, PON_LASER_ON, PON_OPER, PON_TX_DBM
from domain.metrics.ont import (
    ONT_ALARMS,
    ONT_FIRMWARE_ACTIVE,
    ONT_OPER,
    ONT_PASSWORD,
    ONT_RANGING,
    ONT_RX_DBM,
    UNI_NEGOTIATION,
    UNI_RATE,
)
from domain.metrics.session import SESSION_ACTIVE
from domain.reading import Reason, missing
from domain.states import Admin, EthernetRate, Negotiation, OntAlarm, Oper, PppStatus, Ranging, Reach
from tests.diagnostics.build import GOLDEN, NOTHING, NOW, crowd, judged, snapshot, without


def row(label, *layers, neighbours=None):
    diagnosis = judged(snapshot(*layers) if neighbours is None else snapshot(*layers, neighbours=neighbours))
    return next(r for block in diagnosis.blocks for r in block.rows if r.label == label)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        ({}, "OK"),
        ({PON_OPER: Oper.DOWN}, "OK"),  # a Nokia ISAM with no ONT up, laser on
        ({PON_OPER: Oper.DOWN, PON_LASER_ON: NOTHING}, "OK"),  # a level is sent
        ({PON_OPER: Oper.DOWN, PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}, "non mesuré"),
        ({PON_OPER: NOTHING, PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}, "non mesuré"),
        ({PON_LASER_ON: NOTHING, PON_TX_DBM: NOTHING}, "OK"),
        ({PON_LASER_ON: False}, "KO"),
        ({PON_ADMIN: Admin.LOCKED}, "KO"),
    ],
)
def test_the_pon_port_is_judged_by_its_laser_and_never_by_its_operational_state_alone(layer, shown):
    assert row("Etat du port PON", layer).value == shown


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        ({}, "OK"),
        ({ONT_ALARMS: (OntAlarm.LOS,)}, "KO"),
        ({ONT_ALARMS: (OntAlarm.SD,)}, "OK"),
        ({ONT_ALARMS: NOTHING, ONT_RANGING: Ranging.NOT_RANGED}, "KO"),
        ({ONT_ALARMS: NOTHING, ONT_RANGING: NOTHING}, "OK"),
        ({ONT_ALARMS: NOTHING, ONT_RANGING: NOTHING, ONT_OPER: Oper.DOWN}, "KO"),
        ({ONT_ALARMS: NOTHING, ONT_RANGING: NOTHING, ONT_OPER: NOTHING}, "non mesuré"),
    ],
)
def test_the_link_to_the_olt_is_judged_by_alarms_then_ranging_then_state(layer, shown):
    assert row("Lien ONT-OLT", layer).value == shown


@pytest.mark.parametrize("rate", EthernetRate)
def test_every_rate_has_its_words(rate):
    expected = {"1000_full": "Gigabit Ethernet", "100_full": "Fast Ethernet", "10_half": "Ethernet half duplex"}
    shown = row("Etat de la négociation", {UNI_RATE: rate}).value
    assert shown == expected.get(rate.value, shown)
    assert shown


def test_a_forced_negotiation_is_said_so():
    assert row("Type de négociation", {UNI_NEGOTIATION: Negotiation.FORCED}).value == "Forcée"


SILENT = {BOX_REACH: Reach.SILENT, BOX_PPP_STATUS: NOTHING, SESSION_ACTIVE: False}


@pytest.mark.parametrize(
    ("age_s", "interval", "shown"),
    [
        (2 * 3600 + 119, 3600, "ACTIF"),
        (2 * 3600 + 120, 3600, "ACTIF"),
        (2 * 3600 + 121, 3600, "INACTIF"),
        (900, NOTHING, "ACTIF"),
        (901, NOTHING, "non mesuré"),
        (2 * 86400 + 120, NOTHING, "non mesuré"),
        (2 * 86400 + 121, NOTHING, "INACTIF"),
    ],
)
def test_a_box_is_inactive_beyond_two_intervals_without_inform(age_s, interval, shown):
    layer = {BOX_LAST_INFORM: NOW - timedelta(seconds=age_s), BOX_INFORM_INTERVAL_S: interval}
    assert row("Etat de la box", SILENT, layer).value == shown


def test_a_box_never_seen_is_not_measured():
    never = row("Etat de la box", SILENT, {BOX_LAST_INFORM: missing(Reason.NEVER_SEEN)})
    assert (never.value, never.reason) == ("non mesuré", Reason.NEVER_SEEN)


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ({BOX_REACH: Reach.ANSWERED}, "cwmp:box.reach"),
        ({}, "cwmp:box.last_inform"),
        ({BOX_LAST_INFORM: NOTHING, SESSION_ACTIVE: True}, "radius:session.active"),
        ({BOX_LAST_INFORM: NOTHING, BOX_PPP_STATUS: PppStatus.CONNECTED}, "cwmp:box.ppp_status"),
    ],
)
def test_the_state_of_the_box_names_what_it_rests_on(layer, source):
    found = row("Etat de la box", SILENT, layer)
    assert (found.value, found.source) == ("ACTIF", source)


def test_a_version_of_nuls_is_no_version():
    empty = row("Firmware actif", {ONT_FIRMWARE_ACTIVE: Firmware(b"\x00" * 14)})
    assert (empty.value, empty.reason) == ("non mesuré", Reason.NO_READING)


def test_a_refused_value_is_listed_with_what_was_read():
    listed = {m.what: m.why for m in judged(snapshot({ONT_RX_DBM: 12.5})).not_measured}
    assert listed == {"Mesure ONT rx": "valeur physiquement impossible (lu : 12.5 dBm)"}


def test_a_secret_is_never_told_among_what_is_missing():
    snap = snapshot({ONT_PASSWORD: missing(Reason.MALFORMED, raw="hunter2")})
    assert "hunter2" not in repr(judged(snap))


def test_a_value_refused_outside_the_screen_is_listed_under_its_own_name():
    listed = [
        m.what for m in judged(snapshot({BOX_REACH: NOTHING, BOX_LAST_INFORM: NOW + timedelta(hours=2)})).not_measured
    ]
    assert listed == ["Dernier Inform de la box"]


def test_a_walk_cut_short_is_told():
    listed = {m.what: m.why for m in judged(snapshot(neighbours=crowd(complete=False))).not_measured}
    assert listed == {"Autres ONT du port PON": "liste incomplète"}


def test_a_session_that_is_unknown_is_told():
    assert [m.what for m in judged(without(GOLDEN, SESSION_ACTIVE)).not_measured] == ["Session ouverte"]
