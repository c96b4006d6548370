from __future__ import annotations

import pytest

from collectors.cli.screen import shown
from collectors.cli.sheet import labelled

MORE = "---- More ( Press 'Q' to break ) ----"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain\r\ntext\r\n", "plain\ntext\n"),
        (f"one\r\n{MORE}\x1b[37D{' ' * 37}\x1b[37Dtwo", "one\ntwo"),
        (f"one\r\n --More--{chr(8) * 9}{' ' * 9}two", "one\n         two"),
        ("abc\rX", "Xbc"),
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("\b\b\x1b[99Dz", "z"),
        ("tail   \n", "tail\n"),
        ("\x1b", ""),
    ],
)
def test_the_screen_shows_what_a_person_would_see(written: str, seen: str) -> None:
    assert shown(written) == seen


def test_a_label_that_says_two_things_says_nothing() -> None:
    fields = labelled("  State : up\n  State : down\n  Name : a\n  Name : a\n  Empty :\n")
    assert fields == {"State": None, "Name": "a", "Empty": ""}
