from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from api.demo.running import Demo, demo_service
from tests.services import require_chromium
from tests.web.world import World, opened

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The real application, on real records, with a line whose steps the test decides."""
    async with opened(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    executable = require_chromium()
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        stack.push_async_callback(browser.close)
        yield browser


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    """The whole service on the simulated plant, over its real protocols."""
    async with demo_service() as found:
        yield found
