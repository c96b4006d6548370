"""Speed test from the box (TR-143). Its effect is its result."""

from __future__ import annotations

from domain.box_actions import Diagnose, Diagnostic
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import test_result
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec

SPEC = Spec(
    name="box_speed_test",
    label="Measure the speed from the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(
        lambda w: Diagnose(
            Diagnostic(str(w.parameters["direction"])),
            str(w.parameters["url"]),
            size=int(w.parameters.get("size", 10_000_000)),
        )
    ),
    effect=test_result,
    reversibility=Reversibility.NOTHING,
    blast=Blast.NOBODY,
    cooldown_s=0,
    expected_s=30,
    deadline_s=120,
    fields=(
        Field("direction", FieldKind.CHOICE, "Direction", choices=("download", "upload")),
        Field("url", FieldKind.TEXT, "Address of the test server", most=256, pattern=r"(http|ftp)://[!-~]+"),
        Field("size", FieldKind.INTEGER, "Octets to send", most=1_000_000_000, optional=True),
    ),
)
