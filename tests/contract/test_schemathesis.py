"""Every operation, tried by schemathesis for some seconds with all its checks: the whole run is ``make contract``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contract import counts, served, tried

SEED = "20190509"


async def test_every_operation_keeps_to_its_document_under_a_few_strange_requests(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    async with served() as (url, issued, _):
        status = await tried(url, issued, report, "--phases", "examples,fuzzing", "--max-examples", "2", "--seed", SEED)
    found = counts(report)
    assert (found["server errors"], found["schema violations"], found["other failures"]) == (0, 0, {}), found
    assert (status, found["errors"]) == (0, 0), found
    assert found["operations"] > 150
