"""The HTTP application over a running service."""

from __future__ import annotations

import importlib

from fastapi import FastAPI

from api import problems
from api.body_limit import BodyLimit
from api.bootstrap import Service
from api.contract import routes as contract
from api.contract.naming import operation_name
from api.contract.retiring import Retirement
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
from api.tmf.addresses import OneSlash
from api.tmf.faces import faces
from api.version import code_version

_DESCRIPTION = """\
Network diagnostics and box telemetry of white-label FTTH accesses.

Each request carries a token: `Authorization: Bearer …`. Errors are RFC 9457 documents, in French or English after
`Accept-Language`.
"""


def build(service: Service) -> FastAPI:
    """The application; the service is already open."""
    app = described()
    app.state.service = service
    return app


def described() -> FastAPI:
    """The application without its service: it answers nothing, and tells what it would answer."""
    app = FastAPI(
        title="Just Fibre diagnostics",
        version=code_version(),
        description=_DESCRIPTION,
        docs_url=None,  # the stock page loads its scripts from a CDN
        redoc_url=None,
        openapi_url=None,  # in two languages: api.contract
        generate_unique_id_function=operation_name,
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(Retirement)
    app.add_middleware(OneSlash)
    problems.install(app)
    for module in (
        *(accounts, diagnostics, teleactions, campaigns, inventory, lifecycle, tickets, webhooks),
        *(certificates, certificate_desk),
        *(boxes, olts, telemetry, trends, network_events, incidents, platform, health),
    ):
        app.include_router(module.router)
    for face in faces():
        app.include_router(face)
    app.include_router(contract.router)
    web = importlib.import_module("api.web.routes")
    app.include_router(web.router)
    web.install(app)
    return app
