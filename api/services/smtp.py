"""One SMTP server that mail is handed over to, with STARTTLS where a password is given (RFC 3207)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from domain.secret import Secret

TIMEOUT_S = 20.0  # C: a server that is well answers each command in less


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not handed over.

    Attributes:
        word: A stable word: ``SMTP 451``, ``unreachable``…
        final: The server will never take it (RFC 5321 4.2.1: 5yz).
        server: The server itself is in trouble: other mails need not be tried now.
    """

    word: str
    final: bool = False
    server: bool = False


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to hand mail over."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: Secret | None = None

    async def hand_over(self, message: EmailMessage) -> Failure | None:
        """Hand a mail over; ``None`` when it was taken."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username or None,
                password=None if self.password is None else self.password.reveal(),
                start_tls=bool(self.username),
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _answered(max(one.code for one in error.recipients))
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Failure(type(error).__name__, server=True)
        except ValueError:  # no address at all
            return Failure("address", final=True)
        return None


def _answered(code: int) -> Failure:
    """Authentication refused (535, 530) is ours to put right: it is tried again."""
    ours = code in {530, 534, 535, 538}
    return Failure(f"SMTP {code}", final=500 <= code < 600 and not ours, server=ours or code == 421)
