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


@dataclass(slots=True)
class Sources:
    """The OLTs that are listened to. Replace them with `use` when the inventory changes."""

    _of: dict[str, tuple[OltTarget, ...]] = field(default_factory=dict)

    async def use(self, targets: Iterable[OltTarget]) -> None:
        """Listen to these OLTs, and to no other. A name that cannot be resolved is logged: that OLT is not heard."""
        found: dict[str, list[OltTarget]] = {}
        for target in targets:
            for address in await _addresses(target):
                found.setdefault(address, []).append(target)
        self._of = {address: tuple(olts) for address, olts in found.items()}

    def knows(self, address: str) -> bool:
        """Whether an OLT has that address."""
        return bool(self.at(address))

    def at(self, address: str) -> tuple[OltTarget, ...]:
        """The OLTs of that address."""
        return self._of.get(_plain(address), ())

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


async def _addresses(target: OltTarget) -> set[str]:
    try:
        return {_plain(str(ipaddress.ip_address(target.host)))}
    except ValueError:
        loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        _log.warning("trap_source_unresolved", olt=target.name, why=str(error))
        return set()
    return {_plain(str(entry[4][0])) for entry in found}


def _plain(address: str) -> str:
    """One text for one address: IPv4 that arrives on an IPv6 socket is IPv4; a zone is not part of it."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return str(mapped or number)
