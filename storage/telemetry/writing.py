"""What appends to the embedded store: one process at a time, in one thread."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from domain.telemetry import Batch
from storage.telemetry.columns import Cycle, cycle_of
from storage.telemetry.errors import TelemetryBusyError, named
from storage.telemetry.files import SegmentFile, all_files, of_instant, writable
from storage.telemetry.latest import Latest
from storage.telemetry.segment import Segment

LOCK = "writer.lock"
OPEN_SEGMENTS = 4
"""Segments kept open for writing: the present one, the one that ends, and late cycles (C)."""


class Writer:
    """Appends batches to segments, then to the last samples."""

    def __init__(self, folder: Path, span_s: int) -> None:
        self._folder = folder
        self._span_s = span_s
        self._lock: int | None = None
        self._latest: Latest | None = None
        self._open: dict[SegmentFile, tuple[Segment, int]] = {}
        self._behind = True

    def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches; what fails leaves what was acknowledged before as it was."""
        if not batches:
            return
        latest = self._ready()
        if self._behind:
            self._catch_up(latest)
        cycles = sorted(map(cycle_of, batches), key=lambda one: one.at)
        by_span: dict[SegmentFile, list[Cycle]] = {}
        for cycle in cycles:
            by_span.setdefault(of_instant(self._folder, cycle.at, self._span_s), []).append(cycle)
        self._behind = True
        marks = dict(self._write(span, group) for span, group in sorted(by_span.items()))
        with named(self._folder / "latest"), latest.locked():
            for cycle in cycles:
                latest.apply(cycle)
            for name, number in marks.items():
                latest.mark(name, number)
        self._behind = False

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

    def _ready(self) -> Latest:
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
            self._latest = Latest.for_writing(self._folder)
        return self._latest

    def _catch_up(self, latest: Latest) -> None:
        """Apply to the last samples what a kill or a full disk left in segments alone."""
        applied = latest.applied()
        files = [file for file in all_files(self._folder) if not file.sealed and not file.closed_form.path.exists()]
        for file in files:
            segment = Segment.for_writing(file.path)
            try:
                after, last = applied.get(file.stem, 0), segment.last_cycle
                if last <= after:
                    continue
                with named(self._folder / "latest"), latest.locked():
                    for cycle in segment.cycles(after):
                        latest.apply(cycle)
                    latest.mark(file.stem, last)
            finally:
                segment.close()
        with latest.locked():
            for stem in applied.keys() - {file.stem for file in files}:
                latest.forget(stem)
        self._behind = False

    def _write(self, span: SegmentFile, group: Sequence[Cycle]) -> tuple[str, int]:
        """Write to the newest unsealed generation of a span; to a new one while that one is being sealed."""
        after = -1
        while True:
            file = self._chosen(span, after)
            segment = self._segment(file)
            with named(file.path):
                try:
                    with segment.locked():
                        if self._still_there(file):
                            for cycle in group:
                                segment.write(cycle)
                            return file.stem, segment.last_cycle
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise
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
        self._open.pop(file)[0].close()

    def _still_there(self, file: SegmentFile) -> bool:
        """Whether the file we hold, now locked, is neither sealed nor replaced."""
        try:
            same = file.path.stat().st_ino == self._open[file][1]
        except FileNotFoundError:
            return False
        return same and not file.closed_form.path.exists()
