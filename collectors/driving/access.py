"""The live read of one ONT: its own rows, its user ports, its PON port and its board.

One GET asks for everything whose index is known beforehand; beside it, one GETBULK finds the user ports, whose numbers
depend on the model of the ONT.
"""

from __future__ import annotations

from typing import Any

from collectors.columns import Cadence, Column, Moment, read
from collectors.driving.derive import complete_ont, laser, service
from collectors.driving.layout import Layout
from collectors.driving.node import Node, Rows
from collectors.driving.sweep import lay
from collectors.snmp.client import Bulk
from collectors.snmp.values import ABSENT, Kind, Oid, VarBind
from domain.identifiers import OntName
from domain.metrics.olt import CARD_KIND, OLT_UPTIME_S
from domain.metrics.ont import ONT_OPER, ONT_PROVISIONED, UNI_OPER
from domain.reading import Quality, Reading, Reason, known, missing

_UP = 1  # every vendor's word for a link that is up


async def read_access(node: Node, name: OntName) -> Rows:
    """Everything the OLT tells of an ONT, live. Raises `InvalidValueError` for a name that the vendor cannot have.

    An OLT that turns out to have started again since its indexes were learnt is asked once more: they may have moved.
    """
    rows, again = await _read(node, name)
    return (await _read(node, name))[0] if again else rows


async def _read(node: Node, name: OntName) -> tuple[Rows, bool]:
    """What the OLT tells of an ONT, and whether its indexes are to be learnt again."""
    layout, _ = await node.layout()
    await node.choose()
    wanted: list[tuple[Column, Oid]] = [(column, column.oid) for column in node.columns("scalar")]
    places: dict[str, Oid | None] = {}
    for column in sorted(node.columns("board", "pon", "ont"), key=_is_cheap):
        if column.index not in places:
            places[column.index] = layout.row(column.index, name)
        row = places[column.index]
        if row is not None:
            wanted.append((column, (*column.oid, *row)))
    unis = node.columns("uni")
    oids = list(dict.fromkeys(oid for _, oid in wanted))
    asked = node.clock.now()
    varbinds, ports = await _ask(node, layout, name, oids, unis)
    moment = Moment(asked + (node.clock.now() - asked) / 2)  # half-way between asking and hearing
    answers = {varbind.oid: varbind for varbind in varbinds}
    moment = node.booted(answers[node.plan.facts.column(OLT_UPTIME_S).oid], moment)
    again = node.learnt.started(moment.booted_at)
    rows: Rows = {}
    for column, oid in wanted:
        lay(rows, column, read(column, answers[oid], moment))
    _user_port(layout, name, unis, ports, moment, rows)
    _unconfigured(node, wanted, answers, moment, rows)
    rows[CARD_KIND] = service(node.plan.facts, rows)
    laser(rows)
    complete_ont(rows, node.plan.facts)
    nothing: Reading[Any] = missing(Reason.NOT_SUPPORTED, moment.at)
    rows.update(dict.fromkeys(node.plan.facts.capabilities - rows.keys(), nothing))
    return rows, again


def _is_cheap(column: Column) -> bool:
    """Whether reading one row too many costs the OLT nothing: these come last, and may ride in a GETBULK."""
    return column.cadence is Cadence.STATIC or column.cadence is Cadence.COUNTER


async def _ask(
    node: Node, layout: Layout, name: OntName, oids: list[Oid], unis: list[Column]
) -> tuple[list[VarBind], Bulk]:
    """The variables, and what the user ports have."""
    if not unis:
        return await node.client.get(node.exchange, oids), Bulk(())
    columns = list(dict.fromkeys(column.oid for column in unis))
    starts = {column.oid: (*column.oid, *layout.unis(column.index, name).first) for column in unis}
    where = [starts[oid] for oid in columns]
    varbinds, answer = await node.client.get_beside(node.exchange, oids, where, node.plan.unis)
    by_oid = dict(zip(columns, answer.columns, strict=True))
    return varbinds, Bulk(tuple(by_oid[column.oid] for column in unis), answer.reason)


def _user_port(layout: Layout, name: OntName, unis: list[Column], answer: Bulk, moment: Moment, rows: Rows) -> None:
    """The user port that the box hangs from: one that is up rather than down, the first of all."""
    found: list[dict[Oid, VarBind]] = []
    for column, varbinds in zip(unis, answer.columns, strict=True):
        size, place = len(column.oid), layout.unis(column.index, name)
        mine = [v for v in varbinds if v.oid[:size] == column.oid and v.kind not in ABSENT]
        found.append({v.oid[size:]: v for v in mine if place.holds(v.oid[size:])})
    indexes = sorted({row for ports in found for row in ports})
    states = next((ports for column, ports in zip(unis, found, strict=True) if column.target is UNI_OPER), {})
    ups = [row for row in indexes if row in states and states[row].value == _UP]
    chosen = next(iter([*ups, *indexes]), None)
    for column, ports in zip(unis, found, strict=True):
        varbind = ports.get(chosen) if chosen is not None else None
        reason = answer.reason or Reason.NOT_SUPPORTED
        lay(
            rows,
            column,
            read(column, varbind, moment) if varbind else missing(reason, moment.at, column.origin),
        )


def _unconfigured(
    node: Node, wanted: list[tuple[Column, Oid]], answers: dict[Oid, VarBind], moment: Moment, rows: Rows
) -> None:
    """An ONT of which no column has a row, though the column of states is there, is not provisioned."""
    status = rows.get(ONT_PROVISIONED)
    if status is not None and status.reason is not Reason.NOT_SUPPORTED:
        return
    kinds = {column: answers[oid].kind for column, oid in wanted if column.target.entity == "ont"}
    told = any(kind is Kind.NO_SUCH_INSTANCE for column, kind in kinds.items() if column.target is ONT_OPER)
    if told and all(kind in ABSENT for kind in kinds.values()):
        source = node.plan.facts.column(ONT_OPER).origin
        rows[ONT_PROVISIONED] = known(False, moment.at, source, Quality.DERIVED)
