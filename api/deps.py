"""What routes ask for: the running service, who asks, and in which language."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response

from api.bootstrap import Service
from api.certificates.client import HEADER
from api.i18n import Language
from api.problems import language_of
from api.security.peer import peer_of
from api.security.sign_in import COOKIE
from domain.errors import CertificateRefusedError, ForbiddenError, UnauthenticatedError
from domain.identifiers import DiagnosisNumber, Id1, Text
from domain.principal import Principal, Right


def text_form(kind: type[Text]) -> dict[str, Any]:
    """The text form of an identifier, for the schema of a parameter."""
    return {"pattern": kind.FORM}


async def service(request: Request) -> Service:
    """The running service."""
    found: Service = request.app.state.service
    return found


ServiceDep = Annotated[Service, Depends(service)]


async def principal(request: Request, running: ServiceDep) -> Principal:
    """Who asks: from the bearer token, the page's sign-in cookie, or the client certificate that the proxy passes on.

    A certificate beside a token must be good, and of the same operator; the rights are then the token's.
    """
    shown = request.headers.getlist(HEADER)
    machine: Principal | None = None
    if shown:
        machine = await running.client_certificates.principal(peer_of(request), shown)
    person = await _signed_in(request, running)
    if person is not None and machine is not None and person.operator_id != machine.operator_id:
        raise CertificateRefusedError("operator")
    found = person or machine
    if found is None:
        raise UnauthenticatedError
    return found


async def _signed_in(request: Request, running: Service) -> Principal | None:
    """The account of a token, or of a cookie (same-site, safe from other sites); ``None`` without either."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        if token.count(".") == 2:  # a JWT (RFC 7519): none of our tokens holds a dot
            return await running.oidc.bearer(token.strip())
        return await running.records.tokens.authenticate(token.strip(), running.clock.now())
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return None
    if request.method not in {"GET", "HEAD"} and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForbiddenError("same-origin")
    return await running.records.tokens.authenticate(cookie, running.clock.now())


PrincipalDep = Annotated[Principal, Depends(principal)]


async def tester(who: PrincipalDep) -> Principal:
    """An account that may run tests."""
    who.require(Right.TEST)
    return who


async def provisioner(who: PrincipalDep) -> Principal:
    """An account that may write the inventory."""
    who.require(Right.INVENTORY)
    return who


async def not_kept(response: Response) -> None:
    """No cache keeps the answer: it may hold customers' data and passwords."""
    response.headers["Cache-Control"] = "no-store"


async def _id1(
    id1: Annotated[
        str,
        Path(
            description="Identifier of the prestation (ID1)", examples=["F00000015"], json_schema_extra=text_form(Id1)
        ),
    ],
) -> Id1:
    return Id1.parse(id1)


async def _number(
    number: Annotated[
        str,
        Path(
            description="Number of the diagnosis",
            examples=["190509-1029-2879560"],
            json_schema_extra=text_form(DiagnosisNumber),
        ),
    ],
) -> DiagnosisNumber:
    return DiagnosisNumber.parse(number)


Id1Path = Annotated[Id1, Depends(_id1)]
NumberPath = Annotated[DiagnosisNumber, Depends(_number)]


async def language(request: Request) -> Language:
    """The language that the client asked for."""
    return language_of(request)


TesterDep = Annotated[Principal, Depends(tester)]
ProvisionerDep = Annotated[Principal, Depends(provisioner)]
LanguageDep = Annotated[Language, Depends(language)]
