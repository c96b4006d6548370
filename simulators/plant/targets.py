"""What a fault may strike, and how a command names it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from domain.identifiers import OntName, PonName
from simulators.plant.errors import UnknownTargetError
from simulators.plant.layout import Layout


class TargetKind(Enum):
    """The kinds of targets; the value tells how to write one."""

    ONT = "ONT name (ONT-1-1-5-10-19) or ID1 (F00000015)"
    PBO = "PBO reference (PBO-5-10-3-1)"
    PON = "PON port (PON-1-1-5-10)"
    SLOT = "slot number (5) or board name (LT5)"
    OLT = "OLT name, or nothing"


@dataclass(frozen=True, slots=True)
class Target:
    """A thing that exists in the plant; the field of its kind is set."""

    kind: TargetKind
    text: str
    ont: OntName | None = None
    pon: PonName | None = None
    pbo: str | None = None
    slot: int | None = None


def accepted(layout: Layout, kind: TargetKind) -> list[str]:
    """Every name that a command may give for a target of that kind in this plant, the ID1s first."""
    return list(_named(layout, kind))


def resolve(layout: Layout, kind: TargetKind, text: str) -> Target:
    """Find what ``text`` names; raises `UnknownTargetError` with what this plant accepts."""
    named = _named(layout, kind)
    wanted = text.strip() or (layout.description.olt.name if kind is TargetKind.OLT else "")
    if wanted not in named:
        raise UnknownTargetError(f"no target {text!r} here, expected {kind.value}", list(named))
    return named[wanted]


def _named(layout: Layout, kind: TargetKind) -> dict[str, Target]:
    match kind:
        case TargetKind.ONT:
            onts = {str(name): Target(kind, str(name), ont=name) for name in layout.onts}
            return {str(id1): onts[str(name)] for id1, name in layout.accesses.items()} | onts
        case TargetKind.PBO:
            return {name: Target(kind, name, pbo=name) for name in layout.pbos}
        case TargetKind.PON:
            return {str(name): Target(kind, str(name), pon=name) for name in layout.pons}
        case TargetKind.SLOT:
            return {
                text: Target(kind, str(slot), slot=slot)
                for slot, board in layout.slots.items()
                for text in (str(slot), board)
            }
        case TargetKind.OLT:
            return {layout.description.olt.name: Target(kind, layout.description.olt.name)}
