"""What polling knows of one OLT: when it was read, how it went, and how old each column is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from domain.metric import Metric
from domain.reading import Reason
from domain.telemetry import REASONS, Batch


@dataclass(slots=True)
class ColumnState:
    """One column of an OLT.

    Attributes:
        at: When it last brought a value; ``None``: never since the start.
        asked_at: When it was last read, values or not.
        known: Rows that had a value then.
        reason: Why most of the others had none; ``None`` where every row had one.
    """

    at: datetime | None
    asked_at: datetime
    known: int
    rows: int
    reason: Reason | None


@dataclass(slots=True)
class Polled:
    """One OLT.

    Attributes:
        alone: Held by whoever walks or reads it: never two at a time.
        walked: Instant of the last walk kept.
        identified: When a walk last read every identity; ``None``: never since the start.
        cycled: Instant of the last cycle read by columns.
        failed: Instant of the last walk or cycle that brought nothing; ``why`` tells.
        healthy: Whether the last one brought something; ``None``: there was none.
        gaps: Tables that the last walk left unknown.
    """

    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    walked: datetime | None = None
    identified: datetime | None = None
    cycled: datetime | None = None
    failed: datetime | None = None
    why: str = ""
    healthy: bool | None = None
    gaps: dict[str, Reason] = field(default_factory=dict)
    columns: dict[Metric[Any], ColumnState] = field(default_factory=dict)

    def read(self, batch: Batch) -> None:
        """Note the columns of a cycle or of a walk."""
        for metric, codes in batch.reasons.items():
            known = int(np.count_nonzero(codes == 0))
            before = self.columns.get(metric)
            at = batch.at if known else None if before is None else before.at
            told = np.bincount(codes[codes != 0])
            reason = REASONS[int(told.argmax())] if len(told) else None
            self.columns[metric] = ColumnState(at, batch.at, known, len(codes), reason)
