"""Many orders about accesses in one transaction, each within a savepoint of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import IntegrityError

from domain.access import Access, AccessChange, AccessState
from domain.errors import ConflictError, DiagnosticsError, NotFoundError
from domain.principal import Principal
from storage.access_history import changes_of, event
from storage.access_rows import TAKEN, Provisioned, access_of, adoptions, values_of
from storage.tables import AccessEventRow, AccessRow, OltRow

Insert = Callable[[Any], Any]
"""``INSERT`` of the dialect in use."""


def provision_in(
    insert: Insert, who: Principal, accesses: Sequence[Access], at: datetime, connection: Connection
) -> list[Provisioned | DiagnosticsError]:
    """Create or change each access, and keep what it was; what does not fit is told in its place."""
    known, olts = _known(connection, accesses), _olts(connection, accesses)
    found: list[Provisioned | DiagnosticsError] = []
    for access in accesses:
        try:
            before = _writable(who, access, known.get(str(access.id1)), olts)
            with connection.begin_nested():
                found.append(_provision(insert, who, before, access, at, connection))
        except IntegrityError:  # its text may hold values: it goes no further
            found.append(ConflictError("access", str(access.id1), TAKEN))
        except DiagnosticsError as error:
            found.append(error)
    return found


def _known(connection: Connection, accesses: Sequence[Access]) -> Mapping[str, Any]:
    """The rows of these accesses, whoever they belong to."""
    table = AccessRow.__table__
    query = select(table).where(table.c.id1.in_([str(one.id1) for one in accesses]))
    return {row.id1: row for row in connection.execute(query)}


def _olts(connection: Connection, accesses: Sequence[Access]) -> frozenset[str]:
    """Those of their OLTs that are declared."""
    wanted = {one.place.olt for one in accesses if one.place is not None}
    return frozenset(connection.scalars(select(OltRow.name).where(OltRow.name.in_(wanted)))) if wanted else frozenset()


def _writable(who: Principal, access: Access, row: Any, olts: frozenset[str]) -> Access | None:
    """The access as it was; ``None`` for a new one."""
    if access.place is not None and access.place.olt not in olts:
        raise NotFoundError("olt", access.place.olt)
    if row is None:
        return None
    if row.operator_id != who.operator_id:
        raise ConflictError("access", str(access.id1), TAKEN)
    before = access_of(row, None)
    if before.state is AccessState.TERMINATED:
        raise ConflictError("access", str(access.id1), "this access is terminated")
    return before


def _provision(
    insert: Insert, who: Principal, before: Access | None, access: Access, at: datetime, connection: Connection
) -> Provisioned:
    if before is not None:
        access = replace(access, port25=before.port25)  # no order of the inventory tells it
    changes = changes_of(before, access)
    if not changes:
        return Provisioned(before, access, ())
    stamps = {"opened_at": at} if AccessChange.CREATED in changes else {}
    stamps |= {"terminated_at": at} if AccessChange.TERMINATED in changes else {}
    if before is None:
        own = {"operator_id": who.operator_id, "id1": str(access.id1), "port25": access.port25.value}
        connection.execute(insert(AccessRow).values(**own, **values_of(access), **stamps))
    else:
        table = _table(AccessRow)
        mine = table.update().where(table.c.operator_id == who.operator_id, table.c.id1 == str(access.id1))
        connection.execute(mine.values(**values_of(access), **stamps))
    events = [event(who, before, access, change, at) for change in changes]
    connection.execute(_table(AccessEventRow).insert(), events)
    for change in adoptions(access):
        connection.execute(change)
    return Provisioned(before, access, changes)


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table
