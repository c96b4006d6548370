"""Switch the Ethernet port of the ONT on or off. Proof: the OLT shows it."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, SetUniAdmin
from domain.principal import Right
from domain.states import Admin
from domain.teleaction import TargetKind
from teleactions.olt_effects import olt_state
from teleactions.spec import Blast, Field, FieldKind, OltWork, Reversibility, Spec

SPEC = Spec(
    name="uni_port",
    label="Switch the Ethernet port of the ONT on or off",
    target=TargetKind.UNI,
    right=Right.TELEACTION,
    work=OltWork(
        ActionKind.SET_UNI_ADMIN,
        lambda p: SetUniAdmin(Admin.UNLOCKED if p["on"] else Admin.LOCKED, int(p.get("port", 1))),
    ),
    effect=olt_state,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=10,
    expected_s=30,
    deadline_s=60,
    fields=(
        Field("on", FieldKind.BOOLEAN, "On"),
        Field("port", FieldKind.INTEGER, "Port of the ONT, from 1", most=8, optional=True),
    ),
    test=TestName.GLOBAL,
)
