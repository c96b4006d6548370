"""Liveness and metrics of the service itself."""

from __future__ import annotations

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.deps import ServiceDep
from api.routing import Router

router = Router(tags=["Operation"])


@router.get("/healthz", operation_id="check_health", summary="Is the service alive?")
async def healthz(service: ServiceDep) -> dict[str, str]:
    """Whether the service runs and its records answer."""
    await service.records.ping()
    return {"status": "ok", "version": service.code_version, "ruleset": service.ruleset.version}


@router.get("/metrics", operation_id="read_service_metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(service: ServiceDep) -> Response:
    """Counters of the service, in the Prometheus text format."""
    await service.collection.telemetry.look()
    return Response(generate_latest(service.registry), media_type=CONTENT_TYPE_LATEST)
