"""TextFSM templates of the ntc-templates distribution (Apache-2.0, which netmiko installs), read by their file names.

Its own `parse_output` chooses a template by command through an index of a thousand lines, read at each call.
"""

from __future__ import annotations

from functools import cache
from io import StringIO
from pathlib import Path

import ntc_templates  # type: ignore[import-untyped]  # no stubs
import textfsm  # type: ignore[import-untyped]  # no stubs

from domain.reading import Reason

_FOLDER = Path(ntc_templates.__file__).parent / "templates"
_LONGEST = 1 << 20  # C: characters of one table


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.textfsm").read_text(encoding="utf-8")


def rows(name: str, text: str) -> list[dict[str, str]] | Reason:
    """The records that a template finds, values by lower-case name; ``malformed`` where it refuses the text."""
    if len(text) > _LONGEST:
        return Reason.MALFORMED
    template = textfsm.TextFSM(StringIO(_text(name)))
    try:
        return [{key.lower(): _flat(value) for key, value in row.items()} for row in template.ParseTextToDicts(text)]
    except textfsm.TextFSMError:
        return Reason.MALFORMED


def _flat(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
