"""Trouble tickets: signalisations drafted, deposited and moved by another information system."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from api.bootstrap import Service
from api.i18n import translate
from api.signalisation.filling import Fault, faults_of
from api.signalisation.forms import Form, FormType, form_of, forms, type_of
from api.tmf.kernel.http import Json
from api.tmf.kernel.lists import Page, paged
from api.tmf.kernel.models import changed, refuse
from api.tmf.kernel.notifying import event
from api.tmf.kernel.query import Query
from api.tmf.trouble_ticket.mapping import ROOT, STATUSES, WRITABLE, move_to, of_ticket, with_attached
from domain.announcement import AnnouncementKind
from domain.errors import ConflictError, ForbiddenError, FormError, InvalidValueError, NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.ticket import Action, TicketState
from storage.ticket_pages import Asked
from storage.tickets import Ticket

RESOURCE = "621.ticket"
_FREE = "sandbox-"
_HEAVY = frozenset({"note", "statusChange", "attachment", "relatedEntity", "statusChangeReason"})
_FIXED = frozenset({"creationDate", "lastUpdate", "statusChange", "statusChangeDate"})
_PAGE, _PAGES = 500, 20  # C: a list looks through 10,000 signalisations at most, the newest
_OURS = WRITABLE | {"note", "attachment", "formField", "status", "statusChangeReason", "closingCode"}


class TroubleTickets:
    """The trouble tickets that an account sees: those that its operator deposited, and those that it repairs."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tickets = service.tickets
        self._documents = service.records.tmf

    async def page(self, who: Principal, query: Query) -> Page:
        """The newest first; what is attached is read of those that are shown only."""
        written = await self._documents.all(who, RESOURCE)
        tickets = await self._all(who, query)
        found = [of_ticket(one, written[one.number].body if one.number in written else {}) for one in tickets]
        found += [dict(one.body) for number, one in written.items() if number.startswith(_FREE) and not one.gone]
        found = [one for one in found if not (one["id"] in written and written[one["id"]].gone)]
        found.sort(key=lambda one: str(one["creationDate"]), reverse=True)
        return await paged(query, found, _HEAVY, partial(self._whole, who, {one.number: one for one in tickets}))

    async def get(self, who: Principal, document_id: str) -> Json:
        """One ticket with what hangs from it; raises `NotFoundError`."""
        if document_id.startswith(_FREE):
            _depositor_or_repairer(who)
            kept = await self._documents.get(who, RESOURCE, document_id[:64])
            if kept is None or kept.gone:
                raise NotFoundError("ticket", document_id)
            return dict(kept.body)
        ticket = await self._tickets.get(who, document_id)
        owner = Principal(ticket.operator_id, "tmf621", frozenset())
        kept = await self._documents.get(owner, RESOURCE, ticket.number)
        if kept is not None and kept.gone:
            raise NotFoundError("ticket", document_id)
        found = of_ticket(ticket, {} if kept is None else kept.body)
        hung = await self._service.records.tickets_hung.of(who, [ticket.number])
        return with_attached(found, hung[ticket.number], await self._missing(who, ticket))

    async def _whole(self, who: Principal, tickets: Mapping[str, Ticket], documents: list[Json]) -> list[Json]:
        """Tickets of a list with what hangs from them; what a draft misses is told by its form alone."""
        hung = await self._service.records.tickets_hung.of(
            who, [one["id"] for one in documents if one["id"] in tickets]
        )
        found: list[Json] = []
        for one in documents:
            ticket = tickets.get(one["id"])
            if ticket is None:
                found.append(one)
            elif ticket.operator_id != who.operator_id:
                found.append(await self.get(who, ticket.number))
            else:
                faults = faults_of(form_of(ticket.form, ticket.form_version), ticket.fields)
                missing = _sentence(faults) if ticket.state is TicketState.DRAFT else None
                found.append(with_attached(one, hung[ticket.number], missing))
        return found

    async def create(self, who: Principal, body: Json) -> Json:
        """Draft a signalisation and deposit it; what is missing leaves it « pending », and is told."""
        who.require(Right.SIGNALISATION)
        kind, id1 = self._kind(who, body), await self._access(who, body)
        if kind is None or id1 is None:
            return await self._free(who, body)
        form, type_ = kind
        fields = dict(body.get("formField", {}))
        keys = {field.key for field in form.fields}
        for key, text in ((form.describes_in, body["description"]), ("reference", body.get("externalId"))):
            if key in keys and text and key is not None:
                fields.setdefault(key, text)
        ticket, _ = await self._tickets.draft(who, id1, type_.code, fields)
        await self._write(who, ticket.number, body)
        await self._said(who, ticket.number, body.get("note", ()), ())
        await self._attach(who, ticket.number, body.get("attachment", ()))
        await self._deposit(who, ticket.number)
        return await self.get(who, ticket.number)

    async def patch(self, who: Principal, before: Json, after: Json) -> Json:
        """Change what is written beside the form, fill in a draft, add notes and files, move the signalisation."""
        number, what = str(before["id"]), changed(before, after)
        self._legal(after)
        if number.startswith(_FREE):
            return await self._change_free(who, before, after)
        refuse(what - _OURS, after)
        ticket = await self._tickets.get(who, number)
        if what & WRITABLE:
            if ticket.operator_id != who.operator_id:
                raise ForbiddenError(Right.SIGNALISATION.value)
            await self._write(who, number, after)
        if "note" in what:
            await self._said(who, number, after.get("note", ()), before.get("note", ()))
        if "attachment" in what:
            known = {one.get("id") for one in before.get("attachment", ())}
            await self._attach(who, number, [one for one in after.get("attachment", ()) if one.get("id") not in known])
        if "formField" in what:
            await self._tickets.save(who, number, after.get("formField", {}))
            await self._deposit(who, number)
        if "status" in what:
            await self._move(who, ticket, after)
        return await self.get(who, number)

    async def delete(self, who: Principal, document_id: str) -> None:
        """Only a draft is deleted: what is deposited is cancelled, and its history stays."""
        before = await self.get(who, document_id)
        if not document_id.startswith(_FREE):
            if before["status"] != "pending":
                raise ConflictError("ticket", document_id, "only a draft is deleted: cancel it")
            await self._tickets.move(who, document_id, Action.CANCEL)
        told = event(
            AnnouncementKind.TMF621, document_id, self._now, "TroubleTicketDeleteEvent", "troubleTicket", _told(before)
        )
        await self._documents.put(who, RESOURCE, document_id, {}, self._now, gone=True, told=[told])

    @property
    def _now(self) -> Any:
        return self._service.clock.now()

    async def _all(self, who: Principal, query: Query) -> list[Ticket]:
        found: list[Ticket] = []
        id1 = _wanted_access(query)
        before = None
        for _ in range(_PAGES):
            page = await self._tickets.page(who, Asked(id1=id1, before=before, limit=_PAGE))
            found += page
            if len(page) < _PAGE:
                break
            before = page[-1].number
        return found

    def _kind(self, who: Principal, body: Mapping[str, Any]) -> tuple[Form, FormType] | None:
        text = str(body["ticketType"])
        try:
            return type_of(text.partition(" - ")[0].strip())
        except NotFoundError:
            if self._sandbox(who):
                return None
        codes = ", ".join(kind.code for form in forms() for kind in form.types)
        raise FormError([("ticketType", "Expected one of: {expected}", {"expected": codes})])

    async def _access(self, who: Principal, body: Mapping[str, Any]) -> Id1 | None:
        for one in body.get("relatedEntity", ()):
            try:
                return (await self._service.records.accesses.get(who, Id1.parse(one["id"]))).id1
            except (InvalidValueError, NotFoundError):
                continue
        if self._sandbox(who):
            return None
        named = ", ".join(str(one["id"]) for one in body.get("relatedEntity", ()))
        raise InvalidValueError("relatedEntity", named, "the ID1 of an access of your operator")

    async def _deposit(self, who: Principal, number: str) -> None:
        """Deposit it, or say what is missing: it then stays a draft."""
        try:
            await self._tickets.deposit(who, number)
        except (FormError, ForbiddenError):
            ticket, kept = await self._tickets.get(who, number), await self._documents.get(who, RESOURCE, number)
            body = _told(of_ticket(ticket, {} if kept is None else kept.body))
            body["statusChangeReason"] = await self._missing(who, ticket) or ""
            told = event(
                AnnouncementKind.TMF621,
                str(ticket.id1),
                self._now,
                "TroubleTicketInformationRequiredEvent",
                "troubleTicket",
                body,
            )
            await self._service.records.webhooks.announce(who, [told])

    async def _missing(self, who: Principal, ticket: Ticket) -> str | None:
        """What a draft still needs, in French; ``None`` for what is no draft of one's own."""
        if ticket.state is not TicketState.DRAFT or ticket.operator_id != who.operator_id:
            return None
        return _sentence(await self._tickets.faults(who, ticket.number))

    async def _move(self, who: Principal, ticket: Ticket, after: Json) -> None:
        action = move_to(str(after["status"]), ticket.state)
        if action is None:
            raise ConflictError("ticket", ticket.number, "its state does not allow this")
        if action is Action.DEPOSIT:
            await self._tickets.deposit(who, ticket.number)
            return
        reason, code = str(after.get("statusChangeReason", "")), after.get("closingCode")
        await self._tickets.move(who, ticket.number, action, reason, code)

    async def _write(self, who: Principal, number: str, body: Mapping[str, Any]) -> None:
        written = {key: value for key, value in body.items() if key in WRITABLE}
        await self._documents.put(who, RESOURCE, number, written, self._now)

    async def _said(self, who: Principal, number: str, notes: Any, known: Any) -> None:
        """Add what was not said yet: what was said stays."""
        former = {one.get("id") for one in known}
        for one in notes:
            if one.get("text") and one.get("id") not in (former - {None}):
                await self._tickets.remark(who, number, str(one["text"]))

    async def _attach(self, who: Principal, number: str, files: Any) -> None:
        for one in files:
            if "content" not in one:
                raise InvalidValueError("attachment.content", "", "the file in base64")
            try:
                content = base64.b64decode(one["content"], validate=True)
            except (binascii.Error, ValueError):
                raise InvalidValueError("attachment.content", "…", "the file in base64") from None
            await self._tickets.attach(who, number, str(one.get("name", "")), content)

    def _legal(self, after: Json) -> None:
        if after.get("status") not in STATUSES:
            expected = {"expected": ", ".join(STATUSES)}
            raise FormError([("status", "Expected one of: {expected}", expected)])

    async def _free(self, who: Principal, body: Json) -> Json:
        """A ticket of the sandbox about nothing that exists: nobody treats it."""
        number = f"{_FREE}{uuid4().hex}"
        document = {
            "@type": "TroubleTicket",
            **body,
            "id": number,
            "href": f"{ROOT}/troubleTicket/{number}",
            "status": "acknowledged",
            "creationDate": self._now.isoformat(),
            "lastUpdate": self._now.isoformat(),
            "statusChangeDate": self._now.isoformat(),
        }
        return await self._keep_free(who, document, "Create")

    async def _change_free(self, who: Principal, before: Json, after: Json) -> Json:
        refuse(changed(before, after) & _FIXED, after)
        after["lastUpdate"] = self._now.isoformat()
        moved = before.get("status") != after.get("status")
        if moved:
            after["statusChangeDate"] = self._now.isoformat()
        return await self._keep_free(who, after, "StatusChange" if moved else "AttributeValueChange")

    async def _keep_free(self, who: Principal, document: Json, what: str) -> Json:
        number = str(document["id"])
        told = event(
            AnnouncementKind.TMF621, number, self._now, f"TroubleTicket{what}Event", "troubleTicket", _told(document)
        )
        await self._documents.put(who, RESOURCE, number, document, self._now, told=[told])
        return document

    def _sandbox(self, who: Principal) -> bool:
        return who.operator_id == self._service.settings.tmf_sandbox_operator


def _sentence(faults: Sequence[Fault]) -> str | None:
    """What a form misses, in French."""
    return " ; ".join(f"{field} : {translate('fr', text, **values)}" for field, text, values in faults) or None


def _wanted_access(query: Query) -> Id1 | None:
    """The access that a list is narrowed to, where a filter names exactly one."""
    for one in query.filters:
        if one.path == ("relatedEntity", "id") and one.comparison == "eq" and len(one.values) == 1:
            try:
                return Id1.parse(one.values[0])
            except InvalidValueError:
                return None
    return None


def _told(document: Json) -> Json:
    """What hubs are told: not the customer's data of the form, no content of files."""
    return {key: value for key, value in document.items() if key not in {"formField", "context", "attachment"}}


def _depositor_or_repairer(who: Principal) -> None:
    if not who.may(Right.TREATMENT):
        who.require(Right.SIGNALISATION)
