"""What boxes announced (starts, transfers, diagnostics) and their parameters, apart from what an Inform touches."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select

from domain.box import KnownBox
from domain.box_actions import BoxEvent
from storage.database import Database
from storage.tables import BoxEventRow, BoxParametersRow
from storage.uncut import uncut

R = TypeVar("R", BoxEventRow, BoxParametersRow)


class BoxHistory:
    """Keeps both. A box that moved to another access shows nothing of the former one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uncut
    async def announced(self, box: KnownBox, events: Sequence[BoxEvent]) -> None:
        """Keep what a box announced. Idempotent."""
        if not events:
            return
        rows = [
            {
                **_owner(box),
                "at": event.at,
                "code": event.code[:64],
                "command_key": event.key[:32],
                "fault_code": event.fault_code,
                "fault_text": event.fault_text[:256],
            }
            for event in events
        ]
        async with self._database.write() as session:
            await session.execute(self._database.insert(BoxEventRow).on_conflict_do_nothing(), rows)

    @uncut
    async def events(self, box: KnownBox, since: datetime) -> Sequence[BoxEvent]:
        """What a box announced since then, oldest first."""
        query = _of(BoxEventRow, box).where(BoxEventRow.at >= since).order_by(BoxEventRow.at)
        async with self._database.read() as session:
            rows = await session.scalars(query)
            return [BoxEvent(row.at, row.code, row.command_key, row.fault_code, row.fault_text) for row in rows]

    @uncut
    async def keep_parameters(self, box: KnownBox, values: Mapping[str, str | None], at: datetime) -> None:
        """Keep parameters, in place of those kept before."""
        payload = zlib.compress(json.dumps(dict(values), separators=(",", ":")).encode(), 1)
        row = {**_owner(box), "at": at, "payload": payload}
        insert = self._database.insert(BoxParametersRow)
        upsert = insert.on_conflict_do_update(
            index_elements=["oui", "serial"], set_={name: insert.excluded[name] for name in row}
        )
        async with self._database.write() as session:
            await session.execute(upsert, [row])

    @uncut
    async def parameters(self, box: KnownBox) -> tuple[datetime, dict[str, str | None]] | None:
        """The parameters kept and their instant."""
        async with self._database.read() as session:
            row = await session.scalar(_of(BoxParametersRow, box))
        return None if row is None else (row.at, json.loads(zlib.decompress(row.payload)))


def _owner(box: KnownBox) -> dict[str, Any]:
    return {
        "operator_id": box.operator_id,
        "oui": box.device.oui,
        "serial": box.device.serial,
        "id1": str(box.id1),
    }


def _of(model: type[R], box: KnownBox) -> Select[R]:
    return select(model).where(
        model.oui == box.device.oui,
        model.serial == box.device.serial,
        model.operator_id == box.operator_id,
        model.id1 == str(box.id1),
    )
