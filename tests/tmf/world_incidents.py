"""A collective incident that touches the access of the example, and events of its OLT."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import OntName
from domain.incident import Ancestor
from domain.incidents import Cause, Change, Incident, Kind, State
from domain.reading import Source, Via
from domain.telemetry import pack
from tests.web import golden

if TYPE_CHECKING:
    from tests.web.world import World

NUMBER = "INC-190509-7F3A2C"


def incident() -> Incident:
    """17 ONTs of a PBO, the access of the example among them."""
    onts = [golden.ONT, *(OntName.parse(f"ONT-1-1-5-10-{rank}") for rank in range(40, 56))]
    return Incident(
        number=NUMBER,
        ancestor=Ancestor.PBO,
        place="PBO-3",
        cause=Cause.FIBRE,
        since=golden.NOW - timedelta(minutes=27),
        opened_at=golden.NOW - timedelta(minutes=26),
        updated_at=golden.NOW,
        members={"OLT-LYON-03": np.sort(np.array([pack(one) for one in onts], dtype=np.int64))},
        down=17,
        confidence=0.97,
    )


def change(one: Incident, kind: Kind) -> Change:
    """A line of its history."""
    return Change(one.number, kind, one.updated_at, one.ancestor, one.place, one.accesses, one.down, one.confidence)


async def opened(world: World) -> Incident:
    """Keep it, as the watch does."""
    one = incident()
    await world.service.records.incidents.keep("OI", [one], [change(one, Kind.OPENED)])
    return one


async def closed(world: World) -> Incident:
    """End it."""
    one = replace(incident(), state=State.CLOSED, closed_at=golden.NOW, down=0, back=17)
    await world.service.records.incidents.keep("OI", [one], [change(one, Kind.CLOSED)])
    return one


def fell(ont: str, kind: EventKind) -> EventObservation:
    """Something that the OLT says of an ONT."""
    name = OntName.parse(ont)
    return EventObservation(
        "OLT-LYON-03",
        kind,
        EventScope.ONT,
        golden.NOW,
        Source(Via.SNMP, "trap:x"),
        name,
        name.pon_name,
    )
