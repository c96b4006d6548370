"""What a signalisation needs of others: who knows of collective incidents."""

from __future__ import annotations

from typing import Protocol

from domain.access import Access
from domain.incident import KnownIncident
from domain.port25 import Port25Order
from domain.principal import Principal


class Port25Carrier(Protocol):
    """Carries orders about port 25 out."""

    async def carry(self, who: Principal, order: Port25Order) -> None:
        """Begin to carry an order out; never raises for what stands against it."""
        ...


class Incidents(Protocol):
    """Knows the collective incidents."""

    async def touching(self, access: Access) -> KnownIncident | None:
        """The open incident that touches an access; ``None`` when none is known, or its ONT is up."""
        ...
