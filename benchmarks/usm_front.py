"""SNMPv3 in front of a v2c agent, to measure a v3 client: ``python -m benchmarks.usm_front --backend PORT``.

It is the authoritative engine of one user (SHA-1, AES-128) and passes each PDU on to the agent. net-snmp reads through
it too, which shows that it speaks what it should. It is a tool of the benchmark: one user, no access control.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import time
from typing import Any

from collectors.snmp import bulk_wire
from collectors.snmp.sealing import CommunitySession
from collectors.snmp.usm import wire
from collectors.snmp.usm.keys import KeyCache, Keys
from collectors.snmp.usm.user import Authentication, Privacy, UsmUser
from domain.secret import Secret

USER = UsmUser("bench", Authentication.SHA1, Secret("authentic-words"), Privacy.AES128, Secret("private-words"))
NETSNMP = (
    *("-v3", "-l", "authPriv", "-u", "bench", "-a", "SHA"),
    *("-A", "authentic-words", "-x", "AES", "-X", "private-words"),
)
_UNKNOWN_ENGINE, _NOT_IN_WINDOW = 4, 2
_BOOTS = 3


class Front:
    """Opens requests, asks the agent, seals the answers."""

    def __init__(self, backend: int, community: str) -> None:
        self.engine_id = b"\x80\x00\x1f\x88\x04" + os.urandom(8)
        self.keys = Keys.of(USER, self.engine_id, KeyCache())
        self.started = time.monotonic()
        self.front, self.back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.front.bind(("127.0.0.1", 0))
        self.back.connect(("127.0.0.1", backend))
        self.plain = CommunitySession(community.encode())
        self.salt = 0
        self.asked: dict[int, Any] = {}
        for opened in (self.front, self.back):
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    @property
    def time_s(self) -> int:
        return int(time.monotonic() - self.started) + 1

    def requests(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                data, address = self.front.recvfrom(65535)
                number, message = bulk_wire.message_id(data), wire.read(data)
                if message.engine_id != self.engine_id:
                    self._report(number, address, _UNKNOWN_ENGINE, 0, message.user)
                elif not self._authentic(data, message):
                    continue
                elif message.boots != _BOOTS or abs(message.time_s - self.time_s) > 150:
                    self._report(number, address, _NOT_IN_WINDOW, wire.AUTH, message.user)
                else:
                    vector = message.boots.to_bytes(4, "big") + message.time_s.to_bytes(4, "big") + message.salt
                    _, pdu = wire.scoped_pdu(self.keys.decrypt(vector, message.data))
                    # net-snmp numbers messages and requests apart: answers are found by the request
                    size = pdu[3 if pdu[1] < 0x80 else 3 + (pdu[1] & 0x7F)]
                    at = 4 if pdu[1] < 0x80 else 4 + (pdu[1] & 0x7F)
                    self.asked[int.from_bytes(pdu[at : at + size], "big", signed=True)] = (number, address)
                    self.back.send(self.plain.seal(pdu, number))

    def answers(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                data = self.back.recv(65535)
                pdu = self.plain.open(data)
                known = self.asked.pop(bulk_wire.frame(pdu)[0], None)
                if known is not None:
                    self._seal(
                        known[0], known[1], wire.write_scoped(self.engine_id, pdu), wire.AUTH | wire.PRIV, b"bench"
                    )

    def _authentic(self, data: bytes, message: wire.Message) -> bool:
        at = message.digest_at
        return self.keys.digest(data[:at] + bytes(12) + data[at + 12 :]) == message.digest

    def _report(self, number: int, address: Any, counter: int, flags: int, user: bytes) -> None:
        name = bulk_wire.encode_name((1, 3, 6, 1, 6, 3, 15, 1, 1, counter, 0))
        varbind = bulk_wire.tlv(0x30, bulk_wire.tlv(0x06, name) + b"\x41\x01\x01")
        body = wire.number(0) + b"\x02\x01\x00\x02\x01\x00" + bulk_wire.tlv(0x30, varbind)
        self._seal(number, address, wire.write_scoped(self.engine_id, bulk_wire.tlv(0xA8, body)), flags, user)

    def _seal(self, number: int, address: Any, scoped: bytes, flags: int, user: bytes) -> None:
        salt, now = b"", self.time_s
        if flags & wire.PRIV:
            self.salt += 1
            salt = self.salt.to_bytes(8, "big")
            scoped = self.keys.encrypt(_BOOTS.to_bytes(4, "big") + now.to_bytes(4, "big") + salt, scoped)
        digest = bytes(12) if flags & wire.AUTH else b""
        message = wire.Message(flags, self.engine_id, _BOOTS, now, user, 0, digest, salt, scoped)
        whole, at = wire.write(number, message)
        if digest:
            whole = whole[:at] + self.keys.digest(whole) + whole[at + 12 :]
        with contextlib.suppress(BlockingIOError):
            self.front.sendto(whole, address)


async def serve(backend: int, community: str) -> None:
    """Answer until standard input closes; the port is printed as JSON."""
    loop, front = asyncio.get_running_loop(), Front(backend, community)
    loop.add_reader(front.front, front.requests)
    loop.add_reader(front.back, front.answers)
    print(json.dumps({"port": front.front.getsockname()[1]}), flush=True)
    ended = asyncio.Event()
    loop.add_reader(0, ended.set)
    await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usm_front")
    parser.add_argument("--backend", type=int, required=True)
    parser.add_argument("--community", default="public")
    options = parser.parse_args()
    asyncio.run(serve(options.backend, options.community))
