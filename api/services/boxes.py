"""The record of an access's box: what it last said, with the instant of each value, or read again live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.access import Access
from domain.box import KnownBox
from domain.clock import Clock
from domain.identifiers import DeviceId, Id1
from domain.metric import Readings
from domain.metrics.box import BOX_INFORM_INTERVAL_S, BOX_LAST_INFORM, BOX_REACH
from domain.ports import BoxGateway
from domain.principal import Principal, Right
from domain.snapshot import SourceReport
from domain.states import Reach

_SLACK = timedelta(minutes=5)  # C: an Inform that is late by its own retries is not a box that has gone


class BoxActivity(StrEnum):
    """Whether a box still speaks."""

    ACTIVE = "ACTIF"
    INACTIVE = "INACTIF"


@dataclass(frozen=True, slots=True)
class BoxRecord:
    """What is known of a box.

    Attributes:
        access: Its access.
        device: Its identity.
        activity: Whether it speaks; ``None`` when that cannot be said.
        readings: Its values, tables among them.
        report: How a live read went; ``None`` without one.
        secured: Whether it proves a secret of its own to the ACS.
        open_until: Until when it may come with the shared secret though it is secured; ``None``: it may not.
    """

    access: Access
    device: DeviceId
    activity: BoxActivity | None
    readings: Readings
    report: SourceReport | None = None
    secured: bool = False
    open_until: datetime | None = None


class _Accesses(Protocol):
    async def get(self, who: Principal, id1: Id1) -> Access: ...


class _Boxes(Protocol):
    async def of_access(self, access: Access) -> KnownBox | None: ...


class BoxService:
    """Shows boxes to the operator whose they are.

    Args:
        accesses: Accesses, as an operator sees them.
        boxes: Their boxes.
        gateway: Who reads boxes live.
        clock: The clock in force.
        patience_s: How long a live read may take.
    """

    def __init__(
        self, accesses: _Accesses, boxes: _Boxes, gateway: BoxGateway, clock: Clock, patience_s: float
    ) -> None:
        self._accesses = accesses
        self._boxes = boxes
        self._gateway = gateway
        self._clock = clock
        self._patience_s = patience_s

    async def record(self, who: Principal, id1: Id1, *, live: bool = False) -> BoxRecord | None:
        """The record of the box of an access; ``None`` for an access without box."""
        who.require(Right.TEST)
        access = await self._accesses.get(who, id1)
        box = await self._boxes.of_access(access)
        if box is None:
            return None
        readings, report = box.readings, None
        if live:
            outcome = await self._gateway.read(box, self._patience_s)
            readings, report = box.readings.merged(outcome.readings), next(iter(outcome.sources), None)
        now = self._clock.now()
        still_open = box.open_until is not None and now < box.open_until
        return BoxRecord(
            access,
            box.device,
            activity(readings, now),
            readings,
            report,
            box.secured,
            box.open_until if still_open else None,
        )


def activity(readings: Readings, now: datetime) -> BoxActivity | None:
    """Active when it answers, or while its Informs come: twice their interval and some slack.

    A refused connection request alone says nothing: the box may stand behind another NAT.
    """
    if readings.value(BOX_REACH) is Reach.ANSWERED and (heard := readings[BOX_REACH].at) is not None:
        last: datetime | None = max(heard, readings.value(BOX_LAST_INFORM) or heard)
    else:
        last = readings.value(BOX_LAST_INFORM)
    if last is None or readings.value(BOX_INFORM_INTERVAL_S) is None:
        return None
    return BoxActivity.ACTIVE if last >= fresh_since(readings, now) else BoxActivity.INACTIVE


def fresh_since(readings: Readings, now: datetime) -> datetime:
    """The instant before which what a box told is not fresh: two of its intervals and some slack ago.

    Of a box whose interval is not known it is the slack alone.
    """
    interval_s = readings.value(BOX_INFORM_INTERVAL_S)
    return now - 2 * timedelta(seconds=0 if interval_s is None else interval_s) - _SLACK
