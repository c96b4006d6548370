"""« Mes certificats numériques »: the list with its three actions, one certificate, a new one, and the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Path, Query, Request, Response
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import RedirectResponse

from api.certificates.listing import Order, Sort, Wanted
from api.certificates.service import Issued
from api.certificates.signing import Wish
from api.deps import PrincipalDep, ServiceDep
from api.problems import describe
from api.routing import Router
from api.schemas.certificates import MailOut
from api.web.errors import PageRoute
from api.web.labels import say
from api.web.rendering import page
from domain.certificate import CertificateState, Environment, EService, NoticePolicy, RevocationReason
from domain.errors import ConflictError, DiagnosticsError, ForbiddenError, InvalidValueError, NotFoundError
from domain.principal import Principal, Right
from domain.secret import Secret

router = Router(route_class=PageRoute, include_in_schema=False, prefix="/certificats")

CertificateId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Text = Annotated[str, Form(max_length=100)]
_SHOWN_AT_FIRST = frozenset({CertificateState.VALID, CertificateState.PENDING})
_COLUMNS = {
    Sort.LABEL: "Libellé",
    Sort.ESERVICE: "eService",
    Sort.ENVIRONMENT: "Environnement",
    Sort.EXPIRES_AT: "Expire le",
    Sort.PUBLISHED_AT: "Publié le",
}


async def wanted(
    mots: Annotated[str, Query(max_length=100)] = "",
    eservice: Annotated[list[EService] | None, Query()] = None,
    tri: Sort = Sort.ESERVICE,
    ordre: Order = Order.ASCENDING,
    *,
    tous: Annotated[bool, Query()] = False,
) -> Wanted:
    """What of the list is wanted; without ``tous``, what is in force or awaited."""
    states = frozenset() if tous else _SHOWN_AT_FIRST
    return Wanted(mots.strip(), frozenset(eservice or ()), None, states, tri, ordre)


WantedDep = Annotated[Wanted, Depends(wanted)]


def _query(wish: Wanted, **changes: object) -> str:
    """The address of the same list with something else."""
    other = replace(wish, **changes)  # type: ignore[arg-type] # the fields of a Wanted
    pairs = [("mots", other.search)] if other.search else []
    pairs += [("eservice", one.value) for one in EService if one in other.eservices]
    if other.sort is not Sort.ESERVICE or other.order is not Order.ASCENDING:
        pairs += [("tri", other.sort.value), ("ordre", other.order.value)]
    pairs += [] if other.states else [("tous", "true")]
    return "/certificats" + (f"?{urlencode(pairs)}" if pairs else "")


def _export(wish: Wanted) -> str:
    """What the API is asked for the same list as a file."""
    pairs = [("q", wish.search)] if wish.search else []
    pairs += [("eservice", one.value) for one in EService if one in wish.eservices]
    pairs += [("state", one.value) for one in CertificateState if one in wish.states]
    return urlencode([*pairs, ("sort", wish.sort.value), ("order", wish.order.value)])


@router.get("")
async def listed(
    request: Request,
    who: PrincipalDep,
    service: ServiceDep,
    wish: WantedDep,
    *,
    filtres: Annotated[bool, Query()] = False,
) -> Response:
    """Search, sort, filter, download."""
    found, now = await service.certificates.list(who, wish), service.clock.now()
    policy = await service.certificates.policy(who)
    every = await service.certificates.list(who, Wanted())
    renewed = {one.renews for one in every.items if one.revoked_at is None}
    soon = {
        one.certificate_id
        for one in found.items
        if one.state(now) is CertificateState.VALID
        and (one.days_left(now) or 0) <= policy.alert_days
        and one.certificate_id not in renewed
    }
    return page(
        request,
        "certificats.html",
        who=who,
        liste=found,
        maintenant=now,
        a_renouveler=soon,
        voulu=wish,
        ouvert=filtres or bool(wish.eservices),
        colonnes=_COLUMNS,
        ordres=Order,
        adresse=lambda **changes: _query(wish, **changes),
        sans_facette=_query(wish, eservices=frozenset()),
        ferme=_query(wish),
        export=_export(wish),
        autres=not wish.states,
    )


@router.get("/nouveau")
async def form(request: Request, who: PrincipalDep, service: ServiceDep) -> Response:
    """The form of a new certificate."""
    await service.certificates.policy(who)
    return _form(request, who, service.certificates.givable(who), Entered())


class Entered(BaseModel):
    """What was entered in the form of a new certificate."""

    eservice: str = Field("", max_length=100)
    environnement: str = Field("", max_length=100)
    libelle: str = Field("", max_length=100)
    droit: list[str] = Field([], max_length=len(Right))
    csr: str = Field("", max_length=16_384)
    mot_de_passe: SecretStr = Field(SecretStr(""), max_length=128)

    def wish(self) -> Wish:
        """What is asked for; ``ValueError`` for a choice that is not offered."""
        password = self.mot_de_passe.get_secret_value()
        return Wish(
            EService(self.eservice),
            Environment(self.environnement),
            frozenset(Right(one) for one in self.droit),
            self.libelle.strip() or None,
            self.csr.strip() or None,
            Secret(password) if password else None,
        )


@router.post("")
async def ask(
    request: Request, who: PrincipalDep, service: ServiceDep, entered: Annotated[Entered, Form()]
) -> Response:
    """Make a certificate; the password of its PKCS#12 is shown on this page alone."""
    givable = service.certificates.givable(who)
    try:
        wish = entered.wish()
    except ValueError:
        return _form(request, who, givable, entered, say("saisie", "choix"))
    try:
        issued = await service.certificates.issue(who, wish)
    except (InvalidValueError, ConflictError) as error:
        return _form(request, who, givable, entered, describe(error, "fr")[1])
    return await _shown(request, who, service, issued.certificate.certificate_id, issued=issued)


