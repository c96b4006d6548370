"""A walk is written and read ONT by ONT, to the same text and value as in one piece."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import codec
from domain.olt import OltWalk
from storage.walks import text_of, walk_of
from tests.storage.samples import walk


@pytest.mark.parametrize(
    "of",
    [walk(), replace(walk(), onts=()), replace(walk(), onts=walk().onts * 3), replace(walk(), olt='"onts":[]')],
    ids=["some", "none", "several", "a name that looks like the place of ONTs"],
)
def test_a_walk_has_the_text_of_its_whole(of: OltWalk) -> None:
    assert text_of(of) == codec.dump(of)
    assert walk_of(text_of(of)) == of
