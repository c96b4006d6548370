"""« Dépôt de signalisation »: choice of the type, entry in three tabs, and the signalisation afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Path, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse

from api.bootstrap import Service
from api.deps import PrincipalDep, ServiceDep
from api.i18n import translate
from api.problems import describe
from api.routing import Router
from api.schemas.results import detail, summary
from api.signalisation.context import Surroundings, computed
from api.signalisation.files import FIELD
from api.signalisation.forms import Form as Description
from api.signalisation.forms import FormType, Kind, form_of, type_of
from api.web.access import Id1Dep
from api.web.errors import PageRoute, failure
from api.web.rendering import page
from domain.errors import DiagnosticsError, ForbiddenError, FormError
from domain.identifiers import DiagnosisNumber
from domain.principal import Principal, Right
from domain.ticket import MOVES, Action, TicketState
from storage.tickets import Ticket

router = Router(route_class=PageRoute, include_in_schema=False)

TicketNumber = Annotated[str, Path(pattern=r"^SIG[0-9]{6}-[0-9]{7}$")]
TypeCode = Annotated[str, Path(pattern=r"^[0-9A-Z]{1,16}$")]


async def depositor(who: PrincipalDep) -> Principal:
    """An account that may deposit."""
    who.require(Right.SIGNALISATION)
    return who


DepositorDep = Annotated[Principal, Depends(depositor)]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the page of entry shows.

    Attributes:
        values: What was entered so far; at first the defect that the last verdict proposes.
        computed: Values of the fields that nobody enters.
        faults: French sentence by field at fault.
        ticket: The draft; ``None`` until something was sent.
    """

    form: Description
    kind: FormType
    around: Surroundings
    values: Mapping[str, Any]
    computed: Mapping[str, str]
    faults: Mapping[str, str]
    ticket: Ticket | None
    files: list[Any]

    @property
    def at_fault(self) -> dict[str, int]:
        """How many fields are at fault in each tab."""
        found: dict[str, int] = {}
        for key in self.faults:
            tab = self.form.tab_of(key)
            if tab is None and self.form.attachment is not None:
                tab = self.form.attachment.tab
            if tab is not None:
                found[tab] = found.get(tab, 0) + 1
        return found


@router.get("/acces/{id1}/signalisation")
async def choice(request: Request, id1: Id1Dep, who: DepositorDep, service: ServiceDep) -> Response:
    """« Choix du type de signalisation »."""
    around = await service.tickets.around(who, id1)
    return page(request, "choix.html", who=who, around=around, types=service.tickets.types(who))


@router.get("/acces/{id1}/signalisation/{type_code}")
async def entry(request: Request, id1: Id1Dep, type_code: TypeCode, who: DepositorDep, service: ServiceDep) -> Response:
    """« Saisie des informations », empty."""
    form, kind = _allowed(who, type_code)
    around = await service.tickets.around(who, id1)
    values: dict[str, Any] = {}
    if form.proposes_defects_in is not None and around.proposed_defect is not None:
        values[form.proposes_defects_in] = [around.proposed_defect]
    return _entry(request, who, _shown(form, kind, around, values))


@router.post("/acces/{id1}/signalisation/{type_code}")
async def send(request: Request, id1: Id1Dep, type_code: TypeCode, who: DepositorDep, service: ServiceDep) -> Response:
    """« Déposer »: what was entered is kept as a draft first, so that nothing is lost."""
    form, _ = _allowed(who, type_code)
    async with request.form(max_files=form.attachment.most if form.attachment else 0, max_fields=200) as sent:
        ticket, _ = await service.tickets.draft(who, id1, type_code, _entered(form, sent))
        return await _deposit(request, service, who, ticket.number, sent)


@router.get("/signalisations/{number}/saisie")
async def resume(request: Request, number: TicketNumber, who: DepositorDep, service: ServiceDep) -> Response:
    """A draft, with what is still wrong in it."""
    ticket = await service.tickets.get(who, number)
    if ticket.state is not TicketState.DRAFT:
        return RedirectResponse(f"/signalisations/{number}", 303)
    return await _again(request, service, who, number, {}, 200)


@router.post("/signalisations/{number}/saisie")
async def send_again(request: Request, number: TicketNumber, who: DepositorDep, service: ServiceDep) -> Response:
    """« Déposer » a draft that was corrected."""
    ticket = await service.tickets.get(who, number)
    form = form_of(ticket.form, ticket.form_version)
    async with request.form(max_files=form.attachment.most if form.attachment else 0, max_fields=200) as sent:
        await service.tickets.save(who, number, _entered(form, sent))
        return await _deposit(request, service, who, number, sent)


