"""Batches as InfluxDB line protocol, written from whole columns: text pieces are made once and joined.

One line an ONT and a cycle: ``ont,olt=…,ont=…,operator_id=…,pon=… <metric>=<value>,<metric>.reason=<code>i <µs>``.
A cell is either the field of its value or that of its reason. Numbers repeat (equipments give hundredths of a dBm), so
the text of each is kept: looking it up costs a quarter of formatting it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from urllib.parse import unquote

import numpy as np

from domain.identifiers import PonName
from domain.telemetry import Batch, Keys, unpack
from storage.telemetry.columns import Cycle, cycle_of

MEASUREMENT = "ont"
REASON = ".reason"
LINES = 5000
"""Lines a request: InfluxDB's own advice for batches (docs, « Optimize writes »)."""
_REMEMBERED = 200_000
"""Texts of numbers kept a column, about 20 MB (C): then they are forgotten at once."""
_LAYOUTS = 50_000
"""Lists of line beginnings kept: one an OLT (C)."""

_ESCAPED = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_KEPT = str.maketrans({"%": "%25", "\\": "%5C", "\n": "%0A", "\r": "%0D"})


def kept(text: str) -> str:
    r"""A tag's value as servers keep it: line protocol has no way to write a value that ends with ``\``."""
    return text.translate(_KEPT)


def read(text: str) -> str:
    """The value of `kept`."""
    return unquote(text)


def escaped(text: str) -> str:
    """A tag's value, or a field's key, in a line (line protocol, « special characters »)."""
    return kept(text).translate(_ESCAPED)


class _Texts(dict[float, str]):
    """Text of a field by its value."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, value: float) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        text = self[value] = f"{self._name}={value!r}"
        return text


class LineWriter:
    """Makes text of batches; remembers the pieces that come back at each cycle."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, bool], _Texts] = {}
        self._beginnings: dict[tuple[str, str], tuple[Keys, list[str]]] = {}

    def lines(self, batch: Batch) -> list[str]:
        """One line an ONT, each with its line feed."""
        return ["".join(row) for row in zip(*self._pieces(batch), strict=True)]

    def text(self, batch: Batch) -> str:
        """All lines of a batch, made in one joining."""
        return "".join(chain.from_iterable(zip(*self._pieces(batch), strict=True)))

    def _pieces(self, batch: Batch) -> list[list[str]]:
        """Beginnings, fields and ends of the lines; nothing for a batch without ONT or metric."""
        if not batch.values or not len(batch.keys):
            return []
        cycle = cycle_of(batch)
        fields = [self._column(cycle, place, key) for place, key in enumerate(cycle.columns)]
        return [self._begun(cycle), *fields, [f" {cycle.at}\n"] * len(cycle.keys)]

    def _column(self, cycle: Cycle, place: int, key: str) -> list[str]:
        name = ("," if place else "") + escaped(key)
        values, codes = cycle.columns[key]
        texts = self._texts.setdefault((key, place > 0), _Texts(name))
        marked = codes.any()
        found = list(map(texts.__getitem__, (np.where(codes != 0, 0.0, values) if marked else values).tolist()))
        if marked:
            for row in np.flatnonzero(codes).tolist():
                found[row] = f"{name}{REASON}={codes[row]}i"
        return found

    def _begun(self, cycle: Cycle) -> list[str]:
        place = (cycle.operator_id, cycle.olt)
        known = self._beginnings.get(place)
        if known is None or not np.array_equal(known[0], cycle.keys):
            if len(self._beginnings) >= _LAYOUTS:
                self._beginnings.clear()
            known = (cycle.keys.copy(), _beginnings(cycle.operator_id, cycle.olt, cycle.keys))
            self._beginnings[place] = known
        return known[1]


def _beginnings(operator_id: str, olt: str, keys: Keys) -> list[str]:
    """Tags in the order of their names, as InfluxDB advises."""
    found = []
    for key in keys.tolist():
        name = unpack(key)
        pon = PonName(name.rack, name.shelf, name.slot, name.pon)
        found.append(f"{MEASUREMENT},olt={escaped(olt)},ont={name},operator_id={escaped(operator_id)},pon={pon} ")
    return found


def requests(writer: LineWriter, batches: Sequence[Batch]) -> Iterator[tuple[bytes, int]]:
    """Gzipped bodies of requests with their numbers of lines: small batches together, big ones cut."""
    waiting: list[str] = []
    count = 0
    for batch in batches:
        if len(batch.keys) > LINES:
            yield from _cut(writer.lines(batch))
            continue
        waiting.append(writer.text(batch))
        count += len(batch.keys) if waiting[-1] else 0
        if count >= LINES:
            yield gzipped(waiting), count
            waiting, count = [], 0
    if count:
        yield gzipped(waiting), count


def _cut(lines: list[str]) -> Iterator[tuple[bytes, int]]:
    for start in range(0, len(lines), LINES):
        part = lines[start : start + LINES]
        yield gzipped(part), len(part)


def gzipped(texts: Iterable[str]) -> bytes:
    """Text as a gzip member. Level 1: five times smaller wire for a third of the CPU of level 6."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress("".join(texts).encode()) + packer.flush()
