"""Collective incidents as each reader may see them.

The operator of the network, with the right « NOC », sees its own whole. A commercial operator sees that an incident
touches accesses of its own, and how many of them: never others'.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from api.services.incident_feed import Told
from api.services.incidents import IncidentWatch
from api.services.olts import require_network
from domain.errors import NotFoundError
from domain.incidents import Change, Incident, Kind
from domain.principal import Principal, Right
from domain.telemetry import pack
from storage.records import Records

_LOOKED_AT = 1_000  # C: incidents among which a commercial operator's are looked for


@dataclass(frozen=True, slots=True)
class View:
    """An incident as one reader may see it.

    Attributes:
        incident: The incident.
        mine: How many accesses of the reader's operator it took; ``None`` for the operator of the network.
    """

    incident: Incident
    mine: int | None


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to an incident that a reader may see."""

    change: Change
    view: View

    @property
    def name(self) -> str:
        """``start``, ``update`` or ``end``."""
        if self.change.kind in {Kind.OPENED, Kind.SPLIT}:
            return "start"
        return "end" if self.change.kind in {Kind.CLOSED, Kind.ABSORBED} else "update"


Places = Mapping[str, NDArray[np.int64]]
"""The ONTs of an operator's accesses, by OLT."""


class IncidentService:
    """Answers questions about incidents."""

    def __init__(self, watch: IncidentWatch, records: Records) -> None:
        self.watch = watch
        self._records = records

    async def list(
        self, who: Principal, *, is_open: bool | None, olt: str | None, since: datetime | None, limit: int
    ) -> builtins.list[View]:
        """The incidents that the reader may see, the last opened first."""
        if await self._owns(who):
            if olt is not None:
                await self._records.olts.get(who, olt)
            found = await self._records.incidents.list(
                [who.operator_id], is_open=is_open, olt=olt, since=since, limit=limit
            )
            return [View(self._now(one), None) for one in found]
        operators = await self._records.olts.owners()
        found = await self._records.incidents.list(operators, is_open=is_open, olt=olt, since=since, limit=_LOOKED_AT)
        mine = await self._places(who, found)
        views = [View(self._now(one), _touched(one, mine)) for one in found]
        return [view for view in views if view.mine][:limit]

    async def get(self, who: Principal, number: str) -> tuple[View, builtins.list[Change]]:
        """One incident, with its history for the operator of the network; raises `NotFoundError`."""
        owns = await self._owns(who)
        operator, found = await self._records.incidents.get(number)
        if owns and operator == who.operator_id:
            return View(self._now(found), None), await self._records.incidents.history(who, number)
        touched = 0 if owns else _touched(found, await self._places(who, [found]))
        if not touched:
            raise NotFoundError("incident", number)
        return View(self._now(found), touched), []

    async def follow(self, who: Principal) -> AsyncIterator[News]:
        """What happens from now on; the reader's accesses are those at the time of asking."""
        mine = await self._mine(who)
        return self._news(who, mine)

    async def _news(self, who: Principal, mine: Places | None) -> AsyncIterator[News]:
        with self.watch.feed.follow() as queue:
            while True:
                news = _seen(await queue.get(), who, mine)
                if news is not None:
                    yield news

    def _now(self, kept: Incident) -> Incident:
        """The incident as it is followed: what is kept is of its last change."""
        return self.watch.current(kept.number) or kept

    async def _owns(self, who: Principal) -> bool:
        """Whether the reader is the operator of a network; raises `ForbiddenError` for who may not read incidents."""
        if (await self._records.operators.get(who.operator_id)).is_infrastructure:
            require_network(who)
            return True
        if not who.may(Right.NOC):
            who.require(Right.TEST)
        return False

    async def _mine(self, who: Principal) -> Places | None:
        """The ONTs of the reader's accesses; ``None``: it is the operator of the network."""
        return None if await self._owns(who) else await self._places(who, None)

    async def _places(self, who: Principal, incidents: Sequence[Incident] | None) -> Places:
        """The ONTs of the reader's accesses, on the OLTs that these incidents touch; ``None``: on all."""
        olts = None if incidents is None else sorted({olt for one in incidents for olt in one.members})
        found: dict[str, list[int]] = {}
        for olt, ont in await self._records.accesses.places(who, olts) if olts is None or olts else ():
            found.setdefault(olt, []).append(pack(ont))
        return {olt: np.array(keys, dtype=np.int64) for olt, keys in found.items()}


def _touched(one: Incident, mine: Places) -> int:
    return sum(int(np.isin(keys, one.members[olt]).sum()) for olt, keys in mine.items() if olt in one.members)


def _seen(told: Told, who: Principal, mine: Places | None) -> News | None:
    if mine is None:
        return News(told.change, View(told.incident, None)) if told.operator_id == who.operator_id else None
    touched = _touched(told.incident, mine)
    return News(told.change, View(told.incident, touched)) if touched else None
