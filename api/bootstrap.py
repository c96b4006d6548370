"""The composition root: opens every part in order, wires them, and closes them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from api.clock import Time
from api.events import ProgressBus
from api.metrics import registry
from api.records import opened
from api.security.codes import OneTimeCodes
from api.services.diagnoses import DiagnosisService
from api.services.inventory import InventoryService
from api.services.linetest import Deadlines, LineTest, Sources
from api.services.ruleset import load_ruleset
from api.settings import Settings
from api.single import alone
from api.version import code_version
from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.connection_request import networks
from collectors.boxes.server import AcsServer
from collectors.polling import PollingLoop
from collectors.register import driver, drivers
from collectors.sessions.authlog import AuthLogListener
from collectors.sessions.radius import AccountingListener
from diagnostics.ruleset import Ruleset
from domain.ports import OltDriver
from domain.secret import Secret
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
    clock: Time
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
    _acs: AsyncExitStack = field(repr=False)

    async def stop_acs(self) -> None:
        """Stop serving boxes while the rest goes on: maintenance of the ACS."""
        await self._acs.aclose()


@asynccontextmanager
async def running(settings: Settings, clock: Time) -> AsyncIterator[Service]:
    """The whole service but its HTTP interface; everything is closed at the end of the block."""
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(settings.database_url))
        records = await stack.enter_async_context(opened(settings))
        driver_of = _drivers(settings, clock, await stack.enter_async_context(AsyncExitStack()))
        acs = acs_app(
            records.boxes, clock, Secret(settings.acs_key.get_secret_value()), networks(settings.box_networks)
        )
        acs_server, acs_stack = await _serve_acs(acs, settings, stack)
        secret = Secret(settings.radius_secret.get_secret_value())
        accounting = await stack.enter_async_context(
            AccountingListener(records.sessions, clock, settings.radius_host, settings.radius_port, secret)
        )
        authlog = await stack.enter_async_context(
            AuthLogListener(records.sessions, clock, settings.syslog_host, settings.syslog_port)
        )
        period = timedelta(seconds=settings.poll_period_s)
        polling = PollingLoop(driver_of, records.network.olts, records.walks, clock, clock, period)
        spawn = await stack.enter_async_context(_background())
        spawn(polling.run())
        spawn(_tidy(records, clock))
        bus, ruleset = ProgressBus(), load_ruleset()
        sources = Sources(records.network, driver_of, records.boxes, acs.gateway, records.sessions)
        line_test = LineTest(sources, clock, Deadlines(settings.test_deadline_s, settings.box_deadline_s))
        diagnoses = DiagnosisService(
            accesses=records.accesses,
            diagnoses=records.diagnoses,
            line_test=line_test,
            ruleset=ruleset,
            bus=bus,
            clock=clock,
            max_running=settings.max_running_tests,
            code_version=code_version(),
        )
        stack.push_async_callback(diagnoses.close)
        interrupted = await diagnoses.fail_interrupted()
        inventory = InventoryService(
            accesses=records.accesses,
            network=records.network,
            vendors=frozenset(drivers()),
            on_olt=lambda olt: spawn(polling.poll_once(olt)),
        )
        stats = {"acs": acs.stats, "radius": accounting.stats, "authlog": authlog.stats, "polling": polling.counters}
        _log.info("service ready", interrupted=interrupted, ruleset=ruleset.version, version=code_version())
        yield Service(
            settings=settings,
            clock=clock,
            records=records,
            diagnoses=diagnoses,
            inventory=inventory,
            bus=bus,
            ruleset=ruleset,
            registry=registry(stats),
            codes=OneTimeCodes(),
            code_version=code_version(),
            acs_port=acs_server.port,
            radius_port=accounting.port,
            syslog_port=authlog.port,
            _acs=acs_stack,
        )


async def _tidy(records: Records, clock: Time) -> None:
    """Drop what has served its time, hourly."""
    while True:
        try:
            await records.tidy(clock.now())
        except Exception as error:  # noqa: BLE001 - the boundary: it is tried again in an hour
            _log.warning("tidying failed", error=type(error).__name__)
        await clock.until(clock.now() + timedelta(hours=1))


async def _serve_acs(acs: AcsApp, settings: Settings, stack: AsyncExitStack) -> tuple[AcsServer, AsyncExitStack]:
    inner = await stack.enter_async_context(AsyncExitStack())
    server = await inner.enter_async_context(AcsServer(acs, settings.acs_host, settings.acs_port))
    return server, inner


def _drivers(settings: Settings, clock: Time, stack: AsyncExitStack) -> Callable[[str], OltDriver]:
    """One driver a vendor, made when first asked for. ``stack`` closes them: after what reads through them."""

    @cache
    def of(vendor: str) -> OltDriver:
        made = driver(vendor, clock, settings.known_hosts)
        stack.push_async_callback(made.close)
        return made

    return of


@asynccontextmanager
async def _background() -> AsyncIterator[Callable[[Coroutine[Any, Any, object]], None]]:
    """Tasks that live as long as the service."""
    tasks: set[asyncio.Task[object]] = set()

    def ended(task: asyncio.Task[object]) -> None:
        tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("background task failed", error=type(error).__name__, exc_info=error)

    def spawn(work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(ended)

    try:
        yield spawn
    finally:
        left = list(tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
