"""RADIUS: the accounting listener, the authentication log, and what closes sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.clock import Time
from api.services.heard import Ears, HeardSessions
from api.services.port25 import Filters, PolicyAtNas
from api.settings import Settings
from collectors.sessions.authlog import AuthLogListener
from collectors.sessions.disconnect import NasSessions
from collectors.sessions.radius import AccountingListener
from domain.secret import Secret
from storage.records import Records


@dataclass(frozen=True, slots=True)
class SessionIntake:
    """What listens to RADIUS."""

    accounting: AccountingListener
    authlog: AuthLogListener


def nas_sessions(settings: Settings, clock: Time, records: Records) -> PolicyAtNas | None:
    """Who closes and filters sessions at the BRAS; ``None`` where the settings name none."""
    if settings.coa_host is None:
        return None
    secret = (settings.coa_secret or settings.radius_secret).get_secret_value()
    nas = NasSessions(settings.coa_host, settings.coa_port, Secret(secret), clock)
    return PolicyAtNas(nas, port25_filters(settings), records, clock)


def port25_filters(settings: Settings) -> Filters | None:
    """The filters of port 25 at the BRAS, where both are named."""
    if settings.coa_host is None or settings.coa_port25_open is None or settings.coa_port25_closed is None:
        return None
    return Filters(settings.coa_port25_open, settings.coa_port25_closed)


@asynccontextmanager
async def sessions(settings: Settings, clock: Time, records: Records, ears: Ears) -> AsyncIterator[SessionIntake]:
    """Listen within the block; what is kept is told to ``ears``."""
    secret = Secret(settings.radius_secret.get_secret_value())
    store = HeardSessions(records.sessions, ears)
    async with (
        AccountingListener(store, clock, settings.radius_host, settings.radius_port, secret) as accounting,
        AuthLogListener(records.sessions, clock, settings.syslog_host, settings.syslog_port) as authlog,
    ):
        yield SessionIntake(accounting, authlog)
