"""The live read of one ONT over SNMP: its own rows, its user ports, its PON port and its board.

One GET asks for everything whose index is known beforehand; beside it, one GETBULK finds the user ports, whose card
number depends on the model of the ONT, with their rates. Only a PON port without optical level costs a third request.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from collectors.columns import Column, Moment, read
from collectors.driving.derive import offline, service
from collectors.snmp.client import Bulk
from collectors.snmp.values import ABSENT, Kind, Oid, VarBind
from collectors.snmp.walk import Column as Walked
from collectors.snmp.walk import Scope, take
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.facts import SFP_TX
from collectors.vendors.nokia_isam.node import Node, Rows
from domain.identifiers import OntName
from domain.metrics.olt import (
    CARD_KIND,
    CARD_OPER,
    OLT_UPTIME_S,
    PON_LASER_ON,
    PON_OPER,
    PON_TX_DBM,
)
from domain.metrics.ont import ONT_OPER, ONT_PROVISIONED, UNI_NEGOTIATION, UNI_OPER, UNI_RATE
from domain.reading import Quality, Reason, Source, Via, known, missing
from domain.states import Oper

_UNIS_AN_ONT = 8  # C: user ports read in one request; the recording has 1 or 2 an ONT
_SFP_OFF = re.compile(r"no[ -]power", re.IGNORECASE)
_SFP_ON = re.compile(r"-?[0-9]{1,2}(?:\.[0-9]+)? ?dBm", re.IGNORECASE)


@dataclass(slots=True)
class _Plan:
    """Columns to get, and the row of each. PON rows may be asked under several low bits: one of them exists."""

    fixed: list[tuple[Column, Oid]]
    pon: dict[int, list[tuple[Column, Oid]]]

    @property
    def oids(self) -> list[Oid]:
        return [oid for _, oid in chain(self.fixed, *self.pon.values())]


async def read_access(node: Node, name: OntName) -> Rows:
    """Everything the OLT tells of an ONT, live. Raises `InvalidValueError` for a name that an ISAM cannot have."""
    plan = _plan(node, name)
    unis = index.unis(name)
    ont = index.ont_index(name)
    starts = [(node.facts.column(UNI_OPER).oid, unis.first - 1)]
    starts += [(node.facts.column(metric).oid, ont) for metric in (UNI_NEGOTIATION, UNI_RATE)]
    (varbinds, moment), ports = await asyncio.gather(
        node.get(plan.oids), node.client.bulk(node.exchange, [(*c, i) for c, i in starts], _UNIS_AN_ONT)
    )
    answers = {varbind.oid: varbind for varbind in varbinds}
    uptime = answers[node.facts.column(OLT_UPTIME_S).oid]
    moment = node.booted(uptime, moment)
    rows = _decode(plan.fixed, answers, moment)
    rows |= _decode(_existing(node, name, plan, answers), answers, moment)
    rows |= _user_port(node, name, ports, moment)
    _deduce(node, name, rows, moment)
    offline(node.facts, rows)
    await _laser(node, name, rows)
    return rows


def _plan(node: Node, name: OntName) -> _Plan:
    table = node.facts.table
    board = node.learnt.board(name.slot)
    ont = index.ont_index(name)
    fixed = [(node.facts.column(OLT_UPTIME_S), node.facts.column(OLT_UPTIME_S).oid)]
    fixed += [(column, index.instance(column.oid, board)) for column in table.of("board")]
    fixed += [(column, index.instance(column.oid, ont)) for column in table.of("ont")]
    learnt = node.learnt.low_bits.get(name.pon_name)
    pon: dict[int, list[tuple[Column, Oid]]] = {}
    for low_bits in (0, index.XGS_LOW_BITS) if learnt is None else (learnt,):
        row = index.pon_index(name.pon_name, low_bits)
        pon[low_bits] = [(column, index.instance(column.oid, row)) for column in table.of("pon")]
        pon[low_bits] += [(column, index.instance(column.oid, row, name.ont)) for column in table.of("pon_ont")]
    return _Plan(fixed, pon)


def _decode(wanted: Iterable[tuple[Column, Oid]], answers: dict[Oid, VarBind], moment: Moment) -> Rows:
    return {column.target: read(column, answers[oid], moment) for column, oid in wanted}


def _existing(node: Node, name: OntName, plan: _Plan, answers: dict[Oid, VarBind]) -> list[tuple[Column, Oid]]:
    """The PON rows under the low bits that this OLT has; learnt, so that the next read asks for no others."""
    state = node.facts.column(PON_OPER).oid
    for low_bits, wanted in plan.pon.items():
        row = index.instance(state, index.pon_index(name.pon_name, low_bits))
        if answers[row].kind is Kind.INTEGER:
            node.learnt.low_bits[name.pon_name] = low_bits
            return wanted
    node.learnt.low_bits.pop(name.pon_name, None)
    return next(iter(plan.pon.values()))


def _user_port(node: Node, name: OntName, answer: Bulk, moment: Moment) -> Rows:
    """The user port that the box hangs from: with a rate rather than without, up rather than down, first of all."""
    metrics = (UNI_OPER, UNI_NEGOTIATION, UNI_RATE)
    columns = [node.facts.column(metric) for metric in metrics]
    if answer.reason is not None:
        return {c.target: missing(answer.reason, moment.at, c.origin) for c in columns}
    ont = index.ont_index(name)
    scopes = (index.unis(name), Scope(ont, ont), Scope(ont, ont))
    found = [Walked() for _ in columns]
    for column, scope, answered, walked in zip(columns, scopes, answer.columns, found, strict=True):
        start = scope.first - 1 if column.target is UNI_OPER else scope.first
        take(column.oid, scope, (*column.oid, start), answered, walked)
    states, settings, rates = found
    ports = []
    for row, varbind in states.rows.items():
        place = index.unpack(row[0])
        omci = (ont, index.omci_port(place.card, place.port))
        ports.append((omci not in rates.rows, varbind.value != 1, row[0], varbind, omci))
    if not ports:
        reasons = [walked.reason or Reason.NOT_SUPPORTED for walked in found]
        return {c.target: missing(r, moment.at, c.origin) for c, r in zip(columns, reasons, strict=True)}
    *_, state, omci = min(ports, key=lambda port: port[:3])
    absent = VarBind(omci, Kind.NO_SUCH_INSTANCE, None)
    chosen = (state, settings.rows.get(omci, absent), rates.rows.get(omci, absent))
    return {c.target: read(c, varbind, moment) for c, varbind in zip(columns, chosen, strict=True)}


def _deduce(node: Node, name: OntName, rows: Rows, moment: Moment) -> None:
    """What follows from other readings: the service of the board, and whether the ONT is provisioned."""
    rows[CARD_KIND] = service(node.facts, rows)
    if rows[ONT_PROVISIONED].reason is Reason.NOT_SUPPORTED:
        # The interface table holds configured ONTs only: its row stands for a RowStatus that is not there.
        source = Source(Via.SNMP, node.facts.column(ONT_OPER).origin.locator)
        if rows[ONT_OPER].known or rows[ONT_OPER].reason is Reason.NO_READING:
            rows[ONT_PROVISIONED] = known(True, moment.at, source, Quality.DERIVED)
        elif rows[ONT_OPER].reason is Reason.NOT_SUPPORTED and rows[PON_OPER].known:
            rows[ONT_PROVISIONED] = known(False, moment.at, source, Quality.DERIVED)


async def _laser(node: Node, name: OntName, rows: Rows) -> None:
    """Decide whether the PON laser is on, when it can be decided (mutates ``rows``).

    A transmitted level says on. Without level, off takes all of: the board up and answering, the ONT not up, and the
    SFP's own diagnostics saying no power (where they have no row: the ONT down). Anything else stays undecided.
    """
    level = rows[PON_TX_DBM]
    if level.known and level.at is not None:
        rows[PON_LASER_ON] = known(True, level.at, level.source, Quality.DERIVED)
        return
    rows[PON_LASER_ON] = missing(level.reason or Reason.NOT_SUPPORTED, level.at, level.source, level.raw)
    suspect = level.reason is Reason.NO_READING and rows[CARD_OPER].value is Oper.UP
    if not suspect or rows[ONT_OPER].value is Oper.UP:
        return
    row = index.instance(SFP_TX, node.learnt.board(name.slot), name.pon)
    (answer,), moment = await node.get([row])
    source = Source(Via.SNMP, ".".join(map(str, SFP_TX)))
    if answer.kind in ABSENT:
        if rows[ONT_OPER].value is Oper.DOWN:
            rows[PON_LASER_ON] = known(False, moment.at, level.source, Quality.DERIVED)
        return
    text = answer.value.decode("ascii", "replace").strip() if isinstance(answer.value, bytes) else ""
    if _SFP_OFF.fullmatch(text):
        rows[PON_LASER_ON] = known(False, moment.at, source, Quality.DERIVED)
    elif not _SFP_ON.fullmatch(text):
        reason = answer.value if isinstance(answer.value, Reason) else Reason.NO_READING
        rows[PON_LASER_ON] = missing(reason, moment.at, source, text or None)
