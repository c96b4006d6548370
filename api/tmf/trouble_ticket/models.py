"""Documents of TMF621 v4; a signalisation is a subclass of the trouble ticket, ``JustFibreSignalisation``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.sent import Instant
from api.tmf.kernel.models import Document, Note, Part, Ref, Related, RelatedEntity, creating


class Attachment(Part):
    """A file: ``content`` in base64 where a client gives one."""

    id: str | None = None
    href: str | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    description: str | None = None
    attachment_type: str | None = None
    mime_type: str | None = None
    url: str | None = None
    content: str | None = None


class StatusChange(Part):
    """One line of the history."""

    change_date: Instant | None = None
    change_reason: str | None = None
    status: str | None = None


class Relationship(Part):
    """Another ticket."""

    id: str | None = None
    href: str | None = None
    name: str | None = None
    relationship_type: str | None = None


class TroubleTicket(Document):
    """A signalisation. ``formField`` holds the values of its form, by field."""

    name: str | None = None
    description: str | None = None
    severity: str | None = None
    priority: str | None = None
    ticket_type: str | None = None
    status: str | None = None
    status_change_reason: str | None = None
    status_change_date: Instant | None = None
    status_change: list[StatusChange] | None = None
    external_id: str | None = None
    creation_date: Instant | None = None
    last_update: Instant | None = None
    requested_resolution_date: Instant | None = None
    expected_resolution_date: Instant | None = None
    resolution_date: Instant | None = None
    channel: Ref | None = None
    note: list[Note] | None = None
    attachment: list[Attachment] | None = None
    related_entity: list[RelatedEntity] | None = None
    related_party: list[Related] | None = None
    trouble_ticket_relationship: list[Relationship] | None = None
    form_field: Annotated[dict[str, str | list[str]], Field(max_length=200)] | None = None
    closing_code: Annotated[str, Field(max_length=16)] | None = None


TroubleTicketCreate = creating(
    TroubleTicket,
    *("description", "severity", "ticket_type"),
    unheard="status",
    examples=[
        {
            "description": "Plus de service depuis ce matin",
            "severity": "major",
            "ticketType": "84",
            "externalId": "OC-2019-0042",
            "relatedEntity": [{"id": "F00000015", "role": "prestation", "@referredType": "Service"}],
            "formField": {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"},
        }
    ],
)
