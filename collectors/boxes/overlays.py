"""What vendors add to the data models: a file a vendor in ``overlays/``, laid over ``mapping.yaml``.

Names decide, not makers: a Sagemcom box may run Broadcom's software, so every overlay holds for every box that has the
names it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict


class PathsOverlay(BaseModel):
    """Names of a metric or of a column: ``first`` before those of the standard, ``then`` after them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str | None = None
    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()


class Overlay(BaseModel):
    """What a vendor adds under one root; ``objects`` are asked besides the others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: str
    objects: tuple[dict[str, Any], ...] = ()
    metrics: Mapping[str, PathsOverlay] = {}
    tables: Mapping[str, Mapping[str, PathsOverlay]] = {}


def overlays(folder: Path) -> list[Overlay]:
    """Every overlay, in the order of file names."""
    found: list[Overlay] = []
    for path in sorted(folder.glob("*.yaml")):
        with path.open(encoding="utf-8") as file:
            found += [Overlay.model_validate(item) for item in yaml.safe_load(file)]
    return found


def laid_over(model: dict[str, Any], overlay: Overlay) -> dict[str, Any]:
    """The file of a model with what a vendor adds to it."""
    if overlay.root != model["root"]:
        return model
    metrics = {**model["metrics"]}
    for key, names in overlay.metrics.items():
        metrics[key] = _with(metrics.get(key), names)
    tables = {**model.get("tables", {})}
    for key, columns in overlay.tables.items():
        changed = {**tables[key]["columns"]}
        for name, names in columns.items():
            changed[name] = _with(changed.get(name), names)
        tables[key] = {**tables[key], "columns": changed}
    return {**model, "objects": [*model["objects"], *overlay.objects], "metrics": metrics, "tables": tables}


def _with(rule: Mapping[str, Any] | None, names: PathsOverlay) -> dict[str, Any]:
    kept = dict(rule or {"kind": names.kind})
    return {**kept, "paths": [*names.first, *kept.get("paths", ()), *names.then]}
