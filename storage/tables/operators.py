"""Operators, their accounts and their tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class OperatorRow(Base):
    """An operator: the tenant that every other row belongs to."""

    __tablename__ = "operator"

    operator_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    is_infrastructure: Mapped[bool]


class AccountRow(Owned, Base):
    """A login of an operator. ``rights`` bounds what its tokens may do, at once when it changes.

    ``password`` is an Argon2 hash; ``init_digest`` the SHA-256 of the code that lets its owner set it, once.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("operator_id", "login"), Index(None, "init_digest"))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(100))
    rights: Mapped[list[str]]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    last_name: Mapped[str | None] = mapped_column(String(100))
    first_name: Mapped[str | None] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    mobile: Mapped[str | None] = mapped_column(String(20))
    password: Mapped[str | None] = mapped_column(String(200))
    init_digest: Mapped[str | None] = mapped_column(String(64))
    init_expires_at: Mapped[datetime | None]


class TokenRow(Owned, Base):
    """A token: only its SHA-256 is kept (it holds 256 random bits: nothing to guess, so no slow hash).

    ``kind``: ``personal``, or ``session`` for what a sign-in gave. ``provider``: who signed a session in, where it was
    not us. ``name``: what its owner calls a personal one.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "account"], ["account.operator_id", "account.login"]),
        UniqueConstraint("token_id"),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_id: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(100))
    rights: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(String(16), server_default="personal")
    provider: Mapped[str | None] = mapped_column(String(32))
    name: Mapped[str | None] = mapped_column(String(100))
