"""A plant of a vendor with a command line, behind SSH and SNMP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from domain.olt import CliAccess
from domain.secret import Secret
from simulators.cli_ssh import Habits, OltCli
from simulators.plant.plant import Plant
from simulators.snmp.agent import SnmpAgent
from tests.simulators.snmp_client import Client
from tests.simulators.vendor_site import HandClock, Seen, running

USER, PASSWORD = "diag", "cli-secret"


@dataclass
class CliSite:
    plant: Plant
    clock: HandClock
    access: CliAccess
    sessions: CliSessions
    snmp: Seen


@asynccontextmanager
async def cli_site(name: str, habits: Habits | None = None) -> AsyncIterator[CliSite]:
    plant, clock = running(name)
    cli = OltCli(plant, "127.0.0.1", 0, USER, PASSWORD, habits)
    agent = SnmpAgent(plant, "127.0.0.1", 0, "public")
    async with cli, agent:
        sessions = CliSessions(open_shell)
        with Client(agent.port) as client:
            access = CliAccess("127.0.0.1", cli.port, USER, Secret(PASSWORD))
            try:
                yield CliSite(plant, clock, access, sessions, Seen(plant, clock, client, agent))
            finally:
                await sessions.close()
