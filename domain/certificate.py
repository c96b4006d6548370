"""« Mes certificats numériques »: certificates of an operator, for an e-service in an environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.clock import PARIS
from domain.errors import InvalidValueError
from domain.principal import Right

RENEWAL_AT_DAYS = 366
"""Days before its end that an alert may be sent at the earliest (C: a year is the shortest life usual)."""


class Environment(StrEnum):
    """Where a certificate lets in, as the screen prints it."""

    PRODUCTION = "Production"
    NON_PRODUCTION = "Hors-Production"

    @property
    def suffix(self) -> str:
        """Last part of a label: ``prod`` or ``test``."""
        return "prod" if self is Environment.PRODUCTION else "test"


class EService(StrEnum):
    """The e-services of the screen's facet, in its order."""

    E_RDV = "e-RDV"
    E_SAV = "e-SAV"
    FCI = "FCI"
    GRAFIC = "Grafic"
    TAO = "TAO"
    ELIGIBILITY = "WebEligibilité"

    @property
    def short(self) -> str:
        """Its part of a label: as printed without hyphens and accents, but for ``Gra``."""
        return {"Grafic": "Gra", "WebEligibilité": "WebEligibilite"}.get(self.value, self.value.replace("-", ""))


class Origin(StrEnum):
    """Where its key and its signature come from."""

    GENERATED = "generated"  # key pair made here, kept as PKCS#12 under a password that is not kept
    REQUESTED = "csr"  # signed here from the operator's own request
    EXTERNAL = "external"  # the operator's own request, signed by another authority


class CertificateState(StrEnum):
    """What a certificate is worth at an instant."""

    PENDING = "pending"  # asked for; the other authority has not signed yet
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


class RevocationReason(StrEnum):
    """Why a certificate is revoked (RFC 5280 5.3.1, those that an operator may give)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION = "cessationOfOperation"


class NoticeKind(StrEnum):
    """The four models of e-mail."""

    CREATION = "creation"
    RENEWAL = "renewal"
    ALERT = "alert"
    REMINDER = "reminder"


_LABEL = re.compile(r"[^\W_][\w .'()/-]{2,79}")


def checked_label(text: str) -> str:
    """A label of 3 to 80 characters: it names files and stands in a subject. Raises `InvalidValueError`."""
    if _LABEL.fullmatch(text) is None or text != text.strip():
        raise InvalidValueError("label", text, "a label of 3 to 80 letters, digits, spaces and _ . - ' ( ) /")
    return text


def usual_label(operator_id: str, eservice: EService, environment: Environment) -> str:
    """``397480930_eSAV_prod``."""
    return f"{operator_id}_{eservice.short}_{environment.suffix}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One line of the list.

    Attributes:
        serial: Of its authority, in hexadecimal; ``None`` while it is pending, as all that its signature gives.
        fingerprint: SHA-256 of its DER, in hexadecimal.
        rights: What a machine that shows it may do.
        published_at: When it could first be downloaded.
        renews: The certificate that it takes the place of.
        downloaded_at: When it was first downloaded.
        has_key: Whether its key was made here, and is downloaded with it.
    """

    operator_id: str
    certificate_id: str
    label: str
    eservice: EService
    environment: Environment
    origin: Origin
    rights: frozenset[Right]
    requested_at: datetime
    requested_by: str
    has_key: bool = False
    serial: str | None = None
    fingerprint: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    published_at: datetime | None = None
    renews: str | None = None
    downloaded_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    reason: RevocationReason | None = None
    pem: str | None = field(default=None, repr=False)

    def state(self, now: datetime) -> CertificateState:
        """What it is worth; revoked before anything else."""
        if self.revoked_at is not None:
            return CertificateState.REVOKED
        if self.expires_at is None:
            return CertificateState.PENDING
        return CertificateState.VALID if now < self.expires_at else CertificateState.EXPIRED

    def days_left(self, now: datetime) -> int | None:
        """Days of the calendar of Paris to its end; 0 the day of it, negative after."""
        if self.expires_at is None:
            return None
        return (self.expires_at.astimezone(PARIS).date() - now.astimezone(PARIS).date()).days


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """When an operator is told that a certificate ends: days before it, the alert first. The facts lost the figures."""

    alert_days: int = 30  # C: a month to plan a renewal
    reminder_days: int = 15  # C: half of it
    language: str = "fr"

    def __post_init__(self) -> None:
        """Raises `InvalidValueError`."""
        if not 1 <= self.reminder_days < RENEWAL_AT_DAYS:
            raise InvalidValueError("reminder_days", self.reminder_days, "a number of days from 1 to 365")
        if not self.reminder_days < self.alert_days <= RENEWAL_AT_DAYS:
            raise InvalidValueError("alert_days", self.alert_days, "more days than those of the reminder, 366 at most")
        if self.language not in {"fr", "en"}:
            raise InvalidValueError("language", self.language, "fr or en")


def due_notice(
    certificate: Certificate,
    policy: NoticePolicy,
    told: frozenset[NoticeKind],
    now: datetime,
    *,
    replaced: bool,
) -> NoticeKind | None:
    """What is to be told of a certificate today: the alert first, and the reminder another day; each once.

    Nothing of one that is pending, revoked, expired, or whose successor was downloaded (``replaced``).
    """
    days = certificate.days_left(now)
    if days is None or replaced or certificate.state(now) is not CertificateState.VALID:
        return None
    if NoticeKind.ALERT not in told and days <= policy.alert_days:
        return NoticeKind.ALERT
    if NoticeKind.ALERT in told and NoticeKind.REMINDER not in told and days <= policy.reminder_days:
        return NoticeKind.REMINDER
    return None
