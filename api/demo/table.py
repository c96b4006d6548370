"""Plain text tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a title, one line a row, columns as wide as their widest cell."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    rule = "   ├" + "┼".join("─" * (width + 2) for width in widths) + "┤"

    def line(cells: Sequence[str]) -> str:
        return "   │" + "│".join(f" {cell:<{width}} " for cell, width in zip(cells, widths, strict=True)) + "│"

    return "\n".join([f"   {title}", line(head), rule, *(line(row) for row in rows)])
