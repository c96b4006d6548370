"""Names of the files of the embedded store: one span of time a file, sealed or not.

``20260501T000000.g0.sqlite`` is written; ``20260501T000000.g0.parquet`` is its sealed form. The generation ``g`` grows
when rows arrive for a span already sealed: a name is never used twice, so no leftover WAL can meet another database.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from storage.telemetry.columns import instant, micros

_NAME = re.compile(r"(\d{8}T\d{6})-(\d+)\.g(\d+)\.(sqlite|parquet)")
_FORM = "%Y%m%dT%H%M%S"
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class SegmentFile:
    """One file.

    Attributes:
        start_us: First instant it may hold, microseconds.
        span_s: Seconds it covers.
        generation: 0 for the first file of the span.
        folder: Where it lies.
        sealed: Whether it is Parquet.
    """

    start_us: int
    span_s: int
    generation: int
    folder: Path
    sealed: bool = False

    @property
    def end_us(self) -> int:
        """First instant after it, microseconds."""
        return self.start_us + self.span_s * _SECOND_US

    @property
    def stem(self) -> str:
        """Its name without suffix."""
        return f"{instant(self.start_us).strftime(_FORM)}-{self.span_s}.g{self.generation}"

    @property
    def path(self) -> Path:
        """Its path."""
        return self.folder / f"{self.stem}.{'parquet' if self.sealed else 'sqlite'}"

    @property
    def closed_form(self) -> SegmentFile:
        """The Parquet file of the same rows."""
        return SegmentFile(self.start_us, self.span_s, self.generation, self.folder, sealed=True)

    @property
    def open_form(self) -> SegmentFile:
        """The SQLite file of the same rows."""
        return SegmentFile(self.start_us, self.span_s, self.generation, self.folder)

    def sqlite_paths(self) -> list[Path]:
        """The SQLite file and its side files, in the order in which they may be unlinked."""
        return [self.folder / f"{self.stem}.sqlite{suffix}" for suffix in ("", "-wal", "-shm")]

    def unlink(self) -> None:
        """Remove it, with its side files."""
        for path in [self.path] if self.sealed else self.sqlite_paths():
            path.unlink(missing_ok=True)


@lru_cache(maxsize=10_000)
def _parsed(folder: Path, name: str) -> SegmentFile | None:
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    start = micros(datetime.strptime(f"{found[1]}+0000", f"{_FORM}%z"))
    return SegmentFile(start, int(found[2]), int(found[3]), folder, found[4] == "parquet")


def all_files(folder: Path) -> list[SegmentFile]:
    """Every file of the folder, oldest first; both forms of one segment when a sealing is being finished."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a path a name would be built, and a month of hours is 720 of them
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found for name in names if (found := _parsed(folder, name)) is not None)


def strays(folder: Path) -> list[Path]:
    """What kills left beside the files: halves of sealed files, side files of segments that are no more."""
    files = all_files(folder)
    there = {file.stem for file in files if not file.sealed}
    halves = [path for path in folder.glob("*.parquet.tmp") if path.name.removesuffix(".parquet.tmp") not in there]
    sides = [
        path
        for suffix in ("-wal", "-shm")
        for path in folder.glob(f"*.sqlite{suffix}")
        if _NAME.fullmatch(path.name.removesuffix(suffix))
        and not path.with_name(path.name.removesuffix(suffix)).exists()
    ]
    return halves + sides


def readable(folder: Path) -> list[SegmentFile]:
    """One form of each segment, oldest first: the sealed one as soon as it has its final name."""
    files = all_files(folder)
    sealed = {file.stem for file in files if file.sealed}
    return [file for file in files if file.sealed or file.stem not in sealed]


def of_instant(folder: Path, at_us: int, span_s: int, generation: int = 0) -> SegmentFile:
    """The file that an instant belongs to."""
    span_us = span_s * _SECOND_US
    return SegmentFile(at_us // span_us * span_us, span_s, generation, folder)


def writable(first: SegmentFile, after: int = -1) -> SegmentFile:
    """The generation to write rows of a span to: one that is not sealed, beyond generation ``after``.

    A new one when there is none.
    """
    same = [
        file
        for file in all_files(first.folder)
        if (file.start_us, file.span_s) == (first.start_us, first.span_s) and file.generation > after
    ]
    sealed = {file.generation for file in same if file.sealed}
    unsealed = {file.generation for file in same if not file.sealed} - sealed
    chosen = max(unsealed) if unsealed else max(sealed, default=after) + 1
    return SegmentFile(first.start_us, first.span_s, chosen, first.folder)
