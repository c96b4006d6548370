"""What happened to accesses."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import Access, AccessChange, AccessState, OutsidePlant
from domain.identifiers import Id1
from domain.principal import Principal
from storage.database import Database
from storage.scope import WHO, mine_at_once
from storage.tables import AccessEventRow


@dataclass(frozen=True, slots=True)
class AccessEvent:
    """One line of the history of an access.

    Attributes:
        before: What it was, by field; empty for a creation. Never a secret.
        after: What it became.
    """

    at: datetime
    kind: AccessChange
    account: str
    before: dict[str, Any]
    after: dict[str, Any]


def changes_of(before: Access | None, after: Access) -> tuple[AccessChange, ...]:
    """What an order changes; a first box or ONT is a delivery, not an exchange."""
    if before is None:
        return (AccessChange.CREATED,)
    found: list[AccessChange] = []
    if after.state is AccessState.TERMINATED:
        found.append(AccessChange.TERMINATED)
    if before.box is not None and after.box is not None and before.box != after.box:
        found.append(AccessChange.BOX_EXCHANGED)
    moved = before.place is not None and after.place is not None and before.place != after.place
    other = before.ont_serial is not None and after.ont_serial is not None and before.ont_serial != after.ont_serial
    if moved or other:
        found.append(AccessChange.ONT_EXCHANGED)
    if (before.gtr, before.zone) != (after.gtr, after.zone):
        found.append(AccessChange.GTR)
    if before.building != after.building:
        found.append(AccessChange.BUILDING)
    told = replace(after, building=before.building, gtr=before.gtr, zone=before.zone, outside=OutsidePlant())
    if not found and told != replace(before, outside=OutsidePlant()):
        found.append(AccessChange.CHANGED)
    return tuple(found)


def note(
    session: AsyncSession, who: Principal, before: Access | None, after: Access, change: AccessChange, at: datetime
) -> None:
    """Write one event inside a transaction."""
    session.add(AccessEventRow(**event(who, before, after, change, at)))


def event(who: Principal, before: Access | None, after: Access, change: AccessChange, at: datetime) -> dict[str, Any]:
    """The columns of one event."""
    was, now = ({} if one is None else _told(one) for one in (before, after))
    return {
        "operator_id": who.operator_id,
        "id1": str(after.id1),
        "at": at,
        "kind": change.value,
        "account": who.account,
        "before": json.dumps({key: value for key, value in was.items() if now.get(key) != value}),
        "after": json.dumps({key: value for key, value in now.items() if was.get(key) != value}),
    }


def _told(access: Access) -> dict[str, Any]:
    """The access without its secrets."""
    return {
        "offer_label": access.offer_label,
        "service_type": access.service_type,
        "id2": access.id2 and str(access.id2),
        "olt": access.place and access.place.olt,
        "ont": access.place and str(access.place.ont),
        "ont_serial": access.ont_serial and str(access.ont_serial),
        "box": access.box and str(access.box),
        "optical_class": access.optical_class.value,
        "gtr": access.gtr,
        "zone": access.zone.value,
        "imb": access.building and access.building.imb,
        "state": access.state.value,
        "port25": access.port25.value,
    }


_EVENTS = (
    mine_at_once(AccessEventRow)
    .where(AccessEventRow.id1 == bindparam("access"))
    .order_by(AccessEventRow.event_id.desc())
)


class AccessHistory:
    """Reads the history of accesses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, who: Principal, id1: Id1) -> builtins.list[AccessEvent]:
        """What happened to an access, newest first."""
        return [
            AccessEvent(row.at, AccessChange(row.kind), row.account, json.loads(row.before), json.loads(row.after))
            for row in await self._database.rows(_EVENTS, {WHO: who.operator_id, "access": str(id1)})
        ]
