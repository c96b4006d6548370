"""From the variables of a column, as they came, to arrays: a whole column in some forty numpy operations.

Input is one buffer of variables without holes and where each begins. Nothing is believed twice: tag, length and range
of each value, name of each row, order of the rows. A value that does not fit spoils itself; a name that does not, or
rows that do not grow, cut the column there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collectors.snmp.column_types import ColumnKind, Index, Numbers
from collectors.snmp.values import Kind, Oid
from domain.reading import Reason

_Bytes = NDArray[np.uint8]
_Places = NDArray[np.int64]
_PAD = bytes(16)  # blocks are gathered whole: the last one may reach beyond the last variable
_ARC_OCTETS = 5  # 32 bits, 7 an octet
_INDEXES_KEPT = 128  # distinct row lists remembered

_LOWEST = np.ones(256, np.int64)  # lowest > highest: not a number
_HIGHEST = np.zeros(256, np.int64)
for _tag, _low, _high in (
    (Kind.INTEGER, -(1 << 31), (1 << 31) - 1),
    (Kind.COUNTER32, 0, (1 << 32) - 1),
    (Kind.GAUGE32, 0, (1 << 32) - 1),
    (Kind.TIME_TICKS, 0, (1 << 32) - 1),
    (Kind.COUNTER64, 0, (1 << 63) - 1),
):
    _LOWEST[_tag], _HIGHEST[_tag] = _low, _high
_INTEGER = bytes((Kind.INTEGER,))
_OCTETS = np.zeros(256, np.bool_)
_OCTETS[[Kind.OCTETS, Kind.IP_ADDRESS, Kind.OPAQUE]] = True


@dataclass(slots=True)
class IndexCache:
    """Row lists seen before, by their octets: a poll that finds the same rows decodes no name."""

    _known: OrderedDict[tuple[int, bytes], Index] = field(default_factory=OrderedDict)

    def get(self, arity: int, names: bytes) -> Index | None:
        """The rows of these octets."""
        found = self._known.get((arity, names))
        if found is not None:
            self._known.move_to_end((arity, names))
        return found

    def put(self, arity: int, names: bytes, index: Index) -> None:
        """Remember rows, in the place of those not seen for the longest time."""
        index.setflags(write=False)
        self._known[(arity, names)] = index
        if len(self._known) > _INDEXES_KEPT:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Rows of one buffer.

    Attributes:
        cut: Place of the first variable that could not be believed; ``None``: all were read.
    """

    index: Index
    values: Numbers | list[bytes]
    spoilt: Mapping[Oid, Reason]
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where names and values lie: one element a variable."""

    suffixes: _Places
    name_ends: _Places
    tags: _Bytes
    value_starts: _Places
    ends: _Places

    def head(self, count: int) -> _Layout:
        parts = (self.suffixes, self.name_ends, self.tags, self.value_starts, self.ends)
        return _Layout(*(part[:count] for part in parts))  # type: ignore[arg-type]  # a part of each field, in order


def decode_column(
    buffer: bytes, starts: _Places, prefix: bytes, kind: ColumnKind, arity: int | None, cache: IndexCache
) -> Decoded:
    """Decode variables whose names all begin with ``prefix`` (content octets of the column's identifier)."""
    data = np.frombuffer(buffer + _PAD, np.uint8)
    layout, cut = _layout(data, starts, len(buffer), prefix)
    index, keep, order_cut = _index(data, layout, arity, cache)
    if order_cut is not None:
        layout, cut = layout.head(order_cut), order_cut
    values, good, spoilt_by = _numbers(data, layout) if kind is not ColumnKind.OCTETS else _texts(buffer, data, layout)
    if isinstance(values, np.ndarray):
        values, good, spoilt_by = _as_kind(values, layout, kind, good, spoilt_by)
    if keep is None and good is None:
        return Decoded(index, values, {}, cut)
    return _without_spoilt(data, layout, index, values, (keep, good, spoilt_by), cut)


def _block(data: _Bytes, places: _Places, width: int) -> NDArray[np.void]:
    """The ``width`` octets at each place, gathered as one item a place."""
    items = np.ndarray((len(data) - width + 1,), np.dtype((np.void, width)), data.data, strides=(1,))
    return items[places]


def _layout(data: _Bytes, starts: _Places, size: int, prefix: bytes) -> tuple[_Layout, int | None]:
    ends = np.append(starts[1:], size)[: len(starts)]
    lengths = data[starts + 1].astype(np.int64)
    names = starts + 2
    long = lengths >= 0x80
    if long.any():
        names += np.where(long, lengths & 0x7F, 0)
    suffixes = names + 2 + len(prefix)
    name_sizes = data[names + 1].astype(np.int64)
    name_ends = names + 2 + name_sizes
    good = (data[names] == 0x06) & (name_sizes < 0x80) & (name_ends > suffixes) & (name_ends + 2 <= ends)
    if len(starts) and _block(data, names + 2, len(prefix)).tobytes() != prefix * len(starts):
        octets = np.frombuffer(_block(data, names + 2, len(prefix)).tobytes(), np.uint8).reshape(-1, len(prefix))
        good &= (octets == np.frombuffer(prefix, np.uint8)).all(axis=1)
    name_ends = np.minimum(name_ends, size)
    sizes = data[name_ends + 1].astype(np.int64)
    value_starts = name_ends + 2
    long = sizes >= 0x80
    if long.any():
        value_starts, sizes = _long_values(data, name_ends, value_starts, sizes)
    good &= value_starts + sizes == ends
    layout = _Layout(suffixes, name_ends, data[name_ends], value_starts, ends)
    if good.all():
        return layout, None
    first = int(np.argmin(good))
    return layout.head(first), first


def _long_values(data: _Bytes, at: _Places, starts: _Places, sizes: _Places) -> tuple[_Places, _Places]:
    """Values of 128 octets and more, or whose length takes more octets than it needs."""
    starts, sizes = starts.copy(), sizes.copy()
    for row in np.flatnonzero(sizes >= 0x80).tolist():
        count = int(sizes[row]) & 0x7F
        octets = data[at[row] + 2 : at[row] + 2 + count].tobytes()
        sizes[row] = int.from_bytes(octets, "big") if 1 <= count <= 4 else -1
        starts[row] += count
    return starts, sizes


def _names(data: _Bytes, layout: _Layout) -> tuple[bytes, _Places]:
    """The index octets of all rows, one after the other, and how many each has."""
    sizes = layout.name_ends - layout.suffixes
    if not len(sizes):
        return b"", sizes
    width = int(sizes[0])
    if bool((sizes == width).all()):
        return _block(data, layout.suffixes, width).tobytes(), sizes
    before = np.cumsum(sizes) - sizes
    flat = np.repeat(layout.suffixes - before, sizes) + np.arange(int(sizes.sum()))
    return data[flat].tobytes(), sizes


def _index(
    data: _Bytes, layout: _Layout, arity: int | None, cache: IndexCache
) -> tuple[Index, NDArray[np.bool_] | None, int | None]:
    """The rows' index; which rows have the arity asked (``None``: all); where the order or a name breaks."""
    names, sizes = _names(data, layout)
    if arity is None:
        arity = max(1, sum(octet < 0x80 for octet in names[: int(sizes[0])])) if len(sizes) else 1
    known = cache.get(arity, names)
    if known is not None:
        return known, None, None
    octets = np.frombuffer(names, np.uint8)
    row_ends = np.cumsum(sizes)
    last = octets < 0x80
    ends = np.flatnonzero(last)
    arcs, sound = _arcs(octets, ends)
    rows = np.searchsorted(row_ends, ends, side="right")
    broken = ~last[row_ends - 1]
    broken[rows[~sound]] = True
    cut = int(np.argmax(broken)) if broken.any() else None
    stop = len(sizes) if cut is None else cut
    fits = np.bincount(rows, minlength=len(sizes))[:stop] == arity
    whole = bool(fits.all())
    if not whole:
        stop = _first_backwards(names, row_ends[:stop].tolist())
        cut = cut if stop == len(fits) else stop
        fits = fits[:stop]
    mine = rows < stop if whole else np.append(fits, np.zeros(len(sizes) - stop, np.bool_))[rows]
    index: Index = arcs[mine].reshape(-1, arity)
    backwards = _backwards(index) if whole else None
    if backwards is not None:
        cut, index = backwards, index[:backwards]
    if whole and cut is None:
        cache.put(arity, names, index)
    return index, None if whole else fits, cut


def _arcs(octets: _Bytes, ends: _Places) -> tuple[_Places, NDArray[np.bool_]]:
    """The sub-identifier that ends at each of ``ends``, and whether it is of 32 bits without padding."""
    sizes = np.diff(ends, prepend=-1)
    arcs = octets[ends].astype(np.int64)
    most = int(sizes.max()) if len(sizes) else 1
    for back in range(1, min(most, _ARC_OCTETS)):
        part = octets[np.maximum(ends - back, 0)].astype(np.int64) & 0x7F
        arcs |= np.where(sizes > back, part << (7 * back), 0)
    firsts = octets[ends - sizes + 1]
    return arcs, (sizes <= _ARC_OCTETS) & (arcs <= 0xFFFFFFFF) & (firsts != 0x80)


def _backwards(index: Index) -> int | None:
    """The first row that is not greater than the one before it (names must grow, RFC 3416 4.2.3)."""
    if len(index) < 2:
        return None
    steps = np.diff(index, axis=0)
    grows = steps[:, -1] > 0
    for column in range(index.shape[1] - 2, -1, -1):
        grows = (steps[:, column] > 0) | ((steps[:, column] == 0) & grows)
    return None if grows.all() else int(np.argmin(grows)) + 1


def _first_backwards(names: bytes, row_ends: list[int]) -> int:
    """As `_backwards`, of rows whose arity differs; their number when all grow."""
    before: Oid = ()
    start = 0
    for row, end in enumerate(row_ends):
        index = _plain_arcs(names[start:end])
        if index <= before:
            return row
        before, start = index, end
    return len(row_ends)


_Judged = tuple[Numbers | list[bytes], NDArray[np.bool_] | None, NDArray[np.bool_] | None]


def _numbers(data: _Bytes, layout: _Layout) -> _Judged:
    """Numbers as int64 (a Counter64 above as its 64 bits), rows that are well-formed, rows that are numbers at all."""
    sizes = layout.ends - layout.value_starts
    # every value is preceded by its name: the eight octets that end with it exist
    block = _block(data, np.maximum(layout.ends - 8, 0), 8)
    if _small(sizes) and layout.tags.tobytes() == _INTEGER * len(sizes):  # the usual case: every one is in range
        shift = 64 - 8 * sizes
        return (block.view(">i8").astype(np.int64) << shift) >> shift, None, None
    shift = np.clip(64 - 8 * sizes, 0, 56)
    values = (block.view(">i8").astype(np.int64) << shift) >> shift
    big = layout.tags == Kind.COUNTER64
    proper = (sizes >= 1) & (sizes <= 8)
    good = proper & (values >= _LOWEST[layout.tags]) & (values <= _HIGHEST[layout.tags])
    if big.any():  # nine octets: 2**63 and more, behind an octet of zero
        nine = big & (sizes == 9) & (data[np.minimum(layout.value_starts, len(data) - 1)] == 0)
        good |= nine
    return values, None if good.all() else good, None


def _small(sizes: _Places) -> bool:
    """Whether every value has one to four octets."""
    return len(sizes) > 0 and int(sizes.min()) >= 1 and int(sizes.max()) <= 4


def _as_kind(
    values: NDArray[np.int64] | NDArray[np.uint64],
    layout: _Layout,
    kind: ColumnKind,
    good: NDArray[np.bool_] | None,
    out_of_range: NDArray[np.bool_] | None,
) -> _Judged:
    """The numbers in the type asked; those that it cannot hold are out of range."""
    if kind is ColumnKind.UNSIGNED:
        beyond = (values < 0) & (layout.tags == Kind.INTEGER)
        values = values.view(np.uint64)
    else:
        beyond = (layout.ends - layout.value_starts == 9) & (values < 0)
    if beyond.any():
        fine = good if good is not None else np.ones(len(values), np.bool_)
        out_of_range = beyond & fine
        good = fine & ~beyond
    return values, good, out_of_range


def _texts(buffer: bytes, data: _Bytes, layout: _Layout) -> _Judged:
    """Octet strings, and which rows are that."""
    good = _OCTETS[layout.tags]
    addresses = layout.tags == Kind.IP_ADDRESS
    if addresses.any():
        good = good & ~(addresses & (layout.ends - layout.value_starts != 4))
    sizes = layout.ends - layout.value_starts
    width = int(sizes[0]) if len(sizes) else 0
    if 0 < width < len(_PAD) and bool((sizes == width).all()):  # serial numbers, firmwares: all at once
        values: list[bytes] = _block(data, layout.value_starts, width).tolist()
    else:
        pairs = zip(layout.value_starts.tolist(), layout.ends.tolist(), strict=True)
        values = [buffer[start:end] for start, end in pairs]
    return values, None if good.all() else good, None


def _without_spoilt(
    data: _Bytes,
    layout: _Layout,
    index: Index,
    values: Numbers | list[bytes],
    judged: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None, NDArray[np.bool_] | None],
    cut: int | None,
) -> Decoded:
    """Take the rows out that have another arity or a value that is not of the kind, and say why for each."""
    everything = np.ones(len(layout.ends), np.bool_)
    keep, sound = (everything if mask is None else mask for mask in judged[:2])
    beyond = judged[2]
    spoilt: dict[Oid, Reason] = {}
    for row in np.flatnonzero(~(keep & sound)).tolist():
        octets = data[layout.suffixes[row] : layout.name_ends[row]].tobytes()
        reason = Reason.OUT_OF_RANGE if beyond is not None and beyond[row] else Reason.MALFORMED
        spoilt[_plain_arcs(octets)] = _absence(int(layout.tags[row])) or reason
    chosen = keep & sound
    return Decoded(
        index[sound[keep]],
        values[chosen] if isinstance(values, np.ndarray) else [values[row] for row in np.flatnonzero(chosen).tolist()],
        spoilt,
        cut,
    )


def _absence(tag: int) -> Reason | None:
    return Reason.NOT_SUPPORTED if tag in {Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE, Kind.END_OF_MIB} else None


def _plain_arcs(octets: bytes) -> Oid:
    arcs, value = [], 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(value)
            value = 0
    return tuple(arcs)
