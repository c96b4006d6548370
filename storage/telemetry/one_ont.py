"""Samples of one ONT, read from SQLite by one step a layout: each step of a thread is a wait for the interpreter.

Beside a loop that answers 200 agents, a day of one ONT read cycle by cycle (288 steps) took 1.5 ms of CPU and 30 ms on
the clock (p99); see docs/performance.md.
"""

from __future__ import annotations

import sqlite3
import struct

import numpy as np

from domain.telemetry import Codes, Instants, Values

_RECORD = np.dtype([("at", ">i8"), ("value", np.float64), ("code", np.uint8)])
_EIGHT = struct.Struct("=q")
_VALUE = struct.Struct("=d")

_LAYOUTS = "SELECT group_concat(DISTINCT layout) FROM cycles WHERE olt = ? AND at >= ? AND at < ?"
_SAMPLES = (
    "SELECT group_concat(printf('%016X', c.at) || hex(substr(b.cells, :cell, 8)) "
    "|| hex(coalesce(substr(b.codes, :code, 1), x'00')), '') "
    "FROM cycles c CROSS JOIN columns b ON b.id = (c.id << :shift) + :first "
    "WHERE c.olt = :olt AND c.at >= :since AND c.at < :until AND c.layout = :layout"
)


def layouts_of(db: sqlite3.Connection, olt: int, span: tuple[int, int]) -> list[int]:
    """Numbers of the layouts of an OLT's cycles in ``[span[``."""
    found = db.execute(_LAYOUTS, (olt, *span)).fetchone()[0]
    return [] if found is None else [int(number) for number in found.split(",")]


def samples_of(
    db: sqlite3.Connection, olt: int, layout: int, span: tuple[int, int], *, shift: int, first: int, cell: int
) -> tuple[Instants, Values, Codes]:
    """Instants (µs), values and reasons of one cell of each cycle of a layout in ``[span[``, in no order.

    Args:
        db: A segment.
        olt: Number of the OLT.
        layout: Number of the layout.
        span: First instant, and first after.
        shift: Bits of a column's identifier left to a cycle.
        first: Identifier that the column would have in a cycle of number 0.
        cell: Place of the ONT in its block.
    """
    asked = {
        "olt": olt, "layout": layout, "since": span[0], "until": span[1],
        "shift": shift, "first": first, "cell": 8 * cell + 1, "code": cell + 1,
    }  # fmt: skip
    found = np.frombuffer(bytes.fromhex(db.execute(_SAMPLES, asked).fetchone()[0] or ""), dtype=_RECORD)
    return found["at"].astype(np.int64), found["value"].copy(), found["code"].copy()


def cell_of(
    key: int, keys: bytes, at: int | None, ats: bytes | None, cells: bytes, codes: bytes | None
) -> tuple[int, float, int] | None:
    """Instant, value and reason of one ONT in a column of last samples; ``None`` when it is not of its ONTs."""
    every = np.frombuffer(keys, dtype=np.int64)
    place = int(every.searchsorted(key))
    if place == len(every) or every[place] != key:
        return None
    instant = at if ats is None else _EIGHT.unpack_from(ats, 8 * place)[0]
    if instant is None:
        return None
    return instant, _VALUE.unpack_from(cells, 8 * place)[0], 0 if codes is None else codes[place]
