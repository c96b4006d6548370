"""What real agents do beside their tables: silence, delay, OIDs that do not increase."""

from __future__ import annotations

from simulators.plant.ports import PlantView
from simulators.snmp.ber import BerError, Oid, encode_oid
from simulators.snmp.message import GETBULK, Request, decode_request
from simulators.snmp.mib import View, Walk


class Looping:
    """A view where the last instance of one column is followed by its first again (RFC 3416 forbids it)."""

    def __init__(self, view: View, column: Oid) -> None:
        self._view = view
        self._column = column
        self._wire = encode_oid(column)

    def get(self, oid: Oid) -> bytes:
        """See `View.get`."""
        return self._view.get(oid)

    def after(self, oid: Oid, name: bytes) -> Walk:
        """See `View.after`."""
        inside = oid[: len(self._column)] == self._column
        return _LoopingWalk(self._view, self._column, self._wire, self._view.after(oid, name), inside=inside)


class _LoopingWalk:
    """A `Walk` that goes back where it would leave the column."""

    def __init__(self, view: View, column: Oid, wire: bytes, walk: Walk, *, inside: bool) -> None:
        self._view, self._column, self._wire, self._walk = view, column, wire, walk
        self._inside = inside
        self.name, self.value = walk.name, walk.value

    def advance(self) -> bytes | None:
        """See `Walk.advance`."""
        part = self._walk.advance()
        here = part is not None and self._walk.name[2:].startswith(self._wire)  # behind tag and length
        if self._inside and not here:
            self._walk = self._view.after(self._column, b"")
            part = self._walk.advance()
        else:
            self._inside = here
        self.name, self.value = self._walk.name, self._walk.value
        return part


class Temper:
    """How an agent treats a request before it looks at its tables, from the quirks of its OLT."""

    def __init__(self, plant: PlantView) -> None:
        self._plant = plant

    def ignores(self, datagram: bytes) -> bool:
        """Whether the request hangs it: nothing is answered to it."""
        if not self._plant.state.olt.quirks.hangs_on_zero_repetitions:
            return False
        request = _decoded(datagram)
        return request is not None and request.pdu == GETBULK and request.max_repetitions == 0

    def delay_s(self, datagram: bytes) -> float:
        """What the slowest column asked for adds to the delay of the answer, in seconds."""
        slow = self._plant.state.olt.quirks.slow_columns
        if not slow:
            return 0.0
        request = _decoded(datagram)
        if request is None:
            return 0.0
        return max(
            (seconds for prefix, seconds in slow for oid in request.oids if oid[: len(prefix)] == prefix), default=0.0
        )


def _decoded(datagram: bytes) -> Request | None:
    try:
        return decode_request(datagram)
    except BerError:
        return None
