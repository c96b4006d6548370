"""What the ParameterKey of a box says of an order whose answer was lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.box_keys import ORDER, check, denies, provisioned
from domain.teleaction import ActionNumber

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("key", "denied"),
    [
        (None, False),  # it has none to show
        ("", False),  # it may keep none
        ("ta-190509-1003-1563234", True),  # another téléaction: no other came between
        ("12345", False),  # of another ACS, or of its factory settings
        (provisioned(BEFORE), True),  # the last thing that it was given came before
        (provisioned(NOW), False),  # it came since, in the place of the key that is missed
        (provisioned(SOON), False),
        (check(BEFORE, "ping"), True),
        (check(SOON, "nslookup"), False),  # a line test since
        ("provisioned.", False),
        ("provisioned.²222222222222222", False),
        ("check.9.ping", False),
    ],
)
def test_a_key_denies_an_order_only_where_it_was_given_before(key: str | None, denied: bool) -> None:
    assert denies(key, NOW) is denied


def test_every_key_has_the_size_that_boxes_take_and_ours_begins_as_ours() -> None:
    assert {len(provisioned(NOW)), len(check(NOW, "ping")), len(check(NOW, "nslookup"))} <= set(range(1, 33))
    assert ActionNumber.parse("190509-1003-1563234").key.startswith(ORDER)
