"""Long answers that stop at each page: any key but those that break goes on (return by one line)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paging:
    """How a vendor pages.

    Attributes:
        lines: Lines of a page.
        more: What stands at the end of a page.
        erase: What wipes it when the next page comes.
    """

    lines: int
    more: str
    erase: str


class Pager:
    """One answer being read page by page."""

    def __init__(self, lines: Sequence[str], paging: Paging) -> None:
        self._lines = list(lines)
        self._paging = paging
        self._at = 0
        self.done = False

    def page(self) -> str:
        """The next page, with its question when more follows."""
        return self._next(self._paging.lines)

    def press(self, key: str) -> str:
        """What a key shows."""
        if key in "qQ\x03":
            self.done = True
            return self._paging.erase
        return self._paging.erase + self._next(1 if key in "\r\n" else self._paging.lines)

    def _next(self, count: int) -> str:
        shown = self._lines[self._at : self._at + count]
        self._at += count
        self.done = self._at >= len(self._lines)
        return "".join(f"{line}\r\n" for line in shown) + ("" if self.done else self._paging.more)
