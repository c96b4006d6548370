"""The interfaces, found in their folders: a new one is a folder with a ``routes.py``."""

from __future__ import annotations

import importlib
from pathlib import Path

from fastapi import APIRouter


def faces() -> list[APIRouter]:
    """The router of every interface."""
    here = Path(__file__).parent
    names = sorted(path.parent.name for path in here.glob("*/routes.py"))
    return [importlib.import_module(f"api.tmf.{name}.routes").router for name in names]
