"""One UDP socket that is many addresses of the loopback: OLT n is 127.(64 + n / 65536).(n / 256).(n), on one port.

Linux only: the whole of 127.0.0.0/8 is local there, and IP_PKTINFO tells which address a datagram came to and lets
the answer leave from it. What comes to any other address is dropped.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

_IP_PKTINFO = 8  # <linux/in.h>; the socket module does not name it
_PKTINFO = struct.Struct("=I4s4s")  # interface, local address, address of the header
_FIRST = 64  # second octet of the first addresses
_LARGEST = 65535
_BUFFER = 4 << 20  # octets; the kernel may grant less


def address(number: int) -> str:
    """The address of an OLT."""
    return socket.inet_ntoa(_octets(number))


def _octets(number: int) -> bytes:
    return bytes((127, _FIRST + (number >> 16), number >> 8 & 255, number & 255))


class LoopbackSocket:
    """The socket. ``olts`` is how many addresses it answers from."""

    def __init__(self, port: int, olts: int) -> None:
        self._olts = olts
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            self._socket.bind(("0.0.0.0", port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]

    def fileno(self) -> int:
        """Its descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def received(self, most: int) -> Iterator[tuple[int, bytes, Any]]:
        """OLT number, content and source of the datagrams that wait."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(most):
                data, ancillary, _, source = self._socket.recvmsg(_LARGEST, 64)
                for level, kind, content in ancillary:
                    if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and content[8] == 127:
                        number = (content[9] - _FIRST << 16) + (content[10] << 8) + content[11]
                        if 1 <= number <= self._olts:
                            yield number, data, source

    def endpoint(self, number: int) -> Endpoint:
        """The address of an OLT."""
        return Endpoint(self._socket, _octets(number), self.port)


class Endpoint:
    """One address of the socket: what an agent needs of a socket to answer from it."""

    __slots__ = ("_ancillary", "_name", "_socket")

    def __init__(self, shared: socket.socket, octets: bytes, port: int) -> None:
        self._socket = shared
        self._name = (socket.inet_ntoa(octets), port)
        self._ancillary = [(socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, octets, bytes(4)))]

    def sendto(self, data: bytes, to: Any) -> int:
        """Send from that address."""
        return self._socket.sendmsg([data], self._ancillary, 0, to)

    def getsockname(self) -> tuple[str, int]:
        """The address."""
        return self._name

    def close(self) -> None:
        """The socket stays, for the other addresses."""
