"""Questions about the past of the embedded store, answered from its files by whichever thread asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from domain.metric import Metric
from domain.telemetry import Instants, Summary, Where
from storage.telemetry import columns as arrays
from storage.telemetry.columns import Rows, Steps
from storage.telemetry.errors import TelemetryError, named
from storage.telemetry.files import SegmentFile, readable
from storage.telemetry.latest import NAME, LatestFile
from storage.telemetry.open_segments import OpenSegments
from storage.telemetry.scan import piece
from storage.telemetry.sealed import SealedReader
from storage.telemetry.summaries import Cells, answers, cells, cells_of_rows

T = TypeVar("T")
Span = tuple[int, int]
Names = tuple[str, str]
"""First and last name of OLTs."""

ROWS_AT_ONCE = 2_000_000
"""Rows of OLTs read at once by questions about a fleet (C): about 200 MB while they are being sorted."""
CELLS_AT_ONCE = 2_000_000
"""ONTs × steps × metrics of OLTs summarised at once (C): 56 MB of answers."""
_FIRST_LOOK = 24
"""`as_of` first looks at the last 24th of a segment: one hour of a day (C)."""


class History:
    """The files of a folder, sealed and open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sealed = SealedReader()
        self._open = OpenSegments()

    def let_go(self) -> None:
        """Release what is no more."""
        self._open.let_go()

    def close(self) -> None:
        """Release the files."""
        self._sealed.close()
        self._open.close()

    def series(self, where: Where, metric: Metric[Any], span: Span, olts: Names | None = None) -> Rows:
        """Samples whose instant is in ``[span[``, sorted by OLT, ONT and instant, each once.

        Args:
            where: Which ONTs.
            metric: Which metric.
            span: First instant, and first after.
            olts: First and last name of OLTs; instead of ``where.olt``.
        """
        return self._listed(lambda files: arrays.distinct(self._rows(files, where, metric, span, olts)), span)

    def groups(self, where: Where, span: Span) -> list[Names]:
        """Groups of OLTs that hold about `ROWS_AT_ONCE` rows together."""
        return self._listed(
            lambda files: _cut(self._names(files, where), self._size(files, where, span) / ROWS_AT_ONCE), span
        )

    def steps(self, where: Where, metric: Metric[Any], span: Span, step_us: int) -> Steps:
        """Aggregates of all ONTs asked, by step."""
        return self._listed(lambda files: self._steps(files, where, metric, span, step_us), span)

    def as_of(self, where: Where, metric: Metric[Any], until_us: int) -> Rows:
        """The last sample of each ONT before an instant."""
        span = (-(1 << 62), until_us)
        return self._listed(lambda files: self._as_of(files, where, metric, until_us), span)

    def summary_groups(self, where: Where, metrics: Sequence[Metric[Any]], span: Span, step_us: int) -> list[Names]:
        """Groups of OLTs to summarise together: bounded by the rows read at once, and by the size of the answer."""

        def cut(files: list[SegmentFile]) -> list[Names]:
            clusters = _together_by_step(files, step_us)
            rows = max((self._size(cluster, where, span) for cluster in clusters), default=0) * len(metrics)
            steps = -(-span[1] // step_us) - span[0] // step_us
            onts = max((self._every(where, metric) for metric in metrics), default=0)
            return _cut(
                self._names(files, where), max(rows / ROWS_AT_ONCE, onts * steps * len(metrics) / CELLS_AT_ONCE)
            )

        return self._listed(cut, span)

    def summaries(
        self, where: Where, metrics: Sequence[Metric[Any]], span: Span, starts: Instants, step_us: int, olts: Names
    ) -> list[Summary]:
        """Summaries of the OLTs from one name to another."""

        def work(files: list[SegmentFile]) -> list[Cells]:
            return [
                part
                for cluster in _together_by_step(files, step_us)
                for part in self._cells(cluster, where, metrics, span, step_us, olts)
            ]

        return list(answers(self._listed(work, span), metrics, starts, step_us))

    def _cells(
        self,
        files: Sequence[SegmentFile],
        where: Where,
        metrics: Sequence[Metric[Any]],
        span: Span,
        step_us: int,
        olts: Names,
    ) -> list[Cells]:
        """Figures of files that share no step with others."""
        whole = where.pon is None and where.ont is None
        if whole and len(files) == 1 and files[0].sealed:
            return [_scanned(files[0], where.operator_id, [metric.key for metric in metrics], span, step_us, olts)]
        return [
            cells_of_rows(arrays.distinct(self._rows(files, where, metric, span, olts)), metric.key, step_us)
            for metric in metrics
        ]

    def _listed(self, work: Callable[[list[SegmentFile]], T], span: Span) -> T:
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
        span: Span,
        olts: Names | None = None,
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
                parts.append(_read(self._open, file, where, asked, metric.key, span))
        return arrays.together(parts)

    def _names(self, files: Sequence[SegmentFile], where: Where) -> list[str]:
        """Names of the OLTs of a question, in order."""
        names: set[str] = set()
        latest = LatestFile.for_reading(self._folder)
        if latest is not None:
            try:
                with named(self._folder / NAME):
                    names.update(latest.olts(where))
            finally:
                latest.close()
        for file in files:
            if file.sealed:
                if latest is None:  # lost, and nobody has appended since
                    names.update(self._sealed.olts(file, where))
            else:
                with self._open.opened(file) as segment:
                    names.update(name for _, _, name in segment.olts(where.operator_id, _named_in(where)))
        return sorted(names)

    def _size(self, files: Sequence[SegmentFile], where: Where, span: Span) -> float:
        """About how many rows of a span files hold."""
        rows = 0.0
        for file in files:
            part = min(1.0, (span[1] - span[0]) / (file.end_us - file.start_us))
            if file.sealed:
                rows += self._sealed.size(file) * part
                continue
            with self._open.opened(file) as segment:
                rows += sum(segment.size(one) for one, _, _ in segment.olts(where.operator_id, _named_in(where))) * part
        return rows

    def _steps(
        self, files: Sequence[SegmentFile], where: Where, metric: Metric[Any], span: Span, step_us: int
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
                    else _read(self._open, file, where, _named_in(where), metric.key, span, latest=True)
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
            with named(self._folder / NAME):
                return len(latest.rows(where, metric.key))
        finally:
            latest.close()


def _named_in(where: Where) -> Names | None:
    """First and last name of the OLTs of a question; ``None`` for every one."""
    return None if where.olt is None else (where.olt, where.olt)


def _read(
    opened: OpenSegments,
    file: SegmentFile,
    where: Where,
    olts: Names | None,
    metric: str,
    span: Span,
    *,
    latest: bool = False,
) -> Rows:
    parts = []
    with opened.opened(file) as segment:
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


def _together_by_step(files: Sequence[SegmentFile], step_us: int) -> list[list[SegmentFile]]:
    """Files in groups that share no instant and no step, oldest first."""
    groups: list[list[SegmentFile]] = []
    last = None
    for file in sorted(files):
        first, end = file.start_us // step_us, (file.end_us - 1) // step_us
        if last is not None and first <= last:
            groups[-1].append(file)
        else:
            groups.append([file])
        last = end if last is None else max(last, end)
    return groups


def _cut(names: Sequence[str], parts: float) -> list[Names]:
    """Names in about so many groups: the first and the last of each."""
    size = max(1, int(len(names) / max(1.0, parts)))
    return [(names[at], names[min(at + size, len(names)) - 1]) for at in range(0, len(names), size)]


def _scanned(
    file: SegmentFile, operator_id: str, metrics: Sequence[str], span: Span, step_us: int, olts: Names
) -> Cells:
    """Figures of a sealed file, which is in order already; its instants are not read when they cannot matter."""
    step, last = file.start_us // step_us, (file.end_us - 1) // step_us
    if step == last and span[0] <= file.start_us and file.end_us <= span[1]:
        found = piece(file, operator_id, olts, metrics)
        return cells(found.names, found.olt, found.key, step, {metric: found.values(metric) for metric in metrics})
    found = piece(file, operator_id, olts, [*metrics, "at_us"])
    at = found.columns["at_us"]
    asked = (at >= span[0]) & (at < span[1])
    columns = {metric: found.values(metric)[asked] for metric in metrics}
    return cells(found.names, found.olt[asked], found.key[asked], at[asked] // step_us, columns)
