"""The vendor's facts, loaded from the data files of this folder and validated."""

from __future__ import annotations

from typing import Any

from collectors.driving import facts
from collectors.driving.facts import Facts
from collectors.snmp.values import Oid
from collectors.vendors.nokia_isam.cli_show import SHOWN
from domain.metric import Metric
from domain.metrics import olt, ont

__all__ = ["LINEAR_SLOT", "NOKIA", "SFP_TX", "SYS_OBJECT_ID", "VENDOR", "Facts", "load"]

VENDOR = "nokia_isam"

LINEAR_SLOT: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 23, 3, 1, 32)
"""Linear slot of each board (ASAM-EQUIP-MIB, recording): what ties board rows to ifIndex."""

SFP_TX: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 56, 5, 1, 6)
"""Power sent by the SFP of {board}.{faceplate}, as text (SFP MIB, recording): ``4.94 dBm``, ``No Power``."""

SYS_OBJECT_ID: Oid = (1, 3, 6, 1, 4, 1, 637, 61)
"""Prefix of sysObjectID (recording; public pollers know no other product under it)."""

NOKIA: Oid = (1, 3, 6, 1, 4, 1, 6527)
"""The maker's arc of today, which its routers share (public pollers)."""

_DERIVED: frozenset[Metric[Any]] = frozenset(
    {olt.OLT_REACHABLE, olt.CARD_KIND, olt.PON_LASER_ON, ont.ONT_PASSWORD, ont.ONT_PROVISIONED, *SHOWN}
)


def load() -> Facts:
    """Read the data files, once."""
    return facts.load(__package__, _DERIVED)
