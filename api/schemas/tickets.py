"""Signalisations as the API takes and tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.conditions import all_of, either, given
from api.schemas.diagnostics import DiagnosisSummary
from api.schemas.filled import any_form, by_type
from api.schemas.sent import Flag
from api.signalisation.commitment import Commitment
from api.signalisation.forms import Form, FormType
from domain.identifiers import Id1
from domain.port25 import OrderState
from domain.ticket import MOVES, Action, Request, TicketState
from storage.ticket_pages import TicketLine
from storage.tickets import Ticket

Values = Annotated[dict[str, str | list[str]], Field(max_length=200, json_schema_extra=any_form)]


class DraftIn(BaseModel):
    """A signalisation to draft; ``deposit`` deposits it at once when nothing is wrong."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=by_type(
            {
                "id1": "F00000015",
                "type": "84",
                "fields": {
                    "nom_deposant": "DURAND Camille",
                    "telephone_deposant": "0199001234",
                    "telephone_client": "0199005678",
                    "mobile_client": "0699005678",
                    "horaires_apres_midi": "14h00/18h00",
                    "rendez_vous": "Oui",
                    "prelocalise_client": "Non",
                    "box_alimentation": "Voyant vert fixe",
                    "box_dsl": "Voyant éteint",
                    "ont_alimentation": "Voyant vert fixe",
                    "defauts": ["Ligne en défaut prélocalisée ligne"],
                },
                "deposit": False,
            },
            {
                "id1": "F00000015",
                "type": "25O",
                "fields": {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"},
                "deposit": False,
            },
        ),
    )

    id1: Id1
    type: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,16}$")]
    fields: Values = {}
    deposit: Flag = False


class FieldsIn(BaseModel):
    """The values of a draft; they replace the former ones."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"fields": {"nom_deposant": "DURAND Camille", "telephone_deposant": "0199001234"}}]
        },
    )

    fields: Values


_CODELESS = [action.value for action, move in MOVES.items() if not move.needs_code]


class MoveIn(BaseModel):
    """A move of a signalisation; ``code`` where it ends."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "cancel", "text": "Le client rappelle : tout marche"}],
            **all_of(either(given("code"), {"properties": {"action": {"enum": _CODELESS}}})),
        },
    )

    action: Action
    text: Annotated[str, Field(max_length=2000)] = ""
    code: Annotated[str, Field(max_length=16)] | None = None


class TypeOut(BaseModel):
    """A type of signalisation."""

    code: str
    label: str
    request: Request
    form: str
    version: int

    @classmethod
    def of(cls, form: Form, kind: FormType) -> TypeOut:
        """The type with its form."""
        return cls(code=kind.code, label=kind.label, request=kind.request, form=form.code, version=form.version)


class EntryContextOut(BaseModel):
    """What « Saisie des informations » is shown with.

    Attributes:
        computed: Values of the fields that nobody enters.
        proposed: Values proposed by the last verdict, by field.
        context: « Contexte au moment du dépôt », as it stands now.
        diagnoses: The results that a deposit made now would attach.
        test_first: Whether a deposit would run a test first.
        forcing_needed: Whether the last diagnosis is OK.
        forcing_allowed: Whether the account has the droit de Forçage.
    """

    access: str
    type: TypeOut
    computed: dict[str, str]
    proposed: dict[str, list[str]]
    context: dict[str, Any]
    diagnoses: list[DiagnosisSummary]
    test_first: bool
    forcing_needed: bool
    forcing_allowed: bool


class FaultOut(BaseModel):
    """What is wrong in a field."""

    field: str
    detail: str


class FileOut(BaseModel):
    """A file of a signalisation."""

    model_config = ConfigDict(from_attributes=True)

    file_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    at: datetime


class EventOut(BaseModel):
    """One line of the history of a signalisation."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    kind: str
    account: str
    state: TicketState
    text: str


class CommitmentOut(BaseModel):
    """How a signalisation stands with its GTR."""

    model_config = ConfigDict(from_attributes=True)

    label: str
    deadline_at: datetime | None
    remaining_s: int
    breached: bool
    met: bool | None


class ForcingOut(BaseModel):
    """Use of the droit de Forçage."""

    account: str
    diagnosis: str
    why: str


class TicketSummary(BaseModel):
    """One line of the list of signalisations."""

    number: str
    access: str
    operator: str
    type: str
    state: TicketState
    reference: str | None
    created_at: datetime
    updated_at: datetime
    deposited_at: datetime | None
    deadline_at: datetime | None
    breached_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    closing_code: str | None


class TicketOut(TicketSummary):
    """A signalisation, whole."""

    form: str
    form_version: int
    account: str
    fields: dict[str, str | list[str]]
    context: dict[str, Any] | None
    gtr: CommitmentOut | None
    forcing: ForcingOut | None
    diagnoses: list[DiagnosisSummary]
    files: list[FileOut]
    events: list[EventOut]


def summary_of(ticket: Ticket | TicketLine) -> dict[str, Any]:
    """What both the list and the whole show."""
    return {
        "number": ticket.number,
        "access": str(ticket.id1),
        "operator": ticket.operator_id,
        "type": ticket.type_code,
        "state": ticket.state,
        "reference": ticket.reference,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "deposited_at": ticket.deposited_at,
        "deadline_at": ticket.deadline_at,
        "breached_at": ticket.breached_at,
        "restored_at": ticket.restored_at,
        "closed_at": ticket.closed_at,
        "closing_code": ticket.closing_code,
    }


def whole(
    ticket: Ticket,
    commitment: Commitment | None,
    diagnoses: list[DiagnosisSummary],
    files: list[Any],
    events: list[Any],
) -> TicketOut:
    """A signalisation with all that is attached to it."""
    forcing = None
    if ticket.forced_by is not None:
        forcing = ForcingOut(account=ticket.forced_by, diagnosis=ticket.forced_over or "", why=ticket.forced_why or "")
    return TicketOut(
        **summary_of(ticket),
        form=ticket.form,
        form_version=ticket.form_version,
        account=ticket.account,
        fields=dict(ticket.fields),
        context=None if ticket.context is None else dict(ticket.context),
        gtr=None if commitment is None else CommitmentOut.model_validate(commitment, from_attributes=True),
        forcing=forcing,
        diagnoses=diagnoses,
        files=[FileOut.model_validate(one) for one in files],
        events=[EventOut.model_validate(one) for one in events],
    )


class Port25OrderOut(BaseModel):
    """An order about port 25, which the signalisation ``number`` carries."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    id1: Id1
    opens: bool
    state: OrderState
    asked_by: str
    asked_at: datetime
    done_by: str | None
    done_at: datetime | None
    teleaction: str | None
