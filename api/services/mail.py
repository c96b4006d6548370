"""Mail to the owners of accounts: through an SMTP server, or none."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

import structlog

from api.services.smtp import SmtpServer

_log = structlog.get_logger(__name__)


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Whether the mail was handed over."""
        ...


class NoMailer:
    """No server: the administrator hands the code over himself."""

    async def send(self, _to: str, _subject: str, _text: str) -> bool:
        """Nothing is sent."""
        return False


class SmtpMailer:
    """An SMTP server."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Hand the mail over; trouble is logged, without the address."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._server.sender, to, subject
        message.set_content(text)
        failure = await self._server.hand_over(message)
        if failure is not None:
            _log.error("mail not sent", error=failure.word)
        return failure is None
