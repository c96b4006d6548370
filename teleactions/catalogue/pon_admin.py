"""Shut or open a PON port: every customer of the port is cut. For the NOC, confirmed by a second account."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, SetPonAdmin
from domain.principal import Right
from domain.states import Admin
from domain.teleaction import TargetKind
from teleactions.olt_effects import olt_state
from teleactions.spec import Blast, Field, FieldKind, OltWork, Reversibility, Spec

SPEC = Spec(
    name="pon_admin",
    label="Shut or open the PON port",
    target=TargetKind.PON,
    right=Right.NOC,
    work=OltWork(ActionKind.SET_PON_ADMIN, lambda p: SetPonAdmin(Admin.UNLOCKED if p["on"] else Admin.LOCKED)),
    effect=olt_state,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.PON,
    cooldown_s=60,
    expected_s=30,
    deadline_s=60,
    fields=(Field("on", FieldKind.BOOLEAN, "On"),),
    test=TestName.GLOBAL,
    confirmations=2,
)
