"""What real agents do beside their tables: silence, delay, OIDs that do not increase."""

from __future__ import annotations

from simulators.plant.ports import PlantView
from simulators.snmp.ber import BerError, Oid, encode_oid
from simulators.snmp.message import GETBULK, GETNEXT, TOO_BIG, Request, decode_request, encode_response
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
        quirks = self._plant.state.olt.quirks
        if not (quirks.hangs_on_zero_repetitions or quirks.drops_above_varbinds or quirks.dies_within):
            return False
        request = _decoded(datagram)
        if request is None:
            return False
        if quirks.hangs_on_zero_repetitions and request.pdu == GETBULK and request.max_repetitions == 0:
            return True
        if quirks.drops_above_varbinds is not None and _wanted(request) > quirks.drops_above_varbinds:
            return True
        dead = quirks.dies_within
        if dead is None or request.pdu not in {GETNEXT, GETBULK}:
            return False
        return any(len(oid) > len(dead) and oid[: len(dead)] == dead for oid in request.oids)

    def refusal(self, datagram: bytes) -> bytes | None:
        """The tooBig that it answers to a request for too many variables; ``None`` for others."""
        most = self._plant.state.olt.quirks.too_big_above_varbinds
        request = _decoded(datagram) if most is not None else None
        if request is None or most is None or _wanted(request) <= most:
            return None
        return encode_response(request, b"", TOO_BIG)

    def delay_s(self, datagram: bytes) -> float:
        """What this agent adds to the delay of the answer, the slowest column asked for included, in seconds."""
        quirks = self._plant.state.olt.quirks
        request = _decoded(datagram) if quirks.slow_columns else None
        oids = () if request is None else request.oids
        slowest = max(
            (seconds for prefix, seconds in quirks.slow_columns for oid in oids if oid[: len(prefix)] == prefix),
            default=0.0,
        )
        return quirks.answer_delay_s + slowest


def _wanted(request: Request) -> int:
    """How many variables a request asks for."""
    if request.pdu != GETBULK:
        return len(request.oids)
    alone = min(max(request.non_repeaters, 0), len(request.oids))
    return alone + (len(request.oids) - alone) * max(request.max_repetitions, 0)


def _decoded(datagram: bytes) -> Request | None:
    try:
        return decode_request(datagram)
    except BerError:
        return None
