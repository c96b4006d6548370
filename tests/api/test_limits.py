"""Who runs next, how much an operator may ask, several tests at once, results as files."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from api.services.fair import Allowance, FairQueue, Limits, Priority
from api.services.result_files import as_pdf, cell
from domain.errors import TooManyError
from tests.web import golden
from tests.web.world import AGENT, SUPPORT, World, opened


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


def api(world: World) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {world.tokens[f'{SUPPORT.operator_id}/{SUPPORT.account}']}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test/api/v1", headers=headers
    )


async def _until(holds: Callable[[], bool]) -> None:
    """Let the others run until it holds."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never holds")


async def _order(slots: int, wanted: list[tuple[str, Priority]]) -> list[str]:
    """In which order they run, the slots being taken while they queue up."""
    queue, ran = FairQueue(slots), []

    async def run(name: str, operator: str, priority: Priority) -> None:
        async with queue.slot(operator, priority):
            ran.append(name)
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        for _ in range(slots):
            await stack.enter_async_context(queue.slot("first", Priority.AGENT))
        tasks = [asyncio.create_task(run(f"{who}{n}", who, prio)) for n, (who, prio) in enumerate(wanted)]
        await _until(lambda: queue.waiting == len(tasks))
    await asyncio.gather(*tasks)
    return ran


async def test_an_operator_that_asks_for_many_does_not_hold_another_s_first() -> None:
    wanted = [("a", Priority.AGENT)] * 6 + [("b", Priority.AGENT)] * 2
    assert await _order(1, wanted) == ["a0", "b6", "a1", "b7", "a2", "a3", "a4", "a5"]


async def test_a_deposit_s_test_goes_first_and_a_reference_last() -> None:
    wanted = [("a", Priority.REFERENCE), ("a", Priority.AGENT), ("b", Priority.DEPOSIT)]
    assert await _order(1, wanted) == ["b2", "a1", "a0"]


async def test_a_test_that_is_stopped_while_it_waits_leaves_its_turn() -> None:
    queue = FairQueue(1)
    async with queue.slot("a", Priority.AGENT):
        waiting = asyncio.create_task(_hold(queue))
        await _until(lambda: queue.waiting == 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert queue.waiting == 0
    async with asyncio.timeout(1), queue.slot("c", Priority.AGENT):
        pass


async def _hold(queue: FairQueue) -> None:
    async with queue.slot("b", Priority.AGENT):
        await asyncio.Event().wait()


def test_an_allowance_fills_again_with_time_and_each_operator_has_its_own() -> None:
    now = [0.0]
    limits = Limits(Allowance(pending=100, per_minute=60), lambda: now[0])
    for _ in range(60):
        limits.admit("a")
        limits.ended("a")
    with pytest.raises(TooManyError) as refused:
        limits.admit("a")
    assert refused.value.retry_after_s == pytest.approx(1.0)
    limits.admit("b")
    now[0] = 1.0
    limits.admit("a")


def test_more_pending_tests_than_allowed_are_refused_all_or_none() -> None:
    limits = Limits(Allowance(pending=3, per_minute=1000))
    limits.admit("a", 2)
    with pytest.raises(TooManyError):
        limits.admit("a", 2)
    limits.admit("a", 1)
    limits.undo("a")
    limits.admit("a", 1)


async def test_an_operator_over_its_allowance_gets_429_and_the_time_to_wait(world: World) -> None:
    world.service.diagnoses._limits = Limits(Allowance(pending=2, per_minute=1000))
    async with api(world) as client:
        path = "/accesses/F00000015/diagnostic-requests"
        both = await client.post(path, json={"tests": ["Infos Box", "Diagnostic DELC"]})
        assert both.status_code == 202
        assert [one["test"] for one in both.json()] == ["Diagnostic DELC", "Infos Box"]
        refused = await client.post(path, json={"tests": ["Infos Box"]})
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["detail"].startswith("Votre opérateur demande plus")
        world.line.go.set()
        for one in both.json():
            from domain.identifiers import DiagnosisNumber

            await world.service.diagnoses.ended(SUPPORT, DiagnosisNumber(one["number"]), 20)
        await _until(lambda: not world.service.diagnoses._running)
        assert (await client.post(path, json={"tests": ["Infos Box"]})).status_code == 202


async def test_a_repeated_request_asks_once_and_counts_once(world: World) -> None:
    async with api(world) as client:
        path, body = "/accesses/F00000015/diagnostic-requests", {"tests": ["Infos Box", "Diagnostic global"]}
        answers = [await client.post(path, json=body, headers={"Idempotency-Key": "x" * 128}) for _ in range(3)]
    assert len({tuple(one["number"] for one in answer.json()) for answer in answers}) == 1
    assert answers[-1].headers["idempotency-replayed"] == "true"
    assert world.service.diagnoses._limits._pending[SUPPORT.operator_id] == 2


async def test_a_result_is_a_csv_that_a_spreadsheet_reads_and_a_pdf(world: World) -> None:
    number = await world.finished(golden.cut_drop())
    async with api(world) as client:
        text = (await client.get(f"/diagnostics/{number}/result.csv")).content.decode("utf-8-sig")
        pdf = await client.get(f"/diagnostics/{number}/result.pdf")
        whole = await client.get(f"/diagnostics/{number}")
    rows = {(row[0], row[1]): row[2] for row in csv.reader(io.StringIO(text), delimiter=";")}
    assert rows["Diagnostic DELC", "Mesure ONT rx"] == "non mesuré"
    assert rows["Synthèse", "Code"] == "LIGNE"
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-disposition"] == f'attachment; filename="{number}.pdf"'
    assert whole.json()["appointment"]["type"] is None


def test_no_cell_is_taken_for_a_formula_and_levels_stay_numbers() -> None:
    assert [cell(text) for text in ("-19.36", "=1+1", "@x", "+33", "-x", "OK")] == [
        "-19.36", "'=1+1", "'@x", "+33", "'-x", "OK",
    ]  # fmt: skip


def test_a_pdf_prints_what_its_font_has_not() -> None:
    from api.schemas.diagnostics import MissingOut
    from api.schemas.results import detail
    from domain.access import TestName
    from domain.identifiers import DiagnosisNumber
    from storage.diagnosis_record import DiagnosisRecord, DiagnosisState

    record = DiagnosisRecord(
        "op", DiagnosisNumber("190509-1029-2879560"), golden.ID1, TestName.GLOBAL, "FTTHMB1P", "a",
        DiagnosisState.DONE, golden.NOW, golden.NOW, "0", diagnosis=golden.inactive_box(),
    )  # fmt: skip
    shown = detail(record, AGENT)
    shown.not_measured = [MissingOut(what="Œuvre → 日本 ≥ 3", why="x" * 3000)]
    assert as_pdf(shown).startswith(b"%PDF-")
