"""Every operation, tried by schemathesis for some seconds with all its checks: the whole run is ``make contract``."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.contract import counts, served, tried

SEED = "20190509"


BOUNDED = ("--phases", "examples,fuzzing", "--max-examples", "1", "--seed", SEED)
SLOW = ("--exclude-operation-id", "onboard_olt", "--exclude-operation-id", "delete_olt")
"""These wait for equipment that does not answer: the whole run has them."""


@pytest.mark.timeout(900)  # half a minute; a machine that does much else needs more
async def test_every_operation_keeps_to_its_document_under_a_few_strange_requests(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    async with served() as (url, issued, _):
        status = await tried(url, issued, report, *BOUNDED, *SLOW)
    found = counts(report)
    assert (found["server errors"], found["schema violations"], found["other failures"]) == (0, 0, {}), found
    assert (status, found["errors"]) == (0, 0), found
    assert found["operations"] > 150
