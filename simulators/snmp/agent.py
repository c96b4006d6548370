"""The SNMP agent of the simulated OLT."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from simulators.plant.ports import PlantView
from simulators.snmp.quirks import Temper
from simulators.snmp.responder import AgentStats, Responder
from simulators.snmp.server import UdpServer
from simulators.snmp.view import PlantMib

MAX_MESSAGE = 8192  # octets; the ISAM answers above one Ethernet frame, which IP fragments


class SnmpAgent:
    """Answers as the plant's OLT, in its vendor's tables, on UDP while its context lasts.

    Args:
        plant: The plant, read at each request.
        host: Address to listen on.
        port: UDP port; 0 takes a free one.
        community: SNMP v1 and v2c community; it may set what the vendor's objects allow.
        reply_delay_s: Delay of each answer, in seconds; requests do not wait for each other.
        max_message: Greatest response, in octets.
    """

    def __init__(
        self,
        plant: PlantView,
        host: str,
        port: int,
        community: str,
        reply_delay_s: float = 0.0,
        max_message: int = MAX_MESSAGE,
    ) -> None:
        self._host, self._asked_port = host, port
        self._temper = Temper(plant)
        quirks = plant.state.olt.quirks
        limit = quirks.max_message or max_message
        self._responder = Responder(PlantMib(plant), community, limit, quirks.most_repetitions)
        self._server = UdpServer(self._answer, reply_delay_s, self._responder.count_unsent, self._temper.delay_s)

    @property
    def stats(self) -> AgentStats:
        """What it has seen."""
        return self._responder.stats

    @property
    def port(self) -> int:
        """The UDP port it listens on, once started."""
        return self._server.port

    def _answer(self, datagram: bytes) -> bytes | None:
        if self._temper.ignores(datagram):
            return None
        answer = self._responder.answer(datagram)
        return answer and (self._temper.refusal(datagram) or answer)

    async def __aenter__(self) -> Self:
        await self._server.start(self._host, self._asked_port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
