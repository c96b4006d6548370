"""What the ParameterKey of a box says of an order whose answer was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain.box_actions import BoxOutcome
from domain.teleaction import ActionState
from teleactions.setting_effects import written
from tests.collectors.boxes_support import IGD, NOW, world
from tests.collectors.test_boxes_actions import Cpe
from tests.teleactions.cases import case

QUICK = AcsSettings(call_retry_s=0.05)
RESET = act.SetValues({IGD + "WANDevice.1.WANConnectionDevice.1.WANPPPConnection.1.Reset": "1"})


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("k1", BoxOutcome.DONE),
        ("ta-190509-1003-1563234", BoxOutcome.FAILED),
        ("another ACS", BoxOutcome.UNKNOWN),
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


@pytest.mark.parametrize("fault", [9005, None])
async def test_a_write_of_a_name_that_the_box_has_not_is_not_looked_for_for_ever(fault: int | None) -> None:
    name = IGD + "Time.NTPServer9"
    async with world(settings=QUICK) as here, Cpe(here.url, missing_fault=fault).listening() as box:
        await box.session("0 BOOTSTRAP")
        box.tree[IGD + "ManagementServer.ParameterKey"] = ""  # it keeps none
        found = await here.app.actions.settle(here.known(), act.SetValues({name: "ntp.example"}), "k1", NOW, 5)
    assert (found.outcome, found.values) == (BoxOutcome.UNKNOWN, {name: None})
    effect = written(case(found, {}, {}, parameters={"name": name, "value": "ntp.example"}, sets={name: "ntp.example"}))
    assert effect.said.text.startswith("The box keeps no trace of it")
    assert effect.state is ActionState.FAILED
