"""Answers of one OLT: a GETBULK of one column is cut out of its encoded form; everything else goes the long way."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from simulators.fleet.setting import obey
from simulators.fleet.tables import Encoded
from simulators.snmp.ber import (
    END_OF_MIB_VIEW,
    INTEGER,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OCTET_STRING,
    BerError,
    header,
)
from simulators.snmp.message import (
    GET,
    GETBULK,
    GETNEXT,
    TOO_BIG,
    V1,
    Request,
    decode_request,
    encode_response,
    room,
    varbind,
)
from simulators.snmp.usm_engine import V3Engine

DEFAULT_MESSAGE = 8192  # octets
MOST_REPETITIONS = 10_000
LEAST_MESSAGE, MOST_MESSAGE = 484, 65_000  # octets: RFC 3417 3.2.1, and what a UDP datagram carries
_ENVELOPE = 4 + 3 + 4 + 4 + 6 + 3 + 3 + 4  # octets around community and variable bindings, at most


@dataclass(slots=True)
class Counts:
    """What the OLTs of a fleet have seen.

    Attributes:
        requests: Datagrams received.
        malformed: That were no request of v2c, or of v3 where an OLT speaks it; dropped.
        refused: With another community; dropped.
        dropped: Unanswered on purpose: loss, an OLT that is silent or that drops what is too large.
        varbinds: Variable bindings answered.
    """

    requests: int = 0
    malformed: int = 0
    refused: int = 0
    dropped: int = 0
    varbinds: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What an OLT gives at once.

    Attributes:
        max_message: Octets of a response.
        max_repetitions: Rows that a GETBULK gives at most.
        max_asked: Names in a request beyond which it answers tooBig; ``None`` for no such limit.
        drop_above: max-repetitions beyond which it does not answer at all; ``None`` for no such limit.
        silent_at_zero: Whether it does not answer a GETBULK of max-repetitions 0 (C300 V2.1.0).
    """

    max_message: int = DEFAULT_MESSAGE
    max_repetitions: int = MOST_REPETITIONS
    max_asked: int | None = None
    drop_above: int | None = None
    silent_at_zero: bool = False


