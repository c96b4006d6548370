"""Boxes: whose they are, how to reach them, their last values. Implements `domain.ports.BoxStore`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from domain import codec
from domain.access import Access
from domain.box import ConnectionRequest, Inform, KnownBox
from domain.identifiers import DeviceId, Id1
from domain.metric import Readings
from domain.metrics.box import BOX_LAST_INFORM
from domain.reading import Quality, Source, Via, known
from domain.secret import Secret
from storage.database import Database, Upsert
from storage.last_values import newest, stored
from storage.tables import AccessRow, BoxRow, ParkedBoxRow
from storage.uncut import uncut

SecretFor = Callable[[DeviceId], Secret]

PARKED_LIMIT = 10_000
"""Strangers noted at most (C): anyone can send an Inform, nobody may fill the disk."""

_BOOTSTRAP = "0 BOOTSTRAP"
_URL_SUFFIX = ".ManagementServer.ConnectionRequestURL"  # TR-098 and TR-181 alike


@dataclass(frozen=True, slots=True)
class _Change:
    box: KnownBox
    readings: Readings
    inform: Inform | None = None


class Boxes:
    """Keeps boxes. ``secret_for`` gives the password of connection requests, which is kept nowhere."""

    def __init__(self, database: Database, secret_for: SecretFor) -> None:
        self._database = database
        self._secret_for = secret_for
        self._finds = database.together(self._find)
        self._changes = database.together(self._write)
        self._strangers = database.together(self._park)

    async def find(self, device: DeviceId) -> KnownBox | None:
        """The box, when it belongs to an access; ``None`` for a stranger."""
        return await self._finds.submit(device)

    @uncut
    async def of_access(self, access: Access) -> KnownBox | None:
        """The box of an access with its last values; ``None`` without box. The access bounds what can be seen."""
        if access.box is None:
            return None
        query = select(BoxRow.connection_url, BoxRow.readings).where(
            BoxRow.operator_id == access.operator_id,
            BoxRow.id1 == str(access.id1),
            BoxRow.oui == access.box.oui,
            BoxRow.serial == access.box.serial,
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
        url, readings = (None, None) if found is None else found
        return self._known(access.operator_id, access.id1, access.box, url, readings)

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        """Keep an Inform of a known box and the readings it carries; committed on return. Idempotent."""
        await self._changes.submit(_Change(box, readings, inform))

    async def observed(self, box: KnownBox, readings: Readings) -> None:
        """Keep values read from the box; committed on return."""
        await self._changes.submit(_Change(box, readings))

    async def parked(self, inform: Inform) -> None:
        """Note a box that belongs to no access; beyond `PARKED_LIMIT` of them, new ones are not noted."""
        await self._strangers.submit(inform)

    def _known(self, operator_id: str, id1: Id1, device: DeviceId, url: str | None, readings: str | None) -> KnownBox:
        connection = None if url is None else ConnectionRequest(url, str(device), self._secret_for(device))
        values = Readings() if readings is None else codec.load(Readings, readings)
        return KnownBox(operator_id, id1, device, connection, values)

    async def _find(self, devices: Sequence[DeviceId]) -> Sequence[KnownBox | None]:
        same_box = (
            (BoxRow.oui == AccessRow.box_oui)
            & (BoxRow.serial == AccessRow.box_serial)
            & (BoxRow.operator_id == AccessRow.operator_id)
            & (BoxRow.id1 == AccessRow.id1)
        )
        query = (
            select(AccessRow, BoxRow.connection_url, BoxRow.readings)
            .outerjoin(BoxRow, same_box)
            .where(_among(AccessRow.box_oui, AccessRow.box_serial, devices))
        )
        async with self._database.read() as session:
            rows = await session.execute(query)
            found = {(row.box_oui, row.box_serial): (row, url, readings) for row, url, readings in rows}
        return [self._found(device, found.get((device.oui, device.serial))) for device in devices]

    def _found(self, device: DeviceId, found: tuple[AccessRow, str | None, str | None] | None) -> KnownBox | None:
        if found is None:
            return None
        row, url, readings = found
        return self._known(row.operator_id, Id1(row.id1), device, url, readings)

    async def _write(self, changes: Sequence[_Change]) -> Sequence[None]:
        devices = [change.box.device for change in changes]
        query = select(BoxRow).where(_among(BoxRow.oui, BoxRow.serial, devices)).with_for_update()
        async with self._database.write() as session:
            rows = {(row.oui, row.serial): _columns(row) for row in await session.scalars(query)}
            await session.execute(self._upsert, _changed(rows, changes))
        return [None] * len(changes)

    @cached_property
    def _upsert(self) -> Upsert:
        """Built once: naming its columns anew cost as much as running it."""
        insert = self._database.insert(BoxRow)
        change_all = {c.name: insert.excluded[c.name] for c in insert.table.columns if c.name not in _KEY}
        return insert.on_conflict_do_update(index_elements=_KEY, set_=change_all)

    async def _park(self, informs: Sequence[Inform]) -> Sequence[None]:
        insert = self._database.insert(ParkedBoxRow)
        upsert = insert.on_conflict_do_update(
            index_elements=_KEY,
            set_={
                "last_seen_at": insert.excluded.last_seen_at,
                "product_class": insert.excluded.product_class,
                "manufacturer": insert.excluded.manufacturer,
                "informs": ParkedBoxRow.informs + 1,
            },
        )
        devices = [inform.device for inform in informs]
        known_ones = select(ParkedBoxRow.oui, ParkedBoxRow.serial)
        async with self._database.write() as session:
            room = PARKED_LIMIT - (await session.scalar(select(func.count()).select_from(ParkedBoxRow)) or 0)
            rows = await session.execute(known_ones.where(_among(ParkedBoxRow.oui, ParkedBoxRow.serial, devices)))
            noted = {DeviceId(oui, serial) for oui, serial in rows}
            noted.update([device for device in dict.fromkeys(devices) if device not in noted][: max(room, 0)])
            kept = [_stranger(inform) for inform in informs if inform.device in noted]
            if kept:
                await session.execute(upsert, kept)
        return [None] * len(informs)


_KEY = ["oui", "serial"]


def _among(
    oui: InstrumentedAttribute[Any], serial: InstrumentedAttribute[Any], devices: Sequence[DeviceId]
) -> ColumnElement[bool]:
    """These devices, and maybe a few more: SQLite scans the whole table for a list of pairs, not for two lists."""
    return oui.in_(sorted({device.oui for device in devices})) & serial.in_(sorted({d.serial for d in devices}))


def _changed(rows: dict[tuple[str, str], dict[str, Any]], changes: Sequence[_Change]) -> list[dict[str, Any]]:
    """The rows after the changes, those that changed alone."""
    values: dict[tuple[str, str], Readings] = {}
    for change in changes:
        key = (change.box.device.oui, change.box.device.serial)
        row = rows.get(key)
        if row is None or (row["operator_id"], row["id1"]) != (change.box.operator_id, str(change.box.id1)):
            row = rows[key] = _blank(change.box)  # new, or moved to another access: nothing is inherited
            values[key] = Readings()
        elif key not in values:
            values[key] = codec.load(Readings, row["readings"])
        values[key] = newest(values[key], _apply(row, change))
    return [{**rows[key], "readings": codec.dump(readings)} for key, readings in values.items()]


def _columns(row: BoxRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in BoxRow.__table__.columns.keys()}  # noqa: SIM118 - not a dict


def _blank(box: KnownBox) -> dict[str, Any]:
    return {
        "operator_id": box.operator_id,
        "oui": box.device.oui,
        "serial": box.device.serial,
        "id1": str(box.id1),
        "connection_url": None,
        "last_inform_at": None,
        "bootstrapped_at": None,
        "product_class": "",
        "manufacturer": "",
        "cwmp_namespace": "",
        "readings": "{}",
    }


def _apply(row: dict[str, Any], change: _Change) -> Readings:
    """Lay a change on a row; returns the readings that it brings."""
    readings = stored(change.readings)
    inform = change.inform
    if inform is None:
        return readings
    if row["last_inform_at"] is None or inform.at >= row["last_inform_at"]:
        row.update(
            last_inform_at=inform.at,
            product_class=inform.product_class[:64],
            manufacturer=inform.manufacturer[:64],
            cwmp_namespace=inform.cwmp_namespace[:64],
            connection_url=_reported_url(inform) or row["connection_url"],
        )
    if _BOOTSTRAP in inform.events:
        row["bootstrapped_at"] = max(inform.at, row["bootstrapped_at"] or inform.at)
    heard = known(inform.at, inform.at, Source(Via.CWMP, "Inform"), Quality.STORED)
    return newest(Readings({BOX_LAST_INFORM: heard}), readings)


def _reported_url(inform: Inform) -> str | None:
    for name, value in inform.parameters.items():
        if name.endswith(_URL_SUFFIX) and value and value.startswith(("http://", "https://")) and len(value) <= 1024:
            return value
    return None


def _stranger(inform: Inform) -> dict[str, Any]:
    return {
        "oui": inform.device.oui,
        "serial": inform.device.serial,
        "product_class": inform.product_class[:64],
        "manufacturer": inform.manufacturer[:64],
        "first_seen_at": inform.at,
        "last_seen_at": inform.at,
        "informs": 1,
    }
