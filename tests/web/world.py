"""The real application on real records, with a line whose steps the test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from api.app import build
from api.bootstrap import Service
from api.certificates.notices import Notices
from api.events import Progress, ProgressBus
from api.oidc.attempts import Attempts
from api.oidc.service import OidcService
from api.security.codes import OneTimeCodes
from api.security.passwords import Throttle
from api.security.sign_in import COOKIE
from api.services import diagnoses as diagnoses_module
from api.services.accounts import AccountService
from api.services.boxes import BoxService
from api.services.diagnoses import DiagnosisService
from api.services.heard import Ears
from api.services.history import LineHistory
from api.services.incident_push import IncidentPush
from api.services.incident_views import IncidentService
from api.services.incidents import IncidentWatch
from api.services.inventory import InventoryService
from api.services.lifecycle import AccessLifecycle
from api.services.mail import NoMailer
from api.services.network_events import NetworkEvents
from api.services.platform import PlatformService
from api.services.references import ReferenceTests
from api.services.ruleset import load_ruleset
from api.services.sessions import SessionService
from api.services.trends import TrendService
from api.services.webhooks import WebhookService
from api.settings import Settings
from api.signalisation.service import TicketService
from api.wiring.certificates import parts as certificate_parts
from api.wiring.teleactions import Acting, acting
from api.wiring.tickets import ticket_service
from collectors.platform.prober import PlatformProber
from domain.access import Access, TestName
from domain.box import Inform
from domain.clock import WallClock
from domain.identifiers import DiagnosisNumber, Id1
from domain.metric import Readings
from domain.olt import OltTarget
from domain.principal import Principal, Right
from domain.secret import Secret
from domain.snapshot import Snapshot, SourceReport
from domain.verdict import Diagnosis
from storage.diagnoses import NewDiagnosis
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from storage.telemetry.embedded import EmbeddedTelemetry
from tests.clocks import StillClock
from tests.storage.samples import put_access
from tests.web import golden

INFRASTRUCTURE = Principal("OI", "provision", frozenset({Right.INVENTORY}))
SUPPORT = Principal(golden.OPERATOR, "support.n2", frozenset({Right.TEST, Right.ONT_SECRETS, Right.TELEACTION}))
EXPERT = Principal(golden.OPERATOR, "expert.n2", frozenset({Right.TEST, Right.TELEACTION, Right.EXPERT}))
DEPOSITOR = Principal(golden.OPERATOR, "depots", frozenset({Right.SIGNALISATION}))
FORCER = Principal(
    golden.OPERATOR, "depots.n2", frozenset({Right.SIGNALISATION, Right.TEST, Right.FORCING, Right.PORT25})
)
ADMINISTRATOR = Principal(golden.OPERATOR, "admin.un", frozenset({Right.ADMINISTRATOR}))
REPAIRER = Principal("OI", "reparation", frozenset({Right.TREATMENT}))
AGENT = Principal(golden.OPERATOR, "agent.n1", frozenset({Right.TEST}))
CLERK = Principal(golden.OPERATOR, "commandes", frozenset({Right.INVENTORY}))
NOC = Principal("OI", "supervision", frozenset({Right.NOC}))
STRANGER = Principal("512345678", "agent", frozenset({Right.TEST}))
WAIT_S = 20.0


@dataclass(slots=True)
class Line:
    """A line test that waits for the test to let it go on."""

    asked: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def snapshot(self, access: Access, test: TestName, on_source: Any) -> Snapshot:
        self.asked.put_nowait(on_source)
        await self.go.wait()
        return golden.snapshot(test, access.id1)

    async def told(self, report: SourceReport) -> None:
        """Report a source of the test that has just been asked."""
        on_source = await asyncio.wait_for(self.asked.get(), WAIT_S)
        on_source(report)
        self.asked.put_nowait(on_source)


class WatchedBus(ProgressBus):
    """A bus that says when somebody listens."""

    def __init__(self) -> None:
        super().__init__()
        self.followed = asyncio.Event()

    @contextmanager
    def listen(self, number: Hashable) -> Iterator[asyncio.Queue[Progress]]:
        with super().listen(number) as queue:
            self.followed.set()
            yield queue


@dataclass(slots=True)
class World:
    """The application, its service and the tokens of its accounts."""

    app: FastAPI
    service: Service
    line: Line
    bus: WatchedBus
    clock: StillClock
    tokens: dict[str, str]
    verdicts: list[Diagnosis]

    @property
    def notices(self) -> Notices:
        """What the round of the certificates sends each night: the service runs it and shows it to nobody."""
        found: Notices = cast("Any", self.service).notices
        return found

    def client(self, who: Principal | None = SUPPORT) -> httpx.AsyncClient:
        """A browser without scripts, signed in as that account."""
        cookies = {} if who is None else {COOKIE: self.tokens[f"{who.operator_id}/{who.account}"]}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {"accept": "text/html"}
        return httpx.AsyncClient(transport=transport, base_url="http://sav.test", cookies=cookies, headers=headers)

    async def finished(self, verdict: Diagnosis, id1: Id1 = golden.ID1) -> DiagnosisNumber:
        """A diagnosis that has ended with that verdict."""
        number = await self.asked(id1)
        at = self.clock.now() + timedelta(minutes=1)
        await self.service.records.diagnoses.finish(SUPPORT, number, golden.snapshot(), verdict, at, 2310.4)
        return number

    async def heard(self) -> None:
        """The box of the access has informed once."""
        access = await self.service.records.accesses.get(SUPPORT, golden.ID1)
        box = await self.service.records.boxes.of_access(access)
        assert box is not None
        url = {"InternetGatewayDevice.ManagementServer.ConnectionRequestURL": "http://127.0.0.1:9/x"}
        inform = Inform(box.device, ("1 BOOT",), self.clock.now(), url)
        await self.service.records.boxes.informed(box, inform, Readings())

    async def failed(self, reason: str) -> DiagnosisNumber:
        """A diagnosis that failed."""
        number = await self.asked(golden.ID1)
        await self.service.records.diagnoses.fail(SUPPORT, number, self.clock.now(), reason)
        return number

    async def asked(self, id1: Id1 = golden.ID1) -> DiagnosisNumber:
        """A diagnosis that runs and will not end by itself."""
        new = NewDiagnosis(id1, TestName.GLOBAL, "FTTHMB1P", self.clock.now(), SUPPORT.account, "0.1.0")
        record, _ = await self.service.records.diagnoses.create(SUPPORT, new)
        return record.number


@asynccontextmanager
async def opened(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The application on records of its own."""
    settings = Settings.ephemeral(folder)
    await migrate(settings.database_url)
    clock, bus, line = StillClock(golden.NOW), WatchedBus(), Line()
    verdicts = [golden.inactive_box()]
    patch.setattr(diagnoses_module, "diagnose", lambda _snapshot, _ruleset: verdicts[-1])
    async with Records.opened(settings.database_url, lambda *_: Secret("unused"), WallClock()) as records:
        tokens = await _provision(records)
        service = cast("Service", _parts(settings, records, clock, bus, line))
        try:
            yield World(build(service), service, line, bus, clock, tokens, verdicts)
        finally:
            await service.diagnoses.close()


