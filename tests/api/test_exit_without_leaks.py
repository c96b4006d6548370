"""What a newcomer reads at the end of `make demo ARGS=--once`: nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import duckdb
from api.loop import run

async def main():
    duckdb.connect(":memory:").close()

run(main())
"""


def test_a_service_that_ends_leaves_no_complaint_of_a_native_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
