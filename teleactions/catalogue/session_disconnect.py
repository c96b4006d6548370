"""Have the BRAS close the PPP session (RFC 5176); the box opens another. Proof: another session, heard from RADIUS."""

from __future__ import annotations

from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.session_effects import session_reopened
from teleactions.spec import Blast, Reversibility, SessionWork, Spec

SPEC = Spec(
    name="session_disconnect",
    label="Close the PPP session at the BRAS",
    target=TargetKind.SESSION,
    right=Right.TELEACTION,
    work=SessionWork(),
    effect=session_reopened,
    reversibility=Reversibility.NOTHING,
    blast=Blast.CUSTOMER,
    cooldown_s=60,
    expected_s=30,
    deadline_s=60,
    expects=frozenset({Happening.SESSION_STARTED}),
)
