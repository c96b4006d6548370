"""What a fault may strike, and how a command names it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from domain.identifiers import OntName, PonName
from simulators.plant.errors import UnknownTargetError
from simulators.plant.layout import Layout, OntLayout


class TargetKind(Enum):
    """The kinds of targets; the value tells how to write one."""

    ONT = "ONT name (ONT-1-1-5-10-19) or ID1 (F00000015)"
    PBO = "PBO reference (PBO-5-10-3-1)"
    SPLITTER = "second splitter, behind an output of the first (CPL-5-10-3)"
    PON = "PON port (PON-1-1-5-10)"
    PM = "PM (PM-69003-06): the ports that pass through it"
    SLOT = "slot number (5) or board name (LT5)"
    OLT = "OLT name, or nothing"
    PLATFORM = "platform, or nothing"


@dataclass(frozen=True, slots=True)
class Target:
    """A thing that exists in the plant; the field of its kind is set, and ``onts`` holds every ONT behind it."""

    kind: TargetKind
    text: str
    ont: OntName | None = None
    pon: PonName | None = None
    pbo: str | None = None
    slot: int | None = None
    onts: tuple[OntName, ...] = field(default=(), compare=False, repr=False)


def accepted(layout: Layout, kind: TargetKind) -> list[str]:
    """Every name that a command may give for a target of that kind in this plant, the ID1s first."""
    return list(_named(layout, kind))


def resolve(layout: Layout, kind: TargetKind, text: str) -> Target:
    """Find what ``text`` names; raises `UnknownTargetError` with what this plant accepts."""
    named = _named(layout, kind)
    wanted = text.strip()
    if not wanted and kind in {TargetKind.OLT, TargetKind.PLATFORM}:
        wanted = next(iter(named))
    if wanted not in named:
        raise UnknownTargetError(f"no target {text!r} here, expected {kind.value}", list(named))
    found, behind = named[wanted], _BEHIND[kind]
    return replace(found, onts=tuple(name for name, ont in layout.onts.items() if behind(found, ont)))


def _named(layout: Layout, kind: TargetKind) -> dict[str, Target]:
    return _LISTED[kind](layout)


def _onts(layout: Layout) -> dict[str, Target]:
    onts = {str(name): Target(TargetKind.ONT, str(name), ont=name) for name in layout.onts}
    return {str(id1): onts[str(name)] for id1, name in layout.accesses.items()} | onts


def _slots(layout: Layout) -> dict[str, Target]:
    return {
        text: Target(TargetKind.SLOT, str(slot), slot=slot)
        for slot, board in layout.slots.items()
        for text in (str(slot), board)
    }


def _plain(kind: TargetKind, names: Iterable[str]) -> dict[str, Target]:
    return {name: Target(kind, name) for name in names}


_LISTED: dict[TargetKind, Callable[[Layout], dict[str, Target]]] = {
    TargetKind.ONT: _onts,
    TargetKind.PBO: lambda layout: {name: Target(TargetKind.PBO, name, pbo=name) for name in layout.pbos},
    TargetKind.SPLITTER: lambda layout: _plain(TargetKind.SPLITTER, (o.splitters[-1] for o in layout.onts.values())),
    TargetKind.PON: lambda layout: {str(name): Target(TargetKind.PON, str(name), pon=name) for name in layout.pons},
    TargetKind.PM: lambda layout: _plain(TargetKind.PM, (ont.pm for ont in layout.onts.values())),
    TargetKind.SLOT: _slots,
    TargetKind.OLT: lambda layout: _plain(TargetKind.OLT, [layout.description.olt.name]),
    TargetKind.PLATFORM: lambda _: _plain(TargetKind.PLATFORM, ["platform"]),
}

_BEHIND: dict[TargetKind, Callable[[Target, OntLayout], bool]] = {
    TargetKind.ONT: lambda target, ont: ont.name == target.ont,
    TargetKind.PBO: lambda target, ont: ont.pbo == target.pbo,
    TargetKind.SPLITTER: lambda target, ont: target.text in ont.splitters,
    TargetKind.PON: lambda target, ont: ont.name.pon_name == target.pon,
    TargetKind.PM: lambda target, ont: ont.pm == target.text,
    TargetKind.SLOT: lambda target, ont: ont.name.slot == target.slot,
    TargetKind.OLT: lambda _target, _ont: True,
    TargetKind.PLATFORM: lambda _target, _ont: True,
}
