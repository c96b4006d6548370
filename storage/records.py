"""All the records behind one handle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import text

from domain.clock import Clock
from storage.access_history import AccessHistory
from storage.accesses import Accesses
from storage.accounts import Accounts
from storage.audit import AuditTrail
from storage.boxes import Boxes, SecretFor
from storage.campaigns import Campaigns
from storage.certificate_desk import CertificateDesk
from storage.certificates import Certificates
from storage.database import Database
from storage.diagnoses import Diagnoses
from storage.idempotency import Idempotency
from storage.identities import Identities
from storage.incidents import Incidents
from storage.kept_diagnoses import KeptDiagnoses
from storage.mails import Mails
from storage.migration import require_current
from storage.network import NetworkRecords
from storage.olts import Olts
from storage.operators import Operators
from storage.outside_plants import OutsidePlants
from storage.planned_works import PlannedWorks
from storage.platform_probes import PlatformProbes
from storage.port25 import Port25Orders
from storage.references import References
from storage.retention import Keeping, Retention
from storage.rulesets import Rulesets
from storage.session_history import SessionHistory
from storage.sessions import Sessions
from storage.teleaction_jobs import TeleactionJobs
from storage.teleaction_news import TeleactionNews
from storage.teleactions import Teleactions
from storage.ticket_attachments import TicketAttachments
from storage.ticket_hung import TicketsHung
from storage.ticket_pages import TicketPages
from storage.tickets import Tickets
from storage.tmf_documents import TmfDocuments
from storage.tokens import Tokens
from storage.trends import Trends
from storage.uncut import uncut
from storage.walks import Walks
from storage.wanted_references import WantedReferences
from storage.webhooks import Webhooks


class Records:
    """Every repository on one database. Use `open` or `opened`; the database must have been migrated."""

    def __init__(self, database: Database, secret_for: SecretFor, clock: Clock) -> None:
        self._database = database
        self.operators = Operators(database)
        self.accounts = Accounts(database)
        self.tokens = Tokens(database)
        self.identities = Identities(database)
        self.accesses = Accesses(database)
        self.access_history = AccessHistory(database)
        self.planned_works = PlannedWorks(database)
        self.idempotency = Idempotency(database)
        self.diagnoses = Diagnoses(database, self.idempotency)
        self.kept_diagnoses = KeptDiagnoses(database)
        self.rulesets = Rulesets(database)
        self.references = References(database)
        self.wanted_references = WantedReferences(database)
        self.trends = Trends(database)
        self.olts = Olts(database)
        self.incidents = Incidents(database)
        self.outside_plants = OutsidePlants(database)
        self.walks = Walks(database, clock)
        self.network = NetworkRecords(self.olts, self.outside_plants, self.walks)
        self.boxes = Boxes(database, secret_for, clock)
        self.sessions = Sessions(database)
        self.session_history = SessionHistory(database)
        self.platform_probes = PlatformProbes(database)
        self.teleaction_news = TeleactionNews()
        self.teleactions = Teleactions(database, self.idempotency, self.teleaction_news)
        self.jobs = TeleactionJobs(database, self.teleaction_news)
        self.audit = AuditTrail(database)
        self.campaigns = Campaigns(database)
        self.webhooks = Webhooks(database)
        self.certificates = Certificates(database)
        self.certificate_desk = CertificateDesk(database)
        self.mails = Mails(database)
        self.tickets = Tickets(database, self.idempotency)
        self.ticket_pages = TicketPages(database)
        self.port25 = Port25Orders(database)
        self.tmf = TmfDocuments(database)
        self.ticket_attachments = TicketAttachments(database, self.tickets)
        self.tickets_hung = TicketsHung(database)

    @classmethod
    async def open(cls, url: str, secret_for: SecretFor, clock: Clock) -> Self:
        """Open the records at ``url``; ``secret_for`` gives the connection-request password of a box.

        Raises `SchemaError` when the database is not at this version's schema: `storage.migration.migrate` it first.
        """
        database = Database(url)
        try:
            await require_current(database)
        except BaseException:
            await database.close()
            raise
        return cls(database, secret_for, clock)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, secret_for: SecretFor, clock: Clock) -> AsyncIterator[Self]:
        """The records, closed at the end of the block."""
        records = await cls.open(url, secret_for, clock)
        try:
            yield records
        finally:
            await records.close()

    @uncut
    async def ping(self) -> None:
        """Return when the database answers."""
        async with self._database.read() as session:
            await session.execute(text("SELECT 1"))

    async def tidy(self, now: datetime, keeping: Keeping) -> dict[str, int]:
        """Drop what is too old: idempotency keys and RADIUS events without access (48 h), ended sessions (30 days).

        And what ``keeping`` no longer keeps; how many rows of each of its tables.
        """
        await self.idempotency.forget(now)
        await self.sessions.forget(now)
        await self.session_history.forget(now)
        return await Retention(self._database).apply(keeping, now)

    async def close(self) -> None:
        """Finish what is being written and release connections and threads."""
        await self._database.close()
