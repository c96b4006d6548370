"""What a person would see of what a device wrote: cursor moves and backspaces carried out, other controls dropped."""

from __future__ import annotations

import re

_PARTS = re.compile(
    r"\x1b\[([0-9]*)D|\x1b\[[0-9;?]*[A-Za-z]|\x1b[@-Z\\-_]|([\b\r])|([\x00-\x1f\x7f])|([^\x00-\x1f\x7f]+)"
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def shown(text: str) -> str:
    """The lines as they stand at the end, without blanks behind them.

    A page question that was wiped (cursor left, blanks, cursor left) leaves nothing; one wiped with backspaces and
    blanks leaves the blanks before the next text, as it does on a screen.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join((_line(line) if _CONTROL.search(line) else line).rstrip() for line in lines)


def _line(written: str) -> str:
    cells: list[str] = []
    at = 0
    for part in _PARTS.finditer(written):
        left, back, control, plain = part.groups()
        if plain is not None:
            cells[at : at + len(plain)] = plain
            at += len(plain)
        elif back == "\r":
            at = 0
        elif back == "\b":
            at = max(at - 1, 0)
        elif left is not None:
            at = max(at - int(left or 1), 0)
        elif control == "\t":
            cells[at:at] = " "
            at += 1
    return "".join(cells)
