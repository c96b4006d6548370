"""The ACS of the service: its settings, its ports, and who reads and acts on boxes: itself or a GenieACS."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from api.services.box_checks import BoxChecks
from api.services.box_secrets import BoxSecretService
from api.settings import Settings
from api.wiring.background import every
from api.wiring.core import Core
from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.connection_request import networks
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.genieacs import GenieAcs
from collectors.boxes.server import AcsServer, tls_context
from collectors.boxes.settings import AcsSettings, AuthMode
from collectors.boxes.stats import AcsStats
from collectors.boxes.stun import StunServer
from domain.clock import Clock
from domain.ports import BoxActions, BoxGateway, BoxStore
from domain.secret import Secret

_COUNTED_EVERY: Final = timedelta(minutes=5)  # C: reads one narrow column of every box


@dataclass(slots=True)
class Acs:
    """The ACS that runs.

    Attributes:
        app: Its application.
        gateway: Who reads boxes live.
        actions: Who acts on them.
        port: Its plain port.
        tls_port: Its port over TLS, ``None`` without one.
        stun: Its STUN server, ``None`` without one.
    """

    app: AcsApp
    gateway: BoxGateway
    actions: BoxActions
    port: int
    tls_port: int | None
    stun: StunServer | None
    _servers: AsyncExitStack = field(repr=False)

    @property
    def stats(self) -> AcsStats:
        """Its counters."""
        return self.app.stats

    async def stop(self) -> None:
        """Stop serving boxes while the rest goes on."""
        await self._servers.aclose()


def acs_settings(settings: Settings, stun: tuple[str, int] | None = None) -> AcsSettings:
    """The ACS's own settings out of the service's; ``stun``: where boxes reach its STUN server."""
    shared, former = settings.acs_bootstrap_secret, settings.acs_bootstrap_former_secret
    return AcsSettings(
        auth=AuthMode(settings.acs_auth),
        bootstrap=None if shared is None else Secret(shared.get_secret_value()),
        bootstrap_username=settings.acs_bootstrap_username,
        former=None if former is None else Secret(former.get_secret_value()),
        former_until=settings.acs_bootstrap_former_until,
        readmit_s=settings.acs_readmit_s,
        cookie_path=settings.acs_cookie_path,
        call_basic=settings.acs_call_basic,
        inform_interval_s=settings.acs_inform_interval_s,
        session_timeout_s=settings.acs_session_timeout_s,
        stun=stun,
    )


async def serve_acs(settings: Settings, clock: Clock, boxes: BoxStore, stack: AsyncExitStack) -> Acs:
    """Serve boxes until the stack closes."""
    key = Secret(settings.acs_key.get_secret_value())
    servers = await stack.enter_async_context(AsyncExitStack())
    stun: StunServer | None = None
    if settings.acs_stun_address is not None:
        found = StunServer(BoxCredentials(key), clock, settings.acs_host, settings.acs_stun_port)
        stun = await servers.enter_async_context(found)
    place = None if stun is None else (str(settings.acs_stun_address), stun.port)
    app = acs_app(boxes, clock, key, networks(settings.box_networks), acs_settings(settings, place))
    app.gateway.udp = stun
    plain = await servers.enter_async_context(AcsServer(app, settings.acs_host, settings.acs_port))
    secured: AcsServer | None = None
    if settings.acs_tls_cert is not None and settings.acs_tls_key is not None:
        context = tls_context(settings.acs_tls_cert, settings.acs_tls_key, settings.acs_boxes_ca)
        secured = await servers.enter_async_context(
            AcsServer(app, settings.acs_host, settings.acs_tls_port, tls=context)
        )
    gateway: BoxGateway = app.gateway
    actions: BoxActions = app.actions
    if settings.genieacs_url is not None:
        genie = GenieAcs(settings.genieacs_url, clock)
        stack.push_async_callback(genie.close)
        gateway = actions = genie
    return Acs(app, gateway, actions, plain.port, None if secured is None else secured.port, stun, servers)


def box_secrets(core: Core, acs: Acs) -> BoxSecretService:
    """Who counts boxes by their secrets, and measures it now and then."""
    app, records = acs.app, core.records
    found = BoxSecretService(records.boxes, records.operators, app.credentials, app.settings, core.clock)
    core.spawn(every("secrets of boxes", _COUNTED_EVERY, core.clock, found.measure))
    return found


def box_checks(settings: Settings, actions: BoxActions) -> BoxChecks | None:
    """What line tests have boxes try by themselves; ``None`` where the settings name nothing to try."""
    if not settings.box_ping_target and not settings.box_dns_name:
        return None
    return BoxChecks(actions, settings.box_ping_target, settings.box_dns_name)
