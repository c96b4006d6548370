"""A walk as lines of JSON, a column a line: what an OLT said of thousands of ONTs in one column lies together.

Row by row a walk of 2,048 ONTs is 12 MB, one source and one instant written some 2,000 times: eight times the work. It
is written and read in the event loop, a slice at a time: a thread that computes would keep the interpreter from the
loop at each of its short reads (ADR-0043).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from domain import codec
from domain.identifiers import OntName, PonName
from domain.metric import Metric, Readings, metric
from domain.olt import OltWalk, OntRow, PonRow
from domain.pacing import paced
from domain.reading import Quality, Reading, Reason, Source

How = tuple[Reason | None, datetime | None, Source, Quality, str | None]
"""What a reading has besides its value: reason, instant, source, quality, what was refused."""
Bag = dict[Metric[Any], Reading[Any]]

_KINDS: Mapping[str, tuple[type[Any], Callable[[str], Any]]] = {
    "pon_ports": (PonRow, PonName.parse),
    "onts": (OntRow, OntName.parse),
}
_HOWS = TypeAdapter(list[How])
_ROWS = 64
"""C: rows of one step of writing; some 1 ms at 35 columns."""
_CELLS = 1024
"""C: readings of one step of reading; some 1 ms."""


@dataclass(slots=True)
class _Column:
    """One metric of the rows.

    Attributes:
        of: Numbers of the rows that have it.
        values: The value of each; ``None``: it has a reason instead.
        how: Number in ``hows`` of what else each has.
        met: The same by the identity of its parts, which rows share: to compare those costs more than to write them.
    """

    of: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    how: list[int] = field(default_factory=list)
    hows: dict[How, int] = field(default_factory=dict)
    met: dict[tuple[int, int, Reason | None, Quality, str | None], int] = field(default_factory=dict)


async def text_of(walk: OltWalk) -> str:
    """A walk as text: first all but its rows, then for each kind of rows their names and their columns."""
    return "".join([piece async for piece in paced(_pieces(walk))])


async def walk_of(text: str) -> OltWalk:
    """The walk of `text_of`, or of `codec.dump`, its only line: what was kept before columns were."""
    first, *lines = text.split("\n")
    walk = codec.load(OltWalk, first)
    names: dict[str, list[str]] = {}
    bags: dict[str, list[Bag]] = {}
    async for line in paced(lines):
        kind, key, data = json.loads(line)
        if key is None:
            names[kind], bags[kind] = data, [{} for _ in data]
        else:
            async for _ in paced(_spread(metric(key), data, bags[kind])):
                pass
    rows: dict[str, Any] = {}
    for kind, ordered in names.items():
        row, name_of = _KINDS[kind]
        found = paced(zip(ordered, bags[kind], strict=True))
        rows[kind] = tuple([row(name_of(name), Readings(bag)) async for name, bag in found])
    return replace(walk, **rows)


@cache
def _values(of: Metric[Any]) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[of.type | None])  # type: ignore[name-defined]  # the type is known at run time only


def _pieces(walk: OltWalk) -> Iterator[str]:
    no_rows: dict[str, Any] = dict.fromkeys(_KINDS, ())
    yield codec.dump(replace(walk, **no_rows))
    for kind in _KINDS:
        rows: Sequence[PonRow | OntRow] = getattr(walk, kind)
        yield _line(kind, None, [str(row.name) for row in rows])
        columns: dict[Metric[Any], _Column] = {}
        for first in range(0, len(rows), _ROWS):
            _take(columns, first, rows[first : first + _ROWS])
            yield ""
        for of, column in columns.items():
            yield _line(kind, of.key, _written(of, column, len(rows)))


def _line(kind: str, key: str | None, data: Any) -> str:
    return "\n" + json.dumps([kind, key, data], ensure_ascii=False, separators=(",", ":"))


def _take(columns: dict[Metric[Any], _Column], first: int, rows: Sequence[PonRow | OntRow]) -> None:
    """Put some rows into the columns; the number of the first is ``first``."""
    for number, row in enumerate(rows, first):
        for of, reading in row.readings.values.items():
            column = columns.get(of)
            if column is None:
                column = columns[of] = _Column()
            column.of.append(number)
            column.values.append(reading.value)
            same = (id(reading.source), id(reading.at), reading.reason, reading.quality, reading.raw)
            how = column.met.get(same)
            if how is None:
                whole = (reading.reason, reading.at, reading.source, reading.quality, reading.raw)
                how = column.met[same] = column.hows.setdefault(whole, len(column.hows))
            column.how.append(how)


def _written(of: Metric[Any], column: _Column, rows: int) -> dict[str, Any]:
    """A column as JSON; which rows it has, and how each came, are left out where it is all of them, all in one way."""
    written = {
        "values": _values(of).dump_python(column.values, mode="json"),
        "hows": _HOWS.dump_python(list(column.hows), mode="json"),
    }
    if len(column.of) != rows:
        written["of"] = column.of
    if len(column.hows) != 1:
        written["how"] = column.how
    return written


def _spread(of: Metric[Any], column: dict[str, Any], bags: list[Bag]) -> Iterator[None]:
    values = _values(of).validate_python(column["values"])
    hows = _HOWS.validate_python(column["hows"])
    rows = column.get("of", range(len(bags)))
    ways = column.get("how", [0] * len(values))
    for first in range(0, len(values), _CELLS):
        part = slice(first, first + _CELLS)
        for row, value, how in zip(rows[part], values[part], ways[part], strict=True):
            reason, at, source, quality, raw = hows[how]
            bags[row][of] = Reading(value, reason, at, source, quality, raw)
        yield
