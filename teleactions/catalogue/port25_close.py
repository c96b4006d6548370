"""Have the BRAS filter TCP port 25 of the session (RFC 5176, CoA with Filter-Id): asked with a signalisation."""

from __future__ import annotations

from domain.principal import Right
from domain.states import Policy
from domain.teleaction import TargetKind
from teleactions.session_effects import port25_closed
from teleactions.spec import Blast, Reversibility, SessionWork, Spec

SPEC = Spec(
    name="port25_close",
    label="Close port 25 (SMTP) of the access",
    target=TargetKind.SESSION,
    right=Right.PORT25,
    work=SessionWork(Policy.CLOSED),
    effect=port25_closed,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.DEVICE,
    cooldown_s=5,
    expected_s=10,
    deadline_s=30,
)