class Responder:
    """Turns a datagram into the answer of one OLT.

    Attributes:
        slow: Whether the last answer touched a column that the OLT must ask its modules or ONTs for.
    """

    __slots__ = ("_community", "_head", "_limits", "_pdu_at", "_v3", "counts", "encoded", "slow")

    def __init__(
        self, encoded: Encoded, community: bytes, limits: Limits, counts: Counts, v3: V3Engine | None = None
    ) -> None:
        self.encoded, self.counts, self._v3 = encoded, counts, v3
        self._community, self._limits = community, limits
        self._head = b"\x02\x01\x01" + bytes((OCTET_STRING, len(community))) + community
        self._pdu_at = 2 + len(self._head)
        self.slow = False

    def answer(self, data: bytes) -> bytes | None:
        """The response, or ``None`` when none is due."""
        self.counts.requests += 1
        self.slow = False
        if not self.encoded.olt.wrong.reachable:
            self.counts.dropped += 1
            return None
        try:
            if self._v3 is not None and self._v3.speaks(data):
                return self._v3.answer(data, self._plainly)
            return self._plainly(data)
        except BerError:
            self.counts.malformed += 1
            return None

    def _plainly(self, data: bytes) -> bytes | None:
        """The answer to v2c."""
        found = self._one_column(data)
        return self._long_way(data) if found is None else found or None

    def _one_column(self, data: bytes) -> bytes | None:
        """A GETBULK of one repeater in the usual short form; ``None`` for anything else, nothing when it is dropped."""
        at = self._pdu_at
        size = len(data)
        if (
            size > 127
            or size < at + 20
            or data[1] != size - 2
            or data[at] != GETBULK
            or data[at + 1] != size - at - 2
            or not data.startswith(self._head, 2)
            or data[0] != 0x30
        ):
            return None
        number_end = at + 4 + data[at + 3]  # the request-id: at+2 is its tag
        if data[at + 2] != INTEGER or number_end + 14 > size or data[number_end : number_end + 3] != b"\x02\x01\x00":
            return None
        wide = data[number_end + 4]
        list_at = number_end + 5 + wide
        if data[number_end + 3] != INTEGER or not 0 < wide < 3 or list_at + 8 > size:
            return None
        repetitions = int.from_bytes(data[number_end + 5 : list_at], "big", signed=True)
        name_size = data[list_at + 5]
        if (
            repetitions <= 0
            or data[list_at] != 0x30
            or data[list_at + 2] != 0x30
            or data[list_at + 4] != 0x06
            or list_at + 8 + name_size != size
            or data[list_at + 1] != name_size + 6
            or data[list_at + 3] != name_size + 4
            or data[size - 2] != 5
            or data[size - 1] != 0
            or not name_size
        ):
            return None
        drop_above = self._limits.drop_above
        if drop_above is not None and repetitions > drop_above:
            self.counts.dropped += 1
            return b""
        body = self._rows(data[list_at + 6 : size - 2], min(repetitions, self._limits.max_repetitions))
        return self._wrap(data[at + 2 : number_end], body)

    def _rows(self, name: bytes, wanted: int) -> bytes:
        """The rows that follow ``name``, as many as wanted and as fit."""
        encoded = self.encoded
        place, row = encoded.find(name)
        budget = self._limits.max_message - _ENVELOPE - len(self._head)
        columns = encoded.tables.columns
        parts: list[bytes] = []
        while place < len(columns):
            family = encoded.family(place)
            rows = len(family.keys)
            if row < rows:
                blob = encoded.blob(place)
                self.slow |= columns[place].slow
                stride = blob.stride
                if stride:
                    count = min(wanted, rows - row, budget // stride)
                    begin, end = row * stride, (row + count) * stride
                else:
                    offsets = blob.offsets
                    begin = offsets[row]
                    count = min(wanted, bisect_right(offsets, begin + budget, row) - 1 - row)
                    end = offsets[row + count]
                self.counts.varbinds += count
                wanted -= count
                part = blob.data[begin:end]
                if not wanted or row + count < rows:
                    return b"".join((*parts, part)) if parts else part
                parts.append(part)
                budget -= end - begin
            place, row = place + 1, 0
        last = _last_name(parts[-1]) if parts else b"\x06" + bytes((len(name),)) + name
        end_of_view = varbind(last, END_OF_MIB_VIEW)
        if len(end_of_view) <= budget:
            parts.append(end_of_view)
        return b"".join(parts)

    def _wrap(self, request_id: bytes, body: bytes) -> bytes:
        """A response without error around variable bindings; lengths of two octets, which BER allows."""
        listed = _opened(0x30, len(body))
        pdu = _opened(0xA2, len(request_id) + 6 + len(listed) + len(body))
        inside = len(self._head) + len(pdu) + len(request_id) + 6 + len(listed) + len(body)
        message = _opened(0x30, inside)
        return b"".join((message, self._head, pdu, request_id, b"\x02\x01\x00\x02\x01\x00", listed, body))

    def _long_way(self, data: bytes) -> bytes | None:
        request = decode_request(data)
        if request.version == V1:
            raise BerError("v1, which the fleet does not speak")
        if request.community != self._community:
            self.counts.refused += 1
            return None
        if self._limits.max_asked is not None and len(request.oids) > self._limits.max_asked:
            return encode_response(request, b"", TOO_BIG)
        budget = room(request, self._limits.max_message)
        if request.pdu == GETBULK:
            return self._bulk(request, budget)
        if request.pdu not in (GET, GETNEXT):
            return encode_response(request, request.varbinds, *obey(request, self.encoded))
        give = self._get if request.pdu == GET else self._next
        body = b"".join([give(name) for name in request.names])
        if len(body) > budget:
            return encode_response(request, b"", TOO_BIG)
        self.counts.varbinds += len(request.names)
        return encode_response(request, body)

    def _get(self, name: bytes) -> bytes:
        place, row = self.encoded.exact(_content(name))
        if place < 0:
            return varbind(name, NO_SUCH_OBJECT)
        if row is None:
            return varbind(name, NO_SUCH_INSTANCE)
        return self._row(place, row)

    def _row(self, place: int, row: int) -> bytes:
        self.slow |= self.encoded.tables.columns[place].slow
        blob = self.encoded.blob(place)
        return blob.data[blob.start(row) : blob.start(row + 1)]

    def _next(self, name: bytes) -> bytes:
        place, row = self.encoded.find(_content(name))
        while place < len(self.encoded.tables.columns):
            if row < len(self.encoded.family(place)):
                return self._row(place, row)
            place, row = place + 1, 0
        return varbind(name, END_OF_MIB_VIEW)

    def _bulk(self, request: Request, budget: int) -> bytes | None:
        """RFC 3416 4.2.3: single names first, then the repeaters row by row, cut where the response is full."""
        limits = self._limits
        repetitions = max(request.max_repetitions, 0)
        if (limits.drop_above is not None and repetitions > limits.drop_above) or (
            limits.silent_at_zero and not repetitions
        ):
            self.counts.dropped += 1
            return None
        alone = min(max(request.non_repeaters, 0), len(request.names))
        parts = [self._next(name) for name in request.names[:alone]]
        used = sum(map(len, parts))
        walks = list(request.names[alone:])
        for _ in range(min(repetitions, limits.max_repetitions)):
            row = [self._next(name) for name in walks]
            parts += row
            used += sum(map(len, row))
            ended = all(part.endswith(END_OF_MIB_VIEW) for part in row)
            walks = [_last_name(part) for part in row]
            if ended or used > budget:
                break
        while parts and used > budget:
            used -= len(parts.pop())
        self.counts.varbinds += len(parts)
        return encode_response(request, b"".join(parts))


def _opened(tag: int, size: int) -> bytes:
    """A type and a length, of two octets unless the short form does."""
    return bytes((tag, size)) if size < 0x80 else bytes((tag, 0x82, size >> 8, size & 0xFF))


def _content(name: bytes) -> bytes:
    """Content octets of an OID given as a TLV."""
    _, start, stop = header(name, 0, len(name))
    return name[start:stop]


def _last_name(varbinds: bytes) -> bytes:
    """The name, as a TLV, of the last of some variable bindings."""
    at, end = 0, len(varbinds)
    while True:
        _, start, stop = header(varbinds, at, end)
        if stop == end:
            _, _, after = header(varbinds, start, stop)
            return varbinds[start:after]
        at = stop
