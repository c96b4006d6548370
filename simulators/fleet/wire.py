"""BER a column at a time: arrays of numbers become the octets of all the variable bindings of a column.

A `Field` is a piece of every row: a matrix of octets, each row packed to the left, and how many of them count.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.snmp.ber import INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE

Octets = NDArray[np.uint8]
_LONGEST = 127  # octets: the short form of a BER length (X.690 8.1.3.4), enough for any row here


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One piece of every row of a column.

    Attributes:
        data: Octets, a line a row, packed to the left.
        sizes: Octets that count in each row; ``None`` when all of them do.
    """

    data: Octets
    sizes: NDArray[np.int64] | None = None

    def tagged(self, tag: int) -> Field:
        """The same as type, length and value."""
        rows, width = self.data.shape
        out = np.empty((rows, width + 2), np.uint8)
        out[:, 0] = tag
        out[:, 1] = width if self.sizes is None else self.sizes
        out[:, 2:] = self.data
        return Field(out, None if self.sizes is None else self.sizes + 2)

    def take(self, rows: NDArray[np.intp]) -> Field:
        """Chosen rows, in the order given."""
        return Field(self.data[rows], None if self.sizes is None else self.sizes[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """Whole variable bindings one after the other.

    Attributes:
        data: Their octets.
        stride: Octets of each when all have as many, else 0.
        offsets: Where each begins, and the end; empty when ``stride`` is given.
    """

    data: bytes
    stride: int
    offsets: array[int]

    def start(self, row: int) -> int:
        """Where a row begins; the number of rows gives the end."""
        return row * self.stride if self.stride else self.offsets[row]

    @property
    def octets(self) -> int:
        """Memory it takes."""
        return len(self.data) + len(self.offsets) * self.offsets.itemsize


def _packed_left(right: Octets, sizes: NDArray[np.int64]) -> Field:
    """From octets packed to the right to a `Field`."""
    width = right.shape[1]
    shortest, longest = int(sizes.min()), int(sizes.max())
    if shortest == longest:
        return Field(np.ascontiguousarray(right[:, width - longest :]))
    out = np.zeros((len(right), longest), np.uint8)
    for size in range(shortest, longest + 1):
        rows = np.flatnonzero(sizes == size)
        if len(rows):
            out[rows, :size] = right[rows, width - size :]
    return Field(out, sizes)


def arcs(values: NDArray[np.int64]) -> Field:
    """Arcs of an OID, one a row: 7 bits an octet, the last without the high bit (X.690 8.19.2)."""
    width = max(1, -(-int(values.max(initial=0)).bit_length() // 7))
    shifts = np.arange(7 * (width - 1), -1, -7)
    right = (values[:, None] >> shifts & 0x7F).astype(np.uint8)
    right[:, :-1] |= 0x80
    sizes = np.ones(len(values), np.int64)
    for group in range(1, width):
        sizes += values >= 1 << 7 * group
    return _packed_left(right, sizes)


def joined(parts: list[Field]) -> Field:
    """Fields one after the other in each row."""
    if len(parts) == 1:
        return parts[0]
    if all(part.sizes is None for part in parts):
        return Field(np.concatenate([part.data for part in parts], axis=1))
    rows = len(parts[0].data)
    sizes = np.zeros(rows, np.int64)
    out = np.zeros((rows, sum(part.data.shape[1] for part in parts)), np.uint8)
    line = np.arange(rows)
    for part in parts:
        for octet in range(part.data.shape[1]):
            keep = slice(None) if part.sizes is None else part.sizes > octet
            out[line[keep], sizes[keep] + octet] = part.data[keep, octet]
        sizes = sizes + (part.data.shape[1] if part.sizes is None else part.sizes)
    return Field(out[:, : int(sizes.max(initial=0))], sizes)


def _numbers(tag: int, values: NDArray[np.int64]) -> Field:
    """Two's complement in the fewest octets (X.690 8.3.2)."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    width = max(high.bit_length(), (~low).bit_length() if low < 0 else 0) // 8 + 1
    if width == 1:
        return Field(values.astype(np.uint8)[:, None]).tagged(tag)
    shifts = np.arange(8 * (width - 1), -1, -8)
    right = (values[:, None] >> shifts & 0xFF).astype(np.uint8)
    magnitude = np.where(values < 0, ~values, values)
    sizes = np.ones(len(values), np.int64)
    for group in range(1, width):
        sizes += magnitude >= 1 << (8 * group - 1)
    return _packed_left(right, sizes).tagged(tag)


def integers(values: NDArray[np.generic]) -> Field:
    """INTEGER values."""
    return _numbers(INTEGER, values.astype(np.int64))


def unsigned(tag: int, values: NDArray[np.generic]) -> Field:
    """Counter32, Gauge32 or TimeTicks, and Counter64 below 2^63."""
    return _numbers(tag, values.astype(np.int64))


def octet_strings(data: Octets) -> Field:
    """OCTET STRINGs of one length."""
    return Field(data).tagged(OCTET_STRING)


def texts(table: list[bytes], choice: NDArray[np.generic]) -> Field:
    """OCTET STRINGs chosen by number in a short table."""
    sizes = np.array([len(text) for text in table], np.int64)
    width = int(sizes.max(initial=0))
    matrix = np.zeros((len(table), width), np.uint8)
    for line, text in enumerate(table):
        matrix[line, : len(text)] = np.frombuffer(text, np.uint8)
    rows = choice.astype(np.intp)
    same = bool((sizes == width).all())
    return Field(matrix[rows], None if same else sizes[rows]).tagged(OCTET_STRING)


def column(prefix: bytes, suffixes: Field, values: Field) -> Blob:
    """All the variable bindings of a column: OID ``prefix`` and each row's suffix, and its value (a whole TLV)."""
    rows, named = suffixes.data.shape
    valued, depth = values.data.shape[1], len(prefix)
    name_sizes = depth + (named if suffixes.sizes is None else suffixes.sizes)
    sizes = 2 + name_sizes + (valued if values.sizes is None else values.sizes)
    if np.max(sizes, initial=0) > _LONGEST:
        raise ValueError("a variable binding beyond the short form of a length")
    name_at, value_at = 4 + depth, 4 + depth + named
    out = np.empty((rows, value_at + valued), np.uint8)
    out[:, 0], out[:, 1], out[:, 2], out[:, 3] = SEQUENCE, sizes, OBJECT_ID, name_sizes
    out[:, 4:name_at] = np.frombuffer(prefix, np.uint8)
    out[:, name_at:value_at] = suffixes.data
    out[:, value_at:] = values.data
    if suffixes.sizes is None and values.sizes is None:
        return Blob(out.tobytes(), out.shape[1], array("I"))
    keep = np.ones(out.shape, np.bool_)
    if suffixes.sizes is not None:
        keep[:, name_at:value_at] = np.arange(named) < suffixes.sizes[:, None]
    if values.sizes is not None:
        keep[:, value_at:] = np.arange(valued) < values.sizes[:, None]
    ends = np.zeros(rows + 1, np.uint32)
    np.cumsum(np.broadcast_to(sizes + 2, rows), out=ends[1:])
    return Blob(out[keep].tobytes(), 0, array("I", ends.tobytes()))
