"""Batches as InfluxDB line protocol, written from whole columns: text pieces are made once and joined.

One line an ONT and a cycle: ``ont,olt=…,ont=…,operator_id=…,pon=… <metric>=<value>,<metric>.reason=<code>i <µs>``.
A cell is either the field of its value or that of its reason. Rows with a value in each column (or one reason for a
whole column) are made at once, as wide as each other (`influx_texts`); the others one by one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import add
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from domain.identifiers import PonName
from domain.telemetry import Batch, Codes, Keys, Values, unpack
from storage.telemetry.columns import micros, whole_columns
from storage.telemetry.influx_texts import FieldTexts, Texts, constant, rows

MEASUREMENT = "ont"
REASON = ".reason"
LINES = 5000
"""Lines a request: InfluxDB's own advice for batches (docs, « Optimize writes »)."""
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


class LineWriter:
    """Makes text of batches; remembers the pieces that come back at each cycle."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, bool], FieldTexts] = {}
        self._beginnings: dict[tuple[str, str], tuple[Keys, list[bytes]]] = {}

    def lines(self, batches: Sequence[Batch]) -> list[bytes]:
        """One line an ONT and a batch, each with its line feed; batches side by side are made at once."""
        found: list[bytes] = []
        for _, group in groupby(
            (one for one in batches if one.values and len(one.keys)), lambda one: one.values.keys()
        ):
            found += self._group(list(group))
        return found

    def _group(self, batches: Sequence[Batch]) -> list[bytes]:
        """Lines of batches of the same metrics."""
        columns = whole_columns(batches)
        fields = [self._field(place, key) for place, key in enumerate(columns)]
        begun = list(chain.from_iterable(map(self._begun, batches)))
        instants = [f" {micros(one.at)}\n".encode() for one in batches]
        ends = np.repeat(np.array(instants), [len(one.keys) for one in batches])
        odd = np.full(len(begun), len(set(map(len, instants))) > 1)
        texts = [_column(field, *cells, odd) for field, cells in zip(fields, columns.values(), strict=True)]
        whole = [text for text in texts if text is not None]
        if len(whole) < len(texts) or odd.all():
            odd[:] = True
            found = [b""] * len(begun)
        else:
            found = rows([*whole, ends])
        places = np.flatnonzero(odd)
        for place, text in zip(places.tolist(), _one_by_one(fields, columns, places), strict=True):
            found[place] = text + bytes(ends[place])
        return list(map(add, begun, found))

    def _field(self, place: int, key: str) -> FieldTexts:
        known = self._texts.get((key, place > 0))
        if known is None:
            name = ("," if place else "") + escaped(key)
            known = self._texts[key, place > 0] = FieldTexts(name, f"{name}{REASON}")
        return known

    def _begun(self, batch: Batch) -> list[bytes]:
        place = (batch.operator_id, batch.olt)
        known = self._beginnings.get(place)
        if known is None or not np.array_equal(known[0], batch.keys):
            if len(self._beginnings) >= _LAYOUTS:
                self._beginnings.clear()
            known = (batch.keys.copy(), _beginnings(batch.operator_id, batch.olt, batch.keys))
            self._beginnings[place] = known
        return known[1]


def _column(field: FieldTexts, values: Values, codes: Codes, odd: NDArray[np.bool_]) -> Texts | None:
    """A column of one width; rows that have another width become odd. ``None`` when there is no such width."""
    if codes.any():
        if (codes == codes[0]).all():
            return constant(field.why(codes[0]), len(codes))
        odd |= codes != 0
        known = values[codes == 0]
        values = np.where(codes != 0, known[0] if len(known) else 0.0, values)
    return field.of(values)


def _one_by_one(
    fields: Sequence[FieldTexts], columns: Mapping[str, tuple[Values, Codes]], places: NDArray[np.intp]
) -> Iterator[bytes]:
    """The fields of some rows."""
    texts = [
        [field.why(code) if code else field.one(value) for value, code in zip(*cells, strict=True)]
        for field, cells in zip(
            fields,
            ((values[places].tolist(), codes[places].tolist()) for values, codes in columns.values()),
            strict=True,
        )
    ]
    return ("".join(row).encode() for row in zip(*texts, strict=True))


def _beginnings(operator_id: str, olt: str, keys: Keys) -> list[bytes]:
    """Tags in the order of their names, as InfluxDB advises."""
    found = []
    for key in keys.tolist():
        name = unpack(key)
        pon = PonName(name.rack, name.shelf, name.slot, name.pon)
        text = f"{MEASUREMENT},olt={escaped(olt)},ont={name},operator_id={escaped(operator_id)},pon={pon} "
        found.append(text.encode())
    return found


def requests(writer: LineWriter, batches: Sequence[Batch]) -> Iterator[tuple[bytes, int]]:
    """Gzipped bodies of requests with their numbers of lines: small batches together, big ones cut."""
    waiting: list[Batch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch.keys)
        if count >= LINES:
            yield from _cut(writer.lines(waiting))
            waiting, count = [], 0
    yield from _cut(writer.lines(waiting))


def _cut(lines: list[bytes]) -> Iterator[tuple[bytes, int]]:
    for start in range(0, len(lines), LINES):
        part = lines[start : start + LINES]
        yield gzipped(b"".join(part)), len(part)


def gzipped(text: bytes) -> bytes:
    """Text as a gzip member. Level 1: five times smaller wire for a third of the CPU of level 6."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()
