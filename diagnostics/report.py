"""The result blocks of the screen: 22 rows « Diagnostic DELC », 3 rows « Infos Box », and what was not measured.

Labels and forms are the e-SAV screen's, character for character; they stand in `DELC` and `INFOS_BOX` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, TypeVar

from diagnostics.case import Case
from diagnostics.facts import LIGHT_LOST
from diagnostics.pages import CommonPage
from domain.access import TestName
from domain.clock import PARIS
from domain.identifiers import SerialNumber
from domain.metric import Metric
from domain.metrics import box, olt, ont, platform, session
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import Admin, EthernetRate, Negotiation, OntAlarm, Oper, Ranging, Reach
from domain.units import format_level
from domain.verdict import Block, Missing, Row

T = TypeVar("T")

_RATES = {
    EthernetRate.NONE: "Aucune",
    EthernetRate.TEN_HALF: "Ethernet half duplex",
    EthernetRate.TEN: "Ethernet",
    EthernetRate.HUNDRED_HALF: "Fast Ethernet half duplex",
    EthernetRate.HUNDRED: "Fast Ethernet",
    EthernetRate.GIGABIT_HALF: "Gigabit Ethernet half duplex",
    EthernetRate.GIGABIT: "Gigabit Ethernet",
    EthernetRate.TEN_GIGABIT: "10 Gigabit Ethernet",
}
_NEGOTIATIONS = {Negotiation.AUTO: "Auto", Negotiation.FORCED: "Forcée"}

LINK_ALARMS = LIGHT_LOST | {OntAlarm.LOA, OntAlarm.LCDG, OntAlarm.SUF, OntAlarm.LOAM, OntAlarm.DF, OntAlarm.LOK}
"""Alarms that mean no link between ONT and OLT (ITU-T G.984.3 11.1): no light, no frame, no PLOAM, not ranged."""


class Cell(NamedTuple):
    """What a row shows: a text, or none, and the reading that it rests on or lacks."""

    text: str | None
    reading: Reading[Any]
    metric: Metric[Any] | None = None


Look: TypeAlias = Callable[[Case], Cell]


def _ok(good: bool) -> str:
    return "OK" if good else "KO"


def _is_up(state: Oper) -> str:
    return _ok(state is Oper.UP)


def _serial(serial: SerialNumber) -> str:
    return f"{serial} ({serial.hex})"


def _instant(at: datetime) -> str:
    there = at.astimezone(PARIS)  # strftime takes five times as long
    day, clock = f"{there.day:02}/{there.month:02}/{there.year % 100:02}", f"{there.hour:02}:{there.minute:02}"
    return f"{day} {clock}:{there.second:02}"


def _of(metric: Metric[T], show: Callable[[T], str] = str) -> Look:
    """A row that shows one reading."""

    def look(case: Case) -> Cell:
        reading = case.readings[metric]
        return Cell(None if reading.value is None else show(reading.value), reading, metric)

    return look


def _ont_id(case: Case) -> Cell:
    """The ONT as the inventory places it."""
    place, source = case.snapshot.place, Source(Via.INVENTORY)
    if place is None:
        return Cell(None, missing(Reason.NEVER_SEEN, source=source))
    return Cell(str(place.ont), known(place.ont, case.now, source, Quality.STORED))


def _pon_port(case: Case) -> Cell:
    """State of the PON port: its administrative state and its laser decide.

    A Nokia ISAM takes ifOperStatus down when no ONT of the port is up: down alone is not a fault of the port, so with
    the laser known to be on it is OK, and without any word on the laser it is not measured.
    """
    readings = case.readings
    admin, laser = readings[olt.PON_ADMIN], readings[olt.PON_LASER_ON]
    if admin.value is Admin.LOCKED:
        return Cell(_ok(False), admin, olt.PON_ADMIN)
    if laser.value is not None:
        return Cell(_ok(laser.value), laser, olt.PON_LASER_ON)
    sent, oper = readings[olt.PON_TX_DBM], readings[olt.PON_OPER]
    if sent.known:
        return Cell(_ok(True), sent, olt.PON_TX_DBM)
    if oper.value is Oper.DOWN:
        return Cell(None, laser, olt.PON_LASER_ON)
    return Cell(None if oper.value is None else _ok(True), oper, olt.PON_OPER)


def _ont_link(case: Case) -> Cell:
    """Link between ONT and OLT: alarms first, then ranging, then the operational state that depends on it."""
    readings = case.readings
    alarms, ranging = readings[ont.ONT_ALARMS], readings[ont.ONT_RANGING]
    if alarms.value is not None and not LINK_ALARMS.isdisjoint(alarms.value):
        return Cell(_ok(False), alarms, ont.ONT_ALARMS)
    if ranging.value is not None:
        return Cell(_ok(ranging.value is Ranging.RANGED), ranging, ont.ONT_RANGING)
    return _of(ont.ONT_OPER, _is_up)(case)


def _box_state(case: Case) -> Cell:
    """State of the box: active where it answers, its session lives or its Informs come; inactive where they ceased."""
    readings, active = case.readings, case.facts.box_active
    informed = readings[box.BOX_LAST_INFORM]
    if active is None:
        wanted = box.BOX_INFORM_INTERVAL_S if informed.known else box.BOX_LAST_INFORM
        return Cell(None, readings[wanted], wanted)
    rests_on: Metric[Any] = box.BOX_LAST_INFORM
    if readings.value(box.BOX_REACH) is Reach.ANSWERED:
        rests_on = box.BOX_REACH
    elif not informed.known:
        rests_on = session.SESSION_ACTIVE if readings.value(session.SESSION_ACTIVE) else box.BOX_PPP_STATUS
    return Cell("ACTIF" if active else "INACTIF", readings[rests_on], rests_on)


DELC: tuple[tuple[str, Look], ...] = (
    ("Etat de la carte OLT", _of(olt.CARD_OPER, _is_up)),
    ("Type de la carte OLT", _of(olt.CARD_KIND)),
    ("Etat du port PON", _pon_port),
    ("Lien ONT-OLT", _ont_link),
    ("ID ONT", _ont_id),
    ("Constructeur ONT", _of(ont.ONT_SERIAL, lambda serial: serial.vendor_id)),
    ("N° Série configuré dans l'OLT", _of(ont.ONT_SERIAL, _serial)),
    ("Password ONT configuré dans l'OLT", _of(ont.ONT_PASSWORD)),
    ("Etat provisionné", _of(ont.ONT_PROVISIONED, _ok)),
    ("Etat opérationnel", _of(ont.ONT_OPER, _is_up)),
    ("Date de dernier changement d'état de l'ONT", _of(ont.ONT_LAST_CHANGE, _instant)),
    ("Firmware actif", _of(ont.ONT_FIRMWARE_ACTIVE, lambda firmware: firmware.text)),
    ("Firmware planifié", _of(ont.ONT_FIRMWARE_PLANNED)),
    ("Mesure taux d'erreurs Up", _of(ont.ONT_ERRORS_UP)),
    ("Mesure taux d'erreurs Down", _of(ont.ONT_ERRORS_DOWN)),
    ("Lien ONT-LB", _of(ont.UNI_OPER, _is_up)),
    ("Type de négociation", _of(ont.UNI_NEGOTIATION, _NEGOTIATIONS.__getitem__)),
    ("Etat de la négociation", _of(ont.UNI_RATE, _RATES.__getitem__)),
    ("Mesure OLT tx", _of(olt.PON_TX_DBM, format_level)),
    ("Mesure OLT rx", _of(ont.OLT_RX_DBM, format_level)),
    ("Mesure ONT tx", _of(ont.ONT_TX_DBM, format_level)),
    ("Mesure ONT rx", _of(ont.ONT_RX_DBM, format_level)),
)
"""Block « Diagnostic DELC », in the screen's order."""

