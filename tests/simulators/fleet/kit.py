"""A fleet on a clock that only moves when told, and the small plant's objects made of one of its OLTs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from simulators.fleet.agent import Behaviour, FleetAgent
from simulators.fleet.fleet import Fleet
from simulators.fleet.model import Olt, instant_us
from simulators.fleet.options import FleetOptions
from simulators.fleet.seen import SeenOlt, at
from simulators.plant.orders import Order
from simulators.plant.state import PlantEvent, PlantState
from tests.simulators.snmp_client import Client

SECOND = 1_000_000


class Hand:
    """The instant of the fleet, in microseconds, moved by hand."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.now_us = fleet, instant_us(fleet.options.origin)

    def __call__(self) -> int:
        return self.now_us

    def move(self, seconds: float) -> None:
        self.now_us += int(seconds * SECOND)
        self.fleet.advance(self.now_us)


def fleet_of(olts: int = 1, onts: int = 48, **options: Any) -> tuple[Fleet, Hand]:
    fleet = Fleet(FleetOptions(olts=olts, onts=onts, **options))
    return fleet, Hand(fleet)


@asynccontextmanager
async def serving(fleet: Fleet, hand: Hand, behaviour: Behaviour | None = None) -> AsyncIterator[FleetAgent]:
    async with FleetAgent(fleet, hand, behaviour=behaviour) as agent:
        yield agent


def client(agent: FleetAgent, number: int = 1) -> Client:
    host, port = agent.addresses[f"OLT-{number:05d}"]
    return Client(port, host=host)


def ont_name(olt: Olt, row: int) -> str:
    t = olt.topology
    return f"ONT-1-1-{t.slot[row]}-{t.pon[row]}-{t.ont[row]}"


class StateClock:
    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)


class StatePlant:
    """What the small plant's windows need to see."""

    def __init__(self, state: PlantState, clock: StateClock) -> None:
        self.state, self.clock = state, clock

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        return lambda: None

    def order(self, order: Order) -> None:
        """It shows what can be set, and is only read here."""
        raise AssertionError(order)


def as_plant(fleet: Fleet, number: int = 1) -> StatePlant:
    """The same state as objects, for the windows of the small plant."""
    seen = SeenOlt(fleet, number, lambda: None).state
    state = PlantState(seen.olt, seen.cards, seen.pons, dict(seen.onts), strangers=seen.strangers)
    return StatePlant(state, StateClock(at(fleet.now_us)))
