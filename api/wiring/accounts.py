"""Accounts of the operators, and the mails that they are sent."""

from __future__ import annotations

from api.clock import Time
from api.security.passwords import Throttle
from api.services.accounts import AccountService
from api.services.mail import Mailer, NoMailer, SmtpMailer
from api.services.smtp import SmtpServer
from api.settings import Settings
from domain.secret import Secret
from storage.records import Records


def accounts(settings: Settings, clock: Time, records: Records) -> AccountService:
    """The service of accounts."""
    return AccountService(records.accounts, records.tokens, _mailer(settings), clock, Throttle())


def _mailer(settings: Settings) -> Mailer:
    """The SMTP server of the settings, or none."""
    server = smtp_server(settings)
    return NoMailer() if server is None else SmtpMailer(server)


def smtp_server(settings: Settings) -> SmtpServer | None:
    """The SMTP server of the settings."""
    smtp = settings.smtp
    if smtp is None:
        return None
    password = Secret(smtp.password.get_secret_value()) if smtp.username else None
    return SmtpServer(smtp.host, smtp.port, smtp.sender, smtp.username, password)
