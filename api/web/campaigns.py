"""Pages « Campagnes »: the list, the form that launches one, its report; pause, resume, stop. In French or English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Path, Query, Response
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from api.bootstrap import Service
from api.i18n import Language, translate
from api.problems import describe
from api.routes.campaigns import Name
from api.routing import Router
from api.schemas.campaigns import CampaignIn
from api.schemas.teleactions import SpecOut
from api.services.campaigns import Report
from api.web.asked import Asked, AskedDep
from api.web.errors import BilingualRoute, by_htmx
from api.web.parameters import parameters_of
from domain.campaign import Campaign, CampaignState, MemberOutcome, Plan
from domain.errors import DiagnosticsError, ForbiddenError, InvalidValueError
from domain.principal import Principal, Right
from domain.teleaction import TargetKind
from teleactions.catalogue import spec_of
from teleactions.spec import FieldKind, Spec

router = Router(route_class=BilingualRoute, include_in_schema=False, prefix="/campagnes")

STATES: Mapping[CampaignState, tuple[str, str]] = {
    CampaignState.RUNNING: ("Running", "cours"),
    CampaignState.PAUSED: ("Paused", "arret"),
    CampaignState.STOPPED: ("Stopped", "ko"),
    CampaignState.DONE: ("Done", "ok"),
    CampaignState.CANCELLED: ("Cancelled", "arret"),
}
"""What a state is called, and the sign that it is shown with."""
OUTCOMES: Mapping[MemberOutcome, tuple[str, str]] = {
    MemberOutcome.WAITING: ("Waiting", "inconnu"),
    MemberOutcome.ASKED: ("Asked", "cours"),
    MemberOutcome.HEALTHY: ("Healthy", "ok"),
    MemberOutcome.UNHEALTHY: ("Worse", "ko"),
    MemberOutcome.REFUSED: ("Refused", "arret"),
}
_SELECTION = ("model", "firmware", "olt", "pon")
_PACE = ("canary", "wave", "per_olt", "at_once")
_USUAL = {"limit": "10000", "canary": "5", "wave": "50", "per_olt": "8", "at_once": "16", "most_unhealthy": "5"}
_MOVES = {"pause": "pause", "reprendre": "resume", "arreter": "cancel"}


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of a report: its accesses by outcome; number 0 is the canary."""

    number: int
    total: int
    counts: Mapping[MemberOutcome, int]


def waves(report: Report) -> list[Wave]:
    """The waves of a report, the canary first."""
    found = []
    for told in report.waves:
        counts = {outcome: told.get(outcome.value, 0) for outcome in MemberOutcome}
        found.append(Wave(told["wave"], sum(counts.values()), counts))
    return found


def _offered(service: Service, who: Principal) -> list[Spec]:
    """The téléactions of the account that campaigns may make: none of a PON port, to confirm, or with a secret."""
    return [spec for spec in service.teleactions.offered(who) if _for_many(spec)]


def _for_many(spec: Spec) -> bool:
    secret = any(one.kind is FieldKind.SECRET for one in spec.fields)
    return spec.target is not TargetKind.PON and not spec.confirmations and not secret


def _actor(who: Principal) -> None:
    if not any(who.may(right) for right in (Right.TELEACTION, Right.EXPERT)):
        raise ForbiddenError(Right.TELEACTION.value)


def _label(campaign: Campaign, language: Language) -> str:
    return translate(language, spec_of(campaign.plan.action).label)


@router.get("")
async def campaigns(asked: AskedDep) -> Response:
    """Those of the operator, newest first."""
    _actor(asked.who)
    found = [(one, _label(one, asked.language)) for one in await asked.service.campaigns.all(asked.who)]
    return asked.page("campagnes.html", campagnes=found, etats=STATES)


@router.get("/nouvelle")
async def form(asked: AskedDep, action: Annotated[str, Query(max_length=40)] = "") -> Response:
    """First which téléaction, then the form of that one."""
    return _form(asked, action)


def _form(
    asked: Asked, action: str, *, given: Mapping[str, str] | None = None, erreur: str | None = None,
    compte: int | None = None,
) -> Response:  # fmt: skip
    who, service, language = asked.who, asked.service, asked.language
    _actor(who)
    spec = _chosen(service, who, action) if action else None
    return asked.page(
        "campagne_nouvelle.html", 200 if erreur is None else 422,
        offertes=[SpecOut.of(one, language) for one in _offered(service, who)],
        spec=None if spec is None else SpecOut.of(spec, language), saisie=given or _USUAL, erreur=erreur,
        compte=compte, versions=[],
    )  # fmt: skip


