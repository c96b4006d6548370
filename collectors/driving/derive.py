"""What follows from other readings. Each function completes the rows of one ONT, PON port or board (mutates them)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectors.columns import Shape
from collectors.driving.facts import Facts
from collectors.driving.node import Rows
from domain.metric import Metric
from domain.metrics import ont as m
from domain.metrics.olt import CARD_TYPE, CARD_TYPE_PLANNED, PON_LASER_ON, PON_TX_DBM
from domain.reading import Quality, Reading, Reason, known, missing
from domain.states import DownCause, Duplex, EthernetRate, OntAlarm, OntPhase, Oper

ONT_DERIVED: frozenset[Metric[Any]] = frozenset({m.ONT_PROVISIONED, m.ONT_LAST_CHANGE, m.ONT_ALARMS, m.UNI_RATE})
"""What `complete_ont` may add."""

HEARD_PHASES = frozenset({OntPhase.SYNCHRONISING})
"""Phases of an ONT that is not up, and whose light the OLT receives all the same."""

AT_THE_OLT: frozenset[Metric[Any]] = frozenset({m.OLT_RX_DBM})
"""What the OLT measures by itself of an ONT that it hears."""

_PHASE_ALARMS = {OntPhase.LOS: OntAlarm.LOS, OntPhase.DYING_GASP: OntAlarm.DG}
_CAUSE_ALARMS = {
    DownCause.LOS: OntAlarm.LOS,
    DownCause.LOF: OntAlarm.LOF,
    DownCause.SF: OntAlarm.SF,
    DownCause.LOA: OntAlarm.LOA,
    DownCause.LOAM: OntAlarm.LOAM,
    DownCause.LOK: OntAlarm.LOK,
    DownCause.DYING_GASP: OntAlarm.DG,
    DownCause.POWER_OFF: OntAlarm.DG,  # ZTE's word for an ONT that announced the loss of its power
    DownCause.DEACTIVATED: OntAlarm.DISABLED,
    DownCause.SHUT_DOWN: OntAlarm.DISABLED,
}
_RATES = {
    (10, Duplex.HALF): EthernetRate.TEN_HALF,
    (10, Duplex.FULL): EthernetRate.TEN,
    (100, Duplex.HALF): EthernetRate.HUNDRED_HALF,
    (100, Duplex.FULL): EthernetRate.HUNDRED,
    (1000, Duplex.HALF): EthernetRate.GIGABIT_HALF,
    (1000, Duplex.FULL): EthernetRate.GIGABIT,
    (10000, Duplex.FULL): EthernetRate.TEN_GIGABIT,
}


def complete_ont(rows: Rows, facts: Facts) -> None:
    """Everything that follows for an ONT whose row was read, and what cannot be measured while it is down."""
    _provisioned(rows)
    _last_change(rows)
    _alarms(rows)
    _rate(rows)
    offline(facts, rows)


def offline(facts: Facts, rows: Rows) -> None:
    """Give the reason ``offline`` to what cannot be measured while the ONT is down.

    Sentinels of the ONT's rows become ``offline``; so do values that only an ONT on line can have: whatever the agent
    still answers there dates from before. What the OLT measures by itself is of now as long as it hears the ONT.
    """
    state, phase = rows.get(m.ONT_OPER), rows.get(m.ONT_PHASE)
    if state is None or state.value is not Oper.DOWN:
        return
    heard = AT_THE_OLT if phase is not None and phase.value in HEARD_PHASES else frozenset[Metric[Any]]()
    for column in facts.table.columns:
        reading = rows.get(column.target)
        if reading is None or column.target.entity not in {"ont", "uni"} or column.target in heard:
            continue
        sentinel = reading.reason is Reason.NO_READING and bool(column.sentinels) and column.type is Shape.NUMBER
        if sentinel or (column.needs_ont and (reading.known or reading.reason is Reason.NO_READING)):
            raw = reading.raw if reading.raw is not None else str(reading.value)
            rows[column.target] = missing(Reason.OFFLINE, reading.at, reading.source, raw)


def service(facts: Facts, rows: Rows) -> Reading[str]:
    """The service of a board, from its type (the planned one where no board is in): only declared types have one."""
    card = rows.get(CARD_TYPE, missing(Reason.NOT_SUPPORTED))
    if card.reason is Reason.NO_READING:
        card = rows.get(CARD_TYPE_PLANNED, card)
    if card.value is None:
        return card
    found = facts.services.get(card.value)
    if found is None or card.at is None:
        return missing(Reason.NOT_SUPPORTED, card.at, card.source, card.value)
    return known(found, card.at, card.source, Quality.DERIVED)


def laser(rows: Rows) -> None:
    """A level that a PON port sends says that its laser is on. No level says nothing."""
    state, level = rows.get(PON_LASER_ON), rows.get(PON_TX_DBM)
    if level is None or (state is not None and state.reason is not Reason.NOT_SUPPORTED):
        return
    if level.known and level.at is not None:
        rows[PON_LASER_ON] = known(True, level.at, level.source, Quality.DERIVED)
    else:
        rows[PON_LASER_ON] = missing(level.reason or Reason.NOT_SUPPORTED, level.at, level.source, level.raw)


def _provisioned(rows: Rows) -> None:
    """A row with a state is of a configured ONT, where no RowStatus tells."""
    status, state = rows.get(m.ONT_PROVISIONED), rows.get(m.ONT_OPER)
    if state is None or state.at is None or (status is not None and status.reason is not Reason.NOT_SUPPORTED):
        return
    if state.known or state.reason is Reason.NO_READING:
        rows[m.ONT_PROVISIONED] = known(True, state.at, state.source, Quality.DERIVED)


def _last_change(rows: Rows) -> None:
    """The instant of the state that holds now: last up of an ONT that is up, last down of one that is down."""
    state, change = rows.get(m.ONT_OPER), rows.get(m.ONT_LAST_CHANGE)
    if state is None or state.value is None or (change is not None and change.reason is not Reason.NOT_SUPPORTED):
        return
    instant: Reading[datetime] | None = rows.get(m.ONT_LAST_UP if state.value is Oper.UP else m.ONT_LAST_DOWN)
    if instant is not None and instant.value is not None and instant.at is not None:
        rows[m.ONT_LAST_CHANGE] = known(instant.value, instant.at, instant.source, Quality.DERIVED)
    elif instant is not None:
        rows[m.ONT_LAST_CHANGE] = instant


def _alarms(rows: Rows) -> None:
    """What the phase of an ONT that is down, else the cause of its fall, adds to its alarms.

    An OLT that synchronises the MIB of an ONT hears it again: the cause it keeps is of a fall that is over.
    Of an ONT that is up nothing is added: without alarm bits its alarms stay unknown.
    """
    state, alarms = rows.get(m.ONT_OPER), rows.get(m.ONT_ALARMS)
    if state is None or state.at is None or state.value is not Oper.DOWN:
        return
    phase, cause = rows.get(m.ONT_PHASE), rows.get(m.ONT_DOWN_CAUSE)
    told = (phase, _PHASE_ALARMS.get(phase.value)) if phase is not None and phase.value is not None else (None, None)
    over = phase is not None and phase.value is OntPhase.SYNCHRONISING
    if told[1] is None and not over and cause is not None and cause.value is not None:
        told = (cause, _CAUSE_ALARMS.get(cause.value))
    reading, alarm = told
    if reading is None or alarm is None:
        return
    held = alarms.value if alarms is not None and alarms.value is not None else ()
    raised = held if alarm in held else (*held, alarm)
    rows[m.ONT_ALARMS] = known(raised, state.at, reading.source, Quality.DERIVED)


def _rate(rows: Rows) -> None:
    """Rate and duplex in one word, where the OLT gives them apart."""
    rate, speed, duplex = (rows.get(metric) for metric in (m.UNI_RATE, m.UNI_SPEED_MBPS, m.UNI_DUPLEX))
    if speed is None or (rate is not None and rate.reason is not Reason.NOT_SUPPORTED):
        return
    if speed.value is None:
        rows[m.UNI_RATE] = missing(speed.reason or Reason.NOT_SUPPORTED, speed.at, speed.source, speed.raw)
    elif duplex is None or duplex.value is None or speed.at is None:
        reason = (duplex.reason if duplex is not None else None) or Reason.NOT_SUPPORTED
        rows[m.UNI_RATE] = missing(reason, speed.at, speed.source)
    elif (speed.value, duplex.value) in _RATES:
        rows[m.UNI_RATE] = known(_RATES[speed.value, duplex.value], speed.at, speed.source, Quality.DERIVED)
