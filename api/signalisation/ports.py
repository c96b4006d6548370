"""What a signalisation needs of others: who knows of collective incidents."""

from __future__ import annotations

from typing import Protocol

from domain.access import Access
from domain.incident import KnownIncident


class Incidents(Protocol):
    """Knows the collective incidents."""

    async def touching(self, access: Access) -> KnownIncident | None:
        """The open incident that touches an access; ``None`` when none is known, or its ONT is up."""
        ...
