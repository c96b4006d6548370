"""Deactivate the ONT on its port. Proof: the OLT shows it locked."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, SetOntAdmin
from domain.principal import Right
from domain.states import Admin
from domain.teleaction import TargetKind
from teleactions.olt_effects import olt_state
from teleactions.spec import Blast, OltWork, Reversibility, Spec

SPEC = Spec(
    name="ont_deactivate",
    label="Deactivate the ONT",
    target=TargetKind.ONT,
    right=Right.TELEACTION,
    work=OltWork(ActionKind.SET_ONT_ADMIN, lambda _: SetOntAdmin(Admin.LOCKED)),
    effect=olt_state,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=60,
    expected_s=30,
    deadline_s=60,
    fields=(),
    test=TestName.GLOBAL,
    confirmations=1,
)
