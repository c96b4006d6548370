"""Mail to the owners of accounts: through an SMTP server, or none."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from typing import Protocol

import structlog

from domain.secret import Secret

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
    """An SMTP server, with STARTTLS where a password is given (RFC 3207)."""

    def __init__(self, host: str, port: int, sender: str, username: str = "", password: Secret = Secret("")) -> None:  # noqa: B008 - a frozen value
        self._where = host, port
        self._sender = sender
        self._username = username
        self._password = password

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Hand the mail over; trouble is logged, without the address."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message.set_content(text)
        try:
            await asyncio.to_thread(self._hand_over, message)
        except (OSError, smtplib.SMTPException) as error:
            _log.error("mail not sent", error=type(error).__name__)
            return False
        return True

    def _hand_over(self, message: EmailMessage) -> None:
        with smtplib.SMTP(*self._where, timeout=20) as server:
            if self._username:
                server.starttls()
                server.login(self._username, self._password.reveal())
            server.send_message(message)
