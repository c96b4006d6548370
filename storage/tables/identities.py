"""Who an outside identity provider's users are here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class IdentityRow(Owned, Base):
    """A subject of an OpenID Connect issuer, and the account that it signs in to; one of each for the other.

    ``issuer`` and ``subject``: ``iss`` and ``sub`` of its ID token, 255 octets at most (OpenID Connect Core 1.0 §2).
    """

    __tablename__ = "oidc_identity"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "account"], ["account.operator_id", "account.login"]),
        UniqueConstraint("operator_id", "issuer", "account"),
    )

    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1)
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account: Mapped[str] = mapped_column(String(100))
    linked_at: Mapped[datetime]
