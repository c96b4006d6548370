"""Collective incidents: what broke above several accesses, since when, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.verdict import Scope


class Ancestor(StrEnum):
    """What an ONT hangs from, that may break and take the light, or the mains, of all that hangs from it."""

    ALONE = "alone"  # nothing shared: the drop, the ONT, its mains
    PBO = "pbo"
    STREET = "street"  # a cable along a street, which serves several PBOs
    SPLITTER = "splitter"
    PON = "pon"  # the port, the feeder, the first splitter
    CARD = "card"
    OLT = "olt"
    AREA = "area"  # the mains of an area: no fibre is concerned

    @property
    def scope(self) -> Scope:
        """How a verdict calls it."""
        return _SCOPES[self]


_SCOPES = {
    Ancestor.ALONE: Scope.INDIVIDUAL,
    Ancestor.PBO: Scope.PBO,
    Ancestor.STREET: Scope.AREA,
    Ancestor.SPLITTER: Scope.SPLITTER,
    Ancestor.PON: Scope.PON,
    Ancestor.CARD: Scope.CARD,
    Ancestor.OLT: Scope.OLT,
    Ancestor.AREA: Scope.AREA,
}


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """A collective incident that covers an access, as it was known when a test began.

    Attributes:
        number: Its identifier.
        ancestor: What broke.
        place: Reference of what broke, such as ``PBO-3``: never a customer.
        since: When its first ONT fell.
        accesses: ONTs that it took, whoever their customers are.
        confidence: 0 to 1.
        at: When the fleet was last looked at for it.
        works: Whether planned works cover it.
        unknown_since: Since when its OLT does not answer; ``None`` while it does.
    """

    number: str
    ancestor: Ancestor
    place: str
    since: datetime
    accesses: int
    confidence: float
    at: datetime
    works: bool = False
    unknown_since: datetime | None = None