def _form(
    request: Request, who: Principal, rights: Sequence[Right], entered: Entered, erreur: str | None = None
) -> Response:
    status = 200 if erreur is None else 422
    return page(
        request,
        "certificat_nouveau.html",
        status,
        who=who,
        saisie=entered,
        eservices=EService,
        environnements=Environment,
        droits=rights,
        erreur=erreur,
    )


@router.get("/reglages")
async def settings(request: Request, who: PrincipalDep, service: ServiceDep) -> Response:
    """Delays of the alert and of the reminder; for administrators, who has the access."""
    return await _settings(request, who, service)


@router.post("/reglages/delais")
async def set_delays(
    request: Request, who: PrincipalDep, service: ServiceDep, alerte: Text = "", rappel: Text = "", langue: Text = "fr"
) -> Response:
    """Keep other delays."""
    await service.certificates.policy(who)
    try:
        await service.certificates.set_policy(who, NoticePolicy(int(alerte), int(rappel), langue))
    except InvalidValueError as error:
        return await _settings(request, who, service, describe(error, "fr")[1])
    except ValueError:
        return await _settings(request, who, service, say("saisie", "délais"))
    return RedirectResponse("/certificats/reglages", 303)


@router.post("/reglages/acces")
async def delegate(
    request: Request,
    who: PrincipalDep,
    service: ServiceDep,
    login: Text = "",
    *,
    retirer: Annotated[bool, Form()] = False,
) -> Response:
    """Give an account the access, or take it away, at once."""
    try:
        if retirer:
            await service.certificates.dismiss(who, login.strip())
        else:
            await service.certificates.delegate(who, login.strip())
    except NotFoundError as error:
        return await _settings(request, who, service, describe(error, "fr")[1])
    return RedirectResponse("/certificats/reglages", 303)


async def _settings(request: Request, who: Principal, service: ServiceDep, erreur: str | None = None) -> Response:
    policy = await service.certificates.policy(who)
    delegates = await service.certificates.delegates(who) if who.may(Right.ADMINISTRATOR) else None
    status = 200 if erreur is None else 422
    return page(
        request,
        "certificat_reglages.html",
        status,
        who=who,
        delais=policy,
        delegataires=delegates,
        erreur=erreur,
    )


@router.get("/{certificate_id}")
async def one(request: Request, certificate_id: CertificateId, who: PrincipalDep, service: ServiceDep) -> Response:
    """One certificate: what it is, what was told of it, what can be done."""
    return await _shown(request, who, service, certificate_id)


@router.post("/{certificate_id}/renouvellement")
async def renew(
    request: Request,
    certificate_id: CertificateId,
    who: PrincipalDep,
    service: ServiceDep,
    csr: Annotated[str, Form(max_length=16_384)] = "",
) -> Response:
    """Another certificate in its place; the password is shown on this page alone."""
    try:
        issued = await service.certificates.renew(who, certificate_id, csr.strip() or None, None)
    except (InvalidValueError, ConflictError, ForbiddenError) as error:
        return await _shown(request, who, service, certificate_id, error=error)
    return await _shown(request, who, service, issued.certificate.certificate_id, issued=issued)


@router.post("/{certificate_id}/depot")
async def deposit(
    request: Request,
    certificate_id: CertificateId,
    who: PrincipalDep,
    service: ServiceDep,
    certificat: Annotated[str, Form(max_length=16_384)] = "",
) -> Response:
    """Publish what another authority signed."""
    try:
        await service.certificates.deposit(who, certificate_id, certificat)
    except (InvalidValueError, ConflictError) as error:
        return await _shown(request, who, service, certificate_id, error=error)
    return RedirectResponse(f"/certificats/{certificate_id}", 303)


@router.post("/{certificate_id}/revocation")
async def revoke(
    certificate_id: CertificateId,
    who: PrincipalDep,
    service: ServiceDep,
    motif: Annotated[RevocationReason, Form()],
) -> Response:
    """Revoke it, for good."""
    await service.certificates.revoke(who, certificate_id, motif)
    return RedirectResponse(f"/certificats/{certificate_id}", 303)


async def _shown(
    request: Request,
    who: Principal,
    service: ServiceDep,
    certificate_id: str,
    *,
    issued: Issued | None = None,
    error: DiagnosticsError | None = None,
) -> Response:
    found = await service.certificates.get(who, certificate_id)
    password = None if issued is None or issued.password is None else issued.password.reveal()
    status, erreur = (200 if issued is None else 201, None) if error is None else describe(error, "fr")[:2]
    return page(
        request,
        "certificat.html",
        status,
        who=who,
        c=found,
        etat=found.state(service.clock.now()),
        nouveau=issued is not None,
        mot_de_passe=password,
        successeur=await service.certificates.successor(who, certificate_id),
        messages=[MailOut.of(mail) for mail in await service.records.mails.list(who, certificate_id)],
        motifs=RevocationReason,
        erreur=erreur,
    )
