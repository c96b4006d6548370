"""Digital certificates as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.certificates.keys import PASSWORD_MIN
from api.certificates.listing import COLUMNS, Listed
from api.certificates.service import Issued
from api.certificates.signing import Wish
from api.i18n import Language, translate
from api.schemas.sent import Span
from domain.certificate import (
    Certificate,
    CertificateState,
    Environment,
    EService,
    NoticePolicy,
    Origin,
    RevocationReason,
)
from domain.principal import Right
from domain.secret import Secret
from storage.certificate_desk import Delegate
from storage.mails import Mail

Csr = Annotated[str, Field(min_length=1, max_length=16_384, description="PKCS#10 request (PEM)")]
Pem = Annotated[str, Field(min_length=1, max_length=16_384, description="X.509 certificate (PEM)")]
Password = Annotated[
    SecretStr,
    Field(
        max_length=128,
        json_schema_extra={"minLength": PASSWORD_MIN},
        description="Of the PKCS#12; without it, one is drawn",
    ),
]


class RenewalIn(BaseModel):
    """How a certificate is renewed: from a request of the operator's own, or with a key pair made here."""

    model_config = ConfigDict(extra="forbid")

    csr: Csr | None = None
    password: Password | None = None

    @property
    def secret(self) -> Secret | None:
        """The password that was chosen."""
        return None if self.password is None else Secret(self.password.get_secret_value())


class CertificateIn(RenewalIn):
    """A new certificate. ``rights``: what a machine that shows it may do."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"eservice": "e-SAV", "environment": "Production", "rights": ["e-SAV Test"]}],
        },
    )

    eservice: EService
    environment: Environment
    rights: Annotated[list[Right], Field(max_length=len(Right))] = []
    label: Annotated[str, Field(min_length=3, max_length=80)] | None = None

    def wish(self) -> Wish:
        """What is asked for."""
        return Wish(self.eservice, self.environment, frozenset(self.rights), self.label, self.csr, self.secret)


class DepositIn(BaseModel):
    """A certificate that another authority signed."""

    model_config = ConfigDict(extra="forbid")

    certificate: Pem


class RevocationIn(BaseModel):
    """Why (RFC 5280 5.3.1)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "keyCompromise"}]})

    reason: RevocationReason = RevocationReason.UNSPECIFIED


class CertificateOut(BaseModel):
    """One certificate; ``days_left`` counts days of Paris."""

    certificate_id: str
    label: str
    eservice: EService
    environment: Environment
    expires_at: datetime | None
    published_at: datetime | None
    state: CertificateState
    days_left: int | None
    origin: Origin
    rights: list[Right]
    requested_at: datetime
    requested_by: str
    serial: str | None
    fingerprint: str | None
    not_before: datetime | None
    renews: str | None
    has_key: bool
    revoked_at: datetime | None
    revoked_by: str | None
    reason: RevocationReason | None

    @classmethod
    def of(cls, one: Certificate, now: datetime) -> Self:
        """The certificate."""
        return cls(
            certificate_id=one.certificate_id,
            label=one.label,
            eservice=one.eservice,
            environment=one.environment,
            expires_at=one.expires_at,
            published_at=one.published_at,
            state=one.state(now),
            days_left=one.days_left(now),
            origin=one.origin,
            rights=sorted(one.rights),
            requested_at=one.requested_at,
            requested_by=one.requested_by,
            serial=one.serial,
            fingerprint=one.fingerprint,
            not_before=one.not_before,
            renews=one.renews,
            has_key=one.has_key,
            revoked_at=one.revoked_at,
            revoked_by=one.revoked_by,
            reason=one.reason,
        )


class NewCertificateOut(BaseModel):
    """A new certificate; ``password`` opens its PKCS#12, is shown once and kept nowhere."""

    certificate: CertificateOut
    password: str | None

    @classmethod
    def of(cls, issued: Issued, now: datetime) -> Self:
        """What was made."""
        password = None if issued.password is None else issued.password.reveal()
        return cls(certificate=CertificateOut.of(issued.certificate, now), password=password)


class ColumnOut(BaseModel):
    """A column of the screen: the field it shows and its label."""

    name: str
    label: str


class FacetOut(BaseModel):
    """How many certificates an e-service has in this search."""

    eservice: EService
    count: int


class CertificatesOut(BaseModel):
    """The list, page by page, with the screen's columns and its facet."""

    columns: list[ColumnOut]
    total: int
    facet: list[FacetOut]
    items: list[CertificateOut]

    @classmethod
    def of(cls, found: Listed, now: datetime, language: Language, limit: int, offset: int) -> Self:
        """One page of what was found."""
        return cls(
            columns=[ColumnOut(name=name, label=translate(language, label)) for name, label in COLUMNS.items()],
            total=len(found.items),
            facet=[FacetOut(eservice=one, count=count) for one, count in found.facet.items()],
            items=[CertificateOut.of(one, now) for one in found.items[offset : offset + limit]],
        )


class DelegateOut(BaseModel):
    """An account that manages certificates though it is no administrator."""

    model_config = ConfigDict(from_attributes=True)

    login: str
    granted_by: str
    granted_at: datetime

    @classmethod
    def of(cls, delegate: Delegate) -> Self:
        """The delegate."""
        return cls.model_validate(delegate, from_attributes=True)


class PolicyOut(BaseModel):
    """When the operator is told that a certificate ends, in days before it, and in which language."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"alert_days": 30, "reminder_days": 15, "language": "fr"}]},
    )

    alert_days: Annotated[int, Span(2, 366)]
    reminder_days: Annotated[int, Span(1, 365)]
    language: Literal["fr", "en"] = "fr"

    def policy(self) -> NoticePolicy:
        """The domain's policy; raises `InvalidValueError` where the reminder would come first."""
        return NoticePolicy(self.alert_days, self.reminder_days, self.language)


class MailOut(BaseModel):
    """A mail about a certificate, without its recipient's address nor its text."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    subject: str
    at: datetime
    state: Literal["pending", "sent", "dead"]
    attempts: int
    tried_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, mail: Mail) -> Self:
        """The mail."""
        return cls.model_validate(mail, from_attributes=True)


class ResentOut(BaseModel):
    """How many mails are to be handed over again."""

    replayed: int