INFOS_BOX: tuple[tuple[str, Look], ...] = (
    ("Etat de la box", _box_state),
    ("Version du Firmware", _of(box.BOX_FIRMWARE)),
    ("Adresse MAC de la box", _of(box.BOX_MAC)),
)
"""Block « Infos Box », in the screen's order."""


def _row(label: str, cell: Cell, common: CommonPage) -> Row:
    text, reading, metric = cell
    secret = metric is not None and metric.secret
    if text:
        return Row(label, text, None, secret, reading.at, str(reading.source), reading.quality)
    reason = reading.reason or Reason.NO_READING  # known but empty, such as a version of NULs only
    return Row(label, common.texts["not_measured"].text, reason, secret, None, str(reading.source))


def _blocks(test: TestName) -> list[tuple[str, tuple[tuple[str, Look], ...]]]:
    """The blocks of a test: its title on the screen, and its rows."""
    wanted = []
    if test.reads_network:
        wanted.append((TestName.DELC.value, DELC))
    if test.reads_box:
        wanted.append((TestName.BOX.value, INFOS_BOX))
    return wanted


@dataclass(frozen=True, slots=True)
class Report:
    """What the screen shows of a test: its blocks, and what could not be measured."""

    blocks: tuple[Block, ...]
    not_measured: tuple[Missing, ...]


