"""The French page as one router, and what the application must install for it."""

from __future__ import annotations

from fastapi import FastAPI

from api.routing import Router
from api.web import (
    access,
    accounts,
    campaigns,
    certificates,
    errors,
    forecasts,
    incidents,
    oidc,
    pon_ports,
    rendering,
    results,
    sign_in,
    signalisation,
    signalisation_list,
    teleactions,
    tokens,
    webhooks,
)

router = Router(include_in_schema=False)
for part in (
    *(sign_in, oidc, accounts, tokens, webhooks, certificates),
    *(access, results, teleactions, signalisation, signalisation_list, forecasts, incidents, campaigns, pon_ports),
):
    router.include_router(part.router)


def install(app: FastAPI) -> None:
    """Load the templates, serve the static files, and show browsers errors as pages. After `problems.install`."""
    rendering.mount(app)
    errors.install(app)
