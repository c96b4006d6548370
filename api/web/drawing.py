"""The path of the light as a drawing: where each part stands, and its words. The template only writes it as SVG."""

from __future__ import annotations

from dataclasses import dataclass

from api.schemas.path import PartOut, PathOut
from api.web.labels import label, metres
from domain.optical_path import PartKind

WIDTH = 1080
HEIGHT = 176
_FIBRES = frozenset({PartKind.FEEDER, PartKind.BRANCH, PartKind.DROP})
_AXIS = 70
_SIDE = 66
_BOX_WIDTH, _BOX_HEIGHT = 100, 40
_NAME = 17


@dataclass(frozen=True, slots=True)
class Drawn:
    """One part as drawn.

    Attributes:
        fibre: A line from ``x`` to ``end``; else a box centred on ``x``.
        title: What it is.
        name: Its reference, cut; empty where unknown.
        full: The same, whole.
        loss: What it should lose, in words.
    """

    fibre: bool
    x: int
    end: int
    title: str
    name: str
    full: str
    loss: str
    suspect: bool

    @property
    def middle(self) -> int:
        """Where its words stand."""
        return (self.x + self.end) // 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole drawing: parts in order, patches between boxes that touch, and its size in units of the SVG."""

    parts: tuple[Drawn, ...]
    patches: tuple[tuple[int, int], ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    axis: int = _AXIS
    box_width: int = _BOX_WIDTH
    box_height: int = _BOX_HEIGHT


def drawing(path: PathOut) -> Drawing:
    """The drawing of a path: boxes share the width evenly, fibres join them, or a patch where they touch."""
    boxes = [part for part in path.parts if part.kind not in _FIBRES]
    step = (WIDTH - 2 * _SIDE) / max(1, len(boxes) - 1)
    drawn: list[Drawn] = []
    patches: list[tuple[int, int]] = []
    place, joined = 0, True
    for part in path.parts:
        before, x = round(_SIDE + (place - 1) * step), round(_SIDE + place * step)
        ends = (before + _BOX_WIDTH // 2, x - _BOX_WIDTH // 2)
        if part.kind in _FIBRES:  # between the box before and the one after
            drawn.append(_drawn(part, *ends, fibre=True))
            joined = True
            continue
        if not joined:
            patches.append(ends)
        drawn.append(_drawn(part, x, x, fibre=False))
        place, joined = place + 1, False
    return Drawing(tuple(drawn), tuple(patches))


def _drawn(part: PartOut, x: int, end: int, *, fibre: bool) -> Drawn:
    full = part.name or ""
    if fibre:
        full = "" if part.length_m is None else metres(part.length_m)
    title = label(part.kind)
    if part.ratio is not None:
        title = f"{title} 1:{part.ratio}"
    name = full if len(full) <= _NAME else f"{full[: _NAME - 1]}…"
    return Drawn(fibre, x, end, title, name, full, loss(part), part.suspect)


def loss(part: PartOut) -> str:
    """What a part should lose downstream, as drawn; a sign where that is unknown."""
    if part.expected_down_db is None:
        return "? dB"
    return f"{part.expected_down_db:.1f}".replace(".", ",") + "\N{NO-BREAK SPACE}dB"
