"""Reaching boxes behind NAT (TR-069 annex G, once TR-111 part 2): a STUN server, and connection requests over UDP.

A box keeps a binding of its NAT open by asking this server where it is seen from (RFC 3489, RFC 5389); the ACS calls it
there. Only a box that proves its STUN secret is remembered, and only where its own datagram came from. The request must
leave from the socket that the box talks to, or its NAT drops it: server and caller are one.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.requests import SetParameterValues
from domain.box import ConnectionRequest
from domain.clock import Clock
from domain.identifiers import DeviceId

_REQUEST, _RESPONSE, _ERROR = 0x0001, 0x0101, 0x0111  # RFC 3489 11.1
_MAPPED, _USERNAME, _INTEGRITY, _ERROR_CODE, _XOR_MAPPED = 0x0001, 0x0006, 0x0008, 0x0009, 0x0020
_BINDING = 0xC001  # CONNECTION-REQUEST-BINDING (TR-069 G.2.1.2)
_COOKIE = 0x2112A442  # RFC 5389 6: who sends it does not pad what it signs
_HEAD = struct.Struct("!HH16s")
_LARGEST, _ATTRIBUTES = 548, 16  # RFC 3489 is meant for one datagram; C: a box sends five attributes
_COPIES = 3  # C: nobody answers a datagram; a box takes the second and third for what they are (G.2.2.3)
_KEEP_ALIVE_S = (30, 60)  # C: a NAT forgets a silent UDP binding after 30 to 120 s
_KEPT = 200_000  # C: boxes of a large park behind NAT

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Message:
    """One STUN message: its type, its transaction, its attributes, and how it came."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes]
    raw: bytes
    integrity_at: int | None

    @property
    def pads(self) -> bool:
        """Whether its sender signs as RFC 3489 says, zeros added up to a multiple of 64 octets."""
        return int.from_bytes(self.transaction[:4], "big") != _COOKIE

    def signed_with(self, key: bytes) -> bool:
        """Whether its MESSAGE-INTEGRITY is that of ``key``."""
        if self.integrity_at is None:
            return False
        told = self.attributes.get(_INTEGRITY, b"")
        return hmac.compare_digest(told, _signature(self.raw[: self.integrity_at], key, pads=self.pads))


def parse(data: bytes) -> Message | None:
    """A STUN message; ``None`` for anything else."""
    if not _HEAD.size <= len(data) <= _LARGEST:
        return None
    kind, length, transaction = _HEAD.unpack_from(data)
    if kind & 0xC000 or length != len(data) - _HEAD.size:
        return None
    attributes: dict[int, bytes] = {}
    integrity_at = None
    for at, number, value in _attributes(data):
        if len(attributes) >= _ATTRIBUTES or at + 4 + len(value) > len(data):
            return None
        if integrity_at is None:  # what follows MESSAGE-INTEGRITY is not signed: it does not count
            attributes.setdefault(number, value)
            integrity_at = at if number == _INTEGRITY else None
    return Message(kind, transaction, attributes, data, integrity_at)


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = _HEAD.size
    while at + 4 <= len(data):
        number, length = struct.unpack_from("!HH", data, at)
        yield at, number, data[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4


def write(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], key: bytes | None = None) -> bytes:
    """A STUN message, signed with ``key`` where one is given."""
    body = b"".join(struct.pack("!HH", n, len(value)) + value + bytes(-len(value) % 4) for n, value in attributes)
    plain = _HEAD.pack(kind, len(body), transaction) + body
    if key is None:
        return plain
    pads = int.from_bytes(transaction[:4], "big") != _COOKIE
    signed = _HEAD.pack(kind, len(body) + 24, transaction) + body
    return signed + struct.pack("!HH", _INTEGRITY, 20) + _signature(plain, key, pads=pads)


def _signature(before: bytes, key: bytes, *, pads: bool) -> bytes:
    """HMAC-SHA1 of a message up to its MESSAGE-INTEGRITY, whose own 24 octets its length counts (RFC 3489 11.2.8)."""
    kind, _, transaction = _HEAD.unpack_from(before)
    text = _HEAD.pack(kind, len(before) - _HEAD.size + 24, transaction) + before[_HEAD.size :]
    return hmac.new(key, text + bytes(-len(text) % 64) if pads else text, hashlib.sha1).digest()