def _chosen(service: Service, who: Principal, action: str) -> Spec:
    spec = spec_of(action)
    who.require(spec.right)
    if spec not in _offered(service, who):
        raise InvalidValueError("action", action, "a téléaction that campaigns may make")
    return spec


@router.post("/nouvelle")
async def launch(
    asked: AskedDep, action: Annotated[str, Form(max_length=40)], compter: Annotated[str, Form()] = ""
) -> Response:
    """Launch it, or count the accesses that it would take; with what is wrong, back to the form."""
    who, service = asked.who, asked.service
    spec = _chosen(service, who, action)
    given = {name: str(value) for name, value in (await asked.request.form()).items()}
    try:
        plan = _plan(spec, given, counting=bool(compter))
        if compter:
            return await _counted(asked, plan, given)
        running = await _running(service, who, plan)
        name = running or (await service.campaigns.create(who, plan)).campaign.campaign_id
    except DiagnosticsError as error:
        _, sentence, fields = describe(error, asked.language)
        shown = " ; ".join([sentence, *(one["detail"] for one in fields if one["detail"] not in sentence)])
        if compter and by_htmx(asked.request):
            return asked.page("_compte_campagne.html", compte=None, erreur=shown)
        return _form(asked, action, given=given, erreur=shown)
    return RedirectResponse(f"/campagnes/{name}", 303)


async def _counted(asked: Asked, plan: Plan, given: Mapping[str, str]) -> Response:
    count = len(await asked.service.campaigns.selected(asked.who, plan.selection))
    if by_htmx(asked.request):
        return asked.page("_compte_campagne.html", compte=count, erreur=None)
    return _form(asked, plan.action, given=given, compte=count)


async def _running(service: Service, who: Principal, plan: Plan) -> str | None:
    """The campaign of the same account that does the same and is not over: a form sent twice launches one."""
    for one in await service.campaigns.all(who):
        if one.account == who.account and one.plan == plan and not one.state.final:
            return one.campaign_id
    return None


def _plan(spec: Spec, given: Mapping[str, str], *, counting: bool) -> Plan:
    """The plan as typed; raises `InvalidValueError` that names the field at fault."""
    body: dict[str, Any] = {
        "action": spec.name,
        "reason": "counting" if counting else given.get("motif", "").strip(),
        "parameters": {} if counting else parameters_of(spec, given),
        "selection": {name: given.get(name, "").strip() for name in _SELECTION} | {"limit": _whole(given, "limit")},
        "pace": {name: _whole(given, name) for name in _PACE}
        | {"most_unhealthy": _whole(given, "most_unhealthy") / 100, "in_window": given.get("in_window") == "oui"},
    }
    try:
        plan = CampaignIn.model_validate(body).plan()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        raise InvalidValueError(name, given.get(name, ""), "a value within the bounds of the form") from error
    return plan if counting else Plan(**{**_fields(plan), "parameters": spec.parse(plan.parameters)})


def _fields(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in ("action", "reason", "selection", "pace")}


def _whole(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "").strip() or _USUAL[name]
    if not text.isdecimal():
        raise InvalidValueError(name, text, "a whole number")
    return int(text)


@router.get("/{name}")
async def report(asked: AskedDep, name: Name) -> Response:
    """Where it stands: its state, its waves, each access with its téléaction. Asks again by itself until it is over."""
    found = await asked.service.campaigns.report(asked.who, name)
    template = "_campagne.html" if by_htmx(asked.request) else "campagne.html"
    return asked.page(
        template, c=found.campaign, membres=found.members, vagues=waves(found),
        titre=_label(found.campaign, asked.language), etats=STATES, issues=OUTCOMES,
    )  # fmt: skip


@router.post("/{name}/{geste}")
async def move(
    asked: AskedDep, name: Name, geste: Annotated[str, Path(pattern="^(pause|reprendre|arreter)$")]
) -> Response:
    """Pause it, resume it, or end it for good."""
    await getattr(asked.service.campaigns, _MOVES[geste])(asked.who, name)
    return RedirectResponse(f"/campagnes/{name}", 303)