def _parts(settings: Settings, records: Records, clock: StillClock, bus: ProgressBus, line: Line) -> SimpleNamespace:
    """The parts of the service that the page uses, wired as the composition root does."""
    diagnoses = DiagnosisService(
        accesses=records.accesses,
        diagnoses=records.diagnoses,
        line_test=cast("Any", line),
        ruleset=cast("Any", None),
        bus=bus,
        clock=clock,
        max_running=8,
        code_version="0.1.0",
    )
    store = EmbeddedTelemetry(settings.telemetry_folder)
    events, rules = NetworkEvents(records.olts), load_ruleset()
    history = LineHistory(store, events)
    inventory = InventoryService(
        accesses=records.accesses,
        network=records.network,
        vendors=frozenset({"nokia_isam"}),
        on_declared=lambda _olt: None,
        on_removed=_nothing,
    )
    references = ReferenceTests(diagnoses, records, clock, enabled=False)
    lifecycle = AccessLifecycle(
        records.accesses, records.access_history, records.references, records.planned_works, references, clock
    )
    events = NetworkEvents(records.olts)
    incidents = _incidents(records, store, clock)
    certified = certificate_parts(settings, clock, records)
    tickets = ticket_service(
        settings=settings,
        clock=clock,
        records=records,
        diagnoses=diagnoses,
        lifecycle=lifecycle,
        references=references,
        incidents=incidents,
    )
    acts = _teleactions(settings, records, clock, bus, line, incidents, tickets)
    return SimpleNamespace(
        events=events,
        incidents=IncidentService(incidents, records),
        lifecycle=lifecycle,
        accounts=AccountService(records.accounts, records.tokens, NoMailer(), clock, Throttle()),
        certificates=certified.service,
        client_certificates=certified.clients,
        notices=certified.notices,
        oidc=OidcService({}, records, clock, settings.public_url, Attempts()),
        webhooks=WebhookService(records.webhooks, clock, insecure=True),
        tickets=tickets,
        settings=settings,
        clock=clock,
        records=records,
        diagnoses=diagnoses,
        inventory=inventory,
        teleactions=acts.service,
        campaigns=acts.campaigns,
        boxes=BoxService(records.accesses, records.boxes, cast("Any", None), clock, 1.0),
        sessions=SessionService(records.accesses, records.session_history, clock),
        platform=PlatformService(
            PlatformProber((), records.platform_probes, clock, cast("Any", None)),
            records.session_history,
            records.platform_probes,
            clock,
        ),
        trends=TrendService(store, records, history, clock, rules.thresholds),
        bus=bus,
        codes=OneTimeCodes(),
    )


