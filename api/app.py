"""The HTTP application over a running service."""

from __future__ import annotations

import importlib

from fastapi import FastAPI

from api import problems
from api.body_limit import BodyLimit
from api.bootstrap import Service
from api.routes import (
    accounts,
    boxes,
    campaigns,
    certificate_desk,
    certificates,
    diagnostics,
    health,
    incidents,
    inventory,
    lifecycle,
    network_events,
    olts,
    platform,
    teleactions,
    telemetry,
    tickets,
    trends,
    webhooks,
)
from api.tmf.faces import faces
from api.version import code_version

_DESCRIPTION = """\
Diagnostics réseau et télémétrie box des accès FTTH en marque blanche.

Toute requête porte un jeton : `Authorization: Bearer …`. Les erreurs sont des documents RFC 9457, en français ou en
anglais selon `Accept-Language`.
"""


def build(service: Service) -> FastAPI:
    """The application; the service is already open."""
    app = FastAPI(
        title="Diagnostics Just Fibre",
        version=code_version(),
        description=_DESCRIPTION,
        docs_url=None,  # the stock page loads its scripts from a CDN
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.service = service
    app.add_middleware(BodyLimit)
    problems.install(app)
    for module in (
        *(accounts, diagnostics, teleactions, campaigns, inventory, lifecycle, tickets, webhooks),
        *(certificates, certificate_desk),
        *(boxes, olts, telemetry, trends, network_events, incidents, platform, health),
    ):
        app.include_router(module.router)
    for face in faces():
        app.include_router(face)
    web = importlib.import_module("api.web.routes")
    app.include_router(web.router)
    web.install(app)
    return app
