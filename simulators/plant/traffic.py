"""Bytes that customers move: a steady rate for each ONT in session, from its rank. Enough for counters that live."""

from __future__ import annotations

from datetime import datetime

from domain.identifiers import OntName
from simulators.plant.layout import Layout
from simulators.plant.state import PlantState

_BASE_DOWN, _STEP_DOWN = 60_000, 7_000  # bytes per second (C)
_BASE_UP, _STEP_UP = 9_000, 800


class Traffic:
    """Advances the byte counters of the ONTs."""

    def __init__(self, state: PlantState, layout: Layout, begin: datetime) -> None:
        self._state = state
        self._rates = {
            name: (_BASE_DOWN + _STEP_DOWN * (ont.number % 23), _BASE_UP + _STEP_UP * (ont.number % 19))
            for name, ont in layout.onts.items()
        }
        self._at = begin
        for name, box in state.boxes.items():
            if box.ppp_since is not None:
                self._count(name, (begin - box.ppp_since).total_seconds())

    def advance(self, now: datetime) -> None:
        """Count what has passed since the last call, for the ONTs whose box is in session."""
        seconds = (now - self._at).total_seconds()
        if seconds <= 0:
            return
        self._at = now
        for name, box in self._state.boxes.items():
            if box.session_id is not None and box.management_up:
                self._count(name, seconds)

    def _count(self, name: OntName, seconds: float) -> None:
        ont, (down, up) = self._state.onts[name], self._rates[name]
        ont.bytes_down += int(down * seconds)
        ont.bytes_up += int(up * seconds)
