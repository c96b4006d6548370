"""Digital certificates: the authority, the list of what it revoked, the daily round and the mails it writes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from api.certificates.authority import open_authority
from api.certificates.client import ClientCertificates
from api.certificates.notices import Notices
from api.certificates.revocations import Revocations
from api.certificates.service import CertificateService, Rules
from api.certificates.settings import CertificateSettings
from api.certificates.trust import Outside, Trust
from api.clock import Time
from api.services.mail_outbox import MailSender, MailStats
from api.settings import Settings
from api.wiring.accounts import smtp_server
from api.wiring.background import each_night, every
from api.wiring.core import Core
from domain.clock import Clock
from domain.secret import Secret
from storage.records import Records

PUBLISHED_EVERY = timedelta(minutes=5)
"""C: how late nginx may be to another authority's list, or to ours beyond half of its life."""


@dataclass(frozen=True, slots=True)
class CertificateParts:
    """The services of certificates."""

    service: CertificateService
    clients: ClientCertificates
    notices: Notices


def parts(settings: Settings, clock: Clock, records: Records) -> CertificateParts:
    """Wire them; blocks while the authority is opened, or made at the first start."""
    given = settings.certificates
    wanted = CertificateSettings.model_construct() if given is None else given
    trust = _trust(given, clock)
    revocations = Revocations(
        trust,
        records.certificates,
        clock,
        life=timedelta(days=wanted.crl_days),
        public_folder=wanted.public_folder,
    )
    rules = Rules(wanted.days, wanted.policy, external=wanted.authority == "external")
    service = CertificateService(records.certificates, records.certificate_desk, trust, revocations, clock, rules)
    notices = Notices(records.certificates, records.certificate_desk, service, clock)
    return CertificateParts(service, ClientCertificates(records.certificates, trust, given, clock), notices)


async def certificates(core: Core) -> CertificateParts:
    """The services, their lists published and their daily round going."""
    found = await asyncio.to_thread(parts, core.settings, core.clock, core.records)
    if core.settings.certificates is not None:
        publish = found.service.revocations.publish
        await publish()
        core.spawn(every("revocation lists", PUBLISHED_EVERY, core.clock, publish))
        hour = core.settings.certificates.notices_at
        core.spawn(each_night("certificate notices", hour, core.clock, found.notices.daily))
    return found


def mail_sender(settings: Settings, clock: Time, records: Records) -> MailSender | None:
    """What hands the outbox of mail over; ``None`` without a server: it waits there."""
    server = smtp_server(settings)
    return None if server is None else MailSender(records.mails, server, clock)


def _trust(settings: CertificateSettings | None, clock: Clock) -> Trust:
    if settings is None:
        return Trust(None, None)
    own, outside = None, None
    if settings.authority == "embedded" and settings.passphrase is not None:
        passphrase = Secret(settings.passphrase.get_secret_value())
        own = open_authority(settings.folder, passphrase, settings.crl_url, clock.now())
    if settings.external_ca is not None and settings.external_crl is not None:
        outside = Outside(settings.external_ca, settings.external_crl)
    return Trust(own, outside)


def mail_stats(sender: MailSender | None) -> MailStats:
    """The counters of mail, which stand at zero where nothing is sent."""
    return MailStats() if sender is None else sender.stats
