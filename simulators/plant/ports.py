"""What a window is given: the plant's state, its clock and its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.identifiers import OntName, PonName
from simulators.plant.box_orders import BoxOrders
from simulators.plant.orders import Order
from simulators.plant.state import CardState, OltState, OntState, PlantEvent, PlantState, PonState, Stranger


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


class OltView(Protocol):
    """What a command line shows of an OLT at one instant, whether it is kept or made when it is asked for."""

    @property
    def olt(self) -> OltState:
        """The OLT itself."""
        ...

    @property
    def cards(self) -> Sequence[CardState]:
        """Its boards."""
        ...

    @property
    def pons(self) -> Mapping[PonName, PonState]:
        """Its PON ports."""
        ...

    @property
    def onts(self) -> Mapping[OntName, OntState]:
        """Its ONTs."""
        ...

    @property
    def strangers(self) -> Sequence[Stranger]:
        """What shows itself where it is not configured."""
        ...


@runtime_checkable
class OntsByPort(Protocol):
    """ONTs of which those of one port may be had alone."""

    def of_port(self, pon: PonName) -> list[OntState]:
        """Those of a PON port."""
        ...


class Now(Protocol):
    """A clock that is only looked at."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class CommandedOlt(Protocol):
    """An OLT behind a command line: of the small plant, or of a fleet."""

    @property
    def state(self) -> OltView:
        """Its state now."""
        ...

    @property
    def clock(self) -> Now:
        """Its time."""
        ...

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        """Call ``listener`` at each event; returns the call that ends it."""
        ...


class PlantView(Protocol):
    """What a window sees of the plant."""

    @property
    def state(self) -> PlantState:
        """Its state now."""
        ...

    @property
    def clock(self) -> PlantClock:
        """Its time."""
        ...

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        """Call ``listener`` at each event, in the plant's own task; returns the call that ends it."""
        ...


class BoxPlant(PlantView, Protocol):
    """A plant whose boxes take orders."""

    @property
    def orders(self) -> BoxOrders:
        """What they are told to do, and what came of it."""
        ...


@runtime_checkable
class Manageable(Protocol):
    """A plant whose OLT takes orders."""

    def order(self, order: Order) -> None:
        """Have the OLT obey, at once."""
        ...
