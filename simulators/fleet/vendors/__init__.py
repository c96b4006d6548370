"""How each vendor shows an OLT of the fleet over SNMP: one file a vendor, found by listing this folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from simulators.fleet.tables import VendorTables


def discover() -> Mapping[str, VendorTables]:
    """Every vendor, by name: the file of that name holds its tables as ``TABLES``."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        tables = getattr(importlib.import_module(f"{__name__}.{module.name}"), "TABLES", None)
        if isinstance(tables, VendorTables):
            found[module.name] = tables
    return found
