"""Have the OLT send the ONT its configuration again. Nothing that is read shows it: its effect is the OLT's answer."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, ReprovisionOnt
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.olt_effects import provisioned_again
from teleactions.spec import Blast, OltWork, Reversibility, Spec

SPEC = Spec(
    name="ont_reprovision",
    label="Provision the ONT again",
    target=TargetKind.ONT,
    right=Right.TELEACTION,
    work=OltWork(ActionKind.REPROVISION_ONT, lambda _: ReprovisionOnt()),
    effect=provisioned_again,
    reversibility=Reversibility.NOTHING,
    blast=Blast.CUSTOMER,
    cooldown_s=300,
    expected_s=30,
    deadline_s=60,
    fields=(),
    test=TestName.GLOBAL,
)
