"""Where the read-only captures and labelled scenarios lie, beside the checkout; absent on most machines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_dir() -> Path:
    """The folder of captures (``DIAG_SHARED_DIR``, else ``../shared``); skips the test where it is absent."""
    root = Path(os.environ.get("DIAG_SHARED_DIR", Path(__file__).resolve().parents[2] / "shared"))
    if not root.is_dir():
        pytest.skip(f"captures of real devices are not here ({root.name}/ beside the checkout)")
    return root
