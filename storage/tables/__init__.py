"""The tables of the records, by concern. Importing the package makes `Base.metadata` complete."""

from __future__ import annotations

from storage.tables.accesses import (
    AccessEventRow,
    AccessRow,
    BoxEventRow,
    BoxParametersRow,
    BoxRow,
    ParkedBoxRow,
    PlannedWorkRow,
)
from storage.tables.base import Base, table_of
from storage.tables.campaigns import CampaignMemberRow, CampaignRow
from storage.tables.certificates import (
    CertificateDelegateRow,
    CertificateNoticeRow,
    CertificatePolicyRow,
    CertificateRow,
    MailRow,
)
from storage.tables.diagnoses import DiagnosisRow, IdempotencyRow
from storage.tables.identities import IdentityRow
from storage.tables.incidents import IncidentChangeRow, IncidentRow, IncidentToldRow
from storage.tables.network import OltRow, OutsidePlantRow, WalkRow
from storage.tables.operators import AccountRow, OperatorRow, TokenRow
from storage.tables.platform import PlatformProbeRow
from storage.tables.port25 import Port25OrderRow
from storage.tables.rulesets import RulesetRow
from storage.tables.sessions import AuthEventRow, SessionRow
from storage.tables.teleactions import AuditRow, TeleactionJobRow, TeleactionRow
from storage.tables.tickets import TicketDiagnosisRow, TicketEventRow, TicketFileRow, TicketRow
from storage.tables.tmf import TmfDocumentRow
from storage.tables.trends import ReferenceRow, TrendRow, TrendScanRow, TrendUnknownRow, WantedReferenceRow
from storage.tables.webhooks import WebhookDeliveryRow, WebhookRow

__all__ = [
    "AccessEventRow",
    "AccessRow",
    "AccountRow",
    "AuditRow",
    "AuthEventRow",
    "Base",
    "BoxEventRow",
    "BoxParametersRow",
    "BoxRow",
    "CampaignMemberRow",
    "CampaignRow",
    "CertificateDelegateRow",
    "CertificateNoticeRow",
    "CertificatePolicyRow",
    "CertificateRow",
    "DiagnosisRow",
    "IdempotencyRow",
    "IdentityRow",
    "IncidentChangeRow",
    "IncidentRow",
    "IncidentToldRow",
    "MailRow",
    "OltRow",
    "OperatorRow",
    "OutsidePlantRow",
    "ParkedBoxRow",
    "PlannedWorkRow",
    "PlatformProbeRow",
    "Port25OrderRow",
    "ReferenceRow",
    "RulesetRow",
    "SessionRow",
    "TeleactionJobRow",
    "TeleactionRow",
    "TicketDiagnosisRow",
    "TicketEventRow",
    "TicketFileRow",
    "TicketRow",
    "TmfDocumentRow",
    "TokenRow",
    "TrendRow",
    "TrendScanRow",
    "TrendUnknownRow",
    "WalkRow",
    "WantedReferenceRow",
    "WebhookDeliveryRow",
    "WebhookRow",
    "table_of",
]
