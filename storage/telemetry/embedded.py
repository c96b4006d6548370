"""The embedded telemetry store: files in one folder, written by one process and read by any."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import InvalidValueError
from domain.metric import Metric
from domain.telemetry import Batch, Sample, Where
from storage.telemetry import columns as arrays
from storage.telemetry import sealing
from storage.telemetry.columns import Rows, Steps, micros
from storage.telemetry.errors import TelemetryError
from storage.telemetry.files import SegmentFile, all_files, readable
from storage.telemetry.latest import Latest
from storage.telemetry.sealed import SealedReader
from storage.telemetry.segment import Segment
from storage.telemetry.writing import Writer

T = TypeVar("T")

DAY_S = 86_400
GRACE_S = 900
"""How long after its end a segment still waits for late cycles before it is sealed: three 5-minute cycles (C)."""
HISTORY_THREADS = 2
"""Questions about the past answered at once (C)."""
_FIRST_LOOK = 24
"""`as_of` first looks at the last 24th of a segment: one hour of a day (C)."""


class EmbeddedTelemetry:
    """SQLite segments, a file of last samples, and sealed Parquet. See docs/telemetry.md.

    Only the process that appends takes the folder's writer lock: any number of others may read meanwhile.
    """

    def __init__(self, folder: Path, *, span_s: int = DAY_S) -> None:
        """Use a folder.

        Args:
            folder: Where files are; created by the first append.
            span_s: Seconds a segment covers: a day, or an hour for big fleets.
        """
        if span_s < 1:
            raise InvalidValueError("span_s", span_s, "at least one second")
        self._folder = folder.resolve()
        self._writer = Writer(self._folder, span_s)
        self._sealed = SealedReader()
        self._latest: Latest | None = None
        self._append_thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry-append")
        self._latest_thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry-latest")
        self._history_threads = ThreadPoolExecutor(HISTORY_THREADS, thread_name_prefix="telemetry-history")

    # -- writing

    async def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; on the disk when it returns. Raises `TelemetryFullError` when the disk refuses."""
        await self._in(self._append_thread, lambda: self._writer.append(batches))

    async def seal(self, now: datetime, *, grace_s: int = GRACE_S) -> list[sealing.Sealed]:
        """Seal the segments closed for ``grace_s`` seconds, oldest first; appending goes on meanwhile."""
        return await asyncio.to_thread(seal_all, self._folder, now, grace_s)

    async def retain(self, now: datetime, days: float) -> list[Path]:
        """Unlink the files whose last instant is older; last samples stay."""
        return await asyncio.to_thread(retain_all, self._folder, now, days)

    # -- reading

    async def last(self, where: Where, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last sample of each ONT, whatever its age, by metric."""
        return await self._in(
            self._latest_thread,
            lambda: {metric: arrays.distinct(self._last(where, metric)).samples() for metric in metrics},
        )

    async def worst(self, where: Where, metric: Metric[Any], count: int, *, lowest: bool = True) -> list[Sample]:
        """The ONTs whose last sample is the lowest (or highest) value, worst first."""
        return await self._in(
            self._latest_thread,
            lambda: arrays.extreme(self._last(where, metric), count, lowest=lowest).samples(),
        )

    async def series(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> list[Sample]:
        """Every sample of ``[since, until[``, by ONT then by instant; samples without value included."""
        span = (micros(since), micros(until))
        return await self._in(
            self._history_threads,
            lambda: self._listed(lambda files: arrays.distinct(self._rows(files, where, metric, span)), span).samples(),
        )

    async def as_of(self, where: Where, metric: Metric[Any], at: datetime) -> list[Sample]:
        """The last sample of each ONT at or before an instant."""
        span = (-(1 << 62), micros(at) + 1)
        return await self._in(
            self._history_threads,
            lambda: self._listed(lambda files: self._as_of(files, where, metric, span[1]), span).samples(),
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
            lambda: self._listed(lambda files: self._steps(files, where, metric, span, step_us), span),
        )
        return arrays.answered(steps, step_us)

    async def close(self) -> None:
        """Finish what is being written and release the files."""
        await self._in(self._append_thread, self._writer.close)
        for threads in (self._append_thread, self._latest_thread, self._history_threads):
            await asyncio.to_thread(threads.shutdown)
        if self._latest is not None:
            self._latest.close()
        self._sealed.close()

    # -- in a thread

    @staticmethod
    async def _in(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _last(self, where: Where, metric: Metric[Any]) -> Rows:
        if self._latest is None:
            self._latest = Latest.for_reading(self._folder)
        return arrays.nothing() if self._latest is None else self._latest.rows(where, metric.key)

    def _listed(self, work: Callable[[list[SegmentFile]], T], span: tuple[int, int]) -> T:
        """Answer from the files of a span; again when sealing or retention takes one away meanwhile."""
        for _ in range(5):
            files = [file for file in readable(self._folder) if file.start_us < span[1] and file.end_us > span[0]]
            try:
                return work(files)
            except FileNotFoundError:
                continue
        raise TelemetryError(self._folder.name, "files come and go faster than they can be read")

    def _rows(self, files: Sequence[SegmentFile], where: Where, metric: Metric[Any], span: tuple[int, int]) -> Rows:
        """Samples of files; where two overlap, in the order of their generations: the last one wins."""
        alone = [file for file in files if file.sealed and not any(_overlap(file, other) for other in files)]
        parts = [self._sealed.rows(alone, where, metric.key, span)] if alone else []
        for file in sorted(set(files).difference(alone)):
            if file.sealed:
                parts.append(self._sealed.rows([file], where, metric.key, span))
            else:
                parts.append(_read(file, where, metric.key, span))
        return arrays.together(parts)

    def _steps(
        self, files: Sequence[SegmentFile], where: Where, metric: Metric[Any], span: tuple[int, int], step_us: int
    ) -> Steps:
        alone = [file for file in files if file.sealed and not any(_overlap(file, other) for other in files)]
        others = [file for file in files if file not in alone]
        parts = [self._sealed.steps(alone, where, metric.key, span, step_us)] if alone else []
        rows = arrays.distinct(self._rows(others, where, metric, span))
        return arrays.folded([*parts, arrays.steps_of(rows, step_us)])

    def _as_of(self, files: Sequence[SegmentFile], where: Where, metric: Metric[Any], until_us: int) -> Rows:
        every = self._every(where, metric)
        found = arrays.nothing()
        for group in _together_by_span(files)[::-1]:
            start, end = min(file.start_us for file in group), min(max(file.end_us for file in group), until_us)
            middle = max(start, end - (end - start) // _FIRST_LOOK - 1)
            for span in ((middle, end), (start, middle)):
                parts = [
                    self._sealed.newest([file], where, metric.key, span)
                    if file.sealed
                    else _read(file, where, metric.key, span, latest=True)
                    for file in group
                ]
                found = arrays.newest(arrays.together([*parts, found]))
                if len(found) and len(found) >= every:
                    return found
        return found

    def _every(self, where: Where, metric: Metric[Any]) -> int:
        """How many ONTs have ever had a sample, asked on a connection of this thread."""
        latest = Latest.for_reading(self._folder)
        if latest is None:
            return 0
        try:
            return len(latest.rows(where, metric.key))
        finally:
            latest.close()


def seal_all(folder: Path, now: datetime, grace_s: int = GRACE_S) -> list[sealing.Sealed]:
    """Seal every closed segment, and remove what a kill left unfinished."""
    done = [sealing.seal(file) for file in sealing.closed(folder, micros(now), grace_s)]
    return [one for one in done if one is not None]


def retain_all(folder: Path, now: datetime, days: float) -> list[Path]:
    """Unlink whole files older than some days."""
    limit = micros(now) - int(days * DAY_S * 1_000_000)
    old = [file for file in all_files(folder) if file.end_us <= limit]
    for file in old:
        file.unlink()
    return [file.path for file in old]


def _read(file: SegmentFile, where: Where, metric: str, span: tuple[int, int], *, latest: bool = False) -> Rows:
    segment = Segment.for_reading(file.path)
    parts = []
    try:
        with segment.snapshot():
            for number, _, name in segment.olts(where.operator_id, where.olt):
                table = segment.read(number, arrays.bounds(where), [metric], span, latest=latest)
                parts.append(arrays.rows_of(name, table.key, table.at, table.values[0], table.codes[0]))
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # created this instant by another process: its schema is not there yet
            return arrays.nothing()
        raise TelemetryError(file.path.name, str(error)) from error
    finally:
        segment.close()
    found = arrays.together(parts)
    return arrays.newest(found) if latest else found


def _overlap(file: SegmentFile, other: SegmentFile) -> bool:
    return file != other and file.start_us < other.end_us and other.start_us < file.end_us


def _together_by_span(files: Sequence[SegmentFile]) -> list[list[SegmentFile]]:
    """Files in groups that share no instant, oldest first."""
    groups: list[list[SegmentFile]] = []
    for file in sorted(files):
        if groups and any(_overlap(file, other) for other in groups[-1]):
            groups[-1].append(file)
        else:
            groups.append([file])
    return groups
