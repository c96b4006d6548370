"""One question to one target, over its own protocol. Whatever happens is an `Asked`; nothing is raised."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
from pyrad.packet import AccessAccept, AccountingResponse, Packet, PacketError, StatusServer

from domain.platform import Answer, ProbeKind, ProbeTarget

_TRIES = 3  # C: as a RADIUS client or a stub resolver tries (RFC 5080 2.2.1, resolv.conf)
_GREETING = 512  # octets of a reply line (RFC 5321 4.5.3.1.5)
_GREETS = frozenset({25, 587})  # ports where the server speaks first


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question ended; see `domain.platform.Probed`."""

    answer: Answer
    detail: str = ""
    elapsed_ms: float | None = None


Read = Callable[[bytes], Asked | None]
"""What a datagram says; ``None`` when it is no answer to the question."""


async def ask(target: ProbeTarget, patience_s: float, query_name: str) -> Asked:
    """Ask one target, in ``patience_s`` seconds at most; a resolver is asked for ``query_name``."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience_s):
            asked = await _ask(target, patience_s, query_name)
    except TimeoutError:
        return Asked(Answer.SILENT)
    except ConnectionRefusedError:
        return Asked(Answer.REFUSES, "connection refused", (time.monotonic() - began) * 1e3)
    except (OSError, UnicodeError, dns.exception.DNSException) as error:
        return Asked(Answer.UNSENT, type(error).__name__)
    return asked if asked.answer is Answer.SILENT else Asked(asked.answer, asked.detail, _since(began))


async def _ask(target: ProbeTarget, patience_s: float, query_name: str) -> Asked:
    if target.kind is ProbeKind.RADIUS:
        secret = b"" if target.secret is None else target.secret.reveal().encode()
        return await _by_udp(target, *_status_server(secret), patience_s)
    if target.kind is ProbeKind.RESOLVER:
        return await _by_udp(target, *_query(query_name), patience_s)
    reader, writer = await asyncio.open_connection(target.host, target.port)
    with contextlib.closing(writer):
        return await greeting(reader, target.port, patience_s / 2)


async def greeting(reader: asyncio.StreamReader, port: int, patience_s: float) -> Asked:
    """What an open connection says first: an SMTP server that greets with 5xx refuses (RFC 5321 3.1)."""
    if port not in _GREETS:
        return Asked(Answer.WORKS, "connected")
    try:
        async with asyncio.timeout(patience_s):
            line = (await reader.readuntil(b"\n"))[:_GREETING]
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        return Asked(Answer.WORKS, "connected")
    code = line[:3].decode("ascii", "replace")
    return Asked(Answer.REFUSES if code.startswith("5") else Answer.WORKS, code if code.isdigit() else "connected")


def _status_server(secret: bytes) -> tuple[bytes, Read]:
    """A Status-Server with its Message-Authenticator (RFC 5997 3), and how its answer is told from a forged one."""
    packet: Any = Packet(code=StatusServer, id=os.urandom(1)[0], secret=secret, authenticator=os.urandom(16))
    packet.add_message_authenticator()
    packet.get_message_authenticator()
    attributes: bytes = packet._PktEncodeAttributes()  # noqa: SLF001 - pyrad encodes no Status-Server by itself
    octets = bytes([StatusServer, packet.id]) + (20 + len(attributes)).to_bytes(2, "big") + packet.authenticator
    good = {AccessAccept, AccountingResponse}

    def read(data: bytes) -> Asked | None:
        try:
            reply = packet.CreateReply(packet=data)
            if reply.code not in good or not packet.VerifyReply(reply, data):
                return None
        except (PacketError, ValueError, IndexError, KeyError):
            return None
        return Asked(Answer.WORKS, "Access-Accept" if reply.code == AccessAccept else "Accounting-Response")

    return octets + attributes, read


_RCODES = {dns.rcode.NOERROR: Answer.WORKS, dns.rcode.NXDOMAIN: Answer.WORKS, dns.rcode.REFUSED: Answer.REFUSES}
"""A name that does not exist is resolved as well as one that does; any other code is a failure to resolve."""


def _query(name: str) -> tuple[bytes, Read]:
    query = dns.message.make_query(name, dns.rdatatype.A)

    def read(data: bytes) -> Asked | None:
        try:
            reply = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        if not query.is_response(reply):
            return None
        return Asked(_RCODES.get(reply.rcode(), Answer.FAILS), dns.rcode.to_text(reply.rcode()))

    return query.to_wire(), read


class _Exchange(asyncio.DatagramProtocol):
    """A datagram socket that waits for one answer."""

    def __init__(self, read: Read, found: asyncio.Future[Asked]) -> None:
        self._read = read
        self._found = found

    def datagram_received(self, data: bytes, _addr: tuple[str | Any, int]) -> None:
        asked = self._read(data)
        if asked is not None and not self._found.done():
            self._found.set_result(asked)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error: nobody listens, or a firewall will have it so (RFC 1122 4.1.3.3)."""
        if isinstance(exc, ConnectionRefusedError) and not self._found.done():
            self._found.set_result(Asked(Answer.CLOSED, "port unreachable"))


async def _by_udp(target: ProbeTarget, octets: bytes, read: Read, patience_s: float) -> Asked:
    """Send, and send again the same octets, until an answer comes; the caller bounds the whole."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Asked] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Exchange(read, found), remote_addr=(target.host, target.port), proto=socket.IPPROTO_UDP
    )
    try:
        for _ in range(_TRIES):
            transport.sendto(octets)
            await asyncio.wait({found}, timeout=patience_s / _TRIES)
            if found.done():
                return found.result()
    finally:
        transport.close()
        found.cancel()
    return Asked(Answer.SILENT)


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1e3
