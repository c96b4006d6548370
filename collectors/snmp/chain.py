"""One chain: a column, or a range of its index, read by one request after the other. Pure: octets in, octets out."""

from __future__ import annotations

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
_MOST_ARC = b"\x8f\xff\xff\xff\x7f"  # 4294967295


@dataclass(slots=True)
class Chain:
    """Where one chain is, and what came.

    Attributes:
        prefix: Content octets of the column's identifier.
        suffix: Octets of the last index known; the next request asks for what follows it.
        bodies: Variables as they came, only those of this column and scope.
        starts: Where each variable begins, all bodies put end to end.
        repetitions: Rows that the next request asks for.
        done: Nothing is to be asked any more; complete when ``reason`` is ``None``.
    """

    column: int
    request: ColumnRequest
    scope: Scope
    prefix: bytes = field(init=False)
    suffix: bytes = field(init=False)
    bodies: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    octets: int = 0
    repetitions: int = field(init=False)
    done: bool = False
    reason: Reason | None = None
    _at: Oid = ()

    def __post_init__(self) -> None:
        self.prefix = bulk_wire.encode_name(self.request.oid)
        self.suffix = b""
        self.repetitions = self.request.max_repetitions
        if self.scope.first > 0:
            before = self.scope.first - 1
            self.suffix, self._at = bulk_wire.encode_arcs((before,)), (before,)
            if self.request.index_arity != 1:  # what lies below the number before is not wanted either
                self.suffix += _MOST_ARC
                self._at = (before, 0xFFFFFFFF)
        # A range of a few numbers ends after a few rows: asking for the cap would bring the next range twice.
        if self.request.index_arity == 1:
            self.repetitions = min(self.repetitions, self.scope.last - self.scope.first + 2)

    def pdu(self, request_id: int) -> bytes:
        """The next request."""
        return bulk_wire.bulk_pdu(request_id, self.prefix + self.suffix, self.repetitions)

    def feed(self, status: int, body: bytes) -> int:
        """Take a reply; returns how many variables it brought. Raises `UnrecognisedError` before anything is taken."""
        if status:
            self._refused(status)
            return 0
        if not body:  # a reply to a GETBULK of one name holds one variable at least (RFC 3416 4.2.3)
            self.end(Reason.MALFORMED)
            return 0
        starts = bulk_wire.boundaries(body)
        last = starts[-1]
        name, name_end = bulk_wire.name_of(body, last)
        prefix = self.prefix
        if (
            body[name : name + len(prefix)] == prefix
            and body[name_end] != Kind.END_OF_MIB
            and name_end > name + len(prefix)
        ):
            suffix = body[name + len(prefix) : name_end]
            at = bulk_wire.decode_arcs(suffix)
            if at[0] <= self.scope.last and at > self._at:
                self._take(body, starts)
                self.suffix, self._at = suffix, at
                if at[0] == self.scope.last == at[-1] and self.request.index_arity == 1:
                    self.done = True
                return len(starts)
        self._finish(body, starts)
        return len(starts)

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
    def after(self) -> Oid | None:
        """Last index known before a gap; ``None`` when nothing came."""
        return self._at if self.starts else None

    def _refused(self, status: int) -> None:
        if status == _TOO_BIG and self.smaller():
            return
        self.end(None if status == _NO_SUCH_NAME else Reason.ERROR)

    def _take(self, body: bytes, starts: Sequence[int]) -> None:
        base = self.octets
        self.starts.extend(starts if base == 0 else [base + start for start in starts])
        self.bodies.append(body)
        self.octets = base + len(body)

    def _finish(self, body: bytes, starts: Sequence[int]) -> None:
        """The last reply: keep the rows that are still ours, and see whether the column ends or the agent strays."""
        size, at = len(self.prefix), self._at
        kept = 0
        reason: Reason | None = None
        for start in starts:
            name, end = bulk_wire.name_of(body, start)
            ours = body[name : name + size] == self.prefix
            if body[end] == Kind.END_OF_MIB:
                break
            if not ours or end == name + size:
                before = bulk_wire.decode_arcs(body[name:end]) < (*bulk_wire.decode_arcs(self.prefix), *at)
                reason = Reason.MALFORMED if before else None
                break
            index = bulk_wire.decode_arcs(body[name + size : end])
            if index <= at:
                reason = Reason.MALFORMED
                break
            if index[0] > self.scope.last:
                break
            at = index
            kept += 1
        if kept:
            cut = starts[kept] if kept < len(starts) else len(body)
            self._take(body[:cut], starts[:kept])
            self._at = at
        self.end(reason)


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
