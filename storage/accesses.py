"""Accesses of the commercial operators."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import Access, AccessChange, AccessState, OpticalClass, OutsidePlant, Place
from domain.building import Building
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.gtr import GtrZone
from domain.identifiers import DeviceId, Id1, Id2, OntName, SerialNumber
from domain.principal import Principal
from domain.states import Policy
from storage.access_history import changes_of, note
from storage.database import Database
from storage.outside_plants import outside_plant
from storage.scope import change_mine
from storage.tables import AccessRow, AuthEventRow, OltRow, OutsidePlantRow, ParkedBoxRow, SessionRow
from storage.uncut import uncut

_BUILDING: TypeAdapter[Building] = TypeAdapter(Building)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What an order did.

    Attributes:
        before: The access as it was; ``None`` when it is new.
        changes: What happened to it; empty when the order said nothing new.
    """

    before: Access | None
    after: Access
    changes: tuple[AccessChange, ...]


class Accesses:
    """Keeps accesses. Another operator's access does not exist: the same `NotFoundError` as for none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def put(self, who: Principal, access: Access) -> bool:
        """Create the access or change it; returns whether it is new. Its outside plant is kept by `OutsidePlants`.

        Raises `NotFoundError` for an OLT that is not declared, `ConflictError` when the ID1 is another operator's or
        when the ONT, box or PPP identifier serves another access, `ForbiddenError` for another operator's access.
        """
        async with self._writing(who, access) as session:
            before = await self._put(session, who, access)
        return before is None

    @uncut
    async def provision(self, who: Principal, access: Access, at: datetime) -> Provisioned:
        """Create the access or change it, and keep what it was; one transaction. Raises as `put` does."""
        async with self._writing(who, access) as session:
            before = await self._put(session, who, access)
            if before is not None:
                access = replace(access, port25=before.port25)  # no order of the inventory tells it
            changes = changes_of(before, access)
            if AccessChange.CREATED in changes:
                await self._stamp(session, who, access.id1, opened_at=at)
            if AccessChange.TERMINATED in changes:
                await self._stamp(session, who, access.id1, terminated_at=at)
            for change in changes:
                note(session, who, before, access, change, at)
        return Provisioned(before, access, changes)

    @uncut
    async def terminate(self, who: Principal, id1: Id1, at: datetime) -> Provisioned:
        """End an access: its ONT, its box and its PPP identifier may serve another; its history keeps them.

        Raises `NotFoundError`, or `ConflictError` when it has ended already.
        """
        access = await self._get(who, id1)
        ended = replace(
            access, state=AccessState.TERMINATED, place=None, box=None, ppp_username=None, outside=OutsidePlant()
        )
        async with self._writing(who, ended) as session:
            await self._put(session, who, ended)
            await self._stamp(session, who, id1, terminated_at=at)
            note(session, who, access, ended, AccessChange.TERMINATED, at)
        return Provisioned(access, ended, (AccessChange.TERMINATED,))

    @uncut
    async def set_port25(self, who: Principal, id1: Id1, policy: Policy, at: datetime) -> Provisioned:
        """Say whether port 25 of an access is open; no order of its inventory changes that.

        Raises `NotFoundError`, or `ConflictError` when it has ended.
        """
        access = await self._get(who, id1)
        if access.state is AccessState.TERMINATED:
            raise ConflictError("access", str(id1), "this access is terminated")
        if access.port25 is policy:
            return Provisioned(access, access, ())
        after = replace(access, port25=policy)
        async with self._database.write() as session:
            mine = change_mine(AccessRow, who).where(AccessRow.id1 == str(id1))
            await session.execute(mine.values(port25=policy.value))
            note(session, who, access, after, AccessChange.PORT25, at)
        return Provisioned(access, after, (AccessChange.PORT25,))

    @uncut
    async def get(self, who: Principal, id1: Id1) -> Access:
        """One access with its outside plant; raises `NotFoundError`."""
        return await self._get(who, id1)

    async def _get(self, who: Principal, id1: Id1) -> Access:
        async with self._database.read() as session:
            found = (await session.execute(_query(who).where(AccessRow.id1 == str(id1)))).one_or_none()
        if found is None:
            raise NotFoundError("access", str(id1))
        return _access(*found)

    @uncut
    async def list(self, who: Principal) -> builtins.list[Access]:
        """The accesses of the operator, by ID1."""
        async with self._database.read() as session:
            rows = await session.execute(_query(who).order_by(AccessRow.id1))
            return [_access(row, outside) for row, outside in rows]

    @uncut
    async def page(self, who: Principal, after: Id1 | None, limit: int) -> builtins.list[Access]:
        """Accesses of the operator behind an ID1, by ID1."""
        query = _query(who).order_by(AccessRow.id1).limit(limit)
        if after is not None:
            query = query.where(AccessRow.id1 > str(after))
        async with self._database.read() as session:
            return [_access(row, outside) for row, outside in await session.execute(query)]

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

    @asynccontextmanager
    async def _writing(self, who: Principal, access: Access) -> AsyncIterator[AsyncSession]:
        """A transaction that writes that access; what does not fit is told without its values."""
        if access.operator_id != who.operator_id:
            raise ForbiddenError(f"operator {access.operator_id}")
        try:
            async with self._database.write() as session:
                if access.place is not None and await session.get(OltRow, access.place.olt) is None:
                    raise NotFoundError("olt", access.place.olt)
                yield session
                await _adopt(session, access)
        except IntegrityError:  # its text may hold values: it goes no further
            raise ConflictError(
                "access", str(access.id1), "ONT, box or PPP identifier already serves another access"
            ) from None

    async def _put(self, session: AsyncSession, who: Principal, access: Access) -> Access | None:
        """Write the row; returns the access as it was."""
        row = await session.scalar(select(AccessRow).where(AccessRow.id1 == str(access.id1)))
        if row is None:
            await session.execute(
                self._database.insert(AccessRow).values(
                    operator_id=who.operator_id, id1=str(access.id1), port25=access.port25.value, **_values(access)
                )
            )
            return None
        if row.operator_id != who.operator_id:
            raise ConflictError("access", str(access.id1), "this ID1 is already in use")
        before = _access(row, None)
        if before.state is AccessState.TERMINATED:
            raise ConflictError("access", str(access.id1), "this access is terminated")
        session.expunge(row)
        await session.execute(
            change_mine(AccessRow, who).where(AccessRow.id1 == str(access.id1)).values(**_values(access))
        )
        return before

    async def _stamp(self, session: AsyncSession, who: Principal, id1: Id1, **instants: datetime) -> None:
        await session.execute(change_mine(AccessRow, who).where(AccessRow.id1 == str(id1)).values(**instants))


async def _adopt(session: AsyncSession, access: Access) -> None:
    """What was seen before the access was known becomes its operator's."""
    if access.ppp_username is not None:
        for model in (SessionRow, AuthEventRow):
            await session.execute(
                update(model)
                .where(model.username == access.ppp_username, model.operator_id.is_(None))
                .values(operator_id=access.operator_id)
                .execution_options(synchronize_session=False)
            )
    if access.box is not None:
        await session.execute(
            delete(ParkedBoxRow)
            .where(ParkedBoxRow.oui == access.box.oui, ParkedBoxRow.serial == access.box.serial)
            .execution_options(synchronize_session=False)
        )


