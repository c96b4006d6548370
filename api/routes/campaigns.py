"""Campaigns of téléactions: create, follow, pause, resume, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from api.deps import PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.campaigns import CampaignIn, CampaignOut, CampaignReport
from api.schemas.problems import problems

router = Router(prefix="/api/v1/campaigns", tags=["Campaigns"], dependencies=[Depends(not_kept)])

Name = Annotated[str, Path(description="Identifier of the campaign", pattern=r"^C[0-9]{6}-[0-9a-f]{8}$")]
_ERRORS = problems(401, 403, 404, 409, 422)


@router.post("", status_code=201, operation_id="create_campaign", summary="Start a campaign", responses=_ERRORS)
async def create(body: CampaignIn, who: PrincipalDep, service: ServiceDep) -> CampaignReport:
    """Choose the accesses; the canary begins at once."""
    return CampaignReport.of(await service.campaigns.create(who, body.plan()))


@router.get("", operation_id="list_campaigns", summary="Campaigns of the operator", responses=problems(401))
async def every(who: PrincipalDep, service: ServiceDep) -> list[CampaignOut]:
    """Newest first."""
    return [CampaignOut.of(one) for one in await service.campaigns.all(who)]


@router.get("/{name}", operation_id="read_campaign", summary="Report of a campaign", responses=_ERRORS)
async def report(name: Name, who: PrincipalDep, service: ServiceDep) -> CampaignReport:
    """Its state, its waves, each access with its téléaction."""
    return CampaignReport.of(await service.campaigns.report(who, name))


@router.post("/{name}/pause", operation_id="pause_campaign", summary="Pause a campaign", responses=_ERRORS)
async def pause(name: Name, who: PrincipalDep, service: ServiceDep) -> CampaignReport:
    """Ask for nothing more; what is under way ends."""
    return CampaignReport.of(await service.campaigns.pause(who, name))


@router.post("/{name}/resume", operation_id="resume_campaign", summary="Resume a campaign", responses=_ERRORS)
async def resume(name: Name, who: PrincipalDep, service: ServiceDep) -> CampaignReport:
    """Go on."""
    return CampaignReport.of(await service.campaigns.resume(who, name))


@router.post("/{name}/cancel", operation_id="cancel_campaign", summary="Stop a campaign for good", responses=_ERRORS)
async def cancel(name: Name, who: PrincipalDep, service: ServiceDep) -> CampaignReport:
    """End it."""
    return CampaignReport.of(await service.campaigns.cancel(who, name))