def mapped(address: Address, transaction: bytes) -> list[tuple[int, bytes]]:
    """Where a datagram came from, as a box reads it (IPv4: TR-069 annex G knows no other)."""
    host, port = bytes(int(part) for part in address[0].split(".")), address[1]
    found = [(_MAPPED, b"\x00\x01" + port.to_bytes(2, "big") + host)]
    if int.from_bytes(transaction[:4], "big") == _COOKIE:
        mask = transaction[:4]
        hidden = (port ^ 0x2112).to_bytes(2, "big") + bytes(a ^ b for a, b in zip(host, mask, strict=True))
        found.append((_XOR_MAPPED, b"\x00\x01" + hidden))
    return found


def request_of(connection: ConnectionRequest, address: Address, ts: int, number: int) -> bytes:
    """A connection request over UDP, signed with the password of the box (TR-069 G.2.2.3)."""
    username, nonce = connection.username, secrets.token_hex(8)
    text = f"{ts}{number}{username}{nonce}".encode()
    sign = hmac.new(connection.password.reveal().encode(), text, hashlib.sha1).hexdigest()
    place = f"{address[0]}:{address[1]}"
    query = f"ts={ts}&id={number}&un={username}&cn={nonce}&sig={sign}"
    return f"GET http://{place}?{query} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode()


def settings_of(server: str, credentials: BoxCredentials, device: DeviceId, stun: Address) -> SetParameterValues:
    """What has a box keep a binding open, under ``server`` (path of ManagementServer)."""
    texts = {
        "STUNEnable": ("1", "boolean"),
        "STUNServerAddress": (stun[0], "string"),
        "STUNServerPort": (str(stun[1]), "unsignedInt"),
        "STUNUsername": (str(device), "string"),
        "STUNPassword": (credentials.stun(str(device)).reveal(), "string"),
        "STUNMinimumKeepAlivePeriod": (str(_KEEP_ALIVE_S[0]), "unsignedInt"),
        "STUNMaximumKeepAlivePeriod": (str(_KEEP_ALIVE_S[1]), "int"),
    }
    values = {server + name: value for name, (value, _) in texts.items()}
    return SetParameterValues(values, {server + name: kind for name, (_, kind) in texts.items()})


@dataclass(slots=True)
class StunServer(asyncio.DatagramProtocol):
    """Serves STUN while the context lasts, and calls boxes from the same socket.

    Attributes:
        credentials: Secrets of boxes.
        clock: The clock in force.
        host: Address to listen on (IPv4).
        port: UDP port; 0 takes a free one.
        bindings: Where each box was seen last.
    """

    credentials: BoxCredentials
    clock: Clock
    host: str
    port: int = 0
    bindings: OrderedDict[str, Address] = field(default_factory=OrderedDict)
    _transport: asyncio.DatagramTransport | None = None
    _calls: int = 0

    def elsewhere(self, device: DeviceId, url: str) -> bool:
        """Whether a box is seen from another address than the one that it says it has: a NAT stands between."""
        address = self.bindings.get(str(device))
        return address is not None and address[0] != urlsplit(url).hostname

    def call(self, device: DeviceId, connection: ConnectionRequest) -> bool:
        """Ask a box for a session; whether it was known where. Nothing answers but the Inform that follows."""
        address = self.bindings.get(str(device))
        if address is None or self._transport is None:
            return False
        self._calls += 1
        request = request_of(connection, address, int(self.clock.now().timestamp()), self._calls)
        for _ in range(_COPIES):
            self._transport.sendto(request, address)
        return True

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A Binding Request, or nothing of ours."""
        message = parse(data)
        if message is None or message.kind != _REQUEST or self._transport is None:
            return
        self._transport.sendto(self._answer(message, (addr[0], addr[1])), addr)

    def _answer(self, message: Message, address: Address) -> bytes:
        """Where the box is seen from; one that wants to be called there proves who it is first (401)."""
        if _BINDING not in message.attributes:
            return write(_RESPONSE, message.transaction, mapped(address, message.transaction))
        username = message.attributes.get(_USERNAME, b"").decode("utf-8", "replace").rstrip("\x00 ")
        key = self.credentials.stun(username).reveal().encode()
        if not username or not message.signed_with(key):
            refusal = b"\x00\x00\x04\x01Unauthorized"
            return write(_ERROR, message.transaction, [(_ERROR_CODE, refusal)])
        self.bindings[username] = address
        self.bindings.move_to_end(username)
        while len(self.bindings) > _KEPT:
            self.bindings.popitem(last=False)
        return write(_RESPONSE, message.transaction, mapped(address, message.transaction), key)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {self.host}:{self.port} (UDP): {error.strerror}") from error
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
