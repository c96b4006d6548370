"""What the ParameterKey of a box says of an order whose answer was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.boxes.keys import denies, provisioned
from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain.box_actions import BoxOutcome
from tests.collectors.boxes_support import IGD, NOW, world
from tests.collectors.test_boxes_actions import Cpe

QUICK = AcsSettings(call_retry_s=0.05)
RESET = act.SetValues({IGD + "WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Reset": "1"})


@pytest.mark.parametrize(
    ("key", "denied"),
    [
        (None, False),  # it has none to show
        ("", False),  # it may keep none
        ("another order", True),
        ("provisioned.", True),  # none of ours
        (provisioned(NOW - timedelta(seconds=1)), True),  # the last thing that it was given came before
        (provisioned(NOW), False),  # it came since, in the place of the key that is looked for
        (provisioned(NOW + timedelta(days=1)), False),
    ],
)
def test_a_key_denies_an_order_only_where_the_box_kept_another_since_before(key: str | None, denied: bool) -> None:
    assert denies(key, NOW) is denied


def test_the_key_of_a_provisioning_has_the_size_that_boxes_take() -> None:
    assert len(provisioned(NOW)) <= 32


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("k1", BoxOutcome.DONE),
        ("k0", BoxOutcome.FAILED),
        ("", BoxOutcome.UNKNOWN),
    ],
)
async def test_a_reset_lost_with_its_session_is_settled_by_what_the_box_keeps(key: str, outcome: BoxOutcome) -> None:
    async with world(settings=QUICK) as here, Cpe(here.url).listening() as box:
        await box.session("0 BOOTSTRAP")
        assert box.keys["SetParameterValues"].startswith("provisioned.")
        box.tree[IGD + "ManagementServer.ParameterKey"] = key
        found = await here.app.actions.settle(here.known(), RESET, "k1", NOW + timedelta(seconds=60), 5)
    assert found.outcome is outcome
