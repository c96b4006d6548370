"""Walks of tables: the whole OLT, or the ONTs of one PON port with the state of every PON port.

Interface rows are read by ranges of ifIndex (the PON ports and the ONTs of each line board): a whole column would
bring thousands of bridge and VLAN ports with it. Ranges and columns go side by side, a bounded number at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from collectors.columns import Cadence, Column, Moment, read
from collectors.driving.derive import laser, offline, service
from collectors.driving.outcome import heard
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE, Scope, walk_columns
from collectors.snmp.walk import Column as Walked
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.facts import LINEAR_SLOT
from collectors.vendors.nokia_isam.index import Level
from collectors.vendors.nokia_isam.node import Node, Rows
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings
from domain.metrics.olt import CARD_KIND, CARD_TYPE, CARD_TYPE_PLANNED, OLT_REACHABLE, OLT_UPTIME_S, PON_OPER
from domain.metrics.olt import PON_LAST_CHANGE as PON_CHANGED
from domain.metrics.ont import ONT_ALARMS, ONT_LAST_CHANGE, ONT_OPER, ONT_PROVISIONED
from domain.olt import CardRow, DiscoveredRow, OltWalk, OntRow, PonRow, TableGap
from domain.pacing import paced
from domain.reading import Quality, Reason, known, missing
from domain.states import Oper

_IF_MIB: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_WINDOW = 8  # C: requests in flight towards one OLT; a real one slows down beyond some 12 (design, load test)
_REPETITIONS = 40  # C: rows a request: some 1 kB of reply
_ONTS_A_PON = 48  # C: expected ONTs of a PON port not read before; 64 is the usual most
_PONS_A_BOARD = index.PONS_A_BOARD + 1  # one more than there can be: the reply then shows the end

Name = TypeVar("Name", OntName, PonName)


@dataclass(slots=True)
class _Table:
    """What walks brought of rows of one kind: column to index to variable, and why a column is cut short."""

    columns: dict[Metric[Any], tuple[Column, Walked]] = field(default_factory=dict)

    def add(self, column: Column, walked: Walked) -> None:
        _, whole = self.columns.setdefault(column.target, (column, Walked()))
        whole.rows.update(walked.rows)
        whole.reason = whole.reason or walked.reason

    def indexes(self, keys: Iterable[Metric[Any]]) -> list[Oid]:
        return sorted({row for key in keys if key in self.columns for row in self.columns[key][1].rows})

    def row(self, at: Oid, moment: Moment) -> Rows:
        found: Rows = {}
        for column, walked in self.columns.values():
            varbind = walked.rows.get(at)
            found[column.target] = (
                missing(walked.reason or Reason.NOT_SUPPORTED, moment.at, column.origin)
                if varbind is None
                else read(column, varbind, moment)
            )
        return found

    @property
    def gaps(self) -> list[TableGap]:
        return [TableGap(key.key, walked.reason) for key, (_, walked) in self.columns.items() if walked.reason]


@dataclass(frozen=True, slots=True)
class _Chain:
    column: Column
    scope: Scope
    table: _Table


async def read_port(node: Node, olt: str, subject: OntName) -> OltWalk:
    """State of every ONT of the PON of ``subject`` and of every PON port of the OLT."""
    at = node.clock.now()
    onts = _Table()
    scope = index.onts(subject.pon_name)
    chains = [_Chain(node.facts.column(m), scope, onts) for m in (ONT_OPER, ONT_LAST_CHANGE, ONT_ALARMS)]
    expected = node.learnt.ont_count.get(subject.pon_name, _ONTS_A_PON) + 1
    head, _, (ports, port_gaps) = await asyncio.gather(
        _head(node), _run(node, chains, expected, len(chains)), _ports(node, subject.slot)
    )
    moment, readings = head
    rows = await _onts(node, onts, (ONT_OPER, ONT_LAST_CHANGE, ONT_ALARMS), moment)
    if rows and not onts.gaps:
        node.learnt.ont_count[subject.pon_name] = len(rows)
    return OltWalk(
        olt=olt,
        at=at,
        readings=readings,
        pon_ports=_pons(node, ports, moment),
        onts=tuple(OntRow(name, Readings(found)) for name, found in rows.items()),
        gaps=(*port_gaps, *onts.gaps),
    )


async def read_tables(node: Node, olt: str, without: frozenset[Metric[Any]] = frozenset()) -> OltWalk:
    """Every table of the OLT, but the columns of ONTs and of PON ports ``without``."""
    at = node.clock.now()
    (moment, readings), (cards, card_gaps) = await asyncio.gather(_head(node), _cards(node))
    if not readings.value(OLT_REACHABLE) and not cards.indexes(cards.columns):
        reason = next((gap.reason for gap in card_gaps), Reason.TIMEOUT)
        return OltWalk(olt, at, readings, gaps=(TableGap("olt", reason),))
    pons, onts, pon_onts = _Table(), _Table(), _Table()
    boards = node.learnt.equipped or tuple(index.LINE_BOARDS)
    levels = (("pon", Level.PON, pons), ("ont", Level.ONT, onts))
    chains: list[_Chain] = []
    for kind, level, table in levels:
        for column in _walked(node, kind, without):
            scopes = [index.board_rows(slot, level) for slot in boards] if _is_interface(column) else [WHOLE]
            chains += [_Chain(column, scope, table) for scope in scopes]
    chains += [_Chain(column, WHOLE, pon_onts) for column in _walked(node, "pon_ont", without)]
    new = _Table()
    chains += [_Chain(column, WHOLE, new) for column in _walked(node, "new", without)]
    await _run(node, chains, _REPETITIONS, _WINDOW)
    rows = await _onts(node, onts, onts.columns, moment, pon_onts)
    _count(node, rows)
    return OltWalk(
        olt=olt,
        at=at,
        readings=readings,
        cards=tuple(_card_rows(node, cards, moment)),
        pon_ports=_pons(node, pons, moment),
        onts=tuple(OntRow(name, Readings(found)) for name, found in rows.items()),
        gaps=(*card_gaps, *pons.gaps, *onts.gaps, *pon_onts.gaps, *new.gaps),
        discovered=tuple(_discovered(new, moment)),
    )


def _discovered(table: _Table, moment: Moment) -> Iterable[DiscoveredRow]:
    """ONTs heard and configured nowhere; their PON port where the row names one, for no source tells the index."""
    for at in table.indexes(table.columns):
        rows = table.row(at, moment)
        if any(reading.known for reading in rows.values()):
            yield DiscoveredRow(index.pon_name(at[0]), Readings(rows))


def _walked(node: Node, kind: str, without: frozenset[Metric[Any]] = frozenset()) -> list[Column]:
    columns = node.facts.table.of(kind)
    return [column for column in columns if column.cadence is not Cadence.LIVE and column.target not in without]


def _is_interface(column: Column) -> bool:
    return column.oid[: len(_IF_MIB)] == _IF_MIB


async def _run(node: Node, chains: Sequence[_Chain], repetitions: int, window: int) -> None:
    asked = [(chain.column.oid, chain.scope) for chain in chains]
    answers = await walk_columns(node.client, node.exchange, asked, repetitions, window)
    for chain, walked in zip(chains, answers, strict=True):
        chain.table.add(chain.column, walked)


async def _head(node: Node) -> tuple[Moment, Readings]:
    """The moment of the walk, and what the OLT says of itself."""
    columns = node.facts.table.of("scalar")
    varbinds, moment = await node.get([column.oid for column in columns])
    rows: Rows = {c.target: read(c, varbind, moment) for c, varbind in zip(columns, varbinds, strict=True)}
    uptime = node.facts.column(OLT_UPTIME_S)
    moment = node.booted(varbinds[columns.index(uptime)], moment)
    rows[OLT_REACHABLE] = heard(varbinds, moment.at, uptime.origin)
    return moment, Readings(rows)


async def _cards(node: Node) -> tuple[_Table, list[TableGap]]:
    table = _Table()
    columns = _walked(node, "board")
    asked = [(LINEAR_SLOT, WHOLE), *((column.oid, WHOLE) for column in columns)]
    slots, *answers = await walk_columns(node.client, node.exchange, asked, _REPETITIONS, _WINDOW)
    for column, walked in zip(columns, answers, strict=True):
        table.add(column, walked)
    types = [table.columns[m][1].rows for m in (CARD_TYPE_PLANNED, CARD_TYPE)]
    node.note_boards(slots.rows, *types)
    gaps = table.gaps + ([TableGap("card.slot", slots.reason)] if slots.reason else [])
    return table, gaps


def _card_rows(node: Node, table: _Table, moment: Moment) -> Iterable[CardRow]:
    slots = {board: slot for slot, board in node.learnt.boards.items()}
    for at in table.indexes(table.columns):
        rows = table.row(at, moment)
        rows[CARD_KIND] = service(node.facts, rows)
        slot = slots.get(at[0])
        yield CardRow(index.board_name(at[0], slot), slot, Readings(rows))


async def _ports(node: Node, own_slot: int) -> tuple[_Table, list[TableGap]]:
    """State of the PON ports of every line board; of the board ``own_slot`` at least, where boards are unknown."""
    gap = await node.learn_boards()
    table = _Table()
    boards = sorted({own_slot, *(node.learnt.equipped or ())})
    columns = [node.facts.column(m) for m in (PON_OPER, PON_CHANGED)]
    chains = [_Chain(c, index.board_rows(slot, Level.PON), table) for slot in boards for c in columns]
    await _run(node, chains, _PONS_A_BOARD, _WINDOW)
    return table, [*([gap] if gap else []), *table.gaps]


def _pons(node: Node, table: _Table, moment: Moment) -> tuple[PonRow, ...]:
    """PON ports by name. Where one name has two rows (GPON and XGS on one board), the one that is up stands for it."""
    found: dict[PonName, Rows] = {}
    for at in table.indexes(table.columns):
        name = index.pon_name(at[0])
        if name is None:
            continue
        rows = table.row(at, moment)
        laser(rows)
        if name not in found or rows[PON_OPER].value is Oper.UP:
            found[name] = rows
            node.learnt.low_bits[name] = index.low_bits(at[0])
    return tuple(PonRow(name, Readings(found[name])) for name in sorted(found))


async def _onts(
    node: Node, table: _Table, keys: Iterable[Metric[Any]], moment: Moment, pon_onts: _Table | None = None
) -> dict[OntName, Rows]:
    names = {at: index.ont_name(at[0]) for at in table.indexes(keys) if len(at) == 1}
    ranging: Mapping[OntName, Oid] = _by_ont(pon_onts) if pon_onts else {}
    found: dict[OntName, Rows] = {}
    async for at, name in paced(names.items()):
        if name is None:
            continue
        rows = table.row(at, moment)
        if pon_onts is not None:
            rows |= pon_onts.row(ranging.get(name, ()), moment)
        _provisioned(rows)
        offline(node.facts, rows)
        found[name] = rows
    return found


def _by_ont(table: _Table) -> dict[OntName, Oid]:
    """Rows indexed by PON port and ONT number, by the name of the ONT."""
    found: dict[OntName, Oid] = {}
    for at in table.indexes(table.columns):
        pon = index.pon_name(at[0]) if len(at) == 2 else None
        if pon is not None and 1 <= at[1] <= 128:
            found[OntName(pon.rack, pon.shelf, pon.slot, pon.pon, at[1])] = at
    return found


def _provisioned(rows: Rows) -> None:
    """An ONT of the interface table is configured, whatever the PON MIB can tell."""
    state, status = rows.get(ONT_OPER), rows.get(ONT_PROVISIONED)
    if status is None or status.reason is not Reason.NOT_SUPPORTED or state is None or state.at is None:
        return
    if state.known or state.reason is Reason.NO_READING:
        rows[ONT_PROVISIONED] = known(True, state.at, state.source, Quality.DERIVED)


def _count(node: Node, names: Iterable[OntName]) -> None:
    counts: dict[PonName, int] = {}
    for name in names:
        counts[name.pon_name] = counts.get(name.pon_name, 0) + 1
    node.learnt.ont_count |= counts
