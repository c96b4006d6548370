"""Boxes: whose they are, how to reach them, their last values. Implements `domain.ports.BoxStore`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from domain import codec
from domain.access import Access
from domain.box import ConnectionRequest, Inform, KnownBox
from domain.box_actions import BoxEvent
from domain.box_trust import came_with_own, came_with_shared
from domain.clock import Clock
from domain.identifiers import DeviceId, Id1
from domain.metric import Readings
from domain.secret import Secret
from storage.boxes_history import BoxHistory
from storage.boxes_informs import OF_TRUST, BoxInforms, Informed, blank
from storage.database import Database, Upsert
from storage.instants import read_back
from storage.last_values import newest, stored
from storage.tables import BoxRow, ParkedBoxRow
from storage.uncut import uncut

SecretFor = Callable[[DeviceId], Secret]

PARKED_LIMIT = 10_000
"""Strangers noted at most (C): anyone can send an Inform, nobody may fill the disk."""

_VALUE_CHANGE = "4 VALUE CHANGE"


@dataclass(frozen=True, slots=True)
class _Change:
    box: KnownBox
    readings: Readings


class Boxes:
    """Keeps boxes. ``secret_for`` gives the password of connection requests, which is kept nowhere."""

    def __init__(self, database: Database, secret_for: SecretFor, clock: Clock) -> None:
        self._database = database
        self._secret_for = secret_for
        self._clock = clock
        self._history = BoxHistory(database)
        self._finds = database.together(self._find)
        self._changes = database.together(self._write)
        self._hot = BoxInforms(database, clock)
        self._informs = database.together(self._hot.write)
        self._strangers = database.together(self._park)

    async def find(self, device: DeviceId) -> KnownBox | None:
        """The box, when it belongs to an access; ``None`` for a stranger."""
        return await self._finds.submit(device)

    @uncut
    async def of_access(self, access: Access) -> KnownBox | None:
        """The box of an access with its last values; ``None`` without box. The access bounds what can be seen."""
        if access.box is None:
            return None
        query = select(*OF_TRUST, BoxRow.readings, BoxRow.informed).where(
            BoxRow.operator_id == access.operator_id,
            BoxRow.id1 == str(access.id1),
            BoxRow.oui == access.box.oui,
            BoxRow.serial == access.box.serial,
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return KnownBox(access.operator_id, access.id1, access.box)
        *trust, readings, informed = found
        values = newest(codec.load(Readings, readings), codec.load(Readings, informed), self._clock.now())
        box = self._known(access.operator_id, access.id1, access.box, trust, values)
        return replace(box, readings=values.merged(await self._history.starts(box, self._clock.now())))

    async def informed(self, box: KnownBox, inform: Inform, readings: Readings) -> None:
        """Keep an Inform of a known box and the readings it carries; committed on return. Idempotent.

        The readings take the place of those of the Inform before, unread, but those of a ``4 VALUE CHANGE`` are kept
        beside them too: the next Inform does not repeat them.
        """
        await self._informs.submit(Informed(box, inform, readings))
        if _VALUE_CHANGE in inform.events:
            await self.observed(box, readings)

    async def observed(self, box: KnownBox, readings: Readings) -> None:
        """Keep values read from the box; committed on return."""
        await self._changes.submit(_Change(box, readings))

    async def announced(self, box: KnownBox, events: Sequence[BoxEvent]) -> None:
        """Keep what a box announced. Idempotent."""
        await self._history.announced(box, events)

    async def events(self, box: KnownBox, since: datetime) -> Sequence[BoxEvent]:
        """What a box announced since then, oldest first."""
        return await self._history.events(box, since)

    @uncut
    async def secured(self, box: KnownBox, generation: int | None, *, renew: bool) -> KnownBox | None:
        """Keep `domain.box_trust.came_with_own`; the box as it is trusted now, ``None`` when it is not any more."""
        return await self._trust(box, lambda known: came_with_own(known, generation, renew=renew))

    @uncut
    async def opened(self, box: KnownBox, until: datetime | None) -> None:
        """Let a secured box come with a shared secret until then, or no more."""
        await self._change(box, open_until=until)

    @uncut
    async def shared(self, box: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox | None:
        """Keep `domain.box_trust.came_with_shared`; the box as it is trusted now, ``None`` when it is not any more."""
        return await self._trust(box, lambda known: came_with_shared(known, box, mark, again=again, another=another))

    async def _trust(self, box: KnownBox, change: Callable[[KnownBox], KnownBox | None]) -> KnownBox | None:
        """Change how far a box is trusted: from what is kept now, or two who come at once would be given the same."""
        mine = _mine(box)
        async with self._database.write() as session:
            found = (await session.execute(select(*OF_TRUST).where(*mine).with_for_update())).one_or_none()
            if found is None:
                return change(box)  # it was taken away meanwhile
            known = change(self._known(box.operator_id, box.id1, box.device, found, box.readings))
            if known is not None:
                await session.execute(_kept(mine, known))
        return known

    async def _change(self, box: KnownBox, **values: Any) -> None:
        change = update(BoxRow).where(*_mine(box)).values(**values).execution_options(synchronize_session=False)
        async with self._database.write() as session:
            await session.execute(change)

    @uncut
    async def by_secret(self, operator_id: str | None = None) -> Mapping[tuple[str | None, bool], int]:
        """How many boxes last came with each shared secret (its mark, or none), and have proved their own since or not.

        Of one operator, or of all.
        """
        proved = BoxRow.secured_at.is_not(None)
        query = select(BoxRow.shared_secret, proved, func.count()).group_by(BoxRow.shared_secret, proved)
        if operator_id is not None:
            query = query.where(BoxRow.operator_id == operator_id)
        async with self._database.read() as session:
            return {(mark, bool(own)): count for mark, own, count in await session.execute(query)}

    async def keep_parameters(self, box: KnownBox, values: Mapping[str, str | None], at: datetime) -> None:
        """Keep parameters as the box names them, in place of those kept before."""
        await self._history.keep_parameters(box, values, at)

    async def parameters(self, box: KnownBox) -> tuple[datetime, dict[str, str | None]] | None:
        """The parameters kept of a box and their instant; ``None`` when none were."""
        return await self._history.parameters(box)

    @uncut
    async def count_informed(self) -> int:
        """How many boxes of accesses have informed, for measures."""
        async with self._database.read() as session:
            return await session.scalar(select(func.count()).where(BoxRow.last_inform_at.is_not(None))) or 0

    async def parked(self, inform: Inform) -> None:
        """Note a box that belongs to no access; beyond `PARKED_LIMIT` of them, new ones are not noted."""
        await self._strangers.submit(inform)

    def _known(
        self,
        operator_id: str,
        id1: Id1,
        device: DeviceId,
        trust: Sequence[Any],
        values: Readings | None = None,
    ) -> KnownBox:
        url, secured_at, generation, offers, given, open_until, mark = trust
        connection = None if url is None else ConnectionRequest(url, str(device), self._secret_for(device))
        return KnownBox(
            operator_id,
            id1,
            device,
            connection,
            values or Readings(),
            secured_at is not None,
            generation or 0,  # of a box that never informed there is no row
            offers or 0,
            given or 0,
            read_back(open_until),
            mark,
        )

    async def _find(self, devices: Sequence[DeviceId]) -> Sequence[KnownBox | None]:
        rows = await self._hot.find(devices)
        return [self._found(device, row) for device, row in zip(devices, rows, strict=True)]

    def _found(self, device: DeviceId, found: Sequence[Any] | None) -> KnownBox | None:
        if found is None:
            return None
        operator_id, id1, *trust = found
        return self._known(operator_id, Id1(id1), device, trust)

    async def _write(self, changes: Sequence[_Change]) -> Sequence[None]:
        devices = [change.box.device for change in changes]
        query = select(BoxRow).where(_among(BoxRow.oui, BoxRow.serial, devices)).with_for_update()
        async with self._database.write() as session:
            rows = {(row.oui, row.serial): _columns(row) for row in await session.scalars(query)}
            await session.execute(self._upsert, _changed(rows, changes, self._clock.now()))
        return [None] * len(changes)

    @cached_property
    def _upsert(self) -> Upsert:
        """Built once: naming its columns anew cost as much as running it."""
        insert = self._database.insert(BoxRow)
        change_all = {c.name: insert.excluded[c.name] for c in insert.table.columns if c.name not in _KEY}
        return insert.on_conflict_do_update(index_elements=_KEY, set_=change_all)

    async def _park(self, informs: Sequence[Inform]) -> Sequence[None]:
        await self._database.in_one_visit(lambda connection: self._keep_parked(connection, informs), writing=True)
        return [None] * len(informs)

    def _keep_parked(self, connection: Connection, informs: Sequence[Inform]) -> None:
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
        room = PARKED_LIMIT - (connection.scalar(select(func.count()).select_from(ParkedBoxRow)) or 0)
        known_ones = select(ParkedBoxRow.oui, ParkedBoxRow.serial)
        rows = connection.execute(known_ones.where(_among(ParkedBoxRow.oui, ParkedBoxRow.serial, devices)))
        noted = {DeviceId(oui, serial) for oui, serial in rows}
        noted.update([device for device in dict.fromkeys(devices) if device not in noted][: max(room, 0)])
        kept = [_stranger(inform) for inform in informs if inform.device in noted]
        if kept:
            connection.execute(upsert, kept)


_KEY = ["oui", "serial"]


def _mine(box: KnownBox) -> tuple[ColumnElement[bool], ...]:
    return (
        BoxRow.oui == box.device.oui,
        BoxRow.serial == box.device.serial,
        BoxRow.operator_id == box.operator_id,
        BoxRow.id1 == str(box.id1),
    )


def _kept(mine: tuple[ColumnElement[bool], ...], known: KnownBox) -> Update:
    """How far it is trusted, as columns."""
    return (
        update(BoxRow)
        .where(*mine)
        .values(
            secured_at=func.coalesce(BoxRow.secured_at, BoxRow.last_inform_at) if known.secured else None,
            generation=known.generation,
            offers=known.offers,
            given=known.given,
            open_until=known.open_until,
            shared_secret=known.mark,
        )
        .execution_options(synchronize_session=False)
    )


def _among(
    oui: InstrumentedAttribute[Any], serial: InstrumentedAttribute[Any], devices: Sequence[DeviceId]
) -> ColumnElement[bool]:
    """These devices, and maybe a few more: SQLite scans the whole table for a list of pairs, not for two lists."""
    return oui.in_(sorted({device.oui for device in devices})) & serial.in_(sorted({d.serial for d in devices}))


def _changed(
    rows: dict[tuple[str, str], dict[str, Any]], changes: Sequence[_Change], now: datetime
) -> list[dict[str, Any]]:
    """The rows after the changes, those that changed alone."""
    values: dict[tuple[str, str], Readings] = {}
    for change in changes:
        key = (change.box.device.oui, change.box.device.serial)
        row = rows.get(key)
        if row is None or (row["operator_id"], row["id1"]) != (change.box.operator_id, str(change.box.id1)):
            # New, or moved to another access: nothing is inherited but what the device itself remembers.
            kept = (
                {} if row is None else {name: row[name] for name in ("generation", "offers", "given", "shared_secret")}
            )
            row = rows[key] = blank(change.box) | kept
            values[key] = Readings()
        elif key not in values:
            values[key] = codec.load(Readings, row["readings"])
        values[key] = newest(values[key], stored(change.readings), now)
    return [{**rows[key], "readings": codec.dump(readings)} for key, readings in values.items()]


def _columns(row: BoxRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in BoxRow.__table__.columns.keys()}  # noqa: SIM118 - not a dict


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
