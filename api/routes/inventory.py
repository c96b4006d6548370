"""Provisioning: OLTs, outside plant and accesses, fed by the ordering side."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Depends, Path, Query, Response

from api.deps import Id1Path, ProvisionerDep, ServiceDep, TesterDep, not_kept, text_form
from api.routing import Router
from api.schemas.inventory import AccessIn, AccessOut, Name, OltIn, OltOut, OutsidePlantIn
from api.schemas.problems import problems
from domain.errors import InvalidValueError
from domain.identifiers import Id1

router = Router(
    prefix="/api/v1",
    tags=["Inventory"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422),
)

OltName = Annotated[Name, Path(description="Name of the OLT in the inventory")]


@router.put("/olts/{name}", operation_id="put_olt", summary="Declare an OLT", responses=problems(409))
async def put_olt(name: OltName, body: OltIn, who: ProvisionerDep, service: ServiceDep) -> OltOut:
    """Declare an OLT or change how it is reached; its first walk starts at once."""
    return OltOut.of(await service.inventory.put_olt(who, body.target(who.operator_id, name)))


@router.get("/olts", operation_id="list_olts", summary="List OLTs")
async def list_olts(who: ProvisionerDep, service: ServiceDep) -> list[OltOut]:
    """The OLTs of the operator, by name, without what opens them."""
    return [OltOut.of(olt) for olt in await service.inventory.olts(who)]


@router.get("/olts/{name}", operation_id="read_olt", summary="Read an OLT")
async def get_olt(name: OltName, who: ProvisionerDep, service: ServiceDep) -> OltOut:
    """How an OLT is reached, without what opens it."""
    return OltOut.of(await service.inventory.olt(who, name))


@router.delete(
    "/olts/{name}",
    status_code=204,
    operation_id="delete_olt",
    summary="Remove an OLT",
    responses=problems(401, 403, 404, 409),
)
async def remove_olt(name: OltName, who: ProvisionerDep, service: ServiceDep) -> None:
    """Take an OLT out of the inventory; refused as long as accesses hang from it."""
    await service.inventory.remove_olt(who, name)


@router.put(
    "/olts/{name}/outside-plant", operation_id="put_outside_plant", summary="Describe the passive plant of an OLT"
)
async def put_outside(
    name: OltName,
    body: Annotated[list[OutsidePlantIn], Body(max_length=20_000)],
    who: ProvisionerDep,
    service: ServiceDep,
) -> dict[str, int]:
    """Replace the passive paths of the OLT's ONTs."""
    serials = {row.ont: row.serial for row in body if row.serial is not None}
    await service.inventory.put_outside(who, name, {row.ont: row.plant() for row in body}, serials)
    return {"onts": len(body)}


@router.put(
    "/accesses/{id1}",
    operation_id="put_access",
    summary="Declare an access",
    responses={201: {"model": AccessOut, "description": "The access is created"}, **problems(409)},
)
async def put_access(
    id1: Id1Path, body: AccessIn, response: Response, who: ProvisionerDep, service: ServiceDep
) -> AccessOut:
    """Create an access of the operator, or change it."""
    if body.id1 not in {None, id1}:
        raise InvalidValueError("id1", body.id1, "the ID1 of the address")
    access, created = await service.lifecycle.put(who, body.access(who.operator_id, id1))
    response.status_code = 201 if created else 200
    return AccessOut.model_validate(access)


@router.get("/accesses/{id1}", operation_id="read_access", summary="Read an access")
async def get_access(id1: Id1Path, who: TesterDep, service: ServiceDep) -> AccessOut:
    """One access of the operator."""
    return AccessOut.model_validate(await service.inventory.access(who, id1))


@router.get("/accesses", operation_id="list_accesses", summary="List accesses")
async def list_accesses(
    response: Response,
    who: TesterDep,
    service: ServiceDep,
    after: Annotated[
        str | None, Query(description="ID1 behind which to go on", json_schema_extra=text_form(Id1))
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="How many at most")] = 100,
) -> list[AccessOut]:
    """The accesses of the operator, by ID1; `Link` tells the next page where there is one (RFC 8288)."""
    found = await service.inventory.page(who, None if after is None else Id1.parse(after), limit + 1)
    if len(found) > limit:
        response.headers["Link"] = f'</api/v1/accesses?after={found[limit - 1].id1}&limit={limit}>; rel="next"'
    return [AccessOut.model_validate(access) for access in found[:limit]]
