"""Let the Ethernet port of the ONT negotiate, or force its rate. Proof: the OLT shows it."""

from __future__ import annotations

from domain.access import TestName
from domain.olt_actions import ActionKind, SetUniNegotiation
from domain.principal import Right
from domain.states import EthernetRate
from domain.teleaction import TargetKind
from teleactions.olt_effects import olt_state
from teleactions.spec import Blast, Field, FieldKind, OltWork, Reversibility, Spec

SPEC = Spec(
    name="uni_negotiation",
    label="Set the negotiation of the Ethernet port of the ONT",
    target=TargetKind.UNI,
    right=Right.TELEACTION,
    work=OltWork(
        ActionKind.SET_UNI_NEGOTIATION,
        lambda p: SetUniNegotiation(
            None if p["rate"] == "auto" else EthernetRate(str(p["rate"])), int(p.get("port", 1))
        ),
    ),
    effect=olt_state,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=10,
    expected_s=30,
    deadline_s=60,
    fields=(
        Field(
            "rate",
            FieldKind.CHOICE,
            "Rate",
            choices=("auto", *(r.value for r in EthernetRate if r is not EthernetRate.NONE)),
        ),
        Field("port", FieldKind.INTEGER, "Port of the ONT, from 1", most=8, optional=True),
    ),
    test=TestName.GLOBAL,
)
