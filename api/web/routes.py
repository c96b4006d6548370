"""The French page as one router, and what the application must install for it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api.web import (
    access,
    certificates,
    errors,
    forecasts,
    incidents,
    rendering,
    results,
    sign_in,
    signalisation,
    teleactions,
)

router = APIRouter(include_in_schema=False)
for part in (sign_in, access, results, teleactions, signalisation, forecasts, incidents, certificates):
    router.include_router(part.router)


def install(app: FastAPI) -> None:
    """Load the templates, serve the static files, and show browsers errors as pages. After `problems.install`."""
    rendering.mount(app)
    errors.install(app)
