"""A demo plant on a clock that only moves when told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.identifiers import OntName, PonName
from simulators.plant.description import PlantDescription, load
from simulators.plant.plant import Plant
from simulators.plant.state import BoxState, EventKind, OntState, PlantEvent
from simulators.run import DEMO_PLANT

GOLDEN = OntName.parse("ONT-1-1-5-10-19")
GOLDEN_PBO = "PBO-5-10-3-1"
GOLDEN_PON = PonName.parse("PON-1-1-5-10")


class HandClock:
    """Moved by hand; sleepers wake when it passes their instant."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        return self._instant

    async def sleep_until(self, instant: datetime) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._instant >= instant)

    def move(self, seconds: float) -> None:
        self._instant += timedelta(seconds=seconds)

    async def advance(self, seconds: float) -> None:
        self.move(seconds)
        async with self._moved:
            self._moved.notify_all()
        await asyncio.sleep(0)


@dataclass
class Kit:
    plant: Plant
    clock: HandClock
    events: list[PlantEvent] = field(default_factory=list)

    @property
    def ont(self) -> OntState:
        return self.plant.state.onts[GOLDEN]

    @property
    def box(self) -> BoxState:
        return self.plant.state.boxes[GOLDEN]

    def neighbours(self, pbo: str = GOLDEN_PBO) -> list[OntState]:
        return [self.plant.state.onts[name] for name in self.plant.layout.pbos[pbo] if name != GOLDEN]

    def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.plant.run_due()

    def kinds(self, ont: OntName = GOLDEN) -> list[EventKind]:
        """What was told of an ONT since the last call."""
        told = [event.kind for event in self.events if event.ont == ont]
        self.events.clear()
        return told


def demo_description() -> PlantDescription:
    return load(DEMO_PLANT)


def demo_kit(description: PlantDescription | None = None) -> Kit:
    description = description or demo_description()
    clock = HandClock(description.clock.origin)
    kit = Kit(Plant(description, clock), clock)
    kit.plant.subscribe(kit.events.append)
    return kit
