"""The register of OLT drivers. No list to edit: each package under `collectors.vendors` is one.

A vendor's package has ``KEY``, ``driver(clock, known_hosts)`` and ``recognises(sys_object_id, sys_descr)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from collectors.snmp.values import Oid
from domain.clock import Clock
from domain.errors import ConflictError, NotFoundError
from domain.ports import OltDriver


class Vendor(Protocol):
    """What a vendor's package offers."""

    KEY: str

    def driver(self, clock: Clock, known_hosts: Path | None = None) -> OltDriver:
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


def driver(vendor: str, clock: Clock, known_hosts: Path | None = None) -> OltDriver:
    """A new driver of that vendor; raises `DriverNotRegisteredError`. The caller closes it."""
    known = drivers()
    if vendor not in known:
        raise DriverNotRegisteredError(vendor, tuple(sorted(known)))
    return known[vendor].driver(clock, known_hosts)
