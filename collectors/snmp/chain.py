"""One chain: a column, or a range of its index, read by one request after the other. Pure: octets in, octets out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.column_types import ColumnRequest
from collectors.snmp.values import Kind, Oid, VarBind
from collectors.snmp.walk import Scope
from domain.reading import Reason

_NUMBERS = frozenset({Kind.INTEGER, Kind.COUNTER32, Kind.GAUGE32, Kind.TIME_TICKS, Kind.COUNTER64})
_TOO_BIG, _NO_SUCH_NAME = 1, 2  # RFC 3416 3; noSuchName from agents that speak v1 inside
_MOST_REPETITIONS = 200
_LONG_ROW = 512  # octets: what is longer counts as several rows, so that rows bound memory
_MOST_ARC = b"\x8f\xff\xff\xff\x7f"  # 4294967295


@dataclass(slots=True, eq=False)
class Chain:
    """Where one chain is, and what came.

    Attributes:
        prefix: Content octets of the column's identifier.
        suffix: Octets of the last index known; the next request asks for what follows it.
        bodies: Variables as they came, only those of this column and scope.
        lasts: Where the last variable of each body begins: the one that was gone on from.
        repetitions: Rows that the next request asks for.
        rows: Rows that came: counted where ``expected`` says how many will, else estimated.
        expected: Rows that the chain had at last, where its end is worth aiming at.
        done: Nothing is to be asked any more; complete when ``reason`` is ``None``.
        endless: It was ended because it has more rows than any column may have.
        divided: Its range was cut: what it brings is a part.
    """

    column: int
    request: ColumnRequest
    scope: Scope
    prefix: bytes = field(init=False)
    suffix: bytes = field(init=False)
    bodies: list[bytes] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)
    repetitions: int = field(init=False)
    rows: int = 0
    expected: int | None = None
    done: bool = False
    endless: bool = False
    divided: bool = False
    reason: Reason | None = None
    _at: Oid = ()
    _most: int = field(init=False)

    def __post_init__(self) -> None:
        self.prefix = bulk_wire.encode_name(self.request.oid)
        self.suffix = b""
        self.repetitions = self._most = self.request.max_repetitions or _MOST_REPETITIONS
        if self.scope.first > 0:
            before = self.scope.first - 1
            self.suffix, self._at = bulk_wire.encode_arcs((before,)), (before,)
            if self.request.index_arity != 1:  # what lies below the number before is not wanted either
                self.suffix += _MOST_ARC
                self._at = (before, 0xFFFFFFFF)
        # A range of a few numbers ends after a few rows: asking for the cap would bring the next range twice.
        if self.request.index_arity == 1:
            self._most = self.repetitions = min(self._most, self.scope.last - self.scope.first + 2)

    def ask(self, rows: int, *, even: bool) -> None:
        """Ask for ``rows`` at most in the next request: for fewer where fewer are left, and one more that is the end.

        With ``even``, what is left is spread over requests of one size.
        """
        left = 0 if self.expected is None else self.expected + 1 - self.rows
        if left > 0:
            rows = -(-left // -(-left // rows)) if even else min(left, rows)
        self.repetitions = min(rows, self._most)

    def divide(self, first: int) -> Chain:
        """Leave the rest of the range, from ``first`` on, to another chain. What is in flight may be of either."""
        other = Chain(self.column, self.request, Scope(first, self.scope.last))
        self.scope = Scope(self.scope.first, first - 1)
        self.expected = None
        self.divided = other.divided = True
        return other

    def pdu(self, request_id: int) -> bytes:
        """The next request."""
        return bulk_wire.bulk_pdu(request_id, self.prefix + self.suffix, self.repetitions)

    def feed(self, status: int, body: bytes) -> None:
        """Take a reply. Raises `UnrecognisedError` before anything is taken."""
        if status:
            self._refused(status)
            return
        if not body:  # a reply to a GETBULK of one name holds one variable at least (RFC 3416 4.2.3)
            self.end(Reason.MALFORMED)
            return
        if self._follow(body):
            return
        starts = bulk_wire.boundaries(body)
        name, name_end = bulk_wire.name_of(body, starts[-1])
        if not self._advance(body, starts[-1], name, name_end):
            self._finish(body, starts)

    def _follow(self, body: bytes) -> bool:
        """Go on from the last variable, found from the end; all others are left to `column_locate`, many at once.

        What is found must be a whole variable that ends with ``body``; that it is one of the list, and no octets of
        a value that look like one, is proved with the rest: its place is kept in ``lasts``.
        """
        prefix = self.prefix
        name = body.rfind(prefix)
        start = name - 4
        if start < 0 or body[start] != 0x30 or body[name - 2] != 0x06:
            return False
        size, end = len(body), name + body[name - 1]
        if body[name - 3] >= 0x80 or start + 2 + body[name - 3] != size or end + 2 > size:
            return False
        if body[end + 1] >= 0x80 or end + 2 + body[end + 1] != size:
            return False
        return self._advance(body, start, name, end)

    def _advance(self, body: bytes, last: int, name: int, end: int) -> bool:
        """Take a reply whose last variable is of this column and scope, and further than all before."""
        first = name + len(self.prefix)
        if end <= first or body[name:first] != self.prefix or body[end] == Kind.END_OF_MIB:
            return False
        suffix = body[first:end]
        at = bulk_wire.decode_arcs(suffix)
        if at[0] > self.scope.last or at <= self._at:
            return False
        self.bodies.append(body)
        self.lasts.append(last)
        self.suffix, self._at = suffix, at
        self._counted(body, len(body) - last)
        if at == (self.scope.last,) and self.request.index_arity == 1:
            self.done = True
        elif self.rows >= self.request.most_rows:
            self.endless = True
            self.end(Reason.MALFORMED)
        return True

    def _counted(self, body: bytes, size: int) -> None:
        """Rows of one size are counted by it. Others are looked for where the count is needed, for that takes time."""
        given, rest = divmod(len(body), size)
        if rest and self.expected is not None:
            given = body.count(self.prefix)
        self.rows += max(given, len(body) // _LONG_ROW)

    def end(self, reason: Reason | None) -> None:
        """Nothing more is asked; what came is kept."""
        if not self.done:
            self.done, self.reason = True, reason

    def smaller(self) -> bool:
        """Ask for half as many rows from now on; whether that was possible."""
        if self.repetitions <= 1:
            return False
        self.repetitions //= 2
        return True

    @property
    def at(self) -> int:
        """First number of the last index known; -1 before any."""
        return self._at[0] if self._at else -1

    @property
    def after(self) -> Oid | None:
        """Last index known before a gap; ``None`` when nothing came."""
        return self._at if self.bodies else None

    def _refused(self, status: int) -> None:
        if status == _TOO_BIG and self.smaller():
            return
        self.end(None if status == _NO_SUCH_NAME else Reason.ERROR)

    def _finish(self, body: bytes, starts: Sequence[int]) -> None:
        """The last reply: keep the rows that are still ours, and see whether the column ends or the agent strays.

        Ours come first where names grow. That they do is proved with the rest, when the column is decoded.
        """
        count = len(starts)
        while count and body[bulk_wire.name_of(body, starts[count - 1])[1]] == Kind.END_OF_MIB:
            count -= 1
        kept = bisect_left(range(count), True, key=lambda row: self._index(body, starts[row]) is None)
        reason = Reason.MALFORMED if self._strays(body, starts[:count], kept) else None
        first = self._index(body, starts[0]) if kept else None
        if first is not None and first <= self._at:
            kept, reason = 0, Reason.MALFORMED
        if kept:
            cut = starts[kept] if kept < len(starts) else len(body)
            self.bodies.append(body[:cut])
            self.lasts.append(starts[kept - 1])
            self._at = self._index(body, starts[kept - 1]) or self._at
            self.rows += kept
        self.end(reason)

    def _index(self, body: bytes, start: int) -> Oid | None:
        """The index of a variable of this column and scope."""
        name, end = bulk_wire.name_of(body, start)
        first = name + len(self.prefix)
        if end <= first or body[name:first] != self.prefix:
            return None
        index = bulk_wire.decode_arcs(body[first:end])
        return index if index[0] <= self.scope.last else None

    def _strays(self, body: bytes, starts: Sequence[int], kept: int) -> bool:
        """Whether what follows the column lies before what is known of it, or ours are among others."""
        if kept == len(starts):
            return False
        name, end = bulk_wire.name_of(body, starts[kept])
        if bulk_wire.decode_arcs(body[name:end]) < (*bulk_wire.decode_arcs(self.prefix), *self._at):
            return True
        if body.find(self.prefix, end) < 0:
            return False
        return any(self._index(body, start) is not None for start in starts[kept:])


def chains_of(requests: Sequence[ColumnRequest]) -> list[Chain]:
    """The chains of a read: the first range of every column, then the second of each, and so on."""
    found = [
        (turn, Chain(place, asked, scope))
        for place, asked in enumerate(requests)
        for turn, scope in enumerate(asked.scopes)
    ]
    return [chain for _, chain in sorted(found, key=lambda pair: pair[0])]


def rewritten(varbinds: Sequence[VarBind]) -> bytes:
    """Variables that pyasn1 read, in the form that the column decoder knows."""
    return b"".join(
        bulk_wire.tlv(
            0x30, bulk_wire.tlv(0x06, bulk_wire.encode_name(name)) + bulk_wire.tlv(kind, _content(kind, value))
        )
        for name, kind, value in varbinds
    )


def _content(kind: Kind, value: object) -> bytes:
    if kind in _NUMBERS and isinstance(value, int):
        return value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)
    if isinstance(value, bytes):
        return value
    if isinstance(value, tuple):
        return bulk_wire.encode_name(value)
    if value is not None:
        raise UnrecognisedError
    return b""
