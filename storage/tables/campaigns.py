"""Campaigns: a téléaction on many accesses, a canary first, then in waves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class CampaignRow(Owned, Base):
    """One campaign: what it does, how it goes on, where it stands. ``plan`` is JSON without secrets."""

    __tablename__ = "campaign"
    __table_args__ = (Index(None, "state"),)

    campaign_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account: Mapped[str] = mapped_column(String(100))
    plan: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    stopped_by: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CampaignMemberRow(Owned, Base):
    """One access of a campaign: its wave, and its téléaction once it was asked for."""

    __tablename__ = "campaign_member"
    __table_args__ = (
        ForeignKeyConstraint(["operator_id", "id1"], ["access.operator_id", "access.id1"]),
        Index(None, "campaign_id", "wave"),
    )

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.campaign_id"), primary_key=True)
    id1: Mapped[str] = mapped_column(String(9), primary_key=True)
    wave: Mapped[int]
    olt: Mapped[str] = mapped_column(String(100))
    number: Mapped[str | None] = mapped_column(String(19))
    outcome: Mapped[str] = mapped_column(String(16))
