"""Signalisations: drafted, checked, deposited with what the tests of the last 48 h found, followed to their closure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from api.holidays import closed_in
from api.services.announcing import announcement
from api.services.diagnoses import DiagnosisService
from api.services.fair import Priority
from api.services.references import ReferenceTests
from api.signalisation.commitment import Commitments
from api.signalisation.context import YES, FormEntry, Surroundings, Surveyor
from api.signalisation.files import checked
from api.signalisation.filling import Fault, faults_of, taken
from api.signalisation.forms import ClosingCode, Form, FormType, closing_codes, form_of, forms, type_of
from api.signalisation.ports import Port25Carrier
from api.tmf.trouble_ticket import mapping as trouble_tickets
from domain.access import Access, AccessState, TestName
from domain.announcement import Announcement, AnnouncementKind
from domain.clock import Clock
from domain.errors import ConflictError, ForbiddenError, FormError
from domain.gtr import deadline
from domain.identifiers import DiagnosisNumber, Id1
from domain.port25 import FOLLOWS, OrderState, Port25Order
from domain.principal import Principal, Right
from domain.reference import Occasion
from domain.states import Policy
from domain.ticket import MOVES, Action, Request, Side, TicketState
from storage.diagnosis_record import DiagnosisRecord
from storage.records import Records
from storage.ticket_attachments import AttachedFile
from storage.ticket_pages import Asked, TicketLine
from storage.tickets import Ticket, TicketEvent

_PORT25 = frozenset({Request.PORT25_OPEN, Request.PORT25_CLOSE})
ACCOUNT = "signalisation"
"""Account of the tests that a deposit runs by itself."""


class TicketService:
    """Deposits need the right « e-SAV Signalisation »; repairing needs « traitement des signalisations »."""

    def __init__(  # noqa: PLR0913 - the composition root passes each part by name
        self,
        *,
        records: Records,
        surveyor: Surveyor,
        diagnoses: DiagnosisService,
        references: ReferenceTests,
        commitments: Commitments,
        clock: Clock,
        patience_s: float,
        codes: Path | None = None,
    ) -> None:
        self._records = records
        self._tickets = records.tickets
        self._surveyor = surveyor
        self._diagnoses = diagnoses
        self._references = references
        self.commitments = commitments
        self._clock = clock
        self._patience_s = patience_s
        self.carrier: Port25Carrier | None = None
        self.codes: Mapping[str, ClosingCode] = closing_codes(codes)

    def types(self, who: Principal) -> list[tuple[Form, FormType]]:
        """The types of signalisation that the account may deposit: « Choix du type de signalisation »."""
        who.require(Right.SIGNALISATION)
        return [
            (form, kind)
            for form in forms()
            for kind in form.types
            if kind.request not in _PORT25 or who.may(Right.PORT25)
        ]

    async def around(self, who: Principal, id1: Id1) -> Surroundings:
        """What a form is shown with."""
        who.require(Right.SIGNALISATION)
        return await self._surveyor.around(who, await self._records.accesses.get(who, id1))

    async def entry(self, who: Principal, id1: Id1, type_code: str) -> FormEntry:
        """A form about to be filled in: what it is shown with."""
        form, kind = self._type(who, type_code)
        return FormEntry(form, kind, await self.around(who, id1))

    async def draft(
        self, who: Principal, id1: Id1, type_code: str, given: Mapping[str, Any], key: str | None = None
    ) -> tuple[Ticket, bool]:
        """Keep a draft; returns it, and whether an earlier request had made it."""
        form, kind = self._type(who, type_code)
        access = await self._records.accesses.get(who, id1)
        if access.state is AccessState.TERMINATED:
            raise ConflictError("access", str(id1), "this access is terminated")
        filled = taken(form, given)
        now = self._clock.now()
        new = Ticket(
            operator_id=who.operator_id,
            number="",
            id1=id1,
            treated_by=None,
            form=form.code,
            form_version=form.version,
            type_code=kind.code,
            state=TicketState.DRAFT,
            account=who.account,
            reference=_reference(filled),
            fields=filled,
            context=None,
            created_at=now,
            updated_at=now,
        )
        claim = None if key is None else (key, _fingerprint(id1, type_code, filled))
        return await self._tickets.create(who, new, claim)

    async def save(self, who: Principal, number: str, given: Mapping[str, Any]) -> Ticket:
        """Change a draft: the values given replace the former ones."""
        ticket = await self._own(who, number)
        filled = taken(form_of(ticket.form, ticket.form_version), given)
        await self._tickets.save(who, number, filled, _reference(filled), self._clock.now())
        return await self._tickets.get(who, number)

    async def faults(self, who: Principal, number: str) -> list[Fault]:
        """What is still wrong in a draft; the droit de Forçage included, as things stand."""
        ticket = await self._own(who, number)
        form, kind = self._type(who, ticket.type_code)
        found = faults_of(form, ticket.fields)
        if kind.request is Request.INCIDENT:
            found += _forcing_faults(form, ticket, await self.around(who, ticket.id1))
        return found

    async def deposit(self, who: Principal, number: str) -> Ticket:
        """« Déposer »: with no result in the last 48 h a test is run first; all of them are attached.

        Raises `FormError` for what is wrong, the missing forcing included, and `ForbiddenError` where the account may
        not force.
        """
        ticket = await self._own(who, number)
        form, kind = self._type(who, ticket.type_code)
        if ticket.state is not TicketState.DRAFT:
            raise ConflictError("ticket", number, "it is no draft any more")
        if faults := faults_of(form, ticket.fields):
            raise FormError(faults)
        access = await self._records.accesses.get(who, ticket.id1)
        if access.state is AccessState.TERMINATED:
            raise ConflictError("access", str(access.id1), "this access is terminated")
        around = await self._surveyor.around(who, access)
        if kind.request is Request.INCIDENT:
            around = await self._tested(who, access, around)
        forced = self._forced(who, form, ticket, around) if kind.request is Request.INCIDENT else None
        await self._write_deposit(who, ticket, access, around, forced)
        return await self._tickets.get(who, number)

    async def move(
        self, who: Principal, number: str, action: Action, text: str = "", code: str | None = None
    ) -> Ticket:
        """Move a signalisation; raises `ConflictError` where its state does not allow it, or has changed meanwhile."""
        before = await self.get(who, number)
        move = MOVES[action]
        self._may_move(who, before, move.sides)
        if before.state not in move.sources:
            raise ConflictError("ticket", number, "its state does not allow this")
        if move.needs_code and code not in self.codes:
            raise FormError([("code", "Expected one of: {expected}", {"expected": ", ".join(self.codes)})])
        now = self._clock.now()
        values: dict[str, Any] = {"state": move.target.value, "updated_at": now}
        if action is Action.RESTORE:
            values["restored_at"] = now
        if action is Action.REOPEN:
            values["restored_at"] = None
        if move.target.final:
            values |= {"closed_at": now, "closing_code": code}
        values |= await self.commitments.after(before, action, now)
        told = self._told(before, move.target, code)
        await self._tickets.move(who, before, values, action.value, text[:2000], told, FOLLOWS.get(action))
        if action is Action.RESTORE:
            await self._carry_out(before, now)
        if move.target is TicketState.CLOSED:
            await self._refer(before)
        return await self._tickets.get(who, number)

    async def remark(self, who: Principal, number: str, text: str) -> None:
        """Add a note to the history: the depositor's, or that of who repairs."""
        before = await self.get(who, number)
        await self._tickets.move(who, before, {"updated_at": self._clock.now()}, "note", text[:2000], ())

    def possible(self, who: Principal, ticket: Ticket) -> list[Action]:
        """The moves that the account may make of a signalisation as it stands; depositing has its own page."""
        found: list[Action] = []
        for action, move in MOVES.items():
            if action is Action.DEPOSIT or ticket.state not in move.sources:
                continue
            try:
                self._may_move(who, ticket, move.sides)
            except ForbiddenError:
                continue
            found.append(action)
        return found

    async def get(self, who: Principal, number: str) -> Ticket:
        """One signalisation; raises `NotFoundError`."""
        _require_any(who)
        ticket = await self._tickets.get(who, number)
        if ticket.operator_id == who.operator_id and not who.may(Right.SIGNALISATION):
            raise ForbiddenError(Right.SIGNALISATION.value)
        if ticket.operator_id != who.operator_id:
            who.require(Right.TREATMENT)
        return ticket

    async def lines(self, who: Principal, asked: Asked) -> list[TicketLine]:
        """The signalisations deposited or repaired, newest first, as a list shows them."""
        return await self._records.ticket_pages.lines(who, _allowed(who, asked))

    async def page(self, who: Principal, asked: Asked) -> list[Ticket]:
        """The same, whole."""
        return await self._records.ticket_pages.whole(who, _allowed(who, asked))

    async def orders(self, who: Principal, state: OrderState | None, limit: int) -> list[Port25Order]:
        """The orders about port 25 of the operator, or those that its team carries out; the oldest first."""
        if not who.may(Right.TREATMENT):
            who.require(Right.PORT25)
        found = await self._records.port25.list(who, state, limit)
        own, others = who.may(Right.PORT25), who.may(Right.TREATMENT)
        return [one for one in found if (own if one.operator_id == who.operator_id else others)]

    async def events(self, ticket: Ticket) -> list[TicketEvent]:
        """What happened to a signalisation that was read, oldest first."""
        return await self._tickets.events(ticket)

    async def diagnoses(self, ticket: Ticket) -> list[DiagnosisRecord]:
        """The results attached to it."""
        return await self._records.ticket_attachments.diagnoses(ticket)

    async def diagnosis(self, who: Principal, number: str, diagnosis: DiagnosisNumber) -> DiagnosisRecord:
        """One result attached, whatever its age."""
        await self.get(who, number)
        return await self._records.ticket_attachments.diagnosis(who, number, diagnosis)

    async def files(self, ticket: Ticket) -> list[AttachedFile]:
        """The files attached to it."""
        return await self._records.ticket_attachments.files(ticket)

    async def file(self, who: Principal, number: str, file_id: str) -> AttachedFile:
        """One file with its content."""
        await self.get(who, number)
        return await self._records.ticket_attachments.file(who, number, file_id)

    async def attach(self, who: Principal, number: str, name: str, content: bytes) -> AttachedFile:
        """Attach a file, to a draft or to what is in progress."""
        ticket = await self._own(who, number)
        if ticket.state.final:
            raise ConflictError("ticket", number, "its state does not allow this")
        limits = form_of(ticket.form, ticket.form_version).attachment
        already = await self._records.ticket_attachments.count(who, number)
        file = checked(limits, name, content, already, self._clock.now())
        await self._records.ticket_attachments.add_file(who, number, file)
        return file

    async def detach(self, who: Principal, number: str, file_id: str) -> None:
        """Take a file off a draft."""
        ticket = await self._own(who, number)
        if ticket.state is not TicketState.DRAFT:
            raise ConflictError("ticket", number, "it is no draft any more")
        await self._records.ticket_attachments.drop_file(who, number, file_id)

    def _type(self, who: Principal, code: str) -> tuple[Form, FormType]:
        who.require(Right.SIGNALISATION)
        form, kind = type_of(code)
        if kind.request in _PORT25:
            who.require(Right.PORT25)
        return form, kind

    async def _own(self, who: Principal, number: str) -> Ticket:
        who.require(Right.SIGNALISATION)
        ticket = await self._tickets.get(who, number)
        if ticket.operator_id != who.operator_id:
            raise ForbiddenError(Right.SIGNALISATION.value)
        return ticket

    def _may_move(self, who: Principal, ticket: Ticket, sides: frozenset[Side]) -> None:
        mine = ticket.operator_id == who.operator_id
        if Side.TREATMENT in sides and who.may(Right.TREATMENT) and ticket.treated_by in {None, who.operator_id}:
            return
        if Side.DEPOSITOR in sides and mine and who.may(Right.SIGNALISATION):
            return
        raise ForbiddenError((Right.SIGNALISATION if sides == {Side.DEPOSITOR} else Right.TREATMENT).value)

    async def _tested(self, who: Principal, access: Access, around: Surroundings) -> Surroundings:
        """With no verdict of the network in the last 48 h, one is run, or the one that runs is waited for."""
        if around.last is not None:
            return around
        tester = Principal(who.operator_id, f"{ACCOUNT}: {who.account}"[:100], frozenset({Right.TEST}))
        running = next((one for one in around.recent if not one.state.final and one.test.reads_network), None)
        if running is None:
            running, _ = await self._diagnoses.ask(tester, access.id1, TestName.GLOBAL, priority=Priority.DEPOSIT)
        await self._diagnoses.ended(tester, running.number, self._patience_s)
        return await self._surveyor.around(who, access)

    def _forced(self, who: Principal, form: Form, ticket: Ticket, around: Surroundings) -> dict[str, str] | None:
        """Who forces over which diagnosis and why; ``None`` where nothing has to be forced."""
        if faults := _forcing_faults(form, ticket, around):
            raise FormError(faults)
        if not around.needs_forcing or around.last is None or form.describes_in is None:
            return None
        who.require(Right.FORCING)
        why = ticket.fields.get(form.describes_in, "")
        return {"forced_by": who.account, "forced_over": str(around.last.number), "forced_why": str(why)}

    async def _write_deposit(
        self,
        who: Principal,
        ticket: Ticket,
        access: Access,
        around: Surroundings,
        forced: Mapping[str, str] | None,
    ) -> None:
        now = self._clock.now()
        due = deadline(now, closed_in(access.zone)) if access.gtr else None
        values: dict[str, Any] = {
            "deposited_at": now,
            "deadline_at": None if due is None else due.deadline_at,
            "context": around.context(),
            "treated_by": None if access.place is None else await self._tickets.owner_of_olt(access.place.olt),
            **(forced or {}),
        }
        attached = [one.number for one in around.recent]
        text = "" if forced is None else f"droit de Forçage sur {forced['forced_over']} : {forced['forced_why']}"
        told = self._told(ticket, TicketState.DEPOSITED, None, [str(one) for one in attached])
        order = _order(who, ticket, now)
        await self._tickets.deposit(who, ticket.number, values, attached, text, told, order)
        if order is not None and self.carrier is not None:
            await self.carrier.carry(who, order)

    async def _carry_out(self, ticket: Ticket, now: datetime) -> None:
        """A request for port 25 that is settled changes the policy of its access."""
        request = type_of(ticket.type_code)[1].request
        if request in _PORT25:
            owner = Principal(ticket.operator_id, f"{ACCOUNT}: {ticket.number}", frozenset())
            policy = Policy.OPEN if request is Request.PORT25_OPEN else Policy.CLOSED
            access = await self._records.accesses.get(owner, ticket.id1)
            if access.state is not AccessState.ACTIVE:
                return
            await self._records.accesses.set_port25(owner, ticket.id1, policy, now)

    async def _refer(self, ticket: Ticket) -> None:
        owner = Principal(ticket.operator_id, ACCOUNT, frozenset())
        access = await self._records.accesses.get(owner, ticket.id1)
        if access.state is AccessState.ACTIVE:
            await self._references.wanted((access, Occasion.TICKET_CLOSED))

    def _told(
        self, ticket: Ticket, state: TicketState, code: str | None, diagnoses: Sequence[str] = ()
    ) -> Sequence[Announcement]:
        data = {
            "number": ticket.number,
            "access": str(ticket.id1),
            "reference": ticket.reference,
            "type": ticket.type_code,
            "state": state.value,
            "closing_code": code,
            "diagnoses": list(diagnoses),
        }
        now = self._clock.now()
        ours = announcement(AnnouncementKind.TICKET, str(ticket.id1), now, data)
        return (ours, *trouble_tickets.told(ticket, state, now, diagnoses))


