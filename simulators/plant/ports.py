"""What a window is given: the plant's state, its clock and its events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable

from simulators.plant.box_orders import BoxOrders
from simulators.plant.orders import Order
from simulators.plant.state import PlantEvent, PlantState


class PlantClock(Protocol):
    """The plant's time, which may run faster than the wall's and may jump forward."""

    def now(self) -> datetime:
        """The plant's present instant."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return once the plant's clock has reached ``instant`` (at once when it jumps over it)."""
        ...


@runtime_checkable
class MovableClock(Protocol):
    """A clock that its owner moves forward."""

    def advance(self, seconds: float) -> None:
        """Jump forward by that many seconds."""
        ...


class PlantView(Protocol):
    """What a window sees of the plant."""

    state: PlantState
    clock: PlantClock
    orders: BoxOrders

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        """Call ``listener`` at each event, in the plant's own task; returns the call that ends it."""
        ...


@runtime_checkable
class Manageable(Protocol):
    """A plant whose OLT takes orders."""

    def order(self, order: Order) -> None:
        """Have the OLT obey, at once."""
        ...
