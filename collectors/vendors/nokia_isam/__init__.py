"""Nokia (Alcatel-Lucent) ISAM 7360 FX, 7302, 7342."""

from __future__ import annotations

from pathlib import Path

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from collectors.snmp.client import UdpSnmpClient
from collectors.snmp.values import Oid
from collectors.vendors.nokia_isam import facts
from collectors.vendors.nokia_isam.driver import NokiaIsamDriver
from domain.clock import Clock

KEY = facts.VENDOR


def driver(clock: Clock, known_hosts: Path | None = None) -> NokiaIsamDriver:
    """A driver with its own sockets and CLI sessions; nothing is opened before the first read."""
    return NokiaIsamDriver(UdpSnmpClient(), CliSessions(open_shell, known_hosts), clock, facts.load())


def recognises(sys_object_id: Oid, _sys_descr: str) -> bool:
    """Whether an agent that says this of itself is an ISAM."""
    return sys_object_id[: len(facts.SYS_OBJECT_ID)] == facts.SYS_OBJECT_ID
