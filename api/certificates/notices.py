"""The daily round: alerts and reminders of certificates that end, each once, on the clock in force."""

from __future__ import annotations

from datetime import timedelta

import structlog

from api.certificates.mails import mails
from api.certificates.service import CertificateService
from domain.certificate import RENEWAL_AT_DAYS, NoticeKind, due_notice
from domain.clock import Clock
from storage.certificate_desk import CertificateDesk
from storage.certificates import Certificates

_log = structlog.get_logger(__name__)


class Notices:
    """Decides what is to be told today."""

    def __init__(
        self, certificates: Certificates, desk: CertificateDesk, service: CertificateService, clock: Clock
    ) -> None:
        self._certificates = certificates
        self._desk = desk
        self._service = service
        self._clock = clock

    async def daily(self) -> int:
        """Write what is due; returns how many certificates were told of."""
        now = self._clock.now()
        told = 0
        for one in await self._certificates.ending(now, now + timedelta(days=RENEWAL_AT_DAYS + 1)):
            policy = await self._service.policy_of(one.operator_id)
            successor = await self._certificates.successor(one)
            replaced = successor is not None and successor.downloaded_at is not None
            known = await self._certificates.told(one)
            kind: NoticeKind | None = due_notice(one, policy, known, now, replaced=replaced)
            if kind is None:
                continue
            recipients = await self._desk.recipients(one.operator_id)
            if not recipients:
                who = {"operator": one.operator_id, "certificate": one.certificate_id}
                _log.warning("nobody to tell of a certificate", **who)
                continue  # it is told the day that somebody has an address
            about = mails(kind, one, one.expires_at, recipients, policy.language)
            told += await self._certificates.tell(one, kind, about, now)
        return told
