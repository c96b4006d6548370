"""Resolve a name from the box. Its effect is its result."""

from __future__ import annotations

from domain.box_actions import Diagnose, Diagnostic
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import test_result
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec

SPEC = Spec(
    name="box_dns",
    label="Resolve a name from the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(
        lambda w: Diagnose(
            Diagnostic.NSLOOKUP, str(w.parameters["host"]), dns_server=str(w.parameters.get("server", "")), count=1
        )
    ),
    effect=test_result,
    reversibility=Reversibility.NOTHING,
    blast=Blast.NOBODY,
    cooldown_s=0,
    expected_s=30,
    deadline_s=120,
    fields=(
        Field("host", FieldKind.TEXT, "Host or address", most=256, pattern=r"[A-Za-z0-9._:-]+"),
        Field("server", FieldKind.TEXT, "Name server", most=64, pattern=r"[0-9A-Fa-f.:]+", optional=True),
    ),
)
