"""Flows of one access, tried by the platform in its place: through a SOCKS 5 relay behind the LNS (ADR-0026).

No box can try port 25 by TR-069, so the platform does: the relay takes the subscriber's own address as its user name
(RFC 1929), and opens the connection under that subscriber's filtering.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.platform.asking import greeting
from domain.platform import Answer, Probed, ProbeTarget
from domain.secret import Secret
from domain.states import Flow

_VERSION, _CONNECT, _BY_PASSWORD, _AUTH_VERSION = 5, 1, 2, 1
_SUCCEEDED = 0
_SHUT_S = 0.4  # C: some round trips; a SYN that is lost by chance is sent again after 1 s (RFC 6298 2)
_ADDRESS_OCTETS = {1: 4, 4: 16}


class Through(StrEnum):
    """How a connection through the relay ended."""

    OPENED = "opened"
    RULE = "rule"  # the relay itself says that filtering forbids it
    REFUSED = "refused"  # reset, or an SMTP greeting of 5xx
    SILENT = "silent"  # the relay asked, and nothing came back
    NO_RELAY = "no_relay"  # the relay does not answer, or does not know this subscriber


_CODES = {2: Through.RULE, 3: Through.SILENT, 4: Through.SILENT, 5: Through.REFUSED, 6: Through.SILENT}
"""Replies of RFC 1928 6: not allowed by rule, network or host unreachable, refused, TTL expired."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A SOCKS 5 relay.

    Attributes:
        secret: Password that it knows us by.
    """

    host: str
    port: int
    secret: Secret


async def through(relay: Relay, subscriber: str, target: ProbeTarget, patience_s: float) -> Through:
    """Try one flow of a subscriber, in ``patience_s`` seconds at most."""
    asked = asyncio.Event()
    try:
        async with asyncio.timeout(patience_s):
            return await _try(relay, subscriber, target, patience_s, asked)
    except TimeoutError:
        return Through.SILENT if asked.is_set() else Through.NO_RELAY
    except (OSError, asyncio.IncompleteReadError, UnicodeError):
        return Through.NO_RELAY


async def _try(relay: Relay, subscriber: str, target: ProbeTarget, patience_s: float, asked: asyncio.Event) -> Through:
    reader, writer = await asyncio.open_connection(relay.host, relay.port)
    with contextlib.closing(writer):
        if not await _known_to(reader, writer, relay, subscriber):
            return Through.NO_RELAY
        writer.write(_connect(target))
        asked.set()
        code = await _answer(reader)
        if code == _SUCCEEDED:
            said = await greeting(reader, target.port, patience_s / 3)
            return Through.REFUSED if said.answer is Answer.REFUSES else Through.OPENED
        return _CODES.get(code, Through.NO_RELAY)


async def _known_to(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, relay: Relay, subscriber: str) -> bool:
    """The greeting, then who we are and in whose place (RFC 1928 3, RFC 1929 2)."""
    writer.write(bytes([_VERSION, 1, _BY_PASSWORD]))
    if await reader.readexactly(2) != bytes([_VERSION, _BY_PASSWORD]):
        return False
    user, password = subscriber.encode(), relay.secret.reveal().encode()
    writer.write(bytes([_AUTH_VERSION, len(user)]) + user + bytes([len(password)]) + password)
    return (await reader.readexactly(2))[1] == 0


def _connect(target: ProbeTarget) -> bytes:
    try:
        address = ipaddress.ip_address(target.host)
    except ValueError:
        name = target.host.encode("idna")
        where = bytes([3, len(name)]) + name
    else:
        where = bytes([1 if address.version == 4 else 4]) + address.packed
    return bytes([_VERSION, _CONNECT, 0]) + where + target.port.to_bytes(2, "big")


async def _answer(reader: asyncio.StreamReader) -> int:
    """The reply code, with the bound address read off."""
    _, code, _, kind = await reader.readexactly(4)
    length = _ADDRESS_OCTETS.get(kind)
    await reader.readexactly((length if length is not None else (await reader.readexactly(1))[0]) + 2)
    return code


def judged(found: Through, direct: Probed | None) -> Flow | None:
    """What a flow is, given the same target tried from the platform without filtering; ``None``: nobody can tell.

    A target that is silent for the platform too says nothing of the access.
    """
    if found is Through.OPENED:
        return Flow.OK
    if found is Through.RULE:
        return Flow.BLOCKED
    works = direct is not None and direct.answer is Answer.WORKS
    if found is Through.REFUSED:
        return Flow.BLOCKED if works else Flow.REFUSED
    if found is Through.NO_RELAY:
        return None
    if direct is None:
        return Flow.FAILED
    return Flow.BLOCKED if direct.answer.heard else None


async def flows(
    relay: Relay,
    subscriber: str,
    targets: Sequence[ProbeTarget],
    direct: Mapping[str, Probed],
    patience_s: float,
    shut: frozenset[str] = frozenset(),
) -> Mapping[str, Flow]:
    """The flows of a subscriber that something can be said of; empty where the relay does not answer.

    Flows of ``shut`` are closed by policy: their silence is expected, and is waited for less.
    """

    def patience(target: ProbeTarget) -> float:
        return min(patience_s, _SHUT_S) if target.flow in shut else patience_s

    found = await asyncio.gather(*(through(relay, subscriber, target, patience(target)) for target in targets))
    judgements = {target.flow: judged(one, direct.get(target.name)) for target, one in zip(targets, found, strict=True)}
    return {name: flow for name, flow in judgements.items() if flow is not None}
