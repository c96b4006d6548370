"""What every test may rely on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Logs configured by one test (a command under test does) never reach another: its stream is closed by then."""
    yield
    structlog.reset_defaults()
