"""``python -m api backtest --ruleset new.toml``: which stored verdicts other rules would change, and how."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import cache, partial
from multiprocessing import get_context

from diagnostics.replay.backtest import Judged, Tally, judge
from diagnostics.ruleset import Ruleset, build
from domain.ruleset import RulesetTexts
from storage.kept_diagnoses import KeptDiagnoses, KeptDiagnosis

_AHEAD = 2
"""Batches that wait for each process, so that none idles while the records are read."""


async def backtest(
    diagnoses: KeptDiagnoses,
    texts: RulesetTexts,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    processes: int = 1,
) -> Tally:
    """Judge the stored snapshots again under the rules of ``texts``, in several processes where asked.

    Memory holds some batches and the list of what changed, however many verdicts there are.
    """
    tally = Tally()
    with ExitStack() as stack:
        pool: Executor | None = None
        if processes > 1:
            pool = stack.enter_context(ProcessPoolExecutor(processes, get_context("spawn")))
        pending: deque[Future[list[Judged]]] = deque()
        judging = partial(judge_batch, toml=texts.toml, pages=tuple(sorted(texts.pages.items())))
        async for batch in diagnoses.stream(since, until, limit):
            if pool is None:
                tally.add(judging(batch))
                continue
            pending.append(pool.submit(judging, batch))
            if len(pending) > _AHEAD * processes:
                tally.add(await _ended(pending.popleft()))
        while pending:
            tally.add(await _ended(pending.popleft()))
    return tally


async def _ended(judging: Future[list[Judged]]) -> list[Judged]:
    return await asyncio.wrap_future(judging)


@cache
def _built(toml: str, pages: tuple[tuple[str, str], ...]) -> Ruleset:
    return build(toml, dict(pages))


def judge_batch(batch: Sequence[KeptDiagnosis], toml: str, pages: tuple[tuple[str, str], ...]) -> list[Judged]:
    """Judge one batch; the rule-set is built once in each process."""
    ruleset = _built(toml, pages)
    return [
        judge(str(kept.number), (kept.ruleset or "", kept.code_version), kept.snapshot, kept.diagnosis, ruleset)
        for kept in batch
        if kept.snapshot is not None and kept.diagnosis is not None
    ]
