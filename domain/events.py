"""What the network says by itself: traps and informs, as observations that name what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.reading import Source


class EventKind(StrEnum):
    """What happened (RFC 3418 and RFC 2863 name the standard ones)."""

    LINK_DOWN = "link_down"
    LINK_UP = "link_up"
    COLD_START = "cold_start"
    WARM_START = "warm_start"
    REFUSED_POLLER = "refused_poller"  # authenticationFailure: somebody asked with a wrong community
    LOS = "los"  # loss of signal: of a PON port, or of one ONT (LOSi, ITU-T G.984.3 clause 11.1)
    DYING_GASP = "dying_gasp"  # an ONT said that its power fails (DGi). Its absence proves little
    ONT_DOWN = "ont_down"
    ONT_UP = "ont_up"
    OTHER = "other"  # a notification whose meaning is not declared: its variables tell


FALLS = frozenset({EventKind.LINK_DOWN, EventKind.ONT_DOWN, EventKind.LOS, EventKind.DYING_GASP})
"""Kinds that say that what they are about is down, or about to be."""

RISES = frozenset({EventKind.LINK_UP, EventKind.ONT_UP})
"""Kinds that say that it is up again."""


class EventScope(StrEnum):
    """What an event is about."""

    OLT = "olt"
    PON = "pon"
    ONT = "ont"
    UNI = "uni"
    INTERFACE = "interface"  # an interface of the OLT that is none of these, or that could not be placed


@dataclass(frozen=True, slots=True)
class EventObservation:
    """Something that an OLT announced.

    Attributes:
        olt: Name of the OLT.
        kind: What happened.
        scope: What it is about.
        at: When it was received, by the clock in force: what the OLT says of its own time is among the variables.
        source: The notification's identifier. Never a credential.
        ont: The ONT, for events of an ONT or of its user port.
        pon: The PON port, for events of a PON port, an ONT or its user port.
        variables: What came with it, identifier and value as text.
    """

    olt: str
    kind: EventKind
    scope: EventScope
    at: datetime
    source: Source
    ont: OntName | None = None
    pon: PonName | None = None
    variables: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValueError("event.at", self.at, "an instant with its time zone")
        if self.ont is not None and self.pon != self.ont.pon_name:
            raise InvalidValueError("event.pon", self.pon, f"the PON port of {self.ont}")

    def concerns(self, pon: PonName) -> bool:
        """Whether it is of that PON port, of something behind it, or of the whole OLT."""
        return self.pon in {None, pon}
