"""Mails to send: written in the transaction of what they tell, tried until they are handed over or given up."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.principal import Principal
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import MailRow
from storage.uncut import uncut

PENDING, SENT, DEAD = "pending", "sent", "dead"

MAIL_GIVE_UP_AFTER = timedelta(days=4)
"""How long a mail is tried (RFC 5321 4.5.4.1: « at least 4-5 days »)."""


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to write in the outbox. ``about``: the identifier of what it tells."""

    kind: str
    about: str
    recipient: str = field(repr=False)
    subject: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of the outbox.

    Attributes:
        message_id: Stays the same at every attempt: a server that takes it twice can tell.
        state: ``pending``, ``sent`` or ``dead``.
        error: Why the last attempt failed, a stable word.
    """

    operator_id: str
    mail_id: int
    message_id: str
    kind: str
    about: str
    recipient: str = field(repr=False)
    subject: str
    body: str = field(repr=False)
    at: datetime
    state: str
    attempts: int
    next_at: datetime
    give_up_at: datetime
    tried_at: datetime | None
    error: str | None


async def mail_in(session: AsyncSession, operator_id: str, mails: Sequence[NewMail], at: datetime) -> None:
    """Put mails in the outbox, within a transaction."""
    session.add_all(
        MailRow(
            operator_id=operator_id,
            message_id=uuid4().hex,
            kind=one.kind,
            about=one.about,
            recipient=one.recipient,
            subject=one.subject,
            body=one.body,
            at=at,
            state=PENDING,
            attempts=0,
            next_at=at,
            give_up_at=at + MAIL_GIVE_UP_AFTER,
        )
        for one in mails
    )


class Mails:
    """Keeps the outbox of mail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def list(self, who: Principal, about: str | None = None, limit: int = 200) -> builtins.list[Mail]:
        """The mails of the operator, or those about one thing, newest first."""
        query = mine(MailRow, who)
        if about is not None:
            query = query.where(MailRow.about == about)
        async with self._database.read() as session:
            return [_mail(row) for row in await session.scalars(query.order_by(MailRow.mail_id.desc()).limit(limit))]

    @uncut
    async def replay(self, who: Principal, about: str, now: datetime) -> int:
        """Send again the mails about one thing that were given up; returns how many."""
        change = (
            change_mine(MailRow, who)
            .where(MailRow.about == about, MailRow.state == DEAD)
            .values(state=PENDING, attempts=0, next_at=now, give_up_at=now + MAIL_GIVE_UP_AFTER, error=None)
            .returning(MailRow.mail_id)
        )
        async with self._database.write() as session:
            return len((await session.scalars(change)).all())

    @uncut
    async def due(self, now: datetime, limit: int) -> builtins.list[Mail]:
        """What may be sent now, of every operator, the oldest first."""
        query = (
            select(MailRow)
            .where(MailRow.state == PENDING, MailRow.next_at <= now)
            .order_by(MailRow.next_at, MailRow.mail_id)
            .limit(limit)
        )
        async with self._database.read() as session:
            return [_mail(row) for row in await session.scalars(query)]

    @uncut
    async def tried(self, mail: Mail, at: datetime, *, state: str, next_at: datetime, error: str | None) -> None:
        """What came of an attempt."""
        change = (
            update(MailRow)
            .where(MailRow.operator_id == mail.operator_id, MailRow.mail_id == mail.mail_id)
            .values(state=state, attempts=MailRow.attempts + 1, tried_at=at, next_at=next_at, error=error)
            .execution_options(synchronize_session=False)
        )
        async with self._database.write() as session:
            await session.execute(change)


def _mail(row: MailRow) -> Mail:
    return Mail(
        operator_id=row.operator_id,
        mail_id=row.mail_id,
        message_id=row.message_id,
        kind=row.kind,
        about=row.about,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        at=row.at,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        give_up_at=row.give_up_at,
        tried_at=row.tried_at,
        error=row.error,
    )
