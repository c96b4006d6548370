"""« Mes certificats numériques »: the list as on the screen, issue, renewal, deposit, download, revocation."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Path, Query, Response

from api.certificates.listing import Order, Sort, Wanted, as_csv
from api.deps import LanguageDep, PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.certificates import (
    CertificateIn,
    CertificateOut,
    CertificatesOut,
    DepositIn,
    MailOut,
    NewCertificateOut,
    RenewalIn,
    ResentOut,
    RevocationIn,
)
from api.schemas.problems import problems
from domain.certificate import Certificate, CertificateState, Environment, EService
from domain.errors import ConflictError

router = Router(
    prefix="/api/v1",
    tags=["Digital certificates"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 409, 422),
)

CertificateId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Identifier of the certificate")]
_P12 = "application/x-pkcs12"
_PEM = "application/x-pem-file"
_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {_P12: {}, _PEM: {}}}}


async def wanted(
    q: Annotated[str, Query(max_length=100, description="Key words: label, e-service, environment")] = "",
    eservice: Annotated[list[EService] | None, Query(description="E-service, several times if need be")] = None,
    environment: Annotated[Environment | None, Query(description="Environment")] = None,
    state: Annotated[list[CertificateState] | None, Query(description="State, several times if need be")] = None,
    sort: Annotated[Sort, Query(description="Column to sort by")] = Sort.ESERVICE,
    order: Annotated[Order, Query(description="Ascending (asc) or descending (desc)")] = Order.ASCENDING,
) -> Wanted:
    """What of the list is wanted."""
    return Wanted(q, frozenset(eservice or ()), environment, frozenset(state or ()), sort, order)


WantedDep = Annotated[Wanted, Depends(wanted)]


@router.get(
    "/certificates", operation_id="list_certificates", summary="List, search, sort and filter one's certificates"
)
async def listed(
    wish: WantedDep,
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> CertificatesOut:
    """The certificates of the operator, as the screen shows them. For administrators and those that they delegate."""
    found = await service.certificates.list(who, wish)
    return CertificatesOut.of(found, service.clock.now(), language, limit, offset)


@router.get(
    "/certificate-exports",
    operation_id="export_certificates",
    summary="The same list, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
async def export(wish: WantedDep, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> Response:
    """All that the filters leave, with the screen's columns."""
    found = await service.certificates.list(who, wish)
    headers = {"Content-Disposition": 'attachment; filename="certificats.csv"', "Cache-Control": "no-store"}
    return Response(as_csv(found.items, language), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/certificates", status_code=201, operation_id="issue_certificate", summary="Ask for a certificate")
async def issue(body: CertificateIn, who: PrincipalDep, service: ServiceDep) -> NewCertificateOut:
    """A new certificate. Its PKCS#12 is downloaded afterwards; the password is told here, once."""
    return NewCertificateOut.of(await service.certificates.issue(who, body.wish()), service.clock.now())


@router.get("/certificates/{certificate_id}", operation_id="read_certificate", summary="Read a certificate")
async def read(certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> CertificateOut:
    """One certificate of the operator."""
    return CertificateOut.of(await service.certificates.get(who, certificate_id), service.clock.now())


@router.get(
    "/certificates/{certificate_id}/file",
    operation_id="download_certificate",
    summary="Download a certificate",
    response_class=Response,
    responses=_FILES,
)
async def download(certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> Response:
    """The PKCS#12 where the key was made here, the certificate (PEM) otherwise: at any time, as often as wanted."""
    certificate, pkcs12 = await service.certificates.download(who, certificate_id)
    return file_of(certificate, pkcs12)


def file_of(certificate: Certificate, pkcs12: bytes | None) -> Response:
    """A certificate as a file, named by its label."""
    content = (certificate.pem or "").encode() if pkcs12 is None else pkcs12
    name = f"{certificate.label}.{'pem' if pkcs12 is None else 'p12'}".replace("/", "-")
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=_PEM if pkcs12 is None else _P12, headers=headers)


@router.get(
    "/certificates/{certificate_id}/csr",
    operation_id="read_certificate_request",
    summary="The request, for the authority that signs",
    response_class=Response,
    responses={200: {"content": {_PEM: {}}}},
)
async def request_of(certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> Response:
    """The CSR that the certificate came with."""
    found = await service.certificates.request_of(who, certificate_id)
    if found is None:
        raise ConflictError("certificate", certificate_id, "its key was made here: there is no request")
    headers = {"Content-Disposition": 'attachment; filename="demande.csr.pem"', "Cache-Control": "no-store"}
    return Response(found, media_type=_PEM, headers=headers)


@router.put(
    "/certificates/{certificate_id}/certificate",
    operation_id="deposit_certificate",
    summary="Deposit the certificate that was signed elsewhere",
)
async def deposit(
    certificate_id: CertificateId, body: DepositIn, who: PrincipalDep, service: ServiceDep
) -> CertificateOut:
    """Publish what another authority signed for a request that waits."""
    return CertificateOut.of(
        await service.certificates.deposit(who, certificate_id, body.certificate), service.clock.now()
    )


@router.post(
    "/certificates/{certificate_id}/renewal",
    status_code=201,
    operation_id="renew_certificate",
    summary="Renew a certificate",
)
async def renew(
    certificate_id: CertificateId, body: RenewalIn, who: PrincipalDep, service: ServiceDep
) -> NewCertificateOut:
    """Another certificate for the same use; the former stays valid to its end."""
    issued = await service.certificates.renew(who, certificate_id, body.csr, body.secret)
    return NewCertificateOut.of(issued, service.clock.now())


@router.post(
    "/certificates/{certificate_id}/revocation", operation_id="revoke_certificate", summary="Revoke a certificate"
)
async def revoke(
    certificate_id: CertificateId, body: RevocationIn, who: PrincipalDep, service: ServiceDep
) -> CertificateOut:
    """It lets nobody in from now on. Cannot be taken back."""
    return CertificateOut.of(await service.certificates.revoke(who, certificate_id, body.reason), service.clock.now())


@router.get(
    "/certificates/{certificate_id}/mails",
    operation_id="list_certificate_mails",
    summary="The mails sent about a certificate",
)
async def told(certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> list[MailOut]:
    """What was told of it and what became of each mail, newest first."""
    await service.certificates.get(who, certificate_id)
    return [MailOut.of(one) for one in await service.records.mails.list(who, certificate_id)]


@router.post(
    "/certificates/{certificate_id}/mails/replay",
    status_code=202,
    operation_id="replay_certificate_mails",
    summary="Send the mails that were given up again",
)
async def send_again(certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> ResentOut:
    """Hand over again what was given up: an address or a server that was put right."""
    await service.certificates.get(who, certificate_id)
    return ResentOut(replayed=await service.records.mails.replay(who, certificate_id, service.clock.now()))
