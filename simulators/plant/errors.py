"""Errors of the simulated plant.

::

    DiagnosticsError
    ├── DescriptionError          the YAML file does not describe a plant
    └── CommandError              a command that the plant cannot follow; says what it accepts
        ├── UnknownFaultError
        ├── UnknownTargetError
        ├── AlreadyActiveError
        └── NotActiveError
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import DiagnosticsError

_SHOWN = 12  # enough to recognise the form; the `targets` command gives all of them


class DescriptionError(DiagnosticsError):
    """The description of a plant is wrong.

    Attributes:
        source: Name of the file.
        problems: One sentence a problem, each beginning with the path inside the YAML.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join((f"{source} does not describe a plant:", *(f"  {line}" for line in problems))))


class CommandError(DiagnosticsError):
    """The plant cannot do what was asked.

    Attributes:
        code: Stable word for programs.
        accepted: What would have been accepted, complete.
    """

    code = "bad_command"

    def __init__(self, message: str, accepted: Sequence[str] = ()) -> None:
        self.accepted = tuple(accepted)
        self.message = message + (f"; accepted: {_listed(self.accepted)}" if self.accepted else "")
        super().__init__(self.message)


class UnknownFaultError(CommandError):
    """No kind of fault has that name."""

    code = "unknown_fault"


class UnknownTargetError(CommandError):
    """The plant has nothing of that name."""

    code = "unknown_target"


class AlreadyActiveError(CommandError):
    """That fault is there already."""

    code = "already_active"


class NotActiveError(CommandError):
    """No active fault has that number."""

    code = "not_active"


def _listed(accepted: Sequence[str]) -> str:
    rest = len(accepted) - _SHOWN
    return ", ".join(accepted[:_SHOWN]) + (f", and {rest} more" if rest > 0 else "")
