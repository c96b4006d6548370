"""The box of an access, as it last spoke or read live."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from api.deps import Id1Path, PrincipalDep, ServiceDep, TesterDep, not_kept
from api.routing import Router
from api.schemas.boxes import BoxOut, BoxSecretsOut
from api.schemas.problems import problems
from domain.errors import NotFoundError

router = Router(
    prefix="/api/v1", tags=["Box"], dependencies=[Depends(not_kept)], responses=problems(401, 403, 404, 422)
)


@router.get("/accesses/{id1}/box", operation_id="read_box", summary="Read the box of an access")
async def read_box(
    id1: Id1Path,
    who: TesterDep,
    service: ServiceDep,
    live: Annotated[bool, Query(description="Ask the box now instead of giving its last values")] = False,
) -> BoxOut:
    """Its values and tables, each with instant, source or reason; a box that does not answer shows its last values."""
    record = await service.boxes.record(who, id1, live=live)
    if record is None:
        raise NotFoundError("box", str(id1))
    return BoxOut.of(record)


@router.get(
    "/boxes/secrets",
    operation_id="read_box_secrets",
    summary="How boxes prove who they are",
    responses=problems(401, 403),
)
async def read_box_secrets(who: PrincipalDep, service: ServiceDep) -> BoxSecretsOut:
    """Boxes by the shared secret that they last came with, and until when the former one is accepted."""
    return BoxSecretsOut.of(await service.box_secrets.view(who))
