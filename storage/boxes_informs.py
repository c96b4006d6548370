"""The two statements that every Inform costs, written for their price: whose is the box, and what it says now.

On SQLite they run on the driver itself, in one visit of a thread, with SQL that SQLAlchemy wrote once: building a
select for a list of boxes cost as much as the whole rest of a session. On PostgreSQL SQLAlchemy runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import InstrumentedAttribute

from domain.box import Inform, KnownBox
from domain.clock import Clock
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.metrics.box import BOX_LAST_INFORM
from domain.reading import Quality, Source, Via, known
from storage.boxes_values import dump_stored
from storage.database import Database, Upsert
from storage.instants import Instant
from storage.last_values import AHEAD
from storage.tables import AccessRow, BoxRow

_BOOTSTRAP: Final = "0 BOOTSTRAP"
_URL_SUFFIX: Final = ".ManagementServer.ConnectionRequestURL"  # TR-098 and TR-181 alike
_KEY: Final = ["oui", "serial"]
_AHEAD: Final = "ahead_at"
_OF_INFORM = (
    "operator_id", "id1", "last_inform_at", "product_class", "manufacturer", "cwmp_namespace", "informed"
)  # fmt: skip
OF_TRUST = (
    BoxRow.connection_url,
    BoxRow.secured_at,
    BoxRow.generation,
    BoxRow.offers,
    BoxRow.given,
    BoxRow.open_until,
    BoxRow.shared_secret,
)
"""How a box is reached, and how far it is trusted."""
_OF_BOX = (AccessRow.operator_id, AccessRow.id1, *OF_TRUST)
_JOINED = (
    (BoxRow.oui == AccessRow.box_oui)
    & (BoxRow.serial == AccessRow.box_serial)
    & (BoxRow.operator_id == AccessRow.operator_id)
    & (BoxRow.id1 == AccessRow.id1)
)
_FIND_ONE = (
    select(*_OF_BOX)
    .outerjoin_from(AccessRow, BoxRow, _JOINED)
    .where(AccessRow.box_oui == bindparam("oui"), AccessRow.box_serial == bindparam("serial"))
)
_FIND_SQL = str(_FIND_ONE.compile(dialect=sqlite.dialect()))
_FIND = select(AccessRow.box_oui, AccessRow.box_serial, *_OF_BOX).outerjoin_from(AccessRow, BoxRow, _JOINED)


@dataclass(frozen=True, slots=True)
class Informed:
    """An Inform of a known box and the readings that it carries."""

    box: KnownBox
    inform: Inform
    readings: Readings


class BoxInforms:
    """Finds boxes by their identity, and keeps their Informs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, devices: Sequence[DeviceId]) -> Sequence[Sequence[Any] | None]:
        """Operator, ID1, URL, and how far each is trusted; ``None`` for a stranger."""
        return await self._database.in_one_visit(lambda connection: _find(connection, devices), writing=False)

    async def write(self, informs: Sequence[Informed]) -> Sequence[None]:
        """Keep them; committed on return."""
        ahead = {_AHEAD: self._clock.now() + AHEAD}
        rows = [_inform_row(item) | ahead for item in informs]

        def write(connection: Connection) -> None:
            if connection.dialect.name != "sqlite":
                connection.execute(self._upsert, rows)
                return
            sql, names = self._prepared
            cursor = connection.connection.cursor()
            cursor.executemany(sql, [tuple(_plain(row[name]) for name in names) for row in rows])
            cursor.close()

        await self._database.in_one_visit(write, writing=True)
        return [None] * len(informs)

    @cached_property
    def _upsert(self) -> Upsert:
        """One statement an Inform and nothing read: a box that moved to another access inherits nothing."""
        insert = self._database.insert(BoxRow)
        new = insert.excluded
        same = and_(BoxRow.operator_id == new.operator_id, BoxRow.id1 == new.id1)

        def kept(column: InstrumentedAttribute[Any], otherwise: Any) -> ColumnElement[Any]:
            return case((same, column), else_=otherwise)

        latest = {name: new[name] for name in _OF_INFORM}
        return insert.on_conflict_do_update(
            index_elements=_KEY,
            set_={
                **latest,
                "connection_url": func.coalesce(new.connection_url, kept(BoxRow.connection_url, null())),
                "bootstrapped_at": func.coalesce(new.bootstrapped_at, kept(BoxRow.bootstrapped_at, null())),
                "secured_at": kept(BoxRow.secured_at, null()),
                "open_until": kept(BoxRow.open_until, null()),
                "readings": kept(BoxRow.readings, literal_column("'{}'")),
            },
            where=or_(
                not_(same),
                BoxRow.last_inform_at.is_(None),
                new.last_inform_at >= BoxRow.last_inform_at,
                BoxRow.last_inform_at > bindparam(_AHEAD, type_=Instant()),  # dated by a clock that was set back since
            ),
        )

    @cached_property
    def _prepared(self) -> tuple[str, Sequence[str]]:
        """The same as SQLite's text, and the order of its parameters: columns all, constants are written out."""
        columns = list(BoxRow.__table__.columns.keys())
        compiled = self._upsert.compile(dialect=sqlite.dialect(), column_keys=columns)
        return str(compiled), tuple(compiled.positiontup or ())


def _find(connection: Connection, devices: Sequence[DeviceId]) -> list[Sequence[Any] | None]:
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        try:
            return [cursor.execute(_FIND_SQL, (device.oui, device.serial)).fetchone() for device in devices]  # type: ignore[attr-defined,func-returns-value,unused-ignore]  # the driver's own cursor
        finally:
            cursor.close()
    wanted = [(device.oui, device.serial) for device in devices]
    rows = connection.execute(_FIND.where(tuple_(AccessRow.box_oui, AccessRow.box_serial).in_(wanted)))
    found = {(row[0], row[1]): tuple(row[2:]) for row in rows}
    return [found.get(key) for key in wanted]


def _plain(value: Any) -> Any:
    """A value as SQLite keeps it: instants as `storage.instants` writes them there."""
    return (
        value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        if isinstance(value, datetime)
        else value
    )


def blank(box: KnownBox) -> dict[str, Any]:
    """The row of a box of which nothing is known but whose it is."""
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
        "informed": "{}",
        "secured_at": None,
        "generation": 0,
        "offers": 0,
        "given": 0,
        "open_until": None,
        "shared_secret": None,
    }


def _inform_row(item: Informed) -> dict[str, Any]:
    inform = item.inform
    heard = known(inform.at, inform.at, Source(Via.CWMP, "Inform"), Quality.STORED)
    return blank(item.box) | {
        "connection_url": _reported_url(inform),
        "last_inform_at": inform.at,
        "bootstrapped_at": inform.at if _BOOTSTRAP in inform.events else None,
        "product_class": inform.product_class[:64],
        "manufacturer": inform.manufacturer[:64],
        "cwmp_namespace": inform.cwmp_namespace[:64],
        "informed": dump_stored(Readings({BOX_LAST_INFORM: heard, **item.readings.values})),
    }


def _reported_url(inform: Inform) -> str | None:
    for name, value in inform.parameters.items():
        if name.endswith(_URL_SUFFIX) and value and value.startswith(("http://", "https://")) and len(value) <= 1024:
            return value
    return None
