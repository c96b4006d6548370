"""The Internet platform for the NOC, and the session history of an access."""

from __future__ import annotations

from fastapi import Depends

from api.deps import Id1Path, PrincipalDep, ServiceDep, TesterDep, not_kept
from api.routing import Router
from api.schemas.platform import PlatformOut, SessionsOut
from api.schemas.problems import problems

router = Router(
    prefix="/api/v1",
    tags=["Internet platform"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)


@router.get("/platform", operation_id="read_platform", summary="State of the Internet platform")
async def platform(who: PrincipalDep, service: ServiceDep) -> PlatformOut:
    """RADIUS, LNS, name servers and the way out, as probed; each value with its instant, or why there is none."""
    return PlatformOut.of(await service.platform.view(who))


@router.get("/accesses/{id1}/sessions", operation_id="list_access_sessions", summary="PPP sessions of an access")
async def sessions(id1: Id1Path, who: TesterDep, service: ServiceDep) -> SessionsOut:
    """Sessions with their end and its cause, and the last answers of the RADIUS server."""
    return SessionsOut.of(str(id1), await service.sessions.of(who, id1))
