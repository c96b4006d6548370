"""Accesses of the commercial operators."""

from __future__ import annotations

import builtins
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import Access, OpticalClass, OutsidePlant, Place
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.identifiers import DeviceId, Id1, Id2, OntName
from domain.principal import Principal
from storage.database import Database
from storage.outside_plants import outside_plant
from storage.scope import change_mine
from storage.tables import AccessRow, AuthEventRow, OltRow, OutsidePlantRow, ParkedBoxRow, SessionRow
from storage.uncut import uncut


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
        if access.operator_id != who.operator_id:
            raise ForbiddenError(f"operator {access.operator_id}")
        try:
            async with self._database.write() as session:
                if access.place is not None and await session.get(OltRow, access.place.olt) is None:
                    raise NotFoundError("olt", access.place.olt)
                created = await self._put(session, who, access)
                await _adopt(session, access)
        except IntegrityError:  # its text may hold values: it goes no further
            raise ConflictError(
                "access", str(access.id1), "ONT, box or PPP identifier already serves another access"
            ) from None
        return created

    @uncut
    async def get(self, who: Principal, id1: Id1) -> Access:
        """One access with its outside plant; raises `NotFoundError`."""
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

    async def _put(self, session: AsyncSession, who: Principal, access: Access) -> bool:
        owner = await session.scalar(select(AccessRow.operator_id).where(AccessRow.id1 == str(access.id1)))
        if owner is None:
            await session.execute(
                self._database.insert(AccessRow).values(
                    operator_id=who.operator_id, id1=str(access.id1), **_values(access)
                )
            )
            return True
        if owner != who.operator_id:
            raise ConflictError("access", str(access.id1), "this ID1 is already in use")
        await session.execute(
            change_mine(AccessRow, who).where(AccessRow.id1 == str(access.id1)).values(**_values(access))
        )
        return False


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
    }


def _access(row: AccessRow, outside: OutsidePlantRow | None) -> Access:
    place = None if row.olt is None or row.ont is None else Place(row.olt, OntName.parse(row.ont))
    box = None if row.box_oui is None or row.box_serial is None else DeviceId(row.box_oui, row.box_serial)
    return Access(
        operator_id=row.operator_id,
        id1=Id1(row.id1),
        id2=None if row.id2 is None else Id2(row.id2),
        offer_label=row.offer_label,
        service_type=row.service_type,
        place=place,
        outside=OutsidePlant() if outside is None else outside_plant(outside),
        optical_class=OpticalClass(row.optical_class),
        box=box,
        ppp_username=row.ppp_username,
    )