def _forcing_faults(form: Form, ticket: Ticket, around: Surroundings) -> list[Fault]:
    """What the droit de Forçage misses: it is said, and why."""
    if form.forces_in is None or form.describes_in is None or not around.needs_forcing or around.last is None:
        return []
    number = str(around.last.number)
    if ticket.fields.get(form.forces_in) != YES:
        return [(form.forces_in, "Diagnosis {number} is OK: a deposit needs the forcing right", {"number": number})]
    if not ticket.fields.get(form.describes_in):
        return [(form.describes_in, "Say why the deposit is forced", {})]
    return []


def _order(who: Principal, ticket: Ticket, at: datetime) -> Port25Order | None:
    """The order that goes with a request about port 25."""
    request = type_of(ticket.type_code)[1].request
    if request not in _PORT25:
        return None
    opens = request is Request.PORT25_OPEN
    return Port25Order(who.operator_id, ticket.number, ticket.id1, opens, OrderState.ASKED, who.account, at)


def _allowed(who: Principal, asked: Asked) -> Asked:
    _require_any(who)
    return replace(asked, deposited=who.may(Right.SIGNALISATION), repaired=who.may(Right.TREATMENT))


def _require_any(who: Principal) -> None:
    if not who.may(Right.TREATMENT):
        who.require(Right.SIGNALISATION)


def _reference(filled: Mapping[str, str | list[str]]) -> str | None:
    found = filled.get("reference")
    return found[:100] if isinstance(found, str) else None


def _fingerprint(id1: Id1, type_code: str, filled: Mapping[str, Any]) -> str:
    text = json.dumps([str(id1), type_code, filled], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
