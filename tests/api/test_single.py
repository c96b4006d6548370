"""Two services on one set of records: the second is refused, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.bootstrap import running
from api.clock import WallTime
from api.settings import Settings
from domain.errors import ConflictError


async def test_a_second_service_on_the_same_records_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    settings = Settings.ephemeral(tmp_path)
    async with running(settings, WallTime()) as first:
        with pytest.raises(ConflictError, match="another service runs on them"):
            async with running(settings, WallTime()):
                raise AssertionError("two services run")
        await first.records.ping()
    async with running(settings, WallTime()) as again:
        await again.records.ping()
