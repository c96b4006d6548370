"""The tables of the records, by concern. Importing the package makes `Base.metadata` complete."""

from __future__ import annotations

from storage.tables.accesses import (
    AccessEventRow,
    AccessReferenceRow,
    AccessRow,
    BoxEventRow,
    BoxParametersRow,
    BoxRow,
    ParkedBoxRow,
    PlannedWorkRow,
)
from storage.tables.base import Base
from storage.tables.diagnoses import DiagnosisRow, IdempotencyRow
from storage.tables.network import OltRow, OutsidePlantRow, WalkRow
from storage.tables.operators import AccountRow, OperatorRow, TokenRow
from storage.tables.rulesets import RulesetRow
from storage.tables.sessions import AuthEventRow, SessionRow
from storage.tables.tickets import TicketDiagnosisRow, TicketEventRow, TicketFileRow, TicketRow
from storage.tables.webhooks import WebhookDeliveryRow, WebhookRow

__all__ = [
    "AccessEventRow",
    "AccessReferenceRow",
    "AccessRow",
    "AccountRow",
    "AuthEventRow",
    "Base",
    "BoxEventRow",
    "BoxParametersRow",
    "BoxRow",
    "DiagnosisRow",
    "IdempotencyRow",
    "OltRow",
    "OperatorRow",
    "OutsidePlantRow",
    "ParkedBoxRow",
    "PlannedWorkRow",
    "RulesetRow",
    "SessionRow",
    "TicketDiagnosisRow",
    "TicketEventRow",
    "TicketFileRow",
    "TicketRow",
    "TokenRow",
    "WalkRow",
    "WebhookDeliveryRow",
    "WebhookRow",
]
