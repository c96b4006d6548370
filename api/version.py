"""The version of the code that runs: kept with each result, so that a verdict can be replayed under it."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


@cache
def code_version() -> str:
    """``0.1.0+<commit>`` in a checkout, ``0.1.0`` elsewhere."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = str(project["version"])
    if not (_ROOT / ".git").exists():
        return version
    try:
        found = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "-C", str(_ROOT), "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - git of the checkout's machine
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return version
    return f"{version}+{found.stdout.strip()}"
