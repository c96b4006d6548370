"""Page « Ports PON » of the NOC: shut or open a port. One account asks, another one types the port's name again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Form, Path, Response
from starlette.responses import RedirectResponse

from api.bootstrap import Service
from api.i18n import Language
from api.problems import describe
from api.routes.teleactions import origin
from api.routing import Router
from api.schemas.teleactions import SpecOut, TeleactionOut
from api.services.teleactions import CONFIRM_WITHIN
from api.services.teleactions import Request as Wanted
from api.web.asked import Asked, AskedDep
from api.web.errors import BilingualRoute, by_htmx
from domain.errors import DiagnosticsError, InvalidValueError, NotFoundError
from domain.identifiers import PonName
from domain.metrics.ont import ONT_OPER
from domain.principal import Principal, Right
from domain.states import Oper
from domain.teleaction import ActionNumber, ActionState, Closing, TargetKind, TeleactionRecord
from teleactions.catalogue import spec_of

router = Router(route_class=BilingualRoute, include_in_schema=False, prefix="/ports-pon")

_ACTION = "pon_admin"
STATES: Mapping[ActionState, tuple[str, str]] = {
    ActionState.ASKED: ("Asked", "cours"),
    ActionState.RUNNING: ("Under way", "cours"),
    ActionState.DONE: ("Carried out", "ok"),
    ActionState.NO_EFFECT: ("Without effect", "arret"),
    ActionState.FAILED: ("Failed", "ko"),
    ActionState.REFUSED: ("Refused", "ko"),
    ActionState.CANCELLED: ("Cancelled", "arret"),
    ActionState.UNKNOWN: ("Unknown", "inconnu"),
    ActionState.UNPROVED: ("Without proof", "inconnu"),
}
"""What a state is called, and the sign that it is shown with."""


async def _number(number: Annotated[str, Path()]) -> ActionNumber:
    return ActionNumber.parse(number)


NumberDep = Annotated[ActionNumber, Depends(_number)]


@dataclass(frozen=True, slots=True)
class Line:
    """One téléaction on a port.

    Attributes:
        olt: Where the port is; ``port`` its name, which the second account types.
        opens: Whether it opens the port; it shuts it otherwise.
        waits: Whether it waits for another account, until ``until``.
        mine: Whether the reader is the account that asked, so not the one that may confirm.
    """

    item: TeleactionOut
    olt: str
    port: str
    opens: bool
    waits: bool
    mine: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Behind:
    """The ONTs behind a port, as the last walk of its OLT found them."""

    onts: int
    online: int
    at: datetime


def _line(record: TeleactionRecord, who: Principal, now: datetime, language: Language) -> Line:
    olt, _, port = record.target.pon.partition("/")
    until = record.asked_at + CONFIRM_WITHIN
    waits = record.state is ActionState.ASKED and not record.confirmed_by and record.run_at is None and now < until
    opens = record.parameters.get("on") is True
    return Line(
        TeleactionOut.of(record, language), olt, port, opens, waits, record.account == who.account, until
    )  # fmt: skip


@router.get("")
async def ports(asked: AskedDep) -> Response:
    """The form, what waits for a second account, and what was done."""
    return await _page(asked)


async def _page(
    asked: Asked, *, given: Mapping[str, str] | None = None, erreur: str | None = None, sur: str = ""
) -> Response:
    who, service, language = asked.who, asked.service, asked.language
    who.require(Right.NOC)
    now, records = service.clock.now(), await service.teleactions.of_pons(who)
    lines = [_line(record, who, now, language) for record in records]
    behind = {one.item.number: await _behind(service, who, one) for one in lines if one.waits}
    olts = [target.name for target in await service.records.olts.list(who)]
    values: dict[str, Any] = {
        "lignes": lines,
        "derriere": behind,
        "etats": STATES,
        "erreur": erreur,
        "sur": sur,
    }
    if by_htmx(asked.request):
        return asked.page("_ports_pon.html", **values)
    return asked.page(
        "ports_pon.html", 200 if erreur is None else 422,
        olts=olts, saisie=given or {}, cle=secrets.token_urlsafe(12), spec=SpecOut.of(spec_of(_ACTION), language),
        minutes=CONFIRM_WITHIN // timedelta(minutes=1), **values,
    )  # fmt: skip


async def _behind(service: Service, who: Principal, line: Line) -> Behind | None:
    """Who would be cut, by the last walk; ``None`` where the OLT was never walked."""
    try:
        target = await service.records.olts.get(who, line.olt)
    except NotFoundError:
        return None
    walk = await service.records.network.last_walk(target)
    if walk is None:
        return None
    onts = [row for row in walk.onts if str(row.name.pon_name) == line.port]
    return Behind(len(onts), sum(row.readings.value(ONT_OPER) is Oper.UP for row in onts), walk.at)


@router.post("")
async def ask(
    asked: AskedDep,
    olt: Annotated[str, Form(max_length=64)],
    port: Annotated[str, Form(max_length=40)],
    etat: Annotated[str, Form(pattern="^(fermer|ouvrir)$")] = "fermer",
    motif: Annotated[str, Form(max_length=500)] = "",
    cle: Annotated[str, Form(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")] = "",
) -> Response:
    """Ask for it: nothing is sent before another account confirms."""
    given = {"olt": olt, "port": port, "etat": etat, "motif": motif}
    try:
        if len(motif.strip()) < 3:
            raise InvalidValueError("reason", motif, "a reason of 3 characters at least")
        wanted = Wanted(_ACTION, {"on": etat == "ouvrir"}, motif.strip(), origin(asked.request, "page"))
        name = PonName.parse(port.strip())
        record, _ = await asked.service.teleactions.ask_pon(
            asked.who, olt, name, wanted, f"page-{cle}" if cle else None
        )
    except DiagnosticsError as error:
        return await _page(asked, given=given, erreur=describe(error, asked.language)[1])
    return RedirectResponse(f"/ports-pon#t-{record.number}", 303)


@router.post("/{number}/confirmer")
async def confirm(asked: AskedDep, number: NumberDep, port: Annotated[str, Form(max_length=40)] = "") -> Response:
    """The second account: it types the port's name, then the port is acted on."""
    try:
        record = await _of_a_port(asked.service, asked.who, number)
        wanted = record.target.pon.partition("/")[2]
        if port.strip().upper() != wanted:
            raise InvalidValueError("pon", port, "the name of that port, typed again")
        await asked.service.teleactions.confirm(asked.who, number)
    except DiagnosticsError as error:
        return await _page(asked, erreur=describe(error, asked.language)[1], sur=str(number))
    return RedirectResponse(f"/ports-pon#t-{number}", 303)


