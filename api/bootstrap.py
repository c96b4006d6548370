"""The composition root: opens every part in order, wires them, and closes them in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from api.certificates.client import ClientCertificates
from api.certificates.service import CertificateService
from api.clock import Time
from api.events import ProgressBus
from api.metrics import registry
from api.oidc.service import OidcService
from api.security.codes import OneTimeCodes
from api.services.accounts import AccountService
from api.services.box_secrets import BoxSecretService
from api.services.boxes import BoxService
from api.services.campaigns import CampaignService
from api.services.diagnoses import DiagnosisService
from api.services.heard import Ears, HeardBoxes
from api.services.history import LineHistory
from api.services.incident_views import IncidentService
from api.services.inventory import InventoryService
from api.services.lifecycle import AccessLifecycle
from api.services.network_events import NetworkEvents
from api.services.olts import OltService
from api.services.platform import PlatformService
from api.services.sessions import SessionService
from api.services.teleactions import TeleactionService
from api.services.telemetry import TelemetryService
from api.services.trends import TrendService
from api.services.webhooks import WebhookService, WebhookStats
from api.settings import Settings
from api.signalisation.service import TicketService
from api.version import code_version
from api.wiring.accounts import accounts
from api.wiring.acs import Acs, box_secrets, serve_acs
from api.wiring.certificates import certificates, mail_sender, mail_stats
from api.wiring.collection import Collection, collection
from api.wiring.core import Core, core, held_records
from api.wiring.desk import desk
from api.wiring.diagnoses import line_test
from api.wiring.incidents import watch
from api.wiring.inventory import inventory
from api.wiring.oidc import oidc
from api.wiring.olt_metrics import OltCollector
from api.wiring.platform import platform
from api.wiring.sessions import SessionIntake, sessions
from api.wiring.teleactions import act
from api.wiring.tickets import sender
from api.wiring.trends import trends
from diagnostics.ruleset import Ruleset
from storage.records import Records

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """The running service, as routes see it.

    Attributes:
        collection: What reads OLTs: polling, telemetry, traps.
        acs: What reads boxes and acts on them.
        radius: What hears RADIUS.
    """

    settings: Settings
    clock: Time
    records: Records
    diagnoses: DiagnosisService
    inventory: InventoryService
    lifecycle: AccessLifecycle
    tickets: TicketService
    webhooks: WebhookService
    accounts: AccountService
    certificates: CertificateService
    client_certificates: ClientCertificates
    oidc: OidcService
    olts: OltService
    telemetry: TelemetryService
    trends: TrendService
    incidents: IncidentService
    teleactions: TeleactionService
    campaigns: CampaignService
    bus: ProgressBus
    collection: Collection
    ruleset: Ruleset
    registry: CollectorRegistry
    codes: OneTimeCodes
    code_version: str
    radius: SessionIntake
    acs: Acs
    boxes: BoxService
    box_secrets: BoxSecretService
    platform: PlatformService
    sessions: SessionService

    @property
    def acs_port(self) -> int:
        """Where boxes inform."""
        return self.acs.port

    @property
    def radius_port(self) -> int:
        """Where accounting packets arrive."""
        return self.radius.accounting.port

    @property
    def syslog_port(self) -> int:
        """Where the authentication log arrives."""
        return self.radius.authlog.port

    @property
    def events(self) -> NetworkEvents:
        """What the network announces by itself."""
        return self.collection.events

    async def stop_acs(self) -> None:
        """Stop serving boxes while the rest goes on: maintenance of the ACS."""
        await self.acs.stop()


@dataclass(frozen=True, slots=True)
class _Intake:
    """What hears the network: OLTs, boxes, RADIUS."""

    reading: Collection
    ears: Ears
    acs: Acs
    radius: SessionIntake

    @property
    def stats(self) -> dict[str, Any]:
        """The counters of each part, as ``/metrics`` names them."""
        radius = {"radius": self.radius.accounting.stats, "authlog": self.radius.authlog.stats}
        return {"acs": self.acs.stats, **radius, **self.reading.stats}


@asynccontextmanager
async def running(settings: Settings, clock: Time) -> AsyncIterator[Service]:
    """The whole service but its HTTP interface; everything is closed at the end of the block."""
    async with AsyncExitStack() as stack:
        records = await stack.enter_async_context(held_records(settings, clock))
        intake = await _hear(settings, clock, records, stack)
        webhooks = await stack.enter_async_context(sender(settings, clock, records))
        common = await stack.enter_async_context(core(settings, clock, records))
        common.spawn(webhooks.run())
        service = await _served(common, intake, webhooks.stats, stack)
        _log.info("service ready", ruleset=common.ruleset.version, version=service.code_version)
        yield service


async def _hear(settings: Settings, clock: Time, records: Records, stack: AsyncExitStack) -> _Intake:
    """Open what hears the network; nothing is asked of it yet."""
    reading = await stack.enter_async_context(collection(settings, clock, records))
    ears = Ears(reading.events, clock)
    acs = await serve_acs(settings, clock, HeardBoxes(records.boxes, ears), stack)
    radius = await stack.enter_async_context(sessions(settings, clock, records, ears))
    return _Intake(reading, ears, acs, radius)


async def _served(common: Core, intake: _Intake, sent: WebhookStats, stack: AsyncExitStack) -> Service:
    """Wire what users see over what hears the network, and start it."""
    settings, clock, records, reading = common.settings, common.clock, common.records, intake.reading
    incidents = watch(common, reading)
    reading.start(common.spawn)
    history = LineHistory(reading.telemetry.store, reading.events)
    internet = await stack.enter_async_context(platform(settings, clock, records, incidents))
    common.spawn(internet.prober.run())
    test = line_test(common, reading, intake.acs, history, incidents, internet)
    desks = await desk(common, test, incidents, stack)
    acts = await act(common, reading, intake.ears, intake.acs.actions, test, incidents, desks.tickets)
    views = IncidentService(incidents, records)
    certified, mailing = await certificates(common), mail_sender(settings, clock, records)
    if mailing is not None:
        common.spawn(mailing.run())
    secrets = box_secrets(common, intake.acs)
    others = {"platform": internet.prober.stats, "incidents": incidents.stats, "box_secrets": secrets.stats}
    parts = {"webhooks": sent, "mail": mail_stats(mailing), **others, **intake.stats}
    return Service(
        settings=settings,
        clock=clock,
        records=records,
        diagnoses=desks.diagnoses,
        inventory=inventory(common, reading),
        lifecycle=desks.lifecycle,
        tickets=desks.tickets,
        webhooks=WebhookService(records.webhooks, clock, insecure=settings.webhooks_insecure),
        accounts=accounts(settings, clock, records),
        certificates=certified.service,
        client_certificates=certified.clients,
        oidc=await stack.enter_async_context(oidc(settings, clock, records)),
        olts=OltService(records, reading.site, reading.polling, clock),
        telemetry=TelemetryService(reading.telemetry.store, records),
        trends=trends(common, reading, history),
        incidents=views,
        teleactions=acts.service,
        campaigns=acts.campaigns,
        bus=common.bus,
        collection=reading,
        ruleset=common.ruleset,
        registry=registry(parts, OltCollector(reading.site.budgets, reading.polling, clock, settings.metrics_olts)),
        codes=OneTimeCodes(),
        code_version=code_version(),
        radius=intake.radius,
        acs=intake.acs,
        boxes=BoxService(records.accesses, records.boxes, intake.acs.gateway, clock, settings.box_deadline_s),
        box_secrets=secrets,
        platform=internet,
        sessions=SessionService(records.accesses, records.session_history, clock),
    )
