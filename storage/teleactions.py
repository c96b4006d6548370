"""Téléactions: asked with their job in one transaction, read by their operator alone."""

from __future__ import annotations

import builtins
import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import ConflictError, NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal
from domain.teleaction import (
    ActionNumber,
    ActionState,
    Closing,
    Effect,
    NewTeleaction,
    Sentence,
    TargetKind,
    TeleactionRecord,
)
from storage.audit import Entry, append_in
from storage.database import Database
from storage.idempotency import Idempotency
from storage.numbering import Draw, diagnosis_number, draw_sequence
from storage.scope import change_mine, drop_mine, mine
from storage.tables import TeleactionJobRow, TeleactionRow
from storage.teleaction_news import TeleactionNews
from storage.teleaction_record import dump_effect, ended_body, record_of
from storage.uncut import uncut

_DRAWS = 20


class _NumberTakenError(Exception):
    """The number drawn is in use: draw another."""


class Teleactions:
    """Keeps téléactions, each operator's apart."""

    def __init__(
        self, database: Database, idempotency: Idempotency, news: TeleactionNews, draw: Draw = draw_sequence
    ) -> None:
        self._database = database
        self._idempotency = idempotency
        self._news = news
        self._draw = draw

    @uncut
    async def ask(self, who: Principal, new: NewTeleaction, key: str | None = None) -> tuple[TeleactionRecord, bool]:
        """Keep what is asked, its job, its audit entry and its idempotency key, in one transaction.

        Returns its record, and whether an earlier request with the same key had asked for it. Raises `ConflictError`
        when the target is busy or the key was used for something else, `NotFoundError` for an unknown access.
        """
        for _ in range(_DRAWS):
            number = ActionNumber(str(diagnosis_number(new.at, self._draw())))
            try:
                earlier = await self._ask(who, new, number, key)
            except _NumberTakenError:
                continue
            return await self.get(who, earlier or number), earlier is not None
        raise ConflictError("teleaction", str(number), "no free number in this minute")

    @uncut
    async def refuse(self, who: Principal, new: NewTeleaction, refusals: dict[str, Sentence]) -> TeleactionRecord:
        """Keep that it was asked and refused."""
        number = ActionNumber(str(diagnosis_number(new.at, self._draw())))
        first = next(iter(refusals.values()))
        effect = Effect(ActionState.REFUSED, first)
        async with self._database.write() as session:
            body = {**asked_body(who.account, new), "refusals": {code: said.text for code, said in refusals.items()}}
            seq, digest = await append_in(session, Entry(who.operator_id, new.at, "refused", str(number), body))
            row = _row(who, new, number, seq, digest)
            session.add(
                TeleactionRow(
                    **(row | {"state": ActionState.REFUSED.value, "run_at": None, "effect": dump_effect(effect)})
                )
            )
            await self._news.tell_in(session, number)
        return await self.get(who, number)

    @uncut
    async def get(self, who: Principal, number: ActionNumber) -> TeleactionRecord:
        """One téléaction of the operator; raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.scalar(mine(TeleactionRow, who).where(TeleactionRow.number == str(number)))
        if row is None:
            raise NotFoundError("teleaction", str(number))
        return record_of(row)

    @uncut
    async def earlier(self, who: Principal, new: NewTeleaction, key: str) -> TeleactionRecord | None:
        """What an earlier request with this key had asked; raises `ConflictError` when it asked for something else."""
        async with self._database.read() as session:
            found = await self._idempotency.find_in(session, who, key, fingerprint(new), new.at)
        return None if found is None else await self.get(who, ActionNumber(found))

    @uncut
    async def list(
        self,
        who: Principal,
        *,
        id1: Id1 | None = None,
        campaign: str | None = None,
        target: str | None = None,
        kind: TargetKind | None = None,
        limit: int = 100,
    ) -> builtins.list[TeleactionRecord]:
        """Those of an access, of a campaign, of a target or of a kind of target, newest first."""
        query = mine(TeleactionRow, who)
        if id1 is not None:
            query = query.where(TeleactionRow.id1 == str(id1))
        if campaign is not None:
            query = query.where(TeleactionRow.campaign == campaign)
        if target is not None:
            query = query.where(TeleactionRow.target == target)
        if kind is not None:
            query = query.where(TeleactionRow.kind == kind.value)
        query = query.order_by(TeleactionRow.asked_at.desc(), TeleactionRow.number.desc()).limit(limit)
        async with self._database.read() as session:
            return [record_of(row) for row in await session.scalars(query)]

    @uncut
    async def last_acting(self, operator_id: str, action: str, target: str) -> datetime | None:
        """When that action was last sent to that target."""
        query = select(func.max(TeleactionRow.acting_at)).where(
            TeleactionRow.operator_id == operator_id, TeleactionRow.action == action, TeleactionRow.target == target
        )
        async with self._database.read() as session:
            found: datetime | None = await session.scalar(query)
        return found

    @uncut
    async def cancel(self, who: Principal, number: ActionNumber, at: datetime) -> TeleactionRecord:
        """Cancel it while it waits; raises `ConflictError` once it is being carried out."""
        waiting = (TeleactionRow.number == str(number), TeleactionRow.state == ActionState.ASKED.value)
        said = Effect(
            ActionState.CANCELLED, Sentence("Cancelled by {account} before anything was sent", {"account": who.account})
        )
        change = change_mine(TeleactionRow, who).where(*waiting).returning(TeleactionRow.number)
        async with self._database.write() as session:
            entry = Entry(who.operator_id, at, "cancelled", str(number), {"account": who.account})
            if await session.scalar(mine(TeleactionRow, who).where(*waiting)) is None:
                await self._exists(session, who, number)
                raise ConflictError("teleaction", str(number), "it no longer waits")
            seq, digest = await append_in(session, entry)
            await session.execute(
                change.values(
                    state=ActionState.CANCELLED.value,
                    updated_at=at,
                    effect=dump_effect(said),
                    audit_seq=seq,
                    audit_hash=digest,
                )
            )
            await session.execute(drop_mine(TeleactionJobRow, who).where(TeleactionJobRow.number == str(number)))
            await self._news.tell_in(session, number)
        return await self.get(who, number)

    @uncut
    async def close(self, who: Principal, number: ActionNumber, at: datetime, why: Closing) -> TeleactionRecord:
        """End one of which nothing tells the effect; its job goes. Raises `ConflictError` for any other."""
        said = Sentence(
            "Closed without proof by {account}: its effect is not known. {reason}",
            {"account": who.account, "reason": why.reason},
        )
        effect = Effect(ActionState.UNPROVED, said, healthy=False)
        query = mine(TeleactionRow, who).where(TeleactionRow.number == str(number)).with_for_update()
        async with self._database.write() as session:
            row = await session.scalar(query)
            if row is None:
                raise NotFoundError("teleaction", str(number))
            if row.state != ActionState.UNKNOWN.value:
                raise ConflictError("teleaction", str(number), "its effect is not unknown")
            body = {**ended_body(row, effect), "closed_by": who.account, "closed_from": why.origin, "why": why.reason}
            row.audit_seq, row.audit_hash = await append_in(
                session, Entry(who.operator_id, at, "closed", str(number), body)
            )
            row.state, row.updated_at, row.effect = effect.state.value, at, dump_effect(effect)
            await session.execute(drop_mine(TeleactionJobRow, who).where(TeleactionJobRow.number == str(number)))
            await self._news.tell_in(session, number)
        return await self.get(who, number)

    @uncut
    async def confirm(self, who: Principal, number: ActionNumber, at: datetime) -> TeleactionRecord:
        """Let a téléaction run that waits for a second account; raises `ConflictError` for the account that asked."""
        async with self._database.write() as session:
            row = await session.scalar(mine(TeleactionRow, who).where(TeleactionRow.number == str(number)))
            if row is None:
                raise NotFoundError("teleaction", str(number))
            if row.account == who.account:
                raise ConflictError("teleaction", str(number), "another account must confirm it")
            if row.state != ActionState.ASKED.value or row.confirmed_by or row.run_at is not None:
                raise ConflictError("teleaction", str(number), "it waits for no confirmation")
            seq, digest = await append_in(
                session, Entry(who.operator_id, at, "confirmed", str(number), {"account": who.account})
            )
            row.confirmed_by, row.run_at, row.updated_at = who.account, at, at
            row.audit_seq, row.audit_hash = seq, digest
            await session.execute(
                change_mine(TeleactionJobRow, who).where(TeleactionJobRow.number == str(number)).values(run_at=at)
            )
        return await self.get(who, number)

    async def _exists(self, session: AsyncSession, who: Principal, number: ActionNumber) -> None:
        if await session.scalar(mine(TeleactionRow, who).where(TeleactionRow.number == str(number))) is None:
            raise NotFoundError("teleaction", str(number))

    async def _ask(
        self, who: Principal, new: NewTeleaction, number: ActionNumber, key: str | None
    ) -> ActionNumber | None:
        try:
            async with self._database.write() as session:
                if key is not None:
                    earlier = await self._idempotency.claim_in(session, who, key, fingerprint(new), str(number), new.at)
                    if earlier is not None:
                        return ActionNumber(earlier)
                await self._free(session, new)
                if await session.get(TeleactionRow, str(number)) is not None:
                    raise _NumberTakenError
                entry = Entry(who.operator_id, new.at, "asked", str(number), asked_body(who.account, new))
                seq, digest = await append_in(session, entry)
                session.add(TeleactionRow(**_row(who, new, number, seq, digest)))
                await session.flush()
                session.add(_job(who, new, number))
                await self._news.tell_in(session, number)
        except IntegrityError:  # keys that can miss: the access; the target, asked for at the same instant elsewhere
            raise ConflictError("target", new.target.name, "another téléaction is under way on it") from None
        return None

    async def _free(self, session: AsyncSession, new: NewTeleaction) -> None:
        """One téléaction a target; none below a port that is being acted on, none on a port that others are below."""
        if new.target.kind is TargetKind.PON:
            busy: ColumnElement[bool] = or_(
                TeleactionJobRow.target == new.target.name, TeleactionJobRow.pon == new.target.pon
            )
        else:
            port = f"pon/{new.target.pon}" if new.target.pon else "-"
            busy = TeleactionJobRow.target.in_((new.target.name, port))
        found = await session.scalar(select(TeleactionJobRow.number).where(busy).limit(1))
        if found is not None:
            raise ConflictError("target", new.target.name, "another téléaction is under way on it")


def asked_body(account: str, new: NewTeleaction) -> dict[str, Any]:
    """Who asked what, why, from where: what every entry about the request says."""
    return {
        "account": account,
        "action": new.action,
        "access": None if new.id1 is None else str(new.id1),
        "target": new.target.name,
        "parameters": dict(new.shown),
        "reason": new.reason,
        "origin": new.origin,
        "campaign": new.campaign,
    }


def fingerprint(new: NewTeleaction) -> str:
    """What makes two requests the same."""
    content = json.dumps([str(new.id1), new.action, new.target.name, dict(new.parameters), new.reason], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _row(who: Principal, new: NewTeleaction, number: ActionNumber, seq: int, digest: str) -> dict[str, Any]:
    return {
        "operator_id": who.operator_id,
        "number": str(number),
        "id1": None if new.id1 is None else str(new.id1),
        "action": new.action,
        "kind": new.target.kind.value,
        "target": new.target.name,
        "pon": new.target.pon,
        "account": who.account,
        "reason": new.reason[:500],
        "origin": new.origin[:200],
        "parameters": json.dumps(dict(new.shown), ensure_ascii=False, sort_keys=True),
        "state": ActionState.ASKED.value,
        "asked_at": new.at,
        "updated_at": new.at,
        "run_at": new.run_at,
        "campaign": new.campaign,
        "confirmed_by": "",
        "audit_seq": seq,
        "audit_hash": digest,
    }


def _job(who: Principal, new: NewTeleaction, number: ActionNumber) -> TeleactionJobRow:
    return TeleactionJobRow(
        operator_id=who.operator_id,
        number=str(number),
        target=new.target.name,
        pon=new.target.pon,
        payload=json.dumps(dict(new.parameters), ensure_ascii=False),
        run_at=new.run_at,
        expires_at=new.expires_at,
        tries=0,
    )
