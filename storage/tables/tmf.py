"""What clients of the TM Forum interfaces wrote: beside what is ours, or in the place of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class TmfDocumentRow(Owned, Base):
    """One document of one operator. ``body``: JSON. ``gone``: it was deleted, and shows nothing more."""

    __tablename__ = "tmf_document"
    __table_args__ = (Index(None, "operator_id", "resource", "created_at"),)

    operator_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("operator.operator_id"), primary_key=True, sort_order=-1
    )
    resource: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    gone: Mapped[bool]
