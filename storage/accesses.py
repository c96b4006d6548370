"""Accesses of the commercial operators."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import Access, AccessChange, AccessState, OutsidePlant
from domain.errors import ConflictError, DiagnosticsError, ForbiddenError, NotFoundError
from domain.identifiers import Id1, OntName
from domain.principal import Principal
from domain.states import Policy
from storage.access_batch import provision_in
from storage.access_history import note
from storage.access_rows import Provisioned, access_of, values_of
from storage.database import Database
from storage.scope import WHO, change_mine
from storage.tables import AccessRow, OutsidePlantRow
from storage.uncut import uncut

_SAME_ONT = (OutsidePlantRow.olt == AccessRow.olt) & (OutsidePlantRow.ont == AccessRow.ont)
_JOINED = (
    select(*AccessRow.__table__.c, *(one for one in OutsidePlantRow.__table__.c if one.key not in {"olt", "ont"}))
    .outerjoin(OutsidePlantRow, _SAME_ONT)
    .where(AccessRow.operator_id == bindparam(WHO))
)
_ONE = _JOINED.where(AccessRow.id1 == bindparam("access"))
_PAGE = _JOINED.where(AccessRow.id1 > bindparam("behind")).order_by(AccessRow.id1).limit(bindparam("most"))


class Accesses:
    """Keeps accesses. Another operator's access does not exist: the same `NotFoundError` as for none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def provision(self, who: Principal, access: Access, at: datetime) -> Provisioned:
        """Create the access or change it, and keep what it was; one transaction; `OutsidePlants` has its plant.

        Raises `NotFoundError` for an OLT that is not declared, `ConflictError` when the ID1 is another operator's or
        when the ONT, box or PPP identifier serves another access, `ForbiddenError` for another operator's access.
        """
        (done,) = await self._provision_all(who, [access], at)
        if isinstance(done, DiagnosticsError):
            raise done
        return done

    @uncut
    async def provision_all(
        self, who: Principal, accesses: Sequence[Access], at: datetime
    ) -> builtins.list[Provisioned | DiagnosticsError]:
        """Each as `provision` does, in one transaction; one that does not fit is told in its place, the others stay."""
        return await self._provision_all(who, accesses, at)

    async def _provision_all(
        self, who: Principal, accesses: Sequence[Access], at: datetime
    ) -> builtins.list[Provisioned | DiagnosticsError]:
        for access in accesses:
            _require_own(who, access)
        work = partial(provision_in, self._database.insert, who, accesses, at)
        return await self._database.in_one_visit(work, writing=True)

    @uncut
    async def some(self, who: Principal, ids: Sequence[Id1]) -> dict[Id1, Access]:
        """Those of these accesses that the operator has."""
        query = _query(who).where(AccessRow.id1.in_([str(one) for one in ids]))
        async with self._database.read() as session:
            return {Id1(row.id1): access_of(row, outside) for row, outside in await session.execute(query)}

    @uncut
    async def terminate(self, who: Principal, id1: Id1, at: datetime) -> Provisioned:
        """End an access: its ONT, its box and its PPP identifier may serve another; its history keeps them.

        Raises `NotFoundError`, or `ConflictError` when it has ended already.
        """
        async with self._database.write() as session:
            access = await _living(session, who, id1)
            ended = replace(
                access, state=AccessState.TERMINATED, place=None, box=None, ppp_username=None, outside=OutsidePlant()
            )
            mine = change_mine(AccessRow, who).where(AccessRow.id1 == str(id1))
            await session.execute(mine.values(**values_of(ended), terminated_at=at))
            note(session, who, access, ended, AccessChange.TERMINATED, at)
        return Provisioned(access, ended, (AccessChange.TERMINATED,))

    @uncut
    async def set_port25(self, who: Principal, id1: Id1, policy: Policy, at: datetime) -> Provisioned:
        """Say whether port 25 of an access is open; no order of its inventory changes that.

        Raises `NotFoundError`, or `ConflictError` when it has ended.
        """
        async with self._database.write() as session:
            access = await _living(session, who, id1)
            if access.port25 is policy:
                return Provisioned(access, access, ())
            after = replace(access, port25=policy)
            mine = change_mine(AccessRow, who).where(AccessRow.id1 == str(id1))
            await session.execute(mine.values(port25=policy.value))
            note(session, who, access, after, AccessChange.PORT25, at)
        return Provisioned(access, after, (AccessChange.PORT25,))

    async def get(self, who: Principal, id1: Id1) -> Access:
        """One access with its outside plant; raises `NotFoundError`."""
        row = await self._database.row(_ONE, {WHO: who.operator_id, "access": str(id1)})
        if row is None:
            raise NotFoundError("access", str(id1))
        return _joined(row)

    @uncut
    async def list(self, who: Principal) -> builtins.list[Access]:
        """The accesses of the operator, by ID1."""
        async with self._database.read() as session:
            rows = await session.execute(_query(who).order_by(AccessRow.id1))
            return [access_of(row, outside) for row, outside in rows]

    async def page(self, who: Principal, after: Id1 | None, limit: int) -> builtins.list[Access]:
        """Accesses of the operator behind an ID1, by ID1."""
        behind = "" if after is None else str(after)
        rows = await self._database.rows(_PAGE, {WHO: who.operator_id, "behind": behind, "most": limit})
        return [_joined(row) for row in rows]

    @uncut
    async def places(
        self, who: Principal, olts: builtins.list[str] | None = None
    ) -> builtins.list[tuple[str, OntName]]:
        """OLT and ONT of each access of the operator that hangs from one, or from one of ``olts``."""
        query = _mine_only(who).where(AccessRow.ont.is_not(None), AccessRow.olt.is_not(None))
        if olts is not None:
            query = query.where(AccessRow.olt.in_(olts))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [(olt, OntName.parse(ont)) for olt, ont in rows if olt is not None and ont is not None]

    @uncut
    async def served_by(self, olt: str) -> builtins.list[tuple[str, Id1, OntName]]:
        """Operator, access and ONT of each access that hangs from an OLT, for the service that follows incidents."""
        query = select(AccessRow.operator_id, AccessRow.id1, AccessRow.ont).where(
            AccessRow.olt == olt, AccessRow.ont.is_not(None)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [(operator, Id1(id1), OntName.parse(ont)) for operator, id1, ont in rows if ont is not None]


def _joined(row: Any) -> Access:
    return access_of(row, None if row.splitters is None else row)


def _mine_only(who: Principal) -> Select[str | None, str | None]:
    return select(AccessRow.olt, AccessRow.ont).where(AccessRow.operator_id == who.operator_id)


async def _living(session: AsyncSession, who: Principal, id1: Id1) -> Access:
    """The access to change: as it stands once nobody else changes it before the session ends."""
    access = await _found(session, who, id1, change=True)
    if access.state is AccessState.TERMINATED:
        raise ConflictError("access", str(id1), "this access is terminated")
    return access


async def _found(session: AsyncSession, who: Principal, id1: Id1, *, change: bool = False) -> Access:
    """The access; to ``change`` it, its row is held."""
    query = _query(who).where(AccessRow.id1 == str(id1))
    found = (await session.execute(query.with_for_update(of=AccessRow) if change else query)).one_or_none()
    if found is None:
        raise NotFoundError("access", str(id1))
    return access_of(*found)


def _query(who: Principal) -> Select[AccessRow, OutsidePlantRow | None]:
    return (
        select(AccessRow, OutsidePlantRow)
        .outerjoin(OutsidePlantRow, _SAME_ONT)
        .where(AccessRow.operator_id == who.operator_id)
    )


def _require_own(who: Principal, access: Access) -> None:
    if access.operator_id != who.operator_id:
        raise ForbiddenError(f"operator {access.operator_id}")
