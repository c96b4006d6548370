"""Who may send us notifications: the OLTs of the inventory, by address, and community or SNMPv3 user."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from domain.olt import OltTarget

_log = structlog.get_logger(__name__)

_AT_ONCE, _PATIENCE_S = 16, 5.0  # C: names resolved at once, and how long each is waited for


@dataclass(slots=True)
class Sources:
    """The OLTs that are listened to. Replace them with `use` when the inventory changes."""

    _of: dict[str, tuple[OltTarget, ...]] = field(default_factory=dict)
    _named: dict[str, frozenset[str]] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def use(self, targets: Iterable[OltTarget]) -> None:
        """Listen to these OLTs, and to no other.

        A name that cannot be resolved keeps the addresses that it had; without any, its OLT is not heard, which is
        logged once. Names are resolved side by side: a resolver that is slow makes nobody wait for long.
        """
        wanted = tuple(targets)
        hosts = list(dict.fromkeys(target.host for target in wanted))
        resolved = await asyncio.gather(*(self._addresses(host) for host in hosts))
        self._named = dict(zip(hosts, resolved, strict=True))
        found: dict[str, list[OltTarget]] = {}
        for target in wanted:
            for address in self._named[target.host]:
                found.setdefault(address, []).append(target)
        self._of = {address: tuple(olts) for address, olts in found.items()}

    def knows(self, address: str) -> bool:
        """Whether an OLT has that address."""
        return bool(self.at(address))

    def addresses(self, host: str) -> frozenset[str]:
        """The addresses of a host, as they were found when the OLTs were last given."""
        return self._named.get(host, frozenset())

    def at(self, address: str) -> tuple[OltTarget, ...]:
        """The OLTs of that address."""
        return self._of.get(plain(address), ())

    def find(self, address: str, community: str) -> OltTarget | None:
        """The OLT of that address and community; ``None`` when there is none, or more than one.

        An OLT that has an SNMPv3 user is heard over SNMPv3 alone: what proves nothing would get around it.
        """
        matching = [
            target
            for target in self.at(address)
            if target.user is None
            and hmac.compare_digest(target.community.reveal().encode(), community.encode("latin-1", "replace"))
        ]
        return matching[0] if len(matching) == 1 else None

    async def _addresses(self, host: str) -> frozenset[str]:
        try:
            return frozenset({plain(str(ipaddress.ip_address(host)))})
        except ValueError:
            loop = asyncio.get_running_loop()
        try:
            async with self._room, asyncio.timeout(_PATIENCE_S):
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:  # a time-out is an OSError too
            if host not in self._named:
                _log.warning("trap_source_unresolved", host=host, why=str(error) or type(error).__name__)
            return self._named.get(host, frozenset())
        return frozenset(plain(str(entry[4][0])) for entry in found)


def plain(address: str) -> str:
    """One text for one address: IPv4 that arrives on an IPv6 socket is IPv4; a zone is not part of it."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return str(mapped or number)
