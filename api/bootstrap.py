"""The composition root: opens every part in order, wires them, and closes them in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network

import structlog
from prometheus_client import CollectorRegistry

from api.events import ProgressBus
from api.security.codes import OneTimeCodes
from api.services.diagnoses import DiagnosisService
from api.services.inventory import InventoryService
from api.services.linetest import Deadlines, LineTest
from api.services.ruleset import load_ruleset
from api.settings import Settings
from api.version import code_version
from diagnostics.ruleset import Ruleset
from domain.clock import Clock
from storage.records import Records

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """The running service, as routes see it.

    Attributes:
        acs_port: Where boxes inform.
        radius_port: Where accounting packets arrive.
        syslog_port: Where the authentication log arrives.
    """

    settings: Settings
    clock: Clock
    records: Records
    diagnoses: DiagnosisService
    inventory: InventoryService
    bus: ProgressBus
    ruleset: Ruleset
    registry: CollectorRegistry
    codes: OneTimeCodes
    code_version: str
    acs_port: int
    radius_port: int
    syslog_port: int
