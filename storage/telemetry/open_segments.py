"""Open segments as questions read them: one state each, on connections that are kept from one question to the next.

To open one takes five steps of SQLite, and each step of a thread is a wait for the interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.telemetry.errors import TelemetryFullError, named
from storage.telemetry.files import SegmentFile
from storage.telemetry.segment import Segment

KEPT = 2
"""Connections kept for one file (C): as many as there are threads for the history."""


class OpenSegments:
    """The open segments of a folder, for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Path, list[Segment]] = {}

    @contextmanager
    def opened(self, file: SegmentFile) -> Iterator[Segment]:
        """One state of a segment; `FileNotFoundError` when it is gone, `TelemetryError` when it cannot be read."""
        path = file.path
        segment, still = self._held(file, path)
        try:
            with named(path):
                yield segment
                if still:
                    _require_still(file)
                else:
                    segment.release()
        except BaseException:
            segment.close()
            raise
        if still:
            segment.close()
        else:
            self._keep(path, segment)

    def let_go(self) -> None:
        """Close what is kept of files that are no more: their place on the disk is free then."""
        with self._lock:
            gone = [path for path in self._idle if not path.exists()]
            segments = [segment for path in gone for segment in self._idle.pop(path)]
        for segment in segments:
            segment.close()

    def close(self) -> None:
        """Close all that is kept."""
        with self._lock:
            kept, self._idle = self._idle, {}
        for segments in kept.values():
            for segment in segments:
                segment.close()

    def _held(self, file: SegmentFile, path: Path) -> tuple[Segment, bool]:
        """A segment of which one state is read, and whether as a still file: a full disk has no room for side files."""
        with self._lock:
            idle = self._idle.get(path)
            segment = idle.pop() if idle else None
        if segment is not None:
            if path.exists():
                return _hold(path, segment), False
            segment.close()
        try:
            return _hold(path, Segment.for_reading(path)), False
        except TelemetryFullError:
            if _has_wal(file):
                raise
            return _hold(path, Segment.for_reading(path, still=True)), True

    def _keep(self, path: Path, segment: Segment) -> None:
        with self._lock:
            idle = self._idle.setdefault(path, [])
            full = len(idle) == KEPT
            if not full:
                idle.append(segment)
        if full:
            segment.close()


def _hold(path: Path, segment: Segment) -> Segment:
    try:
        with named(path):
            segment.hold()
    except BaseException:
        segment.close()
        raise
    return segment


def _require_still(file: SegmentFile) -> None:
    if _has_wal(file):
        raise TelemetryFullError(file.path.name, "the disk is full, and the segment was written meanwhile")


def _has_wal(file: SegmentFile) -> bool:
    wal = file.sqlite_paths()[1]
    return wal.exists() and wal.stat().st_size > 0
