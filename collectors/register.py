"""The register of OLT drivers. No list to edit: each package under `collectors.vendors` is one.

A vendor's package has ``KEY``, ``driver(clock, site)`` and ``recognises(sys_object_id, sys_descr)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from collectors.driving.agents import usm_user
from collectors.load import Budgets
from collectors.snmp.client import UdpSnmpClient
from collectors.snmp.engines import Engines
from collectors.snmp.legacy import Legacy
from collectors.snmp.setting import SnmpSetter
from collectors.snmp.udp import Counters
from collectors.snmp.usm.session import Sessions
from collectors.snmp.values import Oid
from domain.clock import Clock
from domain.errors import ConflictError, NotFoundError
from domain.olt import OltTarget
from domain.ports import OltDriver


@dataclass(frozen=True, slots=True)
class Site:
    """What the drivers of a process share with each other and with polling.

    Attributes:
        known_hosts: File of the OLTs' SSH host keys (OpenSSH's form); ``None``: any key is accepted.
        budgets: What each OLT may be asked; live reads go before polling.
        sessions: SNMPv3 engines and users, discovered once.
        counters: What went through the drivers' SNMP sockets.
        engines: pysnmp, for what is set and for agents that speak SNMPv1 only.
        legacy: Those agents, as far as they were found out.
    """

    known_hosts: Path | None = None
    budgets: Budgets = field(default_factory=Budgets)
    sessions: Sessions = field(default_factory=Sessions)
    counters: Counters = field(default_factory=Counters)
    engines: Engines = field(default_factory=Engines)
    legacy: set[tuple[str, int]] = field(default_factory=set)

    def forget(self, olt: OltTarget) -> None:
        """See `collectors.polling.Holder`."""
        self.budgets.forget(olt.host, olt.port)
        self.legacy.discard((olt.host, olt.port))
        self.engines.renew()
        if olt.user is not None:
            self.sessions.forget(olt.host, olt.port, usm_user(olt.user))

    def setter(self) -> SnmpSetter:
        """What sets objects, within the budgets of this site; whoever made the site closes its engines."""
        return SnmpSetter(self.engines, self.budgets)

    def snmp_client(self) -> UdpSnmpClient:
        """A live client that obeys the budgets of this site. The caller closes it."""
        legacy = Legacy(self.engines, self.legacy)
        return UdpSnmpClient(counters=self.counters, budgets=self.budgets, sessions=self.sessions, legacy=legacy)


class Vendor(Protocol):
    """What a vendor's package offers."""

    KEY: str

    def driver(self, clock: Clock, site: Site) -> OltDriver:
        """A driver; nothing is opened before its first read."""
        ...

    def recognises(self, sys_object_id: Oid, sys_descr: str) -> bool:
        """Whether an agent that says this of itself is of this vendor."""
        ...


class DriverNotRegisteredError(NotFoundError):
    """No vendor has that key. ``known`` are those there are."""

    def __init__(self, key: str, known: tuple[str, ...]) -> None:
        super().__init__("OLT driver", key)
        self.known = known


class DriverAlreadyRegisteredError(ConflictError):
    """Two packages claim one key."""

    def __init__(self, key: str, first: str, second: str) -> None:
        super().__init__("OLT driver", key, f"claimed by {first} and {second}")


@cache
def drivers(package: str = "collectors.vendors") -> Mapping[str, Vendor]:
    """Every vendor by its key, found in the sub-packages of ``package``."""
    found: dict[str, tuple[str, Vendor]] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        name = f"{package}.{info.name}"
        vendor = cast("Vendor", importlib.import_module(name))
        if vendor.KEY in found:
            raise DriverAlreadyRegisteredError(vendor.KEY, found[vendor.KEY][0], name)
        found[vendor.KEY] = (name, vendor)
    return {key: vendor for key, (_, vendor) in found.items()}


def driver(vendor: str, clock: Clock, site: Site | None = None) -> OltDriver:
    """A new driver of that vendor; raises `DriverNotRegisteredError`. The caller closes it."""
    known = drivers()
    if vendor not in known:
        raise DriverNotRegisteredError(vendor, tuple(sorted(known)))
    return known[vendor].driver(clock, site or Site())
