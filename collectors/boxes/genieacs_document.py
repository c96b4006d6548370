"""Device documents of a GenieACS: ``{"A": {"B": {"_value": 1, "_type": "xsd:int", "_timestamp": …}}}`` is ``A.B``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def read_at(device: Mapping[str, Any], name: str) -> datetime | None:
    """When the GenieACS read a parameter; of a table, the latest of its rows."""
    node: Any = device
    for part in name.rstrip(".").split("."):
        if part == "*":
            break
        node = node.get(part) if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping):
        return None
    if "_timestamp" in node:
        return instant_of({"_value": node["_timestamp"]})
    inner = (read_at({"x": child}, "x") for key, child in node.items() if not key.startswith("_"))
    return max((at for at in inner if at is not None), default=None)


def type_of(device: Mapping[str, Any], name: str) -> str:
    """The type that a set goes with; a text where the document gives none."""
    node: Any = device
    for part in name.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    kind = node.get("_type") if isinstance(node, Mapping) else None
    return kind if isinstance(kind, str) and kind.startswith("xsd:") else "xsd:string"


def flat(device: Mapping[str, Any]) -> dict[str, str | None]:
    """Names and texts of a device document: ``{"A": {"B": {"_value": 1}}}`` is ``A.B``."""
    found: dict[str, str | None] = {}

    def walk(node: Mapping[str, Any], path: str) -> None:
        if "_value" in node:
            value = node["_value"]
            found[path] = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, child in node.items():
            if isinstance(child, Mapping) and not name.startswith("_"):
                walk(child, f"{path}.{name}" if path else name)

    for root in ("InternetGatewayDevice", "Device"):
        if isinstance(device.get(root), Mapping):
            walk(device[root], root)
    return found


def instant_of(node: Any) -> datetime | None:
    """The instant of a node; ``None`` without one that makes sense."""
    text = node.get("_value") if isinstance(node, Mapping) else None
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
