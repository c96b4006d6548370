"""Huawei SmartAX MA5600T, MA5603T, MA5800."""

from __future__ import annotations

from pathlib import Path

from collectors.driving.derive import ONT_DERIVED
from collectors.driving.driver import SnmpDriver
from collectors.driving.facts import load
from collectors.driving.layout import Layout
from collectors.driving.node import Node, Plan
from collectors.snmp.client import UdpSnmpClient
from collectors.snmp.values import Oid
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.clock import Clock
from domain.metrics.olt import CARD_KIND
from domain.olt import TableGap

KEY = "huawei_smartax"

_HUAWEI: Oid = (1, 3, 6, 1, 4, 1, 2011)
_MA5603T: Oid = (*_HUAWEI, 2, 123)
_WORDS = "huawei integrated access software"  # sysDescr of the recording; routers of the vendor say otherwise


def driver(clock: Clock, _known_hosts: Path | None = None) -> SnmpDriver:
    """A driver with its own sockets; nothing is opened before the first read."""
    return SnmpDriver(UdpSnmpClient(), clock, Plan(KEY, load(__package__, ONT_DERIVED | {CARD_KIND}), _learn))


def recognises(sys_object_id: Oid, sys_descr: str) -> bool:
    """Whether an agent that says this of itself is a SmartAX."""
    of_huawei = sys_object_id[: len(_HUAWEI)] == _HUAWEI
    return sys_object_id == _MA5603T or (of_huawei and _WORDS in sys_descr.lower())


async def _learn(_node: Node) -> tuple[Layout, tuple[TableGap, ...]]:
    return SmartaxLayout(), ()