def report(case: Case, common: CommonPage) -> Report:
    """The report of a case. Secrets stand in their rows, for the API to mask.

    What has no value comes in the order of the screen, then what was refused besides, the session and the neighbours.
    """
    blocks: list[Block] = []
    listed: list[Missing] = []
    told: set[Metric[Any] | None] = set()
    for title, looks in _blocks(case.snapshot.test):
        rows: list[Row] = []
        for label, look in looks:
            cell = look(case)
            rows.append(_row(label, cell, common))
            if not cell.text:
                listed.append(Missing(label, _why(cell.reading, common, cell.metric)))
                told.add(cell.metric)
        blocks.append(Block(title, tuple(rows)))
    listed += [
        Missing(refusal.metric.label_fr, _told(refusal.reason, refusal.shown, common))
        for refusal in case.refusals
        if refusal.metric not in told
    ]
    listed += _context(case, common)
    return Report(tuple(blocks), tuple(listed))


def _context(case: Case, common: CommonPage) -> list[Missing]:
    """What no row shows but verdicts use: the session, the flows where they could pass, and the neighbours."""
    listed = []
    test, neighbours = case.snapshot.test, case.snapshot.neighbours
    session_reading = case.readings[session.SESSION_ACTIVE]
    if test is TestName.GLOBAL and not session_reading.known:
        listed.append(Missing(session.SESSION_ACTIVE.label_fr, _why(session_reading, common)))
    flows, later = case.readings[platform.FLOWS], common.texts.get("flows_unread")
    carried = case.facts.session_alive is not False and case.facts.access_up is not False
    if test is TestName.GLOBAL and not flows.known and carried and later is not None:
        why = {"reason": common.reasons[flows.reason or Reason.NOT_READ]}
        listed.append(Missing(platform.FLOWS.label_fr, later.render(why)))
    if test.reads_network and neighbours.reason is not None:
        listed.append(Missing(common.texts["neighbours"].text, common.reasons[neighbours.reason]))
    elif test.reads_network and case.neighbours_outdated:
        listed.append(Missing(common.texts["neighbours"].text, common.reasons[Reason.STALE]))
    elif test.reads_network and not neighbours.complete:
        listed.append(Missing(common.texts["neighbours"].text, common.texts["walk_cut"].text))
    return listed


def _why(reading: Reading[Any], common: CommonPage, metric: Metric[Any] | None = None) -> str:
    """Why there is no value, with what the equipment answered unless that is a secret or a mere sentinel."""
    reason = reading.reason or Reason.NO_READING
    hidden = reason is Reason.NO_READING or (metric is not None and metric.secret)
    return _told(reason, None if hidden else reading.raw, common)


def _told(reason: Reason, raw: str | None, common: CommonPage) -> str:
    if raw is None:
        return common.reasons[reason]
    return common.texts["refused"].render({"reason": common.reasons[reason], "raw": raw})
