"""Boxes behind NAT: what an ACS may set for them to be called all the same, and the sockets on which they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from domain.identifiers import OntName
from simulators.cwmp_box.cpe import VALUE_CHANGE, Cpe
from simulators.cwmp_box.model import Kind, Parameter, constant, flag, hidden
from simulators.cwmp_box.stun import CallGate, StunClient, StunSettings
from simulators.cwmp_box.writable import keep, kept, switch

_NUMBERS = {"STUNServerPort": "3478", "STUNMinimumKeepAlivePeriod": "30"}


def parameters(root: str) -> list[Parameter]:
    """The names of TR-069 annex G (TR-098 1.8, TR-181 2) under ManagementServer."""
    server = f"{root}ManagementServer."
    texts, password = (f"{server}STUNServerAddress", f"{server}STUNUsername"), f"{server}STUNPassword"
    numbers = [
        Parameter(
            f"{server}{name}", Kind.UNSIGNED_INT, kept(f"{server}{name}", constant(value)), _number(server + name)
        )
        for name, value in _NUMBERS.items()
    ]
    longest = f"{server}STUNMaximumKeepAlivePeriod"
    return [
        switch(f"{server}STUNEnable", "0"),
        *(Parameter(name, Kind.STRING, kept(name, constant("")), keep(name)) for name in texts),
        Parameter(password, Kind.STRING, hidden, keep(password)),
        *numbers,
        Parameter(longest, Kind.INT, kept(longest, constant("-1")), keep(longest)),
        Parameter(f"{server}NATDetected", Kind.BOOLEAN, lambda f: flag(bool(f.udp_address))),
        Parameter(f"{server}UDPConnectionRequestAddress", Kind.STRING, lambda f: f.udp_address),
    ]


def _number(name: str) -> Callable[..., None]:
    return keep(name, lambda text: text.isdigit() and 0 < int(text) <= 65_535)


def stun_settings(root: str, written: Mapping[str, str]) -> StunSettings | None:
    """What was written, when it is enough to begin."""
    server = f"{root}ManagementServer."

    def value(name: str, otherwise: str = "") -> str:
        return written.get(f"{server}{name}", otherwise)

    if value("STUNEnable") not in {"1", "true"} or not value("STUNServerAddress"):
        return None
    place = (value("STUNServerAddress"), int(value("STUNServerPort", _NUMBERS["STUNServerPort"])))
    every_s = float(value("STUNMinimumKeepAlivePeriod", _NUMBERS["STUNMinimumKeepAlivePeriod"]))
    return StunSettings(place, value("STUNUsername"), value("STUNPassword"), every_s)


class NatReach:
    """The sockets of the boxes of a fleet that are behind NAT.

    Args:
        host: Where they send from.
        requested: Told of a box that was called.
        plan: Has a box speak.
    """

    def __init__(self, host: str, requested: Callable[[Cpe], None], plan: Callable[[Cpe], None]) -> None:
        self._host = host
        self._requested = requested
        self._plan = plan
        self._clients: dict[OntName, StunClient] = {}
        self._openings: set[asyncio.Task[None]] = set()

    def follow(self, cpe: Cpe, root: str) -> None:
        """Do as the settings of a box say now."""
        wanted, client = stun_settings(root, cpe.settings.extra), self._clients.get(cpe.ont)
        if client is not None and client.settings == wanted:
            return
        if client is not None:
            del self._clients[cpe.ont]
            client.close()
        cpe.udp_address = ""
        if wanted is not None:
            gate = CallGate()
            client = StunClient(
                wanted, lambda address: self._seen(cpe, address), lambda data: self._hear(cpe, gate, data)
            )
            self._clients[cpe.ont] = client
            opening = asyncio.create_task(client.open(self._host))
            self._openings.add(opening)
            opening.add_done_callback(self._openings.discard)

    async def close(self) -> None:
        """Close every socket."""
        await asyncio.gather(*self._openings, return_exceptions=True)
        for client in self._clients.values():
            client.close()

    def _seen(self, cpe: Cpe, address: tuple[str, int]) -> None:
        """Its address behind the NAT changed: an ACS is told (TR-069 G.2.1.3)."""
        cpe.udp_address = f"{address[0]}:{address[1]}"
        cpe.report(VALUE_CHANGE)
        self._plan(cpe)

    def _hear(self, cpe: Cpe, gate: CallGate, datagram: bytes) -> None:
        settings = cpe.settings
        if gate.admits(datagram, settings.connection_request_username, settings.connection_request_password):
            self._requested(cpe)
