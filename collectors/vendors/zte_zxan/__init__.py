"""ZTE ZXA10 C300, C320, C600."""

from __future__ import annotations

import re
from datetime import UTC

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions
from collectors.driving.derive import ONT_DERIVED
from collectors.driving.driver import SnmpDriver
from collectors.driving.facts import load
from collectors.driving.layout import WHOLE, Layout
from collectors.driving.node import Node, Plan
from collectors.register import Site
from collectors.snmp.values import Oid
from collectors.snmp.walk import walk_columns
from collectors.vendors.zte_zxan.actions import ZxanActs
from collectors.vendors.zte_zxan.cli_ont import ZteCli
from collectors.vendors.zte_zxan.index import layout_of
from domain.clock import Clock
from domain.metrics.olt import CARD_KIND, PON_LASER_ON
from domain.olt import TableGap

KEY = "zte_zxan"

_ZTE: Oid = (1, 3, 6, 1, 4, 1, 3902)
_ACCESS = frozenset({1012, 1015, 1082})  # arcs of the access products
_WORDS = re.compile(r"ZXA10|\bC(?:2\d\d|3\d\d|6\d\d) Version", re.IGNORECASE)
IF_NAME: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)  # RFC 2863
PON_1012: Oid = (*_ZTE, 1012, 3, 13, 1, 1, 1)  # name of each PON port (recording): its rows are the PON ports
REPETITIONS = 20  # C: rows a request; C300 serves some 18 rows a second (olt_mibs.md 7)
_WINDOW = 4  # C: requests in flight: a full walk of the 1082 tree has been seen to die half-way
_DERIVED = ONT_DERIVED | {CARD_KIND, PON_LASER_ON}


def driver(clock: Clock, site: Site) -> SnmpDriver:
    """A driver with its own sockets and CLI sessions; nothing is opened before the first read."""
    plan = Plan(KEY, load(__package__, _DERIVED), _learn, REPETITIONS, _WINDOW)
    sessions = CliSessions(open_shell, site.known_hosts)
    cli = ZteCli(sessions, clock, UTC)  # the zone that the columns take too
    made = SnmpDriver(site.snmp_client(), clock, plan, cli)
    return made.acting(ZxanActs(made.layout_of, cli.spelling_of), site.setter(), sessions)


def recognises(sys_object_id: Oid, sys_descr: str) -> bool:
    """Whether an agent that says this of itself is a ZXA10: routers and switches of the vendor have other arcs."""
    if sys_object_id[: len(_ZTE)] != _ZTE:
        return False
    return bool(_ACCESS & set(sys_object_id[7:8])) or _WORDS.search(sys_descr) is not None


async def _learn(node: Node) -> tuple[Layout, tuple[TableGap, ...]]:
    """Which number IF-MIB gives each PON port, and what the numbers of tree 1012 count from."""
    chains = [(IF_NAME, WHOLE), (PON_1012, WHOLE)]
    names, numbers = await walk_columns(node.client, node.exchange, chains, REPETITIONS, _WINDOW)
    texts = ((row[0], v.value) for row, v in names.rows.items() if len(row) == 1 and isinstance(v.value, bytes))
    gaps = tuple(TableGap("pon.name", walked.reason) for walked in (names, numbers) if walked.reason)
    return layout_of(texts, (row[0] for row in numbers.rows)), gaps
