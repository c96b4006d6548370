"""Questions about last samples, answered from their file, which is opened again when the writer made it anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.identifiers import OntName
from domain.metric import Metric
from domain.telemetry import Latest, Sample, Where, pack
from storage.telemetry import columns as arrays
from storage.telemetry.columns import Rows
from storage.telemetry.errors import named
from storage.telemetry.latest import NAME, LatestFile, answered
from storage.telemetry.present import Present


class LatestReader:
    """The file of last samples as one thread reads it."""

    def __init__(self, folder: Path, present: Present, *, wait_s: float = 5.0) -> None:
        """Nothing is opened yet.

        Args:
            folder: Where the file is.
            present: Which instants are believed.
            wait_s: How long a lock of the writer is waited for.
        """
        self._folder = folder
        self._present = present
        self._wait_s = wait_s
        self._file: LatestFile | None = None

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def rows(self, where: Where, metric: Metric[Any]) -> Rows:
        """The last sample of each ONT, sorted."""
        with named(self._folder / NAME):
            file = self._opened()
            return arrays.distinct(arrays.nothing() if file is None else file.rows(where, metric.key))

    def of_ont(self, where: Where, ont: OntName, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last samples of one ONT of the OLT of a question: a few steps, whatever the size of the fleet."""
        with named(self._folder / NAME):
            file = self._opened()
            cells = {} if file is None else file.cells(where, pack(ont), [metric.key for metric in metrics])
        olt = where.olt or ""
        return {
            metric: [arrays.sample(olt, ont, *cells[metric.key])] if metric.key in cells else [] for metric in metrics
        }

    def columns(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        """The last samples in columns, by OLT in the order of names."""
        with named(self._folder / NAME):
            file = self._opened()
            if file is None or not metrics:
                return []
            return [
                answered(olt, keys, {metric: columns[metric.key] for metric in metrics})
                for olt, keys, columns in file.columns(where, [metric.key for metric in metrics])
            ]

    def _opened(self) -> LatestFile | None:
        if self._file is not None and not self._file.current():
            self.close()  # it was damaged or removed, and made anew by the writer
        if self._file is None:
            self._file = LatestFile.for_reading(self._folder, self._present, wait_s=self._wait_s)
        return self._file
