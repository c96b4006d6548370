"""The latest state of an OLT in columns: telemetry, joined with the records and with what the OLT announced since.

What is too old says nothing; an ONT that is locked in the configuration is not known to be down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.incidents.fleet import DARK, GASP, NOWHERE, UNKNOWN, UP, Flags, Fleet, Micros, Nodes, Rows, States
from domain.events import FALLS, RISES, EventKind, EventObservation
from domain.identifiers import OntName
from domain.incident import Ancestor
from domain.metric import Metric
from domain.metrics import olt as olt_metrics
from domain.metrics import ont
from domain.olt import OltWalk
from domain.states import Admin, DownCause, OntAlarm, OntPhase, Oper
from domain.telemetry import PON_ROW, Latest, encode, pack, unpack
from domain.works import PlannedWork

METRICS: tuple[Metric[Any], ...] = (
    *(ont.ONT_OPER, ont.ONT_ADMIN, ont.ONT_LAST_CHANGE, ont.ONT_LAST_DOWN, ont.ONT_LAST_UP, ont.ONT_PHASE),
    *(ont.ONT_DOWN_CAUSE, ont.ONT_LAST_DYING_GASP, olt_metrics.PON_LASER_ON, olt_metrics.PON_TX_DBM),
)
"""What is asked of telemetry."""

_SECOND = 1_000_000
_GASP_SLACK = 60 * _SECOND  # C: a dying gasp and the fall that follows are dated by two readings
_BITS = 12
_LASTS = frozenset({DownCause.DYING_GASP, DownCause.POWER_OFF})

Hanging = tuple[OntName, str | None, str | None, str | None, str | None]
"""An ONT with its PBO, last splitter, street and power area."""


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return round(at.timestamp() * _SECOND)


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What the ONTs of an OLT hang from, by the outside-plant records: numbers of ``names``.

    Attributes:
        keys: The ONTs, in order (`domain.telemetry.pack`).
        of: By ancestor, one number an ONT, `NOWHERE` where the records are silent.
    """

    keys: Rows
    of: Mapping[Ancestor, Nodes]
    names: Mapping[Ancestor, tuple[str, ...]]

    def column(self, ancestor: Ancestor, keys: Rows) -> Nodes:
        """The number of each of these ONTs."""
        if not len(self.keys):
            return np.full(len(keys), NOWHERE, dtype=np.int32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.of[ancestor][at], NOWHERE).astype(np.int32)


_RECORDED = (Ancestor.PBO, Ancestor.SPLITTER, Ancestor.STREET, Ancestor.AREA)


