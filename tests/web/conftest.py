from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.world import World, opened


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The real application, on real records, with a line whose steps the test decides."""
    async with opened(tmp_path, monkeypatch) as found:
        yield found
