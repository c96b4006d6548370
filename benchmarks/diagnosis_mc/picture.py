"""The confusion matrix as a picture, drawn in SVG: rows are what is wrong, columns what was said."""

from __future__ import annotations

from collections import Counter
from xml.sax.saxutils import escape

from domain.verdict import Family

_CELL, _LEFT, _TOP, _PAD = 62, 190, 150, 16
_FONT = 'font-family="sans-serif" font-size="12"'
_RIGHT_HUE, _WRONG_HUE = "21,101,192", "198,40,40"


def confusion(matrix: Counter[tuple[Family, Family]], caption: str) -> str:
    """The matrix: each row in shares of its draws, the counts written in."""
    families = [family for family in Family if any(family in pair for pair in matrix)]
    caption = escape(caption)
    width = _LEFT + _CELL * len(families) + _PAD
    height = _TOP + _CELL * len(families) + 3 * _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {_FONT}>',
        f"<title>{caption}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="{_PAD + 6}" font-size="13">{caption}</text>',
        f'<text x="{_PAD}" y="{_TOP - 8}" fill="#555">what is wrong ↓ what is said →</text>',
    ]
    for place, family in enumerate(families):
        x, y = _LEFT + _CELL * (place + 0.5), _TOP + _CELL * (place + 0.5)
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end" font-size="11">{family.value}</text>')
        parts.append(
            f'<text transform="translate({x + 4},{_TOP - 8}) rotate(-50)" font-size="11">{family.value}</text>'
        )
    for row, wrong in enumerate(families):
        total = sum(count for (first, _), count in matrix.items() if first is wrong)
        for column, said in enumerate(families):
            count = matrix[wrong, said]
            parts.append(_cell(row, column, count, count / total if total else 0.0))
    return "\n".join([*parts, "</svg>", ""])


def _cell(row: int, column: int, count: int, share: float) -> str:
    x, y = _LEFT + _CELL * column, _TOP + _CELL * row
    hue = _RIGHT_HUE if row == column else _WRONG_HUE
    strength = 0.0 if not count else max(share, 0.12) if row == column else min(0.25 + 3 * share, 1.0)
    box = f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="rgba({hue},{strength:.2f})" stroke="#ddd"/>'
    if not count:
        return box
    ink = "white" if strength > 0.55 else "black"
    return f'{box}<text x="{x + _CELL / 2}" y="{y + _CELL / 2 + 4}" text-anchor="middle" fill="{ink}">{count}</text>'
