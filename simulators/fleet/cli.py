"""The command lines of a fleet: an SSH server an OLT, of the first OLTs as far as that is asked for.

They are those of the small plant (`simulators.cli_ssh`), which see an OLT through `seen`: what SNMP tells of an ONT and
what its command line tells come from the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

from domain.secret import Secret
from simulators.cli_ssh.server import VENDORS, Habits, OltCli
from simulators.fleet.agent import Address, allow_files
from simulators.fleet.fleet import Fleet
from simulators.fleet.loopback import address
from simulators.fleet.seen import SeenOlt

_SESSIONS = 256  # C: open files left to sessions


class FleetCli:
    """The command lines while its context lasts.

    Args:
        fleet: The fleet.
        advance: Lets happen what is due by now.
        olts: The first so many OLTs have one; FiberHome's have none.
        host: Address to listen on, with ``spread="ports"``; each OLT's own, with ``"addresses"``.
        port: First port, or the one of all addresses; 0 takes free ones.
        habits: What they all do that gets in the way.
    """

    def __init__(
        self,
        fleet: Fleet,
        advance: Callable[[], None],
        *,
        olts: int,
        host: str = "127.0.0.1",
        port: int = 0,
        habits: Habits | None = None,
    ) -> None:
        self._fleet, self._advance = fleet, advance
        self._numbers = [n for n in range(1, min(olts, len(fleet)) + 1) if fleet.vendor(n) in VENDORS]
        self._host, self._port, self._habits = host, port, habits
        self._stack = AsyncExitStack()
        self.addresses: Mapping[str, Address] = {}

    async def __aenter__(self) -> Self:
        wanted = len(self._numbers) + _SESSIONS
        if (allowed := allow_files(wanted)) < wanted:
            raise OSError(f"{wanted} files are needed and {allowed} allowed: raise ulimit -n, or ask for fewer --cli")
        try:
            self.addresses = {f"OLT-{number:05d}": await self._open(number) for number in self._numbers}
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()

    async def _open(self, number: int) -> Address:
        options = self._fleet.options
        shared = options.spread == "addresses"
        host = address(number) if shared else self._host
        port = self._port + number - 1 if self._port and not shared else self._port
        secret = Secret(options.cli_password)
        seen, vendor = SeenOlt(self._fleet, number, self._advance), self._fleet.vendor(number)
        cli = OltCli(seen, host, port, options.cli_username, secret, self._habits, vendor=vendor)
        await self._stack.enter_async_context(cli)
        if shared:
            self._port = cli.port
        return host, cli.port
