"""Hands the outbox of mail over: at least once under one Message-ID, retried for four days, then given up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Protocol

import structlog

from api.clock import Time
from api.services.backing_off import doubled
from api.services.smtp import Failure
from storage.mails import DEAD, PENDING, SENT, Mail, Mails

_log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=10)
"""C: how long after its writing a mail leaves at the latest, on the clock in force."""

FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=4)
AT_ONCE = 50


class Server(Protocol):
    """What takes mail."""

    @property
    def sender(self) -> str:
        """Address that it is from."""
        ...

    async def hand_over(self, message: EmailMessage) -> Failure | None:
        """``None`` when it was taken."""
        ...


@dataclass(slots=True)
class MailStats:
    """Attempts since the start."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


def delay_after(attempts: int) -> timedelta:
    """Wait after that many failed attempts: 1 min, doubled each time, 4 h at most."""
    return doubled(attempts, FIRST_DELAY, LONGEST_DELAY)


def _end_if_cancelled() -> None:
    """End what was cancelled as a server answered.

    ``asyncio.wait_for`` of Python 3.11, by which aiosmtplib waits, gives the result and loses the cancellation.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class MailSender:
    """Sends what is due, the oldest first; a server in trouble is left alone until the next round."""

    def __init__(self, mails: Mails, server: Server, clock: Time) -> None:
        self._mails = mails
        self._server = server
        self._clock = clock
        self.stats = MailStats()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            try:
                await self.once()
            except Exception as error:  # noqa: BLE001 - the boundary: the outbox keeps it all, the next round goes on
                _log.error("mail failed", error=type(error).__name__, exc_info=error)
            await self._clock.until(self._clock.now() + LOOK_EVERY)

    async def once(self) -> int:
        """Send what is due; returns how many were tried."""
        tried = 0
        for mail in await self._mails.due(self._clock.now(), AT_ONCE):
            tried += 1
            failure = await self._server.hand_over(self._message(mail))
            await self._note(mail, failure)
            _end_if_cancelled()
            if failure is not None and failure.server:
                break
        return tried

    async def _note(self, mail: Mail, failure: Failure | None) -> None:
        at = self._clock.now()
        if failure is None:
            self.stats.sent += 1
            await self._mails.tried(mail, at, state=SENT, next_at=at, error=None)
            return
        next_at = at + delay_after(mail.attempts + 1)
        dead = failure.final or next_at > mail.give_up_at
        self.stats.failed += 1
        self.stats.dead += dead
        _log.warning("mail not handed over", mail=mail.mail_id, kind=mail.kind, why=failure.word, given_up=dead)
        await self._mails.tried(mail, at, state=DEAD if dead else PENDING, next_at=next_at, error=failure.word)

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._server.sender, mail.recipient, mail.subject
        message["Date"] = format_datetime(mail.at)
        domain = parseaddr(self._server.sender)[1].rpartition("@")[2] or "localhost"
        message["Message-ID"] = f"<{mail.message_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation answers
        message.set_content(mail.body)
        return message
