"""What is physically wrong in the plant at one moment: the union of the active faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.identifiers import OntName, PonName


@dataclass(slots=True)
class Conditions:
    """Each fault adds to it; the state follows from it, whatever the order in which faults came."""

    drops_cut: set[OntName] = field(default_factory=set)
    pbos_cut: set[str] = field(default_factory=set)
    feeders_cut: set[PonName] = field(default_factory=set)
    lasers_off: set[PonName] = field(default_factory=set)
    cards_down: set[int] = field(default_factory=set)
    onts_unpowered: set[OntName] = field(default_factory=set)
    boxes_unpowered: set[OntName] = field(default_factory=set)
    boxes_hung: set[OntName] = field(default_factory=set)
    unis_unplugged: set[OntName] = field(default_factory=set)
    ppp_refused: set[OntName] = field(default_factory=set)
    olt_unreachable: bool = False
