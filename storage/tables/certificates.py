"""Certificates of operators, who manages them, when their end is told, and the mails to send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class CertificateRow(Owned, Base):
    """A certificate. ``pkcs12`` holds its key under a password that is kept nowhere; ``request`` is a CSR (PEM)."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("fingerprint"),
        Index(None, "operator_id", "expires_at"),
        Index(
            "uq_certificate_renews",  # one successor at a time; a revoked one leaves its place
            "renews",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(
            "ix_certificate_revoked",
            "revoked_at",
            sqlite_where=text("revoked_at IS NOT NULL"),
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
    )

    certificate_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(80))
    eservice: Mapped[str] = mapped_column(String(24))
    environment: Mapped[str] = mapped_column(String(24))
    origin: Mapped[str] = mapped_column(String(16))
    rights: Mapped[list[str]]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    serial: Mapped[str | None] = mapped_column(String(40))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    renews: Mapped[str | None] = mapped_column(String(32), ForeignKey("certificate.certificate_id"))
    downloaded_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(24))
    request: Mapped[str | None] = mapped_column(Text)
    pem: Mapped[str | None] = mapped_column(Text)
    pkcs12: Mapped[bytes | None] = mapped_column(LargeBinary)


class CertificateDelegateRow(Base):
    """An account that manages its operator's certificates though it is no administrator."""

    __tablename__ = "certificate_delegate"
    __table_args__ = (ForeignKeyConstraint(["operator_id", "login"], ["account.operator_id", "account.login"]),)

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    login: Mapped[str] = mapped_column(String(100), primary_key=True)
    granted_by: Mapped[str] = mapped_column(String(100))
    granted_at: Mapped[datetime]


class CertificatePolicyRow(Base):
    """When an operator is told that a certificate ends; without a row, the service's usual delays."""

    __tablename__ = "certificate_policy"

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    alert_days: Mapped[int]
    reminder_days: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    changed_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime]


class CertificateNoticeRow(Owned, Base):
    """What was told of a certificate: each kind once."""

    __tablename__ = "certificate_notice"

    certificate_id: Mapped[str] = mapped_column(String(32), ForeignKey("certificate.certificate_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime]


class MailRow(Owned, Base):
    """A mail, kept until it is handed over or given up, and after. ``mail_id`` is the order of their writing."""

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "ix_mail_pending",
            "next_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "operator_id", "mail_id"),
    )

    mail_id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    about: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(64))
