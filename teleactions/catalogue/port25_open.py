"""Have the BRAS let TCP port 25 of the session through (RFC 5176, CoA with Filter-Id): asked with a signalisation."""

from __future__ import annotations

from domain.principal import Right
from domain.states import Policy
from domain.teleaction import TargetKind
from teleactions.session_effects import port25_opened
from teleactions.spec import Blast, Reversibility, SessionWork, Spec

SPEC = Spec(
    name="port25_open",
    label="Open port 25 (SMTP) of the access",
    target=TargetKind.SESSION,
    right=Right.PORT25,
    work=SessionWork(Policy.OPEN),
    effect=port25_opened,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.DEVICE,
    cooldown_s=5,
    expected_s=10,
    deadline_s=30,
)
