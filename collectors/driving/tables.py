"""Walks of an OLT: all its tables, or the ONTs of one PON port with the state of every PON port."""

from __future__ import annotations

from functools import partial
from typing import Any

from collectors.columns import Cadence, Moment, read
from collectors.driving.derive import complete_ont, laser, service
from collectors.driving.layout import Layout
from collectors.driving.node import Node, Rows
from collectors.driving.outcome import UNHEARD, heard
from collectors.driving.sweep import Sweep, lay, sweep
from collectors.snmp.values import Oid
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.metrics import ont as m
from domain.metrics.olt import CARD_KIND, OLT_REACHABLE, OLT_UPTIME_S, PON_LAST_CHANGE, PON_OPER
from domain.olt import CardRow, DiscoveredRow, OltWalk, OntRow, PonRow, TableGap
from domain.pacing import paced
from domain.reading import Reason

_STATES = (m.ONT_OPER, m.ONT_PHASE, m.ONT_DOWN_CAUSE, m.ONT_LAST_UP, m.ONT_LAST_DOWN, m.ONT_LAST_CHANGE, m.ONT_ALARMS)
_PORT_STATES = (PON_OPER, PON_LAST_CHANGE)


async def read_tables(node: Node, olt: str, without: frozenset[Metric[Any]] = frozenset()) -> OltWalk:
    """Every table of the OLT but the columns ``without``.

    Indexes and trees are found again: an OLT may have changed since the last walk.
    """
    at = node.clock.now()
    moment, readings = await read_head(node)
    if not readings.value(OLT_REACHABLE):
        reason = next((r.reason for r in readings.values.values() if r.reason in UNHEARD), None)
        return OltWalk(olt, at, readings, gaps=(TableGap("olt", reason or Reason.TIMEOUT),))
    node.learnt.started(moment.booted_at)
    layout, gaps = await node.layout(again=True)
    await node.choose(again=True)
    columns = node.columns("board", "pon", "ont", "new")
    columns = [c for c in columns if c.cadence is not Cadence.LIVE and c.target not in without]
    found = await sweep(node, columns, layout.scope, node.plan.repetitions)
    pons = await _pons(found.of("pon"), layout, moment)
    return OltWalk(
        olt=olt,
        at=at,
        readings=readings,
        cards=await _cards(node, found.of("board"), layout, moment, {row.name.slot for row in pons}),
        pon_ports=pons,
        onts=await _onts(node, found.of("ont"), layout, moment),
        gaps=(*gaps, *found.gaps),
        discovered=await _discovered(found.of("new"), layout, moment),
    )


async def read_port(node: Node, olt: str, subject: OntName) -> OltWalk:
    """State of every ONT of the PON of ``subject`` and of every PON port of the OLT."""
    at = node.clock.now()
    moment, readings = await read_head(node)
    node.learnt.started(moment.booted_at)
    layout, gaps = await node.layout()
    await node.choose()
    states = [column for column in node.columns("ont") if column.target in _STATES]
    ports = [column for column in node.columns("pon") if column.target in _PORT_STATES]
    own = partial(layout.scope, pon=subject.pon_name)
    onts = await sweep(node, states, own, node.plan.repetitions)
    pons = await sweep(node, ports, layout.scope, node.plan.repetitions)
    return OltWalk(
        olt=olt,
        at=at,
        readings=readings,
        pon_ports=await _pons(pons, layout, moment),
        onts=tuple(row for row in await _onts(node, onts, layout, moment) if row.name.pon_name == subject.pon_name),
        gaps=(*gaps, *pons.gaps, *onts.gaps),
    )


async def read_head(node: Node) -> tuple[Moment, Readings]:
    """The moment of the walk, and what the OLT says of itself."""
    columns = node.columns("scalar")
    varbinds, moment = await node.get([column.oid for column in columns])
    rows: Rows = {}
    for column, varbind in zip(columns, varbinds, strict=True):
        lay(rows, column, read(column, varbind, moment))
    uptime = node.plan.facts.column(OLT_UPTIME_S)
    moment = node.booted(varbinds[columns.index(uptime)], moment)
    rows[OLT_REACHABLE] = heard(varbinds, moment.at, uptime.origin)
    return moment, Readings(rows)


async def _cards(node: Node, found: Sweep, layout: Layout, moment: Moment, lines: set[int]) -> tuple[CardRow, ...]:
    named = await found.named(lambda _, row: layout.card(row), moment)
    for rows in named.values():
        rows[CARD_KIND] = service(node.plan.facts, rows)
    return tuple(
        CardRow(card.name, card.slot if card.slot in lines else None, Readings(rows)) for card, rows in named.items()
    )


async def _pons(found: Sweep, layout: Layout, moment: Moment) -> tuple[PonRow, ...]:
    named = await found.named(layout.pon, moment)
    for rows in named.values():
        laser(rows)
    return tuple(PonRow(name, Readings(named[name])) for name in sorted(named))


async def _onts(node: Node, found: Sweep, layout: Layout, moment: Moment) -> tuple[OntRow, ...]:
    named = await found.named(layout.ont, moment)
    async for rows in paced(named.values()):
        complete_ont(rows, node.plan.facts)
    return tuple(OntRow(name, Readings(named[name])) for name in sorted(named))


async def _discovered(found: Sweep, layout: Layout, moment: Moment) -> tuple[DiscoveredRow, ...]:
    def place(kind: str, row: Oid) -> tuple[PonName | None, Oid]:
        return layout.pon(kind, row), row

    named = await found.named(place, moment)
    return tuple(DiscoveredRow(pon, Readings(rows)) for (pon, _), rows in named.items())
