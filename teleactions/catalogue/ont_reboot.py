"""Restart the ONT from its OLT. Proof: it has fallen and come back."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, RebootOnt
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.olt_effects import ont_restarted
from teleactions.spec import Blast, OltWork, Reversibility, Spec

SPEC = Spec(
    name="ont_reboot",
    label="Restart the ONT",
    target=TargetKind.ONT,
    right=Right.TELEACTION,
    work=OltWork(ActionKind.REBOOT_ONT, lambda _: RebootOnt()),
    effect=ont_restarted,
    reversibility=Reversibility.NOTHING,
    blast=Blast.CUSTOMER,
    cooldown_s=300,
    expected_s=120,
    deadline_s=240,
    fields=(),
    test=TestName.GLOBAL,
    expects=frozenset({Happening.ONT_UP, Happening.SESSION_STARTED}),
)
