"""OLTs: onboarding, reconciliation with the inventory, load, what polling brings."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Depends, Query

from api.deps import LanguageDep, PrincipalDep, ProvisionerDep, ServiceDep, not_kept
from api.routes.inventory import OltName
from api.routing import Router
from api.schemas.olts import CollectionOut, LoadOut, OnboardingIn, OnboardingOut, ReconciliationOut
from api.schemas.problems import problems
from collectors import onboarding_text

router = Router(prefix="/api/v1/olts/{name}", tags=["OLT"], dependencies=[Depends(not_kept)])


@router.post(
    "/onboarding",
    operation_id="onboard_olt",
    summary="Recognise an OLT, declared or not",
    responses=problems(401, 403, 404, 409, 422, 424),
)
async def onboarding(
    name: OltName,
    who: ProvisionerDep,
    service: ServiceDep,
    body: Annotated[OnboardingIn | None, Body(description="How to reach it, where it is not declared")] = None,
    *,
    accept: Annotated[bool, Query(description="Put the load contract that is proposed into force")] = False,
) -> OnboardingOut:
    """Probe the OLT, measure it, propose a load contract and list what hangs from it; ``accept`` keeps the contract."""
    target = None if body is None else body.target(who.operator_id, name)
    found = await service.olts.onboard(who, name, target, accept=accept)
    return OnboardingOut(olt=name, accepted=accept, **onboarding_text.as_json(found))


@router.get(
    "/reconciliation",
    operation_id="reconcile_olt",
    summary="Compare the inventory with the OLT",
    responses=problems(401, 403, 404, 422),
)
async def reconciliation(
    name: OltName, who: ProvisionerDep, service: ServiceDep, language: LanguageDep
) -> ReconciliationOut:
    """The inventory against the last walk: what each has that the other has not."""
    report, walked_at = await service.olts.reconcile(who, name)
    return ReconciliationOut.of(report, walked_at, service.clock.now(), language)


@router.get(
    "/load", operation_id="read_olt_load", summary="Load put on the OLT", responses=problems(401, 403, 404, 422)
)
async def load(name: OltName, who: PrincipalDep, service: ServiceDep) -> LoadOut:
    """The load contract in force, and what was used of it."""
    return LoadOut.of(name, await service.olts.load(who, name))


@router.get(
    "/collection",
    operation_id="read_olt_collection",
    summary="State of the collection of an OLT",
    responses=problems(401, 403, 404, 422),
)
async def collection(name: OltName, who: PrincipalDep, service: ServiceDep) -> CollectionOut:
    """Last walk, last cycle, and the age of each column."""
    return CollectionOut.of(name, await service.olts.collection(who, name), service.clock.now())
