"""The embedded telemetry store: files in one folder, written by one process and read by any."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from domain.clock import Clock, WallClock
from domain.errors import InvalidValueError
from domain.metric import Metric
from domain.telemetry import DAY_S, Batch, Latest, Sample, Summary, Track, Where
from storage.telemetry import columns as arrays
from storage.telemetry import sealing
from storage.telemetry.columns import micros
from storage.telemetry.errors import TelemetryBusyError, TelemetryError
from storage.telemetry.files import all_files, strays
from storage.telemetry.history import History
from storage.telemetry.latest_reader import LatestReader
from storage.telemetry.present import Present
from storage.telemetry.summaries import step_starts
from storage.telemetry.writing import Writer
from storage.visiting import visit

T = TypeVar("T")

_log = structlog.get_logger(__name__)

GRACE_S = 900
"""How long after its end a segment still waits for late cycles before it is sealed: three 5-minute cycles (C)."""
HISTORY_THREADS = 2
"""Questions about the past answered at once (C)."""
SCAN_THREADS = 2
"""Pieces of a fleet's history read at once, beside these questions (C)."""


class EmbeddedTelemetry:
    """SQLite segments, a file of last samples, and sealed Parquet. See docs/telemetry.md.

    Only the process that appends takes the folder's writer lock: any number of others may read meanwhile.
    """

    def __init__(self, folder: Path, *, span_s: int = DAY_S, clock: Clock | None = None) -> None:
        """Use a folder.

        Args:
            folder: Where files are; created by the first append.
            clock: Tells which instants can be; the wall's by default.
            span_s: Seconds a segment covers: a day, or an hour for big fleets.
        """
        if span_s < 1:
            raise InvalidValueError("span_s", span_s, "at least one second")
        self._folder = folder.resolve()
        self.present = Present(clock or WallClock())
        self._writer = Writer(self._folder, span_s, self.present)
        self._history = History(self._folder)
        self._latest = LatestReader(self._folder, self.present)
        self._here = LatestReader(self._folder, self.present, wait_s=0.0)
        """The loop's own: what one ONT last said is a few steps, and a thread comes back late (ADR-0042)."""
        self._append_thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry-append")
        self._latest_thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry-latest")
        self._history_threads = ThreadPoolExecutor(HISTORY_THREADS, thread_name_prefix="telemetry-history")
        self._scan_threads = ThreadPoolExecutor(SCAN_THREADS, thread_name_prefix="telemetry-scan")

    # -- writing

    async def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; on the disk when it returns. Raises `TelemetryFullError` when the disk refuses."""
        dated = self.present.dated(batches)
        await self._in(self._append_thread, lambda: self._writer.append(dated))

    async def seal(self, now: datetime, *, grace_s: int = GRACE_S) -> list[sealing.Sealed]:
        """Seal the segments closed for ``grace_s`` seconds, oldest first; appending goes on meanwhile."""
        sealed = await asyncio.to_thread(seal_all, self._folder, now, grace_s)
        self._history.let_go()
        return sealed

    async def retain(self, now: datetime, days: float, *, open_days: float | None = None) -> list[Path]:
        """Unlink the files whose last instant is older; last samples stay.

        Args:
            now: The present.
            days: Age of sealed files.
            open_days: Age of segments that were never sealed; ``days`` by default.
        """
        dropped = await asyncio.to_thread(retain_all, self._folder, now, days, open_days)
        self._history.let_go()
        return dropped

    # -- reading

    async def last(self, where: Where, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last sample of each ONT, whatever its age, by metric."""
        if where.ont is not None and where.olt is not None:
            try:
                return self._here.of_ont(where, where.ont, metrics)
            except TelemetryBusyError:
                _log.info("telemetry.last_file_busy")  # a thread may wait for it
        return await self._in(
            self._latest_thread, lambda: {metric: self._latest.rows(where, metric).samples() for metric in metrics}
        )

    async def latest(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        """The same as `last` in columns, by OLT in the order of names."""
        return await self._in(self._latest_thread, lambda: self._latest.columns(where, metrics))

    async def worst(self, where: Where, metric: Metric[Any], count: int, *, lowest: bool = True) -> list[Sample]:
        """The ONTs whose last sample is the lowest (or highest) value, worst first."""
        return await self._in(
            self._latest_thread,
            lambda: arrays.extreme(self._latest.rows(where, metric), count, lowest=lowest).samples(),
        )

    async def series(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> list[Sample]:
        """Every sample of ``[since, until[``, by ONT then by instant; samples without value included."""
        span = (micros(since), micros(until))
        return await self._in(
            self._history_threads,
            lambda: self._history.series(where, metric, span).samples(),
        )

    async def tracks(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> AsyncIterator[Track]:
        """The same as `series` in columns, OLT after OLT; some million samples are in memory at once."""
        span = (micros(since), micros(until))
        history = self._history
        groups = await self._in(self._scan_threads, lambda: history.groups(where, span))
        async for found in self._ahead([partial(history.series, where, metric, span, olts) for olts in groups]):
            for track in arrays.tracks(found):
                yield track

    async def summaries(
        self,
        where: Where,
        metrics: Sequence[Metric[Any]],
        since: datetime,
        until: datetime,
        step_s: int = DAY_S,
    ) -> AsyncIterator[Summary]:
        """Per ONT and step, its values; files are read two groups of OLTs ahead of who asks."""
        if step_s < 1:
            raise InvalidValueError("step_s", step_s, "at least one second")
        span, step_us, history = (micros(since), micros(until)), step_s * 1_000_000, self._history
        if span[1] <= span[0] or not metrics:
            return
        starts = step_starts(*span, step_us)
        asked = tuple(dict.fromkeys(metrics))
        groups = await self._in(self._scan_threads, lambda: history.summary_groups(where, asked, span, step_us))
        async for found in self._ahead(
            [partial(history.summaries, where, asked, span, starts, step_us, olts) for olts in groups]
        ):
            for summary in found:
                yield summary

    async def as_of(self, where: Where, metric: Metric[Any], at: datetime) -> list[Sample]:
        """The last sample of each ONT at or before an instant."""
        return await self._in(
            self._history_threads, lambda: self._history.as_of(where, metric, micros(at) + 1).samples()
        )

    async def downsampled(
        self, where: Where, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> list[tuple[datetime, float, float, float, int]]:
        """Per step, whole since 1970: its start, minimum, mean, maximum and number of values."""
        if step_s < 1:
            raise InvalidValueError("step_s", step_s, "at least one second")
        span, step_us = (micros(since), micros(until)), step_s * 1_000_000
        steps = await self._in(
            self._history_threads,
            lambda: self._history.steps(where, metric, span, step_us),
        )
        return arrays.answered(steps, step_us)

    async def close(self) -> None:
        """Finish what is being written and release the files."""
        await self._in(self._append_thread, self._writer.close)
        for threads in (self._append_thread, self._latest_thread, self._history_threads, self._scan_threads):
            await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        """Who closes a file of SQLite last brings its log back into it: half a second for a day of a small fleet."""
        self._latest.close()
        self._here.close()
        self._history.close()

    # -- in a thread

    @staticmethod
    async def _in(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await visit(threads, work)

    async def _ahead(self, works: Sequence[Callable[[], T]]) -> AsyncIterator[T]:
        """What each piece of work finds, in order; `SCAN_THREADS` of them are under way at once."""
        loop = asyncio.get_running_loop()
        waiting: deque[asyncio.Future[T]] = deque()
        try:
            for work in works:
                waiting.append(loop.run_in_executor(self._scan_threads, work))
                if len(waiting) == SCAN_THREADS:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for one in waiting:
                one.cancel()


def seal_all(folder: Path, now: datetime, grace_s: int = GRACE_S) -> list[sealing.Sealed]:
    """Seal every closed segment; what is in use waits for the next time, and the first real failure is raised last."""
    failed: TelemetryError | None = None
    done = []
    for one in sealing.seal_each(folder, micros(now), grace_s):
        if isinstance(one, sealing.Sealed):
            done.append(one)
        elif isinstance(one, TelemetryBusyError):
            _log.info("telemetry.seal_postponed", where=one.where, detail=one.detail)
        else:
            failed = failed or one
    if failed is not None:
        raise failed
    return done


def retain_all(folder: Path, now: datetime, days: float, open_days: float | None = None) -> list[Path]:
    """Unlink whole files older than some days: sealed ones, and open ones (as long by default)."""
    kept = {True: days, False: days if open_days is None else open_days}
    old = [
        file for file in all_files(folder) if file.end_us <= micros(now) - int(kept[file.sealed] * DAY_S * 1_000_000)
    ]
    for file in old:
        file.unlink()
    for stray in strays(folder):
        stray.unlink(missing_ok=True)
    return [file.path for file in old]
