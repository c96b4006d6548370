"""The faults: one file each, found by listing this folder. Adding a file adds a command."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from simulators.plant.faults.kind import FaultKind


def discover() -> Mapping[str, FaultKind]:
    """Every kind of fault, by name. A file whose fault has another name raises `ValueError`."""
    kinds: dict[str, FaultKind] = {}
    for module in pkgutil.iter_modules(__path__):
        kind = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FAULT", None)
        if not isinstance(kind, FaultKind):
            continue
        if kind.name != module.name.replace("_", "-"):
            raise ValueError(f"{module.name}.py declares the fault {kind.name!r}")
        kinds[kind.name] = kind
    return kinds
