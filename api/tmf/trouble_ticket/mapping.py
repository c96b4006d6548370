"""Signalisations as trouble tickets; what hubs are told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.signalisation.forms import form_of
from api.tmf.kernel.http import PREFIX, Json
from api.tmf.kernel.notifying import event
from api.tmf.service_test.mapping import ROOT as TESTS
from domain.announcement import Announcement, AnnouncementKind
from domain.ticket import Action, TicketState
from storage.ticket_attachments import AttachedFile
from storage.ticket_hung import Hung
from storage.tickets import Ticket, TicketEvent

ROOT = f"{PREFIX}troubleTicket/v4"
STATUSES = ("acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved")
WRITABLE = frozenset(
    {
        *("name", "description", "severity", "priority", "externalId", "requestedResolutionDate"),
        *("relatedParty", "channel", "troubleTicketRelationship"),
    }
)
"""What a depositor writes beside its form."""

UNSPECIFIED = "unspecified"
"""The severity of what was deposited on the screen, which asks for none."""

_UNTOLD = frozenset({"formField", "context", "severity"})

_STATUS = {
    TicketState.DRAFT: "pending",
    TicketState.DEPOSITED: "acknowledged",
    TicketState.IN_PROGRESS: "inProgress",
    TicketState.HELD: "held",
    TicketState.RESTORED: "resolved",
    TicketState.CLOSED: "closed",
    TicketState.CANCELLED: "cancelled",
    TicketState.REJECTED: "rejected",
}
_MOVES = {
    ("inProgress", TicketState.DEPOSITED): Action.TAKE,
    ("inProgress", TicketState.HELD): Action.RESUME,
    ("inProgress", TicketState.RESTORED): Action.REOPEN,
    ("acknowledged", TicketState.DRAFT): Action.DEPOSIT,
}
_TARGETS = {
    "held": Action.HOLD,
    "resolved": Action.RESTORE,
    "closed": Action.CLOSE,
    "cancelled": Action.CANCEL,
    "rejected": Action.REJECT,
}


def status_of(state: TicketState) -> str:
    """The status of TMF621 of a signalisation; a draft waits for its depositor."""
    return _STATUS[state]


def move_to(status: str, state: TicketState) -> Action | None:
    """What leads from a state to a status; ``None``: nothing does."""
    return _MOVES.get((status, state)) or _TARGETS.get(status)


def of_ticket(ticket: Ticket, written: Mapping[str, Any]) -> Json:
    """A signalisation without what is attached to it."""
    form = form_of(ticket.form, ticket.form_version)
    kind = next((one.full for one in form.types if one.code == ticket.type_code), ticket.type_code)
    said = ticket.fields.get(form.describes_in) if form.describes_in else None
    found: Json = {
        "name": kind,
        "description": said or kind,
        "severity": UNSPECIFIED,
        **{key: value for key, value in written.items() if key in WRITABLE or key.startswith("@")},
        "id": ticket.number,
        "href": f"{ROOT}/troubleTicket/{ticket.number}",
        "ticketType": ticket.type_code,
        "status": status_of(ticket.state),
        "externalId": ticket.reference,
        "creationDate": ticket.created_at.isoformat(),
        "lastUpdate": ticket.updated_at.isoformat(),
        "statusChangeDate": ticket.updated_at.isoformat(),
        "expectedResolutionDate": _iso(ticket.deadline_at),
        "resolutionDate": _iso(ticket.restored_at),
        "relatedEntity": [{"id": str(ticket.id1), "role": "prestation", "@referredType": "Service"}],
        "formSpecification": {"id": ticket.form, "version": str(ticket.form_version)},
        "formField": dict(ticket.fields),
        "context": None if ticket.context is None else dict(ticket.context),
        "closingCode": ticket.closing_code,
        "gtrBreachDate": _iso(ticket.breached_at),
        "@type": "JustFibreSignalisation",
        "@baseType": "TroubleTicket",
    }
    if ticket.forced_by is not None:
        found["forcing"] = {"account": ticket.forced_by, "diagnosis": ticket.forced_over, "why": ticket.forced_why}
    return {key: value for key, value in found.items() if value is not None}


def attached(
    events: Sequence[TicketEvent], files: Sequence[AttachedFile], diagnoses: Sequence[str], number: str
) -> Json:
    """What hangs from a signalisation: its history, what was said, its files, the results attached."""
    changes = [
        {
            "changeDate": one.at.isoformat(),
            "status": status_of(one.state),
            "changeReason": one.text or one.kind,
        }
        for one, before in zip(events, [None, *events], strict=False)
        if before is None or before.state is not one.state
    ]
    notes = [
        {"id": str(rank), "author": one.account, "date": one.at.isoformat(), "text": one.text}
        for rank, one in enumerate(events, 1)
        if one.text
    ]
    return {
        "statusChange": changes,
        "note": notes,
        "attachment": [
            {
                "id": file.file_id,
                "href": f"/api/v1/tickets/{number}/files/{file.file_id}",
                "name": file.name,
                "mimeType": file.media_type,
                "attachmentType": "file",
                "url": f"/api/v1/tickets/{number}/files/{file.file_id}",
            }
            for file in files
        ],
        "tests": [
            {
                "id": one,
                "href": f"{TESTS}/serviceTest/{one}",
                "role": "résultat joint",
                "@referredType": "ServiceTest",
            }
            for one in diagnoses
        ],
    }


def with_attached(found: Json, hung: Hung, missing: str | None) -> Json:
    """A ticket with what hangs from it; ``missing``: what a draft still needs."""
    parts = attached(hung.events, hung.files, hung.diagnoses, str(found["id"]))
    entities = [*found["relatedEntity"], *parts.pop("tests")]
    changed_at = parts["statusChange"][-1]["changeDate"]
    reason = missing or next((one.text for one in reversed(hung.events) if one.text), None)
    said = {"statusChangeReason": reason} if reason else {}
    return {**found, **parts, "relatedEntity": entities, "statusChangeDate": changed_at, **said}


def told(ticket: Ticket, state: TicketState, at: datetime, diagnoses: Sequence[str]) -> list[Announcement]:
    """What hubs are told of a signalisation that comes to a state."""
    body = _bare(ticket)
    body |= {"status": status_of(state), "statusChangeDate": at.isoformat(), "lastUpdate": at.isoformat()}
    body["relatedEntity"] += attached((), (), diagnoses, ticket.number)["tests"]
    names = ["TroubleTicketStatusChangeEvent"]
    if state is TicketState.DEPOSITED:
        names.insert(0, "TroubleTicketCreateEvent")
    if state is TicketState.RESTORED:
        names.append("TroubleTicketResolvedEvent")
    return [event(AnnouncementKind.TMF621, str(ticket.id1), at, name, "troubleTicket", body) for name in names]


def counted(ticket: Ticket, at: datetime, left_s: int) -> Announcement:
    """What hubs are told of a GTR: the working time left; none with ``gtrBreachDate``, it is over."""
    body = {**_bare(ticket), "gtrRemaining": {"amount": left_s, "units": "s"}}
    name = "TroubleTicketAttributeValueChangeEvent"
    return event(AnnouncementKind.TMF621, str(ticket.id1), at, name, "troubleTicket", body)


def _bare(ticket: Ticket) -> Json:
    """A signalisation without the customer's data of its form, nor what its client wrote beside."""
    return {key: value for key, value in of_ticket(ticket, {}).items() if key not in _UNTOLD}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
