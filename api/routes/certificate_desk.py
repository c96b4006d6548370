"""Who manages certificates, when their end is told, and the public revocation list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Path, Response

from api.deps import PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.certificates import DelegateOut, PolicyOut
from api.schemas.problems import problems

router = Router(prefix="/api/v1", tags=["Digital certificates"], responses=problems(401, 403, 404, 422))

Login = Annotated[str, Path(max_length=100, description="Login of the account")]
_KEPT = [Depends(not_kept)]


@router.get(
    "/certificate-delegates",
    operation_id="list_certificate_delegates",
    summary="Accounts that have the access",
    dependencies=_KEPT,
)
async def delegates(who: PrincipalDep, service: ServiceDep) -> list[DelegateOut]:
    """The accounts that administrators gave the access to."""
    return [DelegateOut.of(one) for one in await service.certificates.delegates(who)]


@router.put(
    "/certificate-delegates/{login:path}",
    status_code=204,
    operation_id="put_certificate_delegate",
    summary="Give the access",
    dependencies=_KEPT,
)
async def delegate(login: Login, who: PrincipalDep, service: ServiceDep) -> None:
    """Let an account manage certificates, at once."""
    await service.certificates.delegate(who, login)


@router.delete(
    "/certificate-delegates/{login:path}",
    status_code=204,
    operation_id="delete_certificate_delegate",
    summary="Take the access away",
    dependencies=_KEPT,
)
async def dismiss(login: Login, who: PrincipalDep, service: ServiceDep) -> None:
    """Take the access away, at once."""
    await service.certificates.dismiss(who, login)


@router.get(
    "/certificate-notices",
    operation_id="read_certificate_notices",
    summary="Days of the alert and of the reminder",
    dependencies=_KEPT,
)
async def policy(who: PrincipalDep, service: ServiceDep) -> PolicyOut:
    """Days before the end of a certificate at which its managers are told."""
    return PolicyOut.model_validate(await service.certificates.policy(who), from_attributes=True)


@router.put(
    "/certificate-notices", operation_id="set_certificate_notices", summary="Change the days", dependencies=_KEPT
)
async def set_policy(body: PolicyOut, who: PrincipalDep, service: ServiceDep) -> PolicyOut:
    """The alert comes before the reminder."""
    found = await service.certificates.set_policy(who, body.policy())
    return PolicyOut.model_validate(found, from_attributes=True)


@router.get(
    "/certificate-authority/crl",
    operation_id="read_revocation_list",
    summary="Revocation list (CRL), public",
    response_class=Response,
    responses={200: {"content": {"application/pkix-crl": {}}}},
)
async def revocation_list(service: ServiceDep) -> Response:
    """The revocation list of the embedded authority (RFC 5280, DER); caches keep it until half of its life."""
    found = await service.certificates.revocations.current()
    if found is None:
        raise HTTPException(404)
    life = (found.next_update - found.this_update) / 2
    fresh = int(max(0.0, (found.this_update + life - service.clock.now()).total_seconds()))
    headers = {"Cache-Control": f"public, max-age={min(fresh, 300)}"}
    return Response(found.der, media_type="application/pkix-crl", headers=headers)


@router.get(
    "/certificate-authority",
    operation_id="read_certificate_authority",
    summary="Certificate of the authority, public",
    response_class=Response,
    responses={200: {"content": {"application/x-pem-file": {}}}},
)
async def authority(service: ServiceDep) -> Response:
    """The certificate of the embedded authority (PEM)."""
    pem = service.certificates.authority_pem
    if pem is None:
        raise HTTPException(404)
    return Response(pem, media_type="application/x-pem-file")