def _incidents(records: Records, store: EmbeddedTelemetry, clock: StillClock) -> IncidentWatch:
    """The watch over incidents; nothing is polled, so that it knows what the records hold."""
    return IncidentWatch(
        network=records.network,
        kept=records.incidents,
        works=records.planned_works,
        push=IncidentPush(records.accesses, records.incidents, records.webhooks, clock),
        store=store,
        events=NetworkEvents(records.olts),
        thresholds=load_ruleset().thresholds,
        clock=clock,
    )


def _teleactions(
    settings: Settings,
    records: Records,
    clock: StillClock,
    bus: ProgressBus,
    line: Line,
    incidents: IncidentWatch,
    tickets: TicketService,
) -> Acting:
    """Téléactions and campaigns; their worker does not run: what is asked waits."""
    return acting(
        settings=settings,
        clock=clock,
        records=records,
        line_test=cast("Any", line),
        ruleset=cast("Any", None),
        ears=Ears(NetworkEvents(records.olts), clock),
        boxes=cast("Any", None),
        olts=None,
        bus=bus,
        incidents=incidents,
        tickets=tickets,
    )


async def _nothing() -> None:
    """No polling here."""


async def _provision(records: Records) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for operator in ("OI", golden.OPERATOR, "512345678"):
        await records.operators.put(Operator(operator, operator, operator == "OI"))
    for who in (SUPPORT, EXPERT, AGENT, CLERK, STRANGER, NOC, DEPOSITOR, FORCER, REPAIRER, ADMINISTRATOR):
        issued = await records.tokens.issue(who, golden.NOW, timedelta(days=7))
        tokens[f"{who.operator_id}/{who.account}"] = issued.token.reveal()
    olt = OltTarget("OI", "OLT-LYON-03", "nokia_isam", "192.0.2.1", 161, Secret("unused"), None)
    await records.network.put_olt(INFRASTRUCTURE, olt)
    await records.network.put_outside(INFRASTRUCTURE, olt.name, {golden.ONT: golden.outside()})
    await put_access(records, SUPPORT, golden.access())
    await put_access(records, SUPPORT, golden.access(Id1("F00000016"), bare=True))
    return tokens
