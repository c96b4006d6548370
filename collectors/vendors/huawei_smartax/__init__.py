"""Huawei SmartAX MA5600T, MA5603T, MA5800."""

from __future__ import annotations

import re

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from collectors.driving.derive import ONT_DERIVED
from collectors.driving.driver import SnmpDriver
from collectors.driving.facts import load
from collectors.driving.layout import Layout
from collectors.driving.node import Node, Plan
from collectors.register import Site
from collectors.snmp.values import Oid
from collectors.vendors.huawei_smartax.actions import SmartaxActs
from collectors.vendors.huawei_smartax.cli_ont import HuaweiCli
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.clock import Clock
from domain.metrics.olt import CARD_KIND
from domain.olt import TableGap

KEY = "huawei_smartax"

_HUAWEI: Oid = (1, 3, 6, 1, 4, 1, 2011)
_MA5603T: Oid = (*_HUAWEI, 2, 123)
_WORDS = re.compile(r"Integrated Access Software|SmartAX|\b[ME]A5[68]\d\d", re.IGNORECASE)
"""sysDescr of the recording, and names of the family that some sites write there; the vendor's routers have others."""


def driver(clock: Clock, site: Site) -> SnmpDriver:
    """A driver with its own sockets and CLI sessions; nothing is opened before the first read."""
    plan = Plan(KEY, load(__package__, ONT_DERIVED | {CARD_KIND}), _learn)
    sessions = CliSessions(open_shell, site.known_hosts)
    made = SnmpDriver(site.snmp_client(), clock, plan, HuaweiCli(sessions, clock))
    return made.acting(SmartaxActs(), site.setter(), sessions)


def recognises(sys_object_id: Oid, sys_descr: str) -> bool:
    """Whether an agent that says this of itself is a SmartAX."""
    of_huawei = sys_object_id[: len(_HUAWEI)] == _HUAWEI
    return sys_object_id == _MA5603T or (of_huawei and _WORDS.search(sys_descr) is not None)


async def _learn(_node: Node) -> tuple[Layout, tuple[TableGap, ...]]:
    return SmartaxLayout(), ()
