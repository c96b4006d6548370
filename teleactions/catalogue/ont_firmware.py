"""Have the ONT run the firmware that its OLT plans for it. Proof: the version that runs afterwards."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, FirmwareToPlanned
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.olt_effects import firmware_planned
from teleactions.spec import Blast, OltWork, Reversibility, Spec

SPEC = Spec(
    name="ont_firmware",
    label="Bring the ONT to its planned firmware",
    target=TargetKind.ONT,
    right=Right.TELEACTION,
    work=OltWork(ActionKind.FIRMWARE_TO_PLANNED, lambda _: FirmwareToPlanned()),
    effect=firmware_planned,
    reversibility=Reversibility.IRREVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=1800,
    expected_s=300,
    deadline_s=900,
    fields=(),
    test=TestName.GLOBAL,
    expects=frozenset({Happening.ONT_UP}),
    preconditions=("firmware_differs",),
    confirmations=1,
)
