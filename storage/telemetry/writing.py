"""What appends to the embedded store: one process at a time, in one thread."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog

from domain.telemetry import Batch
from storage.telemetry import sealing
from storage.telemetry.columns import Cycle, cycle_of
from storage.telemetry.errors import (
    TelemetryBusyError,
    TelemetryDamagedError,
    TelemetryError,
    TelemetryFullError,
    named,
)
from storage.telemetry.files import SegmentFile, of_instant, readable, writable
from storage.telemetry.latest import NAME, Held, LatestFile
from storage.telemetry.present import Present, of_the_future, ranked
from storage.telemetry.segment import Segment

LOCK = "writer.lock"
OPEN_SEGMENTS = 4
"""Segments kept open for writing: the present one, the one that ends, and late cycles (C)."""
_WHOLE = (1 << 63) - 1
"""Mark of a sealed file among the last samples: all of it."""

_log = structlog.get_logger(__name__)


class Writer:
    """Appends batches to segments, then to the last samples."""

    def __init__(self, folder: Path, span_s: int, present: Present) -> None:
        self._folder = folder
        self._present = present
        self._span_s = span_s
        self._lock: int | None = None
        self._latest: LatestFile | None = None
        self._open: dict[SegmentFile, tuple[Segment, int]] = {}
        self._behind = True

    def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; what fails leaves what was acknowledged before as it was."""
        if not batches:
            return
        latest = self._ready()
        if self._behind:
            try:
                self._catch_up(latest)
            except TelemetryDamagedError as error:
                latest = self._made_anew(error)
                self._catch_up(latest)
        cycles = sorted(map(cycle_of, batches), key=lambda one: one.at)
        by_span: dict[SegmentFile, list[Cycle]] = {}
        for cycle in cycles:
            by_span.setdefault(of_instant(self._folder, cycle.at, self._span_s), []).append(cycle)
        self._behind = True
        marks = dict(self._write(span, group) for span, group in sorted(by_span.items()))
        try:
            with named(self._folder / NAME), latest.locked():
                for cycle in cycles:
                    latest.apply(cycle)
                for name, number in marks.items():
                    latest.mark(name, number)
            self._behind = False
        except TelemetryDamagedError as error:
            self._catch_up(self._made_anew(error))

    def close(self) -> None:
        """Release files and the lock."""
        for segment, _ in self._open.values():
            segment.close()
        self._open.clear()
        if self._latest is not None:
            self._latest.close()
            self._latest = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        self._behind = True

    def _ready(self) -> LatestFile:
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the kernel, even after kill -9
            except OSError as error:
                os.close(handle)
                raise TelemetryBusyError(self._folder.name, "another process writes in this folder") from error
            self._lock = handle
        if self._latest is None:
            self._latest = self._last_samples()
        return self._latest

    def _last_samples(self) -> LatestFile:
        """The file of last samples; made anew from the segments when it is damaged."""
        try:
            return LatestFile.for_writing(self._folder, self._present)
        except TelemetryDamagedError as error:
            return self._made_anew(error)

    def _made_anew(self, error: TelemetryDamagedError) -> LatestFile:
        """An empty file of last samples instead of a damaged one; to be caught up."""
        _log.error("telemetry.last_samples_damaged", where=error.where, detail=error.detail)
        if self._latest is not None:
            self._latest.close()
        for suffix in ("", "-wal", "-shm"):
            (self._folder / f"{NAME}{suffix}").unlink(missing_ok=True)
        self._latest = LatestFile.for_writing(self._folder, self._present)
        return self._latest

    def _catch_up(self, latest: LatestFile) -> None:
        """Apply to the last samples what a kill or a full disk left in segments alone; everything if they were lost."""
        with named(self._folder / NAME):
            applied, files = latest.applied(), readable(self._folder)
            for file in files:
                if file.sealed and file.stem in applied:
                    continue
                try:
                    if file.sealed:
                        self._apply_sealed(latest, file)
                    else:
                        self._apply_open(latest, file, applied.get(file.stem, 0))
                except TelemetryFullError:
                    raise
                except FileNotFoundError:  # sealed or dropped meanwhile: the next time
                    continue
                except TelemetryError as error:
                    _log.error("telemetry.segment_damaged", where=error.where, detail=error.detail)
            with latest.locked():
                for stem in applied.keys() - {file.stem for file in files}:
                    latest.forget(stem)
        self._behind = False

    @staticmethod
    def _apply_open(latest: LatestFile, file: SegmentFile, after: int) -> None:
        segment = Segment.for_writing(file.path, create=False)
        try:
            with named(file.path):
                last = segment.last_cycle
            if last <= after:
                return
            with latest.locked():
                for cycle in segment.cycles(after):
                    latest.apply(cycle)
                latest.mark(file.stem, last)
        finally:
            segment.close()

    def _apply_sealed(self, latest: LatestFile, file: SegmentFile) -> None:
        latest_us = self._present.latest_us()
        with latest.locked():
            for operator_id, olt, metrics, table in sealing.tables(file.path):
                for place, metric in enumerate(metrics):
                    values, codes = table.values[place], table.codes[place]
                    asked = np.flatnonzero(~np.isnan(values) | (codes != 0))
                    if of_the_future(table.at[asked], latest_us) is not None:
                        asked = asked[
                            np.lexsort((table.at[asked], ranked(table.at[asked], latest_us), table.key[asked]))
                        ]
                    newest = asked[np.append(table.key[asked][1:] != table.key[asked][:-1], [True])[: len(asked)]]
                    held = Held(table.key[newest], table.at[newest], values[newest], codes[newest])
                    if len(newest):
                        latest.lay(operator_id, olt, metric, held)
            latest.mark(file.stem, _WHOLE)

    def _write(self, span: SegmentFile, group: Sequence[Cycle]) -> tuple[str, int]:
        """Write to the newest unsealed generation of a span; to a new one when that one is being sealed or damaged."""
        after = -1
        while True:
            file = self._chosen(span, after)
            try:
                segment = self._segment(file)
                with named(file.path), segment.locked():
                    if self._still_there(file):
                        for cycle in group:
                            segment.write(cycle)
                        return file.stem, segment.last_cycle
            except (TelemetryBusyError, TelemetryDamagedError) as error:
                if isinstance(error, TelemetryDamagedError):
                    _log.error("telemetry.segment_damaged", where=error.where, detail=error.detail)
                after = file.generation
            self._forget(file)

    def _chosen(self, span: SegmentFile, after: int) -> SegmentFile:
        if after < 0:
            mine = [file for file in self._open if (file.start_us, file.span_s) == (span.start_us, span.span_s)]
            if mine:
                return max(mine)
        return writable(span, after)

    def _segment(self, file: SegmentFile) -> Segment:
        if file not in self._open:
            while len(self._open) >= OPEN_SEGMENTS:
                self._forget(next(iter(self._open)))
            segment = Segment.for_writing(file.path)
            self._open[file] = (segment, file.path.stat().st_ino)
        return self._open[file][0]

    def _forget(self, file: SegmentFile) -> None:
        if file in self._open:
            self._open.pop(file)[0].close()

    def _still_there(self, file: SegmentFile) -> bool:
        """Whether the file we hold, now locked, is neither sealed nor replaced."""
        try:
            same = file.path.stat().st_ino == self._open[file][1]
        except FileNotFoundError:
            return False
        return same and not file.closed_form.path.exists()
