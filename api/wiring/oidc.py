"""Sign-in through the OpenID Connect providers of the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.oidc.attempts import Attempts
from api.oidc.fetching import Fetcher
from api.oidc.provider import Provider
from api.oidc.service import OidcService
from api.settings import Settings
from domain.clock import Clock
from storage.records import Records


@asynccontextmanager
async def oidc(settings: Settings, clock: Clock, records: Records) -> AsyncIterator[OidcService]:
    """The service of outside sign-ins; nothing is asked of a provider before somebody signs in."""
    providers = {
        name: Provider(name, declared, fetcher=Fetcher(name, declared)) for name, declared in settings.oidc.items()
    }
    service = OidcService(providers, records, clock, settings.public_url, Attempts())
    try:
        yield service
    finally:
        await service.close()
