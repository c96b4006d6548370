"""Ping from the box. Its effect is its result."""

from __future__ import annotations

from domain.box_actions import Diagnose, Diagnostic
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import test_result
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec

SPEC = Spec(
    name="box_ping",
    label="Ping from the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(
        lambda w: Diagnose(Diagnostic.PING, str(w.parameters["host"]), count=int(w.parameters.get("count", 4)))
    ),
    effect=test_result,
    reversibility=Reversibility.NOTHING,
    blast=Blast.NOBODY,
    cooldown_s=0,
    expected_s=30,
    deadline_s=120,
    fields=(
        Field("host", FieldKind.TEXT, "Host or address", most=256, pattern=r"[A-Za-z0-9._:-]+"),
        Field("count", FieldKind.INTEGER, "Repetitions", most=50, optional=True),
    ),
)
