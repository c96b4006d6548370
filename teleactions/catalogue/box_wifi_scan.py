"""Have the box list the Wi-Fi networks around it. Its effect is its result; devices lose the Wi-Fi for some seconds."""

from __future__ import annotations

from domain.box_actions import Diagnose, Diagnostic
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import test_result
from teleactions.spec import Blast, BoxWork, Reversibility, Spec

SPEC = Spec(
    name="box_wifi_scan",
    label="List the Wi-Fi networks around the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(lambda _: Diagnose(Diagnostic.WIFI_SCAN)),
    effect=test_result,
    reversibility=Reversibility.NOTHING,
    blast=Blast.DEVICE,
    cooldown_s=60,
    expected_s=30,
    deadline_s=120,
)
