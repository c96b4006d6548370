"""The box's side of TR-069 annex G: it keeps a binding of its NAT open (RFC 3489), and is called there over UDP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_REQUEST, _RESPONSE, _ERROR = 0x0001, 0x0101, 0x0111  # RFC 3489 11.1
_MAPPED, _USERNAME, _INTEGRITY, _BINDING = 0x0001, 0x0006, 0x0008, 0xC001
_FOR_CALLS = b"dslforum.org/TR-111 "  # value of CONNECTION-REQUEST-BINDING (TR-069 G.2.1.2)
_HEAD = struct.Struct("!HH16s")


@dataclass(frozen=True, slots=True)
class StunSettings:
    """What an ACS wrote: where its server is, who the box is there, and how often it says so (wall seconds)."""

    server: tuple[str, int]
    username: str
    password: str
    every_s: float


def binding_request(username: str, key: bytes | None) -> bytes:
    """A request that asks to be called where it comes from; signed with ``key`` once the server has refused it."""
    transaction = secrets.token_bytes(16)
    parts = [(_BINDING, _FOR_CALLS), (_USERNAME, username.encode() + b" " * (-len(username) % 4))]
    body = b"".join(struct.pack("!HH", number, len(value)) + value for number, value in parts)
    if key is None:
        return _HEAD.pack(_REQUEST, len(body), transaction) + body
    text = _HEAD.pack(_REQUEST, len(body) + 24, transaction) + body
    signature = hmac.new(key, text + bytes(-len(text) % 64), hashlib.sha1).digest()  # padded: RFC 3489 11.2.8
    return text + struct.pack("!HH", _INTEGRITY, 20) + signature


def mapped_address(data: bytes) -> tuple[str, int] | None:
    """Where the server saw the box, from its answer."""
    at = _HEAD.size
    while at + 4 <= len(data):
        number, length = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + length]
        if number == _MAPPED and length == 8:
            return ".".join(str(octet) for octet in value[4:]), int.from_bytes(value[2:4], "big")
        at += 4 + length + -length % 4
    return None


class CallGate:
    """Tells true calls from forged and repeated ones (TR-069 G.2.2.3)."""

    def __init__(self) -> None:
        self._last = (-1, "")

    def admits(self, datagram: bytes, username: str, password: str) -> bool:
        """Whether it is a call for this box, heard for the first time."""
        words = datagram.decode("latin-1").split("\r\n", 1)[0].split(" ")
        if len(words) != 3 or words[0] != "GET" or not words[2].startswith("HTTP/1."):
            return False
        asked = {name: values[0] for name, values in parse_qs(urlsplit(words[1]).query).items()}
        ts, number = asked.get("ts", ""), asked.get("id", "")
        text = ts + number + asked.get("un", "") + asked.get("cn", "")
        sign = hmac.new(password.encode(), text.encode(), hashlib.sha1).hexdigest()
        good = asked.get("un") == username and hmac.compare_digest(sign, asked.get("sig", "").lower())
        if not good or not ts.isdigit() or int(ts) < self._last[0] or number == self._last[1]:
            return False
        self._last = (int(ts), number)
        return True


class StunClient(asyncio.DatagramProtocol):
    """Keeps the binding of one box open until it is closed.

    Args:
        settings: What the ACS wrote.
        seen: Told where the server sees the box, when that changes.
        called: Told of every other datagram.
    """

    def __init__(
        self,
        settings: StunSettings,
        seen: Callable[[tuple[str, int]], None],
        called: Callable[[bytes], None],
    ) -> None:
        self.settings = settings
        self._seen = seen
        self._called = called
        self._key: bytes | None = None
        self._address: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, host: str) -> None:
        """Begin."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self._keep_alive()

    def close(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An answer of the server, or a call."""
        if addr[:2] != self.settings.server:
            return
        if not data or data[0] & 0xC0 or len(data) < _HEAD.size:
            self._called(data)
            return
        kind = int.from_bytes(data[:2], "big")
        if kind == _ERROR and self._key is None:
            self._key = self.settings.password.encode()
            self._say()
        elif kind == _RESPONSE and (address := mapped_address(data)) is not None and address != self._address:
            self._address = address
            self._seen(address)

    def _say(self) -> None:
        if self._transport is not None:
            self._transport.sendto(binding_request(self.settings.username, self._key), self.settings.server)

    def _keep_alive(self) -> None:
        self._say()
        self._timer = asyncio.get_running_loop().call_later(self.settings.every_s, self._keep_alive)
