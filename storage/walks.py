"""The last walk of each OLT. Implements `domain.ports.WalkStore`."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select

from domain.clock import Clock
from domain.metric import Metric, Readings
from domain.metrics import ont
from domain.olt import OltTarget, OltWalk, OntRow
from domain.pacing import paced
from storage.database import Database
from storage.last_values import AHEAD
from storage.tables import WalkRow
from storage.uncut import uncut
from storage.walk_columns import text_of, walk_of

CACHED = 32
"""Decoded walks held at once (C: some MB each for an OLT of 600 ONTs)."""

STATES: frozenset[Metric[Any]] = frozenset(
    {
        ont.ONT_PROVISIONED,
        ont.ONT_ADMIN,
        ont.ONT_OPER,
        ont.ONT_LAST_CHANGE,
        ont.ONT_ALARMS,
        ont.ONT_RANGING,
        ont.ONT_DISTANCE_M,
        ont.ONT_RX_DBM,
        ont.ONT_TX_DBM,
        ont.OLT_RX_DBM,
    }
)
"""What may be known of somebody else's ONT: states and levels; no serial number, no password, no equipment."""


@dataclass(frozen=True, slots=True)
class _Held:
    revision: int
    walk: OltWalk
    states: OltWalk


class Walks:
    """Keeps one walk an OLT. A decoded walk is kept at hand until a newer one is in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    @uncut
    async def keep(self, olt: OltTarget, walk: OltWalk) -> None:
        """Keep a walk as the last of that OLT.

        An older walk than the one kept is dropped, unless that is dated ahead of now; so is one that brought no row
        at all (its OLT did not answer), when there is one that did: what was known of the neighbours stays known, at
        its own instant.
        """
        text = await text_of(walk)
        payload = await asyncio.to_thread(zlib.compress, text.encode(), 1)
        insert = self._database.insert(WalkRow).values(
            operator_id=olt.operator_id, olt=olt.name, at=walk.at, revision=1, payload=payload
        )
        change = {"at": walk.at, "payload": payload, "revision": WalkRow.revision + 1}
        if walk.cards or walk.pon_ports or walk.onts:
            older = or_(WalkRow.at <= walk.at, WalkRow.at > self._clock.now() + AHEAD)
            upsert = insert.on_conflict_do_update(index_elements=["olt"], set_=change, where=older)
        else:
            upsert = insert.on_conflict_do_nothing(index_elements=["olt"])
        kept = await self._database.in_one_visit(
            lambda connection: connection.execute(upsert.returning(WalkRow.revision)).first(), writing=True
        )
        if kept is not None:
            self._hold(olt, await _held(int(kept[0]), walk))

    @uncut
    async def last(self, olt: OltTarget) -> OltWalk | None:
        """The last walk of that OLT, identities included: for the owner of the OLT."""
        held = await self._last(olt)
        return None if held is None else held.walk

    @uncut
    async def states(self, olt: OltTarget) -> OltWalk | None:
        """The last walk with, of each ONT, nothing but `STATES`: what may be known of anybody's neighbours."""
        held = await self._last(olt)
        return None if held is None else held.states

    async def _last(self, olt: OltTarget) -> _Held | None:
        mine = (WalkRow.operator_id == olt.operator_id, WalkRow.olt == olt.name)
        held = self._held.get((olt.operator_id, olt.name))
        async with self._database.read() as session:
            revision = await session.scalar(select(WalkRow.revision).where(*mine))
            if held is not None and held.revision == revision:
                return held
            row = await session.scalar(select(WalkRow).where(*mine))
        if row is None:
            return None
        text = await asyncio.to_thread(zlib.decompress, row.payload)
        held = await _held(row.revision, await walk_of(text.decode()))
        self._hold(olt, held)
        return held

    def _hold(self, olt: OltTarget, held: _Held) -> None:
        self._held[olt.operator_id, olt.name] = held
        self._held.move_to_end((olt.operator_id, olt.name))
        while len(self._held) > CACHED:
            self._held.popitem(last=False)


async def _held(revision: int, walk: OltWalk) -> _Held:
    onts = [OntRow(row.name, _states(row.readings)) async for row in paced(walk.onts)]
    return _Held(revision, walk, replace(walk, onts=tuple(onts), discovered=()))


def _states(readings: Readings) -> Readings:
    return Readings({metric: reading for metric, reading in readings.values.items() if metric in STATES})
