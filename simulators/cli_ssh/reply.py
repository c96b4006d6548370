"""What a shell answers to one line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command printed.

    Attributes:
        closed: Whether it ended the session.
        asks: Whether the text ends with a question, which the next line answers: no prompt follows.
    """

    text: str = ""
    closed: bool = False
    asks: bool = False
