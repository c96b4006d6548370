"""Restart the box. Proof: it announces its start, its uptime says so; then the PPP link."""

from __future__ import annotations

from domain.box_actions import Reboot
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.effects import restarted
from teleactions.spec import Blast, BoxWork, Reversibility, Spec

SPEC = Spec(
    name="box_reboot",
    label="Restart the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(lambda _: Reboot()),
    effect=restarted,
    reversibility=Reversibility.NOTHING,
    blast=Blast.CUSTOMER,
    cooldown_s=300,
    expected_s=120,
    deadline_s=300,
    expects=frozenset({Happening.SESSION_STARTED}),
)
