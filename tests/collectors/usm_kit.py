"""Agents that speak SNMPv3: Debian's snmpd, pysnmp's, and a relay that damages what passes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context

from collectors.snmp.usm.user import Authentication, Privacy, UsmUser
from domain.secret import Secret
from tests.services import require

PASSWORD, SECRET = "authentic-words", "private-words"
_NETSNMP = {
    Authentication.SHA1: "SHA",
    Authentication.SHA224: "SHA-224",
    Authentication.SHA256: "SHA-256",
    Authentication.SHA384: "SHA-384",
    Authentication.SHA512: "SHA-512",
}


def user(
    authentication: Authentication | None, *, privacy: bool = True, password: str = PASSWORD, secret: str = SECRET
) -> UsmUser:
    """The user that both agents have for this protocol."""
    name = f"u-{authentication.hash_name}" if authentication else "u-open"
    if authentication is None:
        return UsmUser(name)
    words = Secret(password)
    if not privacy:
        return UsmUser(name, authentication, words)
    return UsmUser(name, authentication, words, Privacy.AES128, Secret(secret))


def _config(port: int) -> str:
    lines = [f"agentaddress udp:127.0.0.1:{port}", "createUser u-open", "rouser u-open noauth"]
    for protocol, name in _NETSNMP.items():
        lines.append(f'createUser u-{protocol.hash_name} {name} "{PASSWORD}" AES "{SECRET}"')
        lines.append(f"rouser u-{protocol.hash_name} auth")
        lines.append(f'createUser w-{protocol.hash_name} {name} "{PASSWORD}" AES "{SECRET}"')
        lines.append(f"rwuser w-{protocol.hash_name} auth")
    lines += ["rocommunity public", "rwcommunity private"]
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def snmpd(folder: Path, more: str = "") -> Iterator[int]:
    """Debian's snmpd on a free port. Its MIB files are off: Debian does not ship them."""
    program = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")
    require("snmpd", available=program is not None)
    assert program is not None
    folder.mkdir(exist_ok=True)
    port = _free_port()
    config = folder / "snmpd.conf"
    config.write_text(_config(port) + more)
    environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder)}
    command = [program, "-f", "-Lo", "-C", "-c", str(config)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while "NET-SNMP version" not in (line := process.stdout.readline()):
                assert line, "snmpd ended before it was ready"
            yield port
        finally:
            process.terminate()
            process.communicate(timeout=10)


Change = Callable[[bytes], list[bytes]]


class _Relay(asyncio.DatagramProtocol):
    def __init__(self, server: int, change: Change) -> None:
        self.server, self.change = ("127.0.0.1", server), change
        self.client: Any = None
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        if address == self.server:
            for datagram in self.change(data):
                self.transport.sendto(datagram, self.client)
        else:
            self.client = address
            self.transport.sendto(data, self.server)


@asynccontextmanager
async def relay(server: int, change: Change) -> AsyncIterator[int]:
    """Passes datagrams to an agent, and its answers back as ``change`` makes them."""
    loop = asyncio.get_running_loop()
    transport, between = await loop.create_datagram_endpoint(
        lambda: _Relay(server, change), local_addr=("127.0.0.1", 0)
    )
    try:
        yield int(between.transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
        await asyncio.sleep(0)


@contextmanager
def pysnmp_agent(*, privacy: bool) -> Iterator[int]:
    """pysnmp's agent in this loop, with its own system group. It takes one level a user."""
    protocols = {
        Authentication.SHA1: config.USM_AUTH_HMAC96_SHA,
        Authentication.SHA224: config.USM_AUTH_HMAC128_SHA224,
        Authentication.SHA256: config.USM_AUTH_HMAC192_SHA256,
        Authentication.SHA384: config.USM_AUTH_HMAC256_SHA384,
        Authentication.SHA512: config.USM_AUTH_HMAC384_SHA512,
    }
    port = _free_port()
    agent = engine.SnmpEngine()
    config.add_transport(agent, udp.DOMAIN_NAME, udp.UdpAsyncioTransport().open_server_mode(("127.0.0.1", port)))
    for protocol, number in protocols.items():
        name, more = f"u-{protocol.hash_name}", (config.USM_PRIV_CFB128_AES, SECRET) if privacy else ()
        config.add_v3_user(agent, name, number, PASSWORD, *more)
        config.add_vacm_user(agent, 3, name, "authPriv" if privacy else "authNoPriv", (1, 3, 6), (1, 3, 6))
    cmdrsp.GetCommandResponder(agent, context.SnmpContext(agent))
    try:
        yield port
    finally:
        agent.close_dispatcher()
