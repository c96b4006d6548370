"""The state in words, for who commands the plant: passwords are left out."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from domain.identifiers import OntName
from simulators.plant.conditions import Wifi
from simulators.plant.faults.kind import FaultKind
from simulators.plant.plant import ActiveFault, Plant
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


def platform_view(plant: Plant) -> dict[str, Any]:
    """What stands behind the LNS, what shows itself unasked, the weather and the works, ready for JSON."""
    state, weather, now = plant.state, plant.environment.weather, plant.clock.now()
    return {
        "now": now.isoformat(),
        "radius_up": state.platform.radius_up,
        "dns_up": state.platform.dns_up,
        "lns_up": state.platform.lns_up,
        "works": [{"target": one.target, "reference": one.reference} for one in state.platform.works],
        "strangers": [{"pon": str(one.pon), "serial": str(one.serial)} for one in state.strangers],
        "temperature_c": round(weather.temperature_c(now), 1),
        "raining": weather.raining(now),
        "wetness": round(weather.wetness(now), 3),
    }


def fault_view(fault: ActiveFault) -> dict[str, Any]:
    """A fault, ready for JSON."""
    return {
        "id": fault.id,
        "kind": fault.kind,
        "target": fault.target,
        "since": fault.since.isoformat(),
        "parameters": dict(fault.parameters),
    }


def kind_view(kind: FaultKind) -> dict[str, Any]:
    """A kind of fault, ready for JSON."""
    return {
        "kind": kind.name,
        "target": kind.target.value,
        "help_en": kind.help_en,
        "help_fr": kind.help_fr,
        "seen": sorted(kind.seen) or ["state"],
        "parameters": {one.name: {"usual": one.default, "help_en": one.help_en} for one in kind.parameters},
        "course": dict(kind.course),
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
        case Wifi():
            return {field.name: getattr(value, field.name) for field in fields(value)}
        case _:
            return str(value)
