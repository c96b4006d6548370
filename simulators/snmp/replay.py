"""Serves a recording of a real device over UDP: its rows as they were at that instant, with no movement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from simulators.snmp.mib import FlatMib
from simulators.snmp.responder import AgentStats, Responder
from simulators.snmp.server import UdpServer
from simulators.snmp.snmprec import Recording, read_recording

MAX_MESSAGE = 8192  # octets; OLTs answer above one Ethernet frame, which IP fragments

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording being served.

    Attributes:
        port: UDP port.
        recording: Rows, and the lines left out.
        stats: Counters of the agent.
    """

    port: int
    recording: Recording
    stats: AgentStats


@asynccontextmanager
async def serve(
    path: Path,
    host: str,
    port: int,
    community: str = "public",
    reply_delay_s: float = 0.0,
    max_message: int = MAX_MESSAGE,
) -> AsyncIterator[Replay]:
    """Serve the recording ``path`` on ``host``:``port`` (0 = a free one) while the context lasts.

    Args:
        path: A file of the snmprec form; `OSError` when it cannot be read.
        host: Address to listen on.
        port: UDP port.
        community: SNMP v1 and v2c community, read-only.
        reply_delay_s: Delay of each answer, in seconds.
        max_message: Greatest response, in octets.
    """
    recording = read_recording(path)
    if recording.bad:
        first = recording.bad[0]
        _LOG.warning(
            "recording_lines_skipped",
            file=path.name,
            lines=len(recording.bad),
            first_line=first.number,
            first_reason=first.reason,
        )
    mib = FlatMib(recording.rows)
    responder = Responder(lambda: mib, community, max_message)
    server = UdpServer(responder.answer, reply_delay_s, responder.count_unsent)
    await server.start(host, port)
    try:
        yield Replay(server.port, recording, responder.stats)
    finally:
        server.close()