def _mine_only(who: Principal) -> Select[str | None, str | None]:
    return select(AccessRow.olt, AccessRow.ont).where(AccessRow.operator_id == who.operator_id)


def _query(who: Principal) -> Select[AccessRow, OutsidePlantRow | None]:
    same_ont = (OutsidePlantRow.olt == AccessRow.olt) & (OutsidePlantRow.ont == AccessRow.ont)
    return (
        select(AccessRow, OutsidePlantRow)
        .outerjoin(OutsidePlantRow, same_ont)
        .where(AccessRow.operator_id == who.operator_id)
    )


def _values(access: Access) -> dict[str, Any]:
    return {
        "id2": None if access.id2 is None else str(access.id2),
        "offer_label": access.offer_label,
        "service_type": access.service_type,
        "olt": None if access.place is None else access.place.olt,
        "ont": None if access.place is None else str(access.place.ont),
        "optical_class": access.optical_class.value,
        "box_oui": None if access.box is None else access.box.oui,
        "box_serial": None if access.box is None else access.box.serial,
        "ppp_username": access.ppp_username,
        "state": access.state.value,
        "gtr": access.gtr,
        "zone": access.zone.value,
        "ont_serial": None if access.ont_serial is None else str(access.ont_serial),
        "building": None if access.building is None else _BUILDING.dump_json(access.building).decode(),
    }


def _access(row: AccessRow, outside: OutsidePlantRow | None) -> Access:
    place = None if row.olt is None or row.ont is None else Place(row.olt, OntName.parse(row.ont))
    box = None if row.box_oui is None or row.box_serial is None else DeviceId(row.box_oui, row.box_serial)
    building = None if row.building is None else _BUILDING.validate_json(row.building)
    return Access(
        operator_id=row.operator_id,
        id1=Id1(row.id1),
        id2=None if row.id2 is None else Id2(row.id2),
        offer_label=row.offer_label,
        service_type=row.service_type,
        place=place,
        outside=_path(OutsidePlant() if outside is None else outside_plant(outside), building),
        optical_class=OpticalClass(row.optical_class),
        box=box,
        ppp_username=row.ppp_username,
        ont_serial=None if row.ont_serial is None else SerialNumber.parse(row.ont_serial),
        gtr=row.gtr,
        zone=GtrZone(row.zone),
        building=building,
        state=AccessState(row.state),
        port25=Policy(row.port25),
    )


def _path(outside: OutsidePlant, building: Building | None) -> OutsidePlant:
    """The passive path; where the infrastructure operator tells no PM or PBO, address translation's."""
    if building is None:
        return outside
    return replace(outside, pm=outside.pm or building.pm, pbo=outside.pbo or building.pbo)
