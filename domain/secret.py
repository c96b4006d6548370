"""A text that does not show itself."""

from __future__ import annotations

from dataclasses import dataclass

MASK = "********"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password, community or token: `reveal` it where it is used, never where it is shown."""

    value: str

    def reveal(self) -> str:
        """The text itself."""
        return self.value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK
