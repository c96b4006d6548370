"""The composition root: opens every part in order, wires them, and closes them in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry

from api.clock import Time
from api.events import ProgressBus
from api.metrics import registry
from api.records import opened
from api.security.codes import OneTimeCodes
from api.security.passwords import Throttle
from api.services.accounts import AccountService
from api.services.boxes import BoxService
from api.services.campaigns import CampaignService
from api.services.diagnoses import DiagnosisService
from api.services.fair import Allowance, Limits
from api.services.heard import Ears, HeardBoxes, HeardSessions
from api.services.history import LineHistory
from api.services.incident_views import IncidentService
from api.services.inventory import InventoryService
from api.services.lifecycle import AccessLifecycle
from api.services.linetest import Deadlines, LineTest, Sources
from api.services.mail import Mailer, NoMailer, SmtpMailer
from api.services.network_events import NetworkEvents
from api.services.olts import OltService
from api.services.platform import PlatformService
from api.services.references import NumberedReferences, ReferenceTests
from api.services.ruleset import load_ruleset
from api.services.sessions import SessionService
from api.services.teleactions import TeleactionService
from api.services.telemetry import TelemetryService
from api.services.trends import TrendService
from api.services.webhooks import WebhookSender, WebhookService
from api.settings import Settings
from api.signalisation.commitment import Commitments
from api.signalisation.context import Surveyor
from api.signalisation.ports import ByHand, SeenByDiagnosis
from api.signalisation.service import TicketService
from api.single import alone
from api.version import code_version
from api.wiring.acs import Acs, box_checks, serve_acs
from api.wiring.background import background, each_night, every
from api.wiring.collection import Collection, collection
from api.wiring.incidents import watch
from api.wiring.olt_metrics import OltCollector
from api.wiring.platform import platform
from api.wiring.teleactions import acting
from collectors.olt_actions import DriverActions
from collectors.register import drivers
from collectors.sessions.authlog import AuthLogListener
from collectors.sessions.radius import AccountingListener
from diagnostics.ruleset import Ruleset
from domain.secret import Secret
from storage.records import Records

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """The running service, as routes see it.

    Attributes:
        collection: What reads OLTs: polling, telemetry, traps.
        acs: What reads boxes and acts on them.
        acs_port: Where boxes inform.
        radius_port: Where accounting packets arrive.
        syslog_port: Where the authentication log arrives.
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
    acs_port: int
    radius_port: int
    syslog_port: int
    acs: Acs
    boxes: BoxService
    platform: PlatformService
    sessions: SessionService

    @property
    def events(self) -> NetworkEvents:
        """What the network announces by itself."""
        return self.collection.events

    async def stop_acs(self) -> None:
        """Stop serving boxes while the rest goes on: maintenance of the ACS."""
        await self.acs.stop()


