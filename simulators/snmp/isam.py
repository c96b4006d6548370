"""The plant seen as the MIB of a Nokia ISAM 7360 FX: rows numbered once, values read at each request."""

from __future__ import annotations

from typing import Any

from simulators.plant.ports import PlantView
from simulators.snmp import isam_equip, isam_if, isam_pon
from simulators.snmp.isam_rows import build
from simulators.snmp.mib import Column


def columns(plant: PlantView) -> list[Column[Any]]:
    """Every column of the ISAM."""
    inventory = build(plant.state)
    return [*isam_if.columns(plant, inventory), *isam_equip.columns(inventory), *isam_pon.columns(inventory)]
