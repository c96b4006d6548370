"""What boxes announced (starts, transfers, diagnostics) and their parameters, apart from what an Inform touches."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Select, func, select

from domain.box import STARTS, KnownBox, boot_cause
from domain.box_actions import BoxEvent
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_BOOT_CAUSE, BOX_BOOTS_24H, BOX_LAST_INFORM
from domain.reading import Quality, Reading, Source, Via, known
from domain.states import BootCause
from storage.database import Database
from storage.tables import BoxEventRow, BoxParametersRow
from storage.uncut import uncut

_DAY: Final = timedelta(days=1)
_TOLD: Final = Source(Via.CWMP, "Inform")
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
    async def starts(self, box: KnownBox, now: datetime) -> Readings:
        """How often it started by itself in the last 24 h, and why it did last; nothing of a box silent for a day.

        A start is told until it is heard, so that none heard is none. Those that were asked for from here, and those of
        factory settings or of another firmware, say nothing of how it holds: they are left out.
        """
        last = box.readings.value(BOX_LAST_INFORM)
        if last is None or now - last > _DAY:
            return Readings()
        started = _of(BoxEventRow, box).where(BoxEventRow.code.in_(STARTS)).subquery()
        latest = select(func.max(started.c.at)).scalar_subquery()
        query = _of(BoxEventRow, box).where((BoxEventRow.at > now - _DAY) | (BoxEventRow.at == latest))
        async with self._database.read() as session:
            told: defaultdict[datetime, set[str]] = defaultdict(set)
            for event in await session.scalars(query):
                told[event.at].add(event.code)
        causes = {at: cause for at, codes in sorted(told.items()) if (cause := boot_cause(codes)) is not None}
        alone = [at for at, cause in causes.items() if cause is BootCause.LOCAL and at > now - _DAY]
        found: dict[Metric[Any], Reading[Any]] = {BOX_BOOTS_24H: known(len(alone), last, _TOLD, Quality.STORED)}
        if causes:
            at, cause = max(causes.items())
            found[BOX_BOOT_CAUSE] = known(cause, at, _TOLD, Quality.STORED)
        return Readings(found)

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
