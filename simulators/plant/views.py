"""The state in words, for who commands the plant: passwords are left out."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from domain.identifiers import OntName
from simulators.plant.plant import Plant
from simulators.plant.state import BoxState, CardState, OltState, OntState, PonState

_SECRET = frozenset({"password", "ppp_username", "ppp_password"})


def ont_view(plant: Plant, name: OntName) -> dict[str, Any]:
    """Everything between the OLT and the box of one ONT, ready for JSON."""
    state, installed = plant.state, plant.layout.onts[name]
    return {
        "now": plant.clock.now().isoformat(),
        "id1": str(installed.access.id1) if installed.access else None,
        "pbo": installed.pbo,
        "olt": _view(state.olt),
        "card": next((_view(card) for card in state.cards if card.slot == name.slot), None),
        "pon": _view(state.pons[name.pon_name]),
        "ont": _view(state.onts[name]),
        "box": _view(state.boxes[name]),
    }


def _view(part: OltState | CardState | PonState | OntState | BoxState) -> dict[str, Any]:
    return {field.name: _json(getattr(part, field.name)) for field in fields(part) if field.name not in _SECRET}


def _json(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case datetime():
            return value.isoformat()
        case bytes():
            return value.rstrip(b"\0").decode("ascii", "replace")
        case frozenset():
            return sorted(map(str, value))
        case _:
            return str(value)
