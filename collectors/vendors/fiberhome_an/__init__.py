"""FiberHome AN5516, AN6000."""

from __future__ import annotations

import re

from collectors.driving.derive import ONT_DERIVED
from collectors.driving.driver import SnmpDriver
from collectors.driving.facts import load
from collectors.driving.layout import Layout
from collectors.driving.node import Node, Plan
from collectors.register import Site
from collectors.snmp.values import Oid
from collectors.vendors.fiberhome_an.actions import FiberhomeActs
from collectors.vendors.fiberhome_an.index import FiberhomeLayout
from domain.clock import Clock
from domain.metrics.olt import PON_LASER_ON
from domain.metrics.ont import ONT_LAST_CHANGE
from domain.olt import TableGap

KEY = "fiberhome_an"

_OLTS: Oid = (1, 3, 6, 1, 4, 1, 5875, 800)
_WORDS = re.compile(r"\bAN(?:5116|5516|6000)", re.IGNORECASE)
_DERIVED = (ONT_DERIVED - {ONT_LAST_CHANGE}) | {PON_LASER_ON}


def driver(clock: Clock, site: Site) -> SnmpDriver:
    """A driver with its own sockets; nothing is opened before the first read."""
    made = SnmpDriver(site.snmp_client(), clock, Plan(KEY, load(__package__, _DERIVED), _learn))
    return made.acting(FiberhomeActs(), site.setter())


def recognises(sys_object_id: Oid, sys_descr: str) -> bool:
    """Whether an agent that says this of itself is an AN5516 or AN6000."""
    return sys_object_id[: len(_OLTS)] == _OLTS or (
        sys_object_id[:7] == _OLTS[:7] and _WORDS.search(sys_descr) is not None
    )


async def _learn(_node: Node) -> tuple[Layout, tuple[TableGap, ...]]:
    return FiberhomeLayout(), ()
