"""Nokia (Alcatel-Lucent) ISAM 7360 FX, 7302, 7342."""

from __future__ import annotations

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from collectors.register import Site
from collectors.snmp.values import Oid
from collectors.vendors.nokia_isam import facts
from collectors.vendors.nokia_isam.driver import NokiaIsamDriver
from domain.clock import Clock

KEY = facts.VENDOR


def driver(clock: Clock, site: Site) -> NokiaIsamDriver:
    """A driver with its own sockets and CLI sessions; nothing is opened before the first read."""
    sessions = CliSessions(open_shell, site.known_hosts)
    return NokiaIsamDriver(site.snmp_client(), sessions, clock, facts.load(), site.setter())


def recognises(sys_object_id: Oid, sys_descr: str) -> bool:
    """Whether an agent that says this of itself is an ISAM: by its arc, or by its name under the maker's newer one."""
    if sys_object_id[: len(facts.SYS_OBJECT_ID)] == facts.SYS_OBJECT_ID:
        return True
    return sys_object_id[: len(facts.NOKIA)] == facts.NOKIA and "ISAM" in sys_descr.upper()