def records_of(hanging: Iterable[Hanging]) -> Records:
    """The records of an OLT as columns."""
    rows = sorted((pack(name), places) for name, *places in hanging)
    of: dict[Ancestor, Nodes] = {}
    names: dict[Ancestor, tuple[str, ...]] = {}
    for place, ancestor in enumerate(_RECORDED):
        numbers: dict[str, int] = {}
        told = (places[place] for _, places in rows)
        column = [NOWHERE if one is None else numbers.setdefault(one, len(numbers)) for one in told]
        of[ancestor], names[ancestor] = np.array(column, dtype=np.int32), tuple(numbers)
    return Records(np.array([key for key, _ in rows], dtype=np.int64), of, names)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One OLT: rows by ONT, in order."""

    olt: str
    keys: Rows
    state: States
    changed: Micros
    read: Micros
    records: Records
    lasers: Mapping[int, bool] = field(default_factory=dict)

    @property
    def areas(self) -> frozenset[str]:
        """The power areas that it reaches."""
        return frozenset(self.records.names[Ancestor.AREA])


_NO_ROWS = np.zeros(0, dtype=np.int64)
_NOTHING = Block("", _NO_ROWS, _NO_ROWS.astype(np.int8), _NO_ROWS, _NO_ROWS, records_of(()))


def block_of(latest: Latest, records: Records, now: int, max_age_s: float, before: Block | None = None) -> Block:
    """An OLT as telemetry has it now. Falls that the OLT does not date are dated by when they were first seen."""
    onts = (latest.keys & PON_ROW) != PON_ROW
    keys = latest.keys[onts]
    oper, read = _values(latest, ont.ONT_OPER, onts), _read(latest, ont.ONT_OPER, onts)
    locked = _is(latest, ont.ONT_ADMIN, Admin.LOCKED, onts)
    fresh = (read > 0) & (now - read <= max_age_s * _SECOND) & ~locked
    up = fresh & (oper == encode(ont.ONT_OPER, Oper.UP))
    down = fresh & (oper == encode(ont.ONT_OPER, Oper.DOWN))
    changed = _instants(latest, ont.ONT_LAST_CHANGE, onts)
    dated = np.where(down, _instants(latest, ont.ONT_LAST_DOWN, onts), _instants(latest, ont.ONT_LAST_UP, onts))
    changed = np.where(changed > 0, changed, dated)
    state = np.select([up, down & _gasped(latest, onts, changed), down], [UP, GASP, DARK], UNKNOWN).astype(np.int8)
    block = Block(latest.olt, keys, state, changed, read, records, _lasers(latest))
    return block if before is None else _dated(block, before)


def _values(latest: Latest, metric: Metric[Any], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    column = latest.values.get(metric)
    return np.full(int(rows.sum()), np.nan) if column is None else column[rows]


def _read(latest: Latest, metric: Metric[Any], rows: NDArray[np.bool_]) -> Micros:
    column = latest.at.get(metric)
    return np.zeros(int(rows.sum()), dtype=np.int64) if column is None else column[rows]


def _is(latest: Latest, metric: Metric[Any], wanted: object, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.equal(_values(latest, metric, rows), encode(metric, wanted))


def _instants(latest: Latest, metric: Metric[Any], rows: NDArray[np.bool_]) -> Micros:
    """An instant in microseconds; 0 where there is none."""
    return (np.nan_to_num(_values(latest, metric, rows)) * _SECOND).astype(np.int64)


def _gasped(latest: Latest, rows: NDArray[np.bool_], changed: Micros) -> NDArray[np.bool_]:
    """Whether the present fall began with a dying gasp: its cause, if it is of this fall, or a gasp of that minute."""
    fell, rose = _instants(latest, ont.ONT_LAST_DOWN, rows), _instants(latest, ont.ONT_LAST_UP, rows)
    caused = np.zeros(int(rows.sum()), dtype=np.bool_)
    for cause in _LASTS:
        caused |= _is(latest, ont.ONT_DOWN_CAUSE, cause, rows)
    gasp = _instants(latest, ont.ONT_LAST_DYING_GASP, rows)
    lately = (gasp > 0) & (changed > 0) & (np.abs(gasp - changed) <= _GASP_SLACK)
    phase = _is(latest, ont.ONT_PHASE, OntPhase.DYING_GASP, rows)
    told: NDArray[np.bool_] = phase | lately | (caused & ~((fell > 0) & (fell < rose)))
    return told


def _lasers(latest: Latest) -> dict[int, bool]:
    """PON ports (their packed row) whose laser is known."""
    ports = (latest.keys & PON_ROW) == PON_ROW
    on, level = _values(latest, olt_metrics.PON_LASER_ON, ports), _values(latest, olt_metrics.PON_TX_DBM, ports)
    known = np.where(np.isnan(on), np.where(np.isnan(level), np.nan, 1.0), on)
    pairs = zip((latest.keys[ports] >> _BITS).tolist(), known.tolist(), strict=True)
    return {port: bool(laser) for port, laser in pairs if laser == laser}  # noqa: PLR0124 - NaN is not known


def _dated(block: Block, before: Block) -> Block:
    """The same, undated changes being dated by the run that first saw them."""
    if not len(before.keys) or not np.count_nonzero(block.changed == 0):
        return block
    at = np.minimum(np.searchsorted(before.keys, block.keys), len(before.keys) - 1)
    known = (before.keys[at] == block.keys) & (block.changed == 0) & (block.state != UNKNOWN)
    same = known & (before.state[at] == block.state)
    moved = known & ~same & (before.state[at] != UNKNOWN)
    changed = np.where(same, before.changed[at], np.where(moved, block.read, block.changed))
    return Block(block.olt, block.keys, block.state, changed, block.read, block.records, block.lasers)


def with_alarms(block: Block, walk: OltWalk | None) -> Block:
    """The dying gasps that a walk read among the alarms, of falls that were before it."""
    if walk is None or not np.count_nonzero(block.state == DARK):
        return block
    gasps = [pack(row.name) for row in walk.onts if OntAlarm.DG in (row.readings.value(ont.ONT_ALARMS) or ())]
    told = np.isin(block.keys, np.array(gasps, dtype=np.int64)) & (block.changed <= micros(walk.at))
    state = np.where(told & (block.state == DARK), np.int8(GASP), block.state)
    return Block(block.olt, block.keys, state, block.changed, block.read, block.records, block.lasers)


def with_events(block: Block, events: Sequence[EventObservation]) -> Block:
    """What the OLT announced of its ONTs after they were read."""
    state, changed, read = block.state.copy(), block.changed.copy(), block.read.copy()
    for event in events:
        if event.ont is None or event.kind not in FALLS | RISES:
            continue
        key, at = pack(event.ont), micros(event.at)
        row = int(np.searchsorted(block.keys, key))
        if row >= len(block.keys) or int(block.keys[row]) != key:
            continue
        of_this_fall = state[row] in (DARK, GASP) and abs(int(changed[row]) - at) <= _GASP_SLACK
        if event.kind is EventKind.DYING_GASP and of_this_fall:
            state[row] = GASP
        if at <= read[row] or (of_this_fall and event.kind in FALLS):
            continue
        fallen = GASP if event.kind is EventKind.DYING_GASP else DARK
        state[row], changed[row], read[row] = UP if event.kind in RISES else fallen, at, at
    return Block(block.olt, block.keys, state, changed, read, block.records, block.lasers)


Covered = Mapping[str, Flags]
"""By OLT, the rows of its block that planned works cover; an OLT without any is left out."""


def covered(block: Block, works: Iterable[PlannedWork], under: Mapping[str, frozenset[OntName]]) -> Flags:
    """The rows of a block that works announced on its OLT cover. ``under``: the ONTs of the PM that they name."""
    found = np.zeros(len(block.keys), dtype=np.bool_)
    for work in works:
        if work.olt != block.olt:
            continue
        mine = np.ones(len(block.keys), dtype=np.bool_)
        if work.pon is not None:
            port = pack(OntName(work.pon.rack, work.pon.shelf, work.pon.slot, work.pon.pon, 1)) >> _BITS
            mine &= (block.keys >> _BITS) == port
        if work.pbo is not None:
            names = block.records.names[Ancestor.PBO]
            number = names.index(work.pbo) if work.pbo in names else None
            mine &= block.records.column(Ancestor.PBO, block.keys) == number
        if work.pm is not None:
            onts = np.array([pack(name) for name in under.get(work.pm, ())], dtype=np.int64)
            mine &= np.isin(block.keys, onts)
        found |= mine
    return found


def fleet_of(blocks: Sequence[Block], now: int, silent: Iterable[str], works: Covered | None = None) -> Fleet:
    """Several OLTs as one fleet."""
    mute = frozenset(silent)
    blocks = blocks or [_NOTHING]
    keys = np.concatenate([block.keys for block in blocks])
    olt = np.repeat(np.arange(len(blocks), dtype=np.int32), [len(block.keys) for block in blocks])
    nodes: dict[Ancestor, Nodes] = {Ancestor.OLT: olt}
    names: dict[Ancestor, Sequence[str]] = {Ancestor.OLT: [block.olt for block in blocks]}
    nodes[Ancestor.PON], ports = _numbered(olt.astype(np.int64), keys >> _BITS, 4 * _BITS)
    nodes[Ancestor.CARD], boards = _numbered(olt.astype(np.int64), keys >> 2 * _BITS, 4 * _BITS)
    names[Ancestor.PON] = [str(unpack(port << _BITS).pon_name) for _, port in ports]
    names[Ancestor.CARD] = [_board(board << 2 * _BITS) for _, board in boards]
    for ancestor in _RECORDED:
        local = np.concatenate([block.records.column(ancestor, block.keys) for block in blocks])
        told, numbers = _named(local, olt, blocks, ancestor, across=ancestor is Ancestor.AREA)
        if ancestor in {Ancestor.PBO, Ancestor.SPLITTER}:
            nodes[ancestor], names[ancestor] = _within(nodes[Ancestor.PON], numbers, told)
        else:
            nodes[ancestor], names[ancestor] = numbers, told
    lasers = {
        number: blocks[place].lasers[port] for number, (place, port) in enumerate(ports) if port in blocks[place].lasers
    }
    quiet = frozenset(place for place, block in enumerate(blocks) if block.olt in mute)
    return Fleet(
        now,
        [block.olt for block in blocks],
        keys,
        np.concatenate([block.state for block in blocks]),
        np.concatenate([block.changed for block in blocks]),
        np.concatenate([block.read for block in blocks]),
        nodes,
        names,
        quiet,
        works=_works(blocks, works or {}),
        lasers=lasers,
    )


def _works(blocks: Sequence[Block], works: Covered) -> Flags:
    none = {block.olt: np.zeros(len(block.keys), dtype=np.bool_) for block in blocks}
    return np.concatenate([works.get(block.olt, none[block.olt]) for block in blocks])


def _numbered(first: Rows, second: Rows, bits: int) -> tuple[Nodes, list[tuple[int, int]]]:
    """Numbers of the pairs that there are, and the pairs; the second number is below 2 to the ``bits``."""
    found, number = np.unique(first.astype(np.int64) << bits | second, return_inverse=True)
    return number.astype(np.int32), [(int(one) >> bits, int(one) & ((1 << bits) - 1)) for one in found]


def _board(key: int) -> str:
    name = unpack(key)
    return f"{name.rack}-{name.shelf}-{name.slot}"


def _named(
    local: Nodes, olt: Nodes, blocks: Sequence[Block], ancestor: Ancestor, *, across: bool
) -> tuple[list[str], Nodes]:
    """Numbers of each OLT's records as numbers of the fleet: one a name and OLT, or one a name ``across`` OLTs."""
    told: dict[tuple[int, str], int] = {}
    tables = [
        [told.setdefault((NOWHERE if across else place, name), len(told)) for name in block.records.names[ancestor]]
        for place, block in enumerate(blocks)
    ]
    numbers = np.full(len(local), NOWHERE, dtype=np.int32)
    for place, table in enumerate(tables):
        mine = (olt == place) & (local != NOWHERE)
        numbers[mine] = np.array(table or [NOWHERE], dtype=np.int32)[local[mine]]
    return [name for _, name in told], numbers


def _within(pon: Nodes, numbers: Nodes, told: Sequence[str]) -> tuple[Nodes, list[str]]:
    """One node a port for what hangs from several: the tree stays a tree, and the name is the same."""
    placed = numbers != NOWHERE
    number, found = _numbered(pon[placed].astype(np.int64), numbers[placed].astype(np.int64), 32)
    nodes = np.full(len(numbers), NOWHERE, dtype=np.int32)
    nodes[placed] = number
    return nodes, [told[name] for _, name in found] or [""]