@router.post("/{number}/annuler")
async def cancel(asked: AskedDep, number: NumberDep) -> Response:
    """Cancel it while it waits: whichever account of the NOC."""
    await _of_a_port(asked.service, asked.who, number)
    await asked.service.teleactions.cancel(asked.who, number)
    return RedirectResponse(f"/ports-pon#t-{number}", 303)


@router.post("/{number}/clore")
async def close(asked: AskedDep, number: NumberDep, motif: Annotated[str, Form(max_length=500)] = "") -> Response:
    """End it without proof while its effect stays unknown."""
    try:
        await _of_a_port(asked.service, asked.who, number)
        if len(motif.strip()) < 3:
            raise InvalidValueError("reason", motif, "a reason of 3 characters at least")
        await asked.service.teleactions.close(asked.who, number, Closing(motif.strip(), origin(asked.request, "page")))
    except DiagnosticsError as error:
        return await _page(asked, erreur=describe(error, asked.language)[1], sur=str(number))
    return RedirectResponse(f"/ports-pon#t-{number}", 303)


async def _of_a_port(service: Service, who: Principal, number: ActionNumber) -> TeleactionRecord:
    who.require(Right.NOC)
    record = await service.teleactions.get(who, number)
    if record.target.kind is not TargetKind.PON:
        raise NotFoundError("teleaction", str(number))
    return record