@router.get("/signalisations/{number}")
async def ticket(request: Request, number: TicketNumber, who: PrincipalDep, service: ServiceDep) -> Response:
    """A signalisation with its results, its history and its commitment."""
    found = await service.tickets.get(who, number)
    form = form_of(found.form, found.form_version)
    return page(
        request,
        "signalisation.html",
        who=who,
        ticket=found,
        form=form,
        type=type_of(found.type_code)[1].full,
        engagement=await service.tickets.commitments.of(found),
        resultats=[summary(record) for record in await service.tickets.diagnoses(found)],
        fichiers=await service.tickets.files(found),
        evenements=await service.tickets.events(found),
        codes=service.tickets.codes,
        actions=service.tickets.possible(who, found),
        avec_code=[action for action, move in MOVES.items() if move.needs_code],
    )


@router.post("/signalisations/{number}/avancement")
async def move(
    request: Request,
    number: TicketNumber,
    who: PrincipalDep,
    service: ServiceDep,
    action: Annotated[Action, Form()],
    code: Annotated[str, Form(max_length=16)] = "",
    texte: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Move a signalisation: take it, hold it, restore it, close it."""
    try:
        await service.tickets.move(who, number, action, texte.strip(), code or None)
    except FormError as error:
        return failure(request, 422, " ".join(_sentences(error).values()))
    return RedirectResponse(f"/signalisations/{number}", 303)


@router.get("/signalisations/{number}/resultats/{resultat}")
async def result(
    request: Request, number: TicketNumber, resultat: str, who: PrincipalDep, service: ServiceDep
) -> Response:
    """A result attached to a signalisation, also beyond its 48 h."""
    found = await service.tickets.diagnosis(who, number, DiagnosisNumber.parse(resultat))
    return page(request, "resultat_joint.html", who=who, number=number, ouvert=detail(found, who))


def _allowed(who: Principal, type_code: str) -> tuple[Description, FormType]:
    form, kind = type_of(type_code)
    if kind.request.value.endswith("port 25"):
        who.require(Right.PORT25)
    return form, kind


def _entered(form: Description, sent: FormData) -> dict[str, Any]:
    """The values of the fields of the form; what a browser adds is not looked at."""
    found: dict[str, Any] = {}
    for field in form.fields:
        texts = [item for item in sent.getlist(field.key) if isinstance(item, str)]
        if field.kind is Kind.MANY:
            found[field.key] = texts
        elif field.kind is not Kind.COMPUTED and texts:
            found[field.key] = texts[0].replace("\r\n", "\n")
    return found


async def _deposit(request: Request, service: Service, who: Principal, number: str, sent: FormData) -> Response:
    faults: dict[str, str] = {}
    for file in sent.getlist(FIELD):
        if isinstance(file, UploadFile) and file.filename:
            try:
                await service.tickets.attach(who, number, file.filename, await file.read())
            except FormError as error:
                faults |= _sentences(error)
    try:
        if not faults:
            await service.tickets.deposit(who, number)
            return RedirectResponse(f"/signalisations/{number}", 303)
    except FormError as error:
        faults |= _sentences(error)
    except ForbiddenError as error:
        form = form_of(*_of(await service.tickets.get(who, number)))
        faults[form.forces_in or FIELD] = describe(error, "fr")[1]
    except DiagnosticsError as error:
        status, sentence, _ = describe(error, "fr")
        return await _again(request, service, who, number, {"": sentence}, status)
    return await _again(request, service, who, number, faults, 422)


async def _again(
    request: Request, service: Service, who: Principal, number: str, faults: Mapping[str, str], status: int
) -> Response:
    draft = await service.tickets.get(who, number)
    form, kind = form_of(*_of(draft)), type_of(draft.type_code)[1]
    around = await service.tickets.around(who, draft.id1)
    files = list(await service.tickets.files(draft))
    return _entry(request, who, _shown(form, kind, around, draft.fields, faults, draft, files), status)


def _of(draft: Ticket) -> tuple[str, int]:
    return draft.form, draft.form_version


def _shown(
    form: Description,
    kind: FormType,
    around: Surroundings,
    values: Mapping[str, Any],
    faults: Mapping[str, str] | None = None,
    draft: Ticket | None = None,
    files: list[Any] | None = None,
) -> Entry:
    known = computed(form, kind, around.access, around.context(), gtr=around.access.gtr)
    return Entry(form, kind, around, values, known, faults or {}, draft, files or [])


def _entry(request: Request, who: Principal, saisie: Entry, status: int = 200) -> Response:
    return page(request, "saisie.html", status, who=who, saisie=saisie)


def _sentences(error: FormError) -> dict[str, str]:
    return {field: translate("fr", text, **values) for field, text, values in error.faults}
