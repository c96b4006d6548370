"""Answers SNMP requests from a view (RFC 3416 4.2, RFC 1157 4.1 for v1)."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from simulators.snmp.ber import COUNTER64, END_OF_MIB_VIEW, BerError
from simulators.snmp.message import (
    GET,
    GETBULK,
    GETNEXT,
    NO_SUCH_NAME,
    PDU_NAMES,
    TOO_BIG,
    V1,
    Request,
    decode_request,
    encode_response,
    room,
    varbind,
)
from simulators.snmp.mib import View, Walk
from simulators.snmp.setting import obey, v1_status

DEFAULT_MAX_MESSAGE = 1472  # what one Ethernet frame carries over IPv4 and UDP: 1500 - 20 - 8 octets

_LOG = structlog.get_logger(__name__)
_FIRST_EXCEPTION = 0x80  # tags of the exception values, which v1 does not have


@dataclass(slots=True)
class AgentStats:
    """What an agent has seen.

    Attributes:
        requests: Datagrams received.
        malformed: Datagrams that were no request, dropped.
        wrong_community: Requests with another community, dropped (RFC 1157 4.1).
        unanswered: Good requests that got no answer because the device is unreachable.
        unsent: Answers that the socket refused.
        pdus: Good requests by type: ``get``, ``getnext``, ``getbulk``, ``set``.
        varbinds: Variable bindings answered.
    """

    requests: int = 0
    malformed: int = 0
    wrong_community: int = 0
    unanswered: int = 0
    unsent: int = 0
    varbinds: int = 0
    pdus: Counter[str] = field(default_factory=Counter)


class Responder:
    """Turns a datagram into its answer.

    Args:
        view: Gives the view at each request; ``None`` when the device does not answer at all.
        community: The one community; what a view lets set, it sets.
        max_message: Greatest response, in octets of UDP payload.
        most_repetitions: What it makes of a greater max-repetitions; ``None`` for no limit.
    """

    def __init__(
        self,
        view: Callable[[], View | None],
        community: str,
        max_message: int = DEFAULT_MAX_MESSAGE,
        most_repetitions: int | None = None,
    ) -> None:
        self._view = view
        self._community = community.encode()
        self._max_message = max_message
        self._most_repetitions = most_repetitions
        self.stats = AgentStats()

    def answer(self, datagram: bytes) -> bytes | None:
        """The response, or ``None`` when none is due."""
        self.stats.requests += 1
        try:
            request = decode_request(datagram)
        except BerError as error:
            self.stats.malformed += 1
            if self.stats.malformed == 1:
                _LOG.warning("snmp_datagram_dropped", reason=error.detail, octets=len(datagram))
            return None
        if not hmac.compare_digest(request.community, self._community):
            self.stats.wrong_community += 1
            return None
        view = self._view()
        if view is None:
            self.stats.unanswered += 1
            return None
        self.stats.pdus[PDU_NAMES[request.pdu]] += 1
        return self._respond(request, view)

    def count_unsent(self) -> None:
        """Note an answer that could not be sent."""
        self.stats.unsent += 1

    def _respond(self, request: Request, view: View) -> bytes:
        budget = room(request, self._max_message)
        if request.pdu == GETBULK:
            return encode_response(request, self._bulk(request, view, budget))
        if request.pdu == GET:
            parts, failed = self._get(request, view)
        elif request.pdu == GETNEXT:
            parts, failed = self._next(request, view)
        else:
            status, at = obey(request, view)
            if status:
                return self._error(request, v1_status(status) if request.version == V1 else status, at, budget)
            return encode_response(request, request.varbinds)
        if failed:
            return self._error(request, NO_SUCH_NAME, failed, budget)
        varbinds = b"".join(parts)
        if len(varbinds) > budget:
            return self._error(request, TOO_BIG, 0, budget)
        self.stats.varbinds += len(parts)
        return encode_response(request, varbinds)

    @staticmethod
    def _error(request: Request, status: int, index: int, budget: int) -> bytes:
        """An error echoes what was asked; tooBig of v2c, and what does not fit, carries nothing (RFC 3416 4.2.1)."""
        if (status == TOO_BIG and request.version != V1) or len(request.varbinds) > budget:
            return encode_response(request, b"", TOO_BIG)
        return encode_response(request, request.varbinds, status, index)

    @staticmethod
    def _get(request: Request, view: View) -> tuple[list[bytes], int]:
        """The bindings, and the place of the first that v1 must refuse (0 = none)."""
        parts = []
        for index, (oid, name) in enumerate(zip(request.oids, request.names, strict=True), 1):
            value = view.get(oid)
            if request.version == V1 and (value[0] >= _FIRST_EXCEPTION or value[0] == COUNTER64):
                return [], index
            parts.append(varbind(name, value))
        return parts, 0

    @staticmethod
    def _next(request: Request, view: View) -> tuple[list[bytes], int]:
        """As `_get`; v1 steps over Counter64, which it does not have (RFC 3584 4.2.2.1)."""
        parts = []
        for index, (oid, name) in enumerate(zip(request.oids, request.names, strict=True), 1):
            walk = view.after(oid, name)
            part = walk.advance()
            while part is not None and request.version == V1 and walk.value[0] == COUNTER64:
                part = walk.advance()
            if part is None:
                if request.version == V1:
                    return [], index
                part = varbind(name, END_OF_MIB_VIEW)
            parts.append(part)
        return parts, 0

    def _bulk(self, request: Request, view: View, budget: int) -> bytes:
        """Bindings of a GETBULK in the order of RFC 3416 4.2.3, cut where the response is full."""
        walks = [view.after(oid, name) for oid, name in zip(request.oids, request.names, strict=True)]
        alone = min(max(request.non_repeaters, 0), len(walks))
        bindings = _Bindings(budget)
        for walk in walks[:alone]:
            bindings.step(walk)
        repeaters = walks[alone:]
        repetitions = max(request.max_repetitions, 0)
        if self._most_repetitions is not None:
            repetitions = min(repetitions, self._most_repetitions)
        for _ in range(repetitions):
            alive = [bindings.step(walk) for walk in repeaters]
            if bindings.full or not any(alive):  # RFC 3416 4.2.3: may stop once every name is at the end of the view
                break
        self.stats.varbinds += len(bindings.parts)
        return b"".join(bindings.parts)


class _Bindings:
    """The bindings of a GETBULK response and the room left for them."""

    __slots__ = ("full", "left", "parts")

    def __init__(self, left: int) -> None:
        self.parts: list[bytes] = []
        self.left = left
        self.full = False

    def step(self, walk: Walk) -> bool:
        """Append the next binding of ``walk``; whether it is not at its end."""
        part = walk.advance()
        alive = part is not None
        if part is None:
            part = varbind(walk.name, END_OF_MIB_VIEW)
        self.full = self.full or len(part) > self.left
        if not self.full:
            self.left -= len(part)
            self.parts.append(part)
        return alive
