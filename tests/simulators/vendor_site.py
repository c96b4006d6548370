"""A plant of any vendor behind its SNMP agent, with words for what the tests ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import simulators
from domain.identifiers import OntName
from simulators.plant.description import PlantDescription, load
from simulators.plant.layout import OntLayout
from simulators.plant.plant import Plant
from simulators.plant.state import OntState
from simulators.snmp.agent import SnmpAgent
from tests.simulators.snmp_client import Client, plain

PLANTS = Path(simulators.__file__).parent / "plants"
IF_TYPE = "1.3.6.1.2.1.2.2.1.3"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"


class HandClock:
    """Time passes only when `advance` says so."""

    def __init__(self, instant: datetime) -> None:
        self._now = instant

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        self._now = max(self._now, instant)

    async def until(self, instant: datetime) -> None:
        await self.sleep_until(instant)

    def advance(self, **step: float) -> None:
        self._now += timedelta(**step)


@dataclass
class Seen:
    plant: Plant
    clock: HandClock
    client: Client
    agent: SnmpAgent

    def state(self, name: OntName) -> OntState:
        return self.plant.state.onts[name]

    def layout(self, place: int = 0) -> OntLayout:
        return list(self.plant.layout.onts.values())[place]

    async def one(self, oid: str) -> Any:
        return (await self.client.get(oid)).value()

    async def column(self, root: str) -> dict[str, Any]:
        """Index → value of one column."""
        return {oid[len(root) + 1 :]: plain(value) for oid, value in await self.client.walk(root)}


def described(name: str, **olt: Any) -> PlantDescription:
    description = load(PLANTS / f"{name}.yaml")
    return description.model_copy(update={"olt": description.olt.model_copy(update=olt)}) if olt else description


def running(name: str, **olt: Any) -> tuple[Plant, HandClock]:
    description = described(name, **olt)
    clock = HandClock(description.clock.origin)
    return Plant(description, clock), clock


@asynccontextmanager
async def seen(name: str, **olt: Any) -> AsyncIterator[Seen]:
    plant, clock = running(name, **olt)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        with Client(agent.port) as client:
            yield Seen(plant, clock, client, agent)