@asynccontextmanager
async def running(settings: Settings, clock: Time) -> AsyncIterator[Service]:
    """The whole service but its HTTP interface; everything is closed at the end of the block."""
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(settings.database_url))
        records = await stack.enter_async_context(opened(settings))
        reading = await stack.enter_async_context(collection(settings, clock, records))
        ears = Ears(reading.events, clock)
        acs = await serve_acs(settings, clock, HeardBoxes(records.boxes, ears), stack)
        secret = Secret(settings.radius_secret.get_secret_value())
        accounting = await stack.enter_async_context(
            AccountingListener(
                HeardSessions(records.sessions, ears), clock, settings.radius_host, settings.radius_port, secret
            )
        )
        authlog = await stack.enter_async_context(
            AuthLogListener(records.sessions, clock, settings.syslog_host, settings.syslog_port)
        )
        sender = WebhookSender(records.webhooks, clock, insecure=settings.webhooks_insecure)
        stack.push_async_callback(sender.close)
        spawn = await stack.enter_async_context(background())
        spawn(every("tidying", timedelta(hours=1), clock, lambda: records.tidy(clock.now())))
        bus, ruleset = ProgressBus(), load_ruleset()
        incidents = watch(reading, records, ruleset, clock)
        spawn(incidents.run())
        await records.rulesets.keep(ruleset.texts, clock.now())
        reading.start(spawn)
        history = LineHistory(reading.telemetry.store, reading.events)
        checks = box_checks(settings, acs.actions)
        trends = TrendService(reading.telemetry.store, records, history, clock, ruleset.thresholds)
        spawn(each_night("trends", settings.trends_at, clock, trends.nightly))
        internet = await stack.enter_async_context(platform(settings, clock, records))
        spawn(internet.prober.run())
        sources = Sources(
            records.network,
            reading.driver_of,
            records.boxes,
            acs.gateway,
            records.sessions,
            history,
            records.references,
            checks,
            records.planned_works,
            internet,
        )
        line_test = LineTest(
            sources, clock, Deadlines(settings.test_deadline_s, settings.box_deadline_s), reading.events, incidents
        )
        diagnoses = DiagnosisService(
            accesses=records.accesses,
            diagnoses=records.diagnoses,
            line_test=line_test,
            ruleset=ruleset,
            bus=bus,
            clock=clock,
            max_running=settings.max_running_tests,
            code_version=code_version(),
            limits=Limits(Allowance(settings.operator_pending_tests, settings.operator_tests_per_minute)),
        )
        stack.push_async_callback(diagnoses.close)
        interrupted = await diagnoses.fail_interrupted()
        inventory = InventoryService(
            accesses=records.accesses,
            network=records.network,
            vendors=frozenset(drivers()),
            on_declared=lambda olt: spawn(reading.polling.declared(olt)),
            on_removed=reading.polling.follow_inventory,
        )
        references = ReferenceTests(
            diagnoses,
            NumberedReferences(records.access_history, clock),
            spawn,
            enabled=settings.reference_tests,
        )
        lifecycle = AccessLifecycle(records.accesses, records.access_history, records.planned_works, references, clock)
        tickets = ticket_service(settings, clock, records, diagnoses, lifecycle, references)
        spawn(every("GTR watch", timedelta(minutes=1), clock, tickets.commitments.watch))
        spawn(sender.run())
        await records.jobs.take_over()  # this service alone holds the records
        acts = acting(
            settings=settings,
            clock=clock,
            records=records,
            line_test=line_test,
            ruleset=ruleset,
            ears=ears,
            boxes=acs.actions,
            olts=DriverActions(reading.driver_of, clock),
            bus=bus,
        )
        spawn(acts.worker.run())
        spawn(acts.campaigns.run())
        parts = {
            "webhooks": sender.stats,
            "acs": acs.stats,
            "radius": accounting.stats,
            "authlog": authlog.stats,
            "platform": internet.prober.stats,
            **reading.stats,
        }
        parts["incidents"] = incidents.stats
        by_olt = OltCollector(reading.site.budgets, reading.polling, clock, settings.metrics_olts)
        _log.info("service ready", interrupted=interrupted, ruleset=ruleset.version, version=code_version())
        yield Service(
            settings=settings,
            clock=clock,
            records=records,
            diagnoses=diagnoses,
            inventory=inventory,
            lifecycle=lifecycle,
            tickets=tickets,
            accounts=AccountService(records.accounts, records.tokens, mailer(settings), clock, Throttle()),
            webhooks=WebhookService(records.webhooks, clock, insecure=settings.webhooks_insecure),
            bus=bus,
            collection=reading,
            ruleset=ruleset,
            olts=OltService(records, reading.site, reading.polling, clock),
            telemetry=TelemetryService(reading.telemetry.store, records),
            trends=trends,
            incidents=IncidentService(incidents, records),
            teleactions=acts.service,
            campaigns=acts.campaigns,
            registry=registry(parts, by_olt),
            codes=OneTimeCodes(),
            code_version=code_version(),
            acs_port=acs.port,
            radius_port=accounting.port,
            syslog_port=authlog.port,
            acs=acs,
            boxes=BoxService(records.accesses, records.boxes, acs.gateway, clock, settings.box_deadline_s),
            platform=internet,
            sessions=SessionService(records.accesses, records.session_history, clock),
        )


def mailer(settings: Settings) -> Mailer:
    """The SMTP server of the settings, or none."""
    smtp = settings.smtp
    if smtp is None:
        return NoMailer()
    return SmtpMailer(smtp.host, smtp.port, smtp.sender, smtp.username, Secret(smtp.password.get_secret_value()))


def ticket_service(
    settings: Settings,
    clock: Time,
    records: Records,
    diagnoses: DiagnosisService,
    lifecycle: AccessLifecycle,
    references: ReferenceTests,
) -> TicketService:
    """Signalisations over the other services."""
    surveyor = Surveyor(records.diagnoses, records.tickets, lifecycle, SeenByDiagnosis(), clock)
    commitments = Commitments(records.accesses, records.tickets, clock, freezes=settings.gtr_freezes)
    return TicketService(
        records=records,
        surveyor=surveyor,
        diagnoses=diagnoses,
        references=references,
        commitments=commitments,
        port25=ByHand(),
        clock=clock,
        patience_s=settings.deposit_patience_s,
        codes=settings.closing_codes,
    )
