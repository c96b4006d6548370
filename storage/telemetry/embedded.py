"""The embedded telemetry store: files in one folder, written by one process and read by any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from domain.errors import InvalidValueError
from domain.metric import Metric
from domain.telemetry import Batch, Latest, Sample, Track, Where
from storage.telemetry import columns as arrays
from storage.telemetry import sealing
from storage.telemetry.columns import Rows, Steps, micros
from storage.telemetry.errors import TelemetryBusyError, TelemetryError, named
from storage.telemetry.files import SegmentFile, all_files, readable
from storage.telemetry.latest import LatestFile, answered
from storage.telemetry.sealed import SealedReader
from storage.telemetry.segment import Segment
from storage.telemetry.writing import Writer

T = TypeVar("T")

_log = structlog.get_logger(__name__)

DAY_S = 86_400
GRACE_S = 900
"""How long after its end a segment still waits for late cycles before it is sealed: three 5-minute cycles (C)."""
HISTORY_THREADS = 2
"""Questions about the past answered at once (C)."""
TRACKED_ROWS = 2_000_000
"""Rows of OLTs read at once by `tracks` (C): about 200 MB while they are being sorted."""
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
        self._latest: LatestFile | None = None
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

    async def retain(self, now: datetime, days: float, *, open_days: float | None = None) -> list[Path]:
        """Unlink the files whose last instant is older; last samples stay.

        Args:
            now: The present.
            days: Age of sealed files.
            open_days: Age of segments that were never sealed; ``days`` by default.
        """
        return await asyncio.to_thread(retain_all, self._folder, now, days, open_days)

    # -- reading

    async def last(self, where: Where, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last sample of each ONT, whatever its age, by metric."""
        return await self._in(
            self._latest_thread,
            lambda: {metric: arrays.distinct(self._last(where, metric)).samples() for metric in metrics},
        )

    async def latest(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        """The same as `last` in columns, by OLT in the order of names."""
        return await self._in(self._latest_thread, lambda: self._columns(where, metrics))

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

    async def tracks(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> AsyncIterator[Track]:
        """The same as `series` in columns, OLT after OLT; some million samples are in memory at once."""
        span = (micros(since), micros(until))
        groups = await self._in(
            self._history_threads, lambda: self._listed(lambda files: self._groups(files, where, span), span)
        )
        for olts in groups:
            work = partial(self._rows, where=where, metric=metric, span=span, olts=olts)
            found = await self._in(
                self._history_threads,
                lambda work=work: arrays.distinct(self._listed(work, span)),  # type: ignore[misc] # a default is not inferred
            )
            for track in arrays.tracks(found):
                yield track

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

    def _last_file(self) -> LatestFile | None:
        if self._latest is not None and not self._latest.current():
            self._latest.close()  # it was damaged or removed, and made anew by the writer
            self._latest = None
        if self._latest is None:
            self._latest = LatestFile.for_reading(self._folder)
        return self._latest

    def _last(self, where: Where, metric: Metric[Any]) -> Rows:
        latest = self._last_file()
        return arrays.nothing() if latest is None else latest.rows(where, metric.key)

    def _columns(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        latest = self._last_file()
        if latest is None or not metrics:
            return []
        return [
            answered(olt, keys, {metric: columns[metric.key] for metric in metrics})
            for olt, keys, columns in latest.columns(where, [metric.key for metric in metrics])
        ]

    def _listed(self, work: Callable[[list[SegmentFile]], T], span: tuple[int, int]) -> T:
        """Answer from the files of a span; again when sealing or retention takes one away meanwhile."""
        for _ in range(5):
            files = [file for file in readable(self._folder) if file.start_us < span[1] and file.end_us > span[0]]
            try:
                return work(files)
            except FileNotFoundError:
                continue
        raise TelemetryError(self._folder.name, "files come and go faster than they can be read")

    def _rows(
        self,
        files: Sequence[SegmentFile],
        where: Where,
        metric: Metric[Any],
        span: tuple[int, int],
        olts: tuple[str, str] | None = None,
    ) -> Rows:
        """Samples of files; where two overlap, in the order of their generations: the last one wins.

        Args:
            files: The files.
            where: Which ONTs.
            metric: Which metric.
            span: First instant, and first after.
            olts: First and last name of OLTs; instead of ``where.olt``.
        """
        asked = olts or _named_in(where)
        alone = [file for file in files if file.sealed and not any(_overlap(file, other) for other in files)]
        parts = [self._sealed.rows(alone, where, asked, metric.key, span)] if alone else []
        for file in sorted(set(files).difference(alone)):
            if file.sealed:
                parts.append(self._sealed.rows([file], where, asked, metric.key, span))
            else:
                parts.append(_read(file, where, asked, metric.key, span))
        return arrays.together(parts)

    def _groups(self, files: Sequence[SegmentFile], where: Where, span: tuple[int, int]) -> list[tuple[str, str]]:
        """First and last names of groups of OLTs that hold about `TRACKED_ROWS` rows together."""
        latest = LatestFile.for_reading(self._folder)
        names: set[str] = set()
        if latest is not None:
            names.update(latest.olts(where))
            latest.close()
        rows = 0
        for file in files:
            part = min(1.0, (span[1] - span[0]) / (file.end_us - file.start_us))
            if file.sealed:
                rows += int(self._sealed.size(file) * part)
                continue
            with _opened(file) as segment:
                found = segment.olts(where.operator_id, _named_in(where))
                names.update(name for _, _, name in found)
                rows += int(sum(segment.size(number) for number, _, _ in found) * part)
        ordered = sorted(names)
        size = max(1, TRACKED_ROWS * len(ordered) // max(1, rows))
        return [(ordered[at], ordered[min(at + size, len(ordered)) - 1]) for at in range(0, len(ordered), size)]

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
                    else _read(file, where, _named_in(where), metric.key, span, latest=True)
                    for file in group
                ]
                found = arrays.newest(arrays.together([*parts, found]))
                if len(found) and len(found) >= every:
                    return found
        return found

    def _every(self, where: Where, metric: Metric[Any]) -> int:
        """How many ONTs have ever had a sample, asked on a connection of this thread."""
        latest = LatestFile.for_reading(self._folder)
        if latest is None:
            return 0
        try:
            return len(latest.rows(where, metric.key))
        finally:
            latest.close()


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
    return [file.path for file in old]


def _named_in(where: Where) -> tuple[str, str] | None:
    """First and last name of the OLTs of a question; ``None`` for every one."""
    return None if where.olt is None else (where.olt, where.olt)


@contextmanager
def _opened(file: SegmentFile) -> Iterator[Segment]:
    """One state of an open segment; `FileNotFoundError` when it is gone, `TelemetryError` when it cannot be read."""
    segment = Segment.for_reading(file.path)
    try:
        with named(file.path), segment.snapshot():
            yield segment
    finally:
        segment.close()


def _read(
    file: SegmentFile,
    where: Where,
    olts: tuple[str, str] | None,
    metric: str,
    span: tuple[int, int],
    *,
    latest: bool = False,
) -> Rows:
    parts = []
    with _opened(file) as segment:
        for number, _, name in segment.olts(where.operator_id, olts):
            table = segment.read(number, arrays.bounds(where), [metric], span, latest=latest)
            parts.append(arrays.rows_of(name, table.key, table.at, table.values[0], table.codes[0]))
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
