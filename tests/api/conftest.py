"""A whole service on the demo plant, shared by the tests of a module; each test begins with the plant repaired."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from api.demo.running import Demo, demo_service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[Demo]:
    async with demo_service() as running:
        yield running


@pytest.fixture
def stranger(demo: Demo) -> dict[str, str]:
    """Headers of another operator's agent."""
    return {"Authorization": f"Bearer {demo.stranger_token}"}
