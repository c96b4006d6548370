"""Campaigns and their accesses, each operator's apart."""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from domain import codec
from domain.campaign import Campaign, CampaignState, Member, MemberOutcome, Plan
from domain.errors import ConflictError, NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal
from domain.teleaction import ActionNumber
from storage.audit import Entry, append_in
from storage.database import Database
from storage.scope import change_mine, mine
from storage.tables import CampaignMemberRow, CampaignRow
from storage.uncut import uncut


class Campaigns:
    """Keeps campaigns; every change of their state is in the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def create(self, who: Principal, plan: Plan, members: Sequence[Member], at: datetime) -> Campaign:
        """Keep a campaign and its accesses; it runs from then on."""
        name = f"C{at:%y%m%d}-{secrets.token_hex(4)}"
        text = codec.dump(plan)
        async with self._database.write() as session:
            body = {"account": who.account, "action": plan.action, "reason": plan.reason, "accesses": len(members)}
            await append_in(session, Entry(who.operator_id, at, "campaign", name, body))
            row = CampaignRow(
                operator_id=who.operator_id,
                campaign_id=name,
                account=who.account,
                plan=text,
                state=CampaignState.RUNNING.value,
                stopped_by="",
                created_at=at,
                updated_at=at,
            )
            session.add(row)
            await session.flush()
            session.add_all(
                CampaignMemberRow(
                    operator_id=who.operator_id,
                    campaign_id=name,
                    id1=str(member.id1),
                    wave=member.wave,
                    olt=member.olt,
                    number=None,
                    outcome=member.outcome.value,
                )
                for member in members
            )
        return _campaign(row)

    @uncut
    async def get(self, who: Principal, name: str) -> Campaign:
        """One campaign; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.scalar(mine(CampaignRow, who).where(CampaignRow.campaign_id == name))
        if row is None:
            raise NotFoundError("campaign", name)
        return _campaign(row)

    @uncut
    async def list(self, who: Principal) -> builtins.list[Campaign]:
        """Those of the operator, newest first."""
        query = mine(CampaignRow, who).order_by(CampaignRow.created_at.desc())
        async with self._database.read() as session:
            return [_campaign(row) for row in await session.scalars(query)]

    @uncut
    async def running(self) -> builtins.list[Campaign]:
        """Those of every operator that go on by themselves."""
        query = select(CampaignRow).where(CampaignRow.state == CampaignState.RUNNING.value)
        async with self._database.read() as session:
            return [_campaign(row) for row in await session.scalars(query)]

    @uncut
    async def members(self, who: Principal, name: str) -> builtins.list[Member]:
        """Its accesses, by wave."""
        query = mine(CampaignMemberRow, who).where(CampaignMemberRow.campaign_id == name)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(CampaignMemberRow.wave, CampaignMemberRow.id1))
            return [
                Member(
                    Id1(row.id1),
                    row.wave,
                    row.olt,
                    MemberOutcome(row.outcome),
                    None if row.number is None else ActionNumber(row.number),
                )
                for row in rows
            ]

    @uncut
    async def noted(
        self, who: Principal, name: str, id1: Id1, outcome: MemberOutcome, number: ActionNumber | None = None
    ) -> None:
        """What became of one access."""
        change = change_mine(CampaignMemberRow, who).where(
            CampaignMemberRow.campaign_id == name, CampaignMemberRow.id1 == str(id1)
        )
        values = {"outcome": outcome.value} | ({} if number is None else {"number": str(number)})
        async with self._database.write() as session:
            await session.execute(change.values(**values))

    @uncut
    async def change(
        self, who: Principal, name: str, of: CampaignState, to: CampaignState, at: datetime, why: str = ""
    ) -> Campaign:
        """Another state; raises `ConflictError` when it is not in state ``of``."""
        async with self._database.write() as session:
            row = await session.scalar(mine(CampaignRow, who).where(CampaignRow.campaign_id == name))
            if row is None:
                raise NotFoundError("campaign", name)
            if row.state != of.value:
                raise ConflictError("campaign", name, "it is not in that state")
            row.state, row.updated_at, row.stopped_by = to.value, at, why[:300]
            body = {"account": who.account, "state": to.value, "why": why}
            await append_in(session, Entry(who.operator_id, at, "campaign", name, body))
        return _campaign(row)


def _campaign(row: CampaignRow) -> Campaign:
    return Campaign(
        row.operator_id,
        row.campaign_id,
        row.account,
        codec.load(Plan, row.plan),
        CampaignState(row.state),
        row.created_at,
        row.updated_at,
        row.stopped_by,
    )
