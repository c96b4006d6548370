"""Reset the PPP connection from the box. Proof: another session, heard from RADIUS."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions import trees
from teleactions.session_effects import session_reopened
from teleactions.spec import Blast, BoxWork, Reversibility, Spec, Wanted


def _reset(wanted: Wanted) -> BoxAction:
    name = f"{trees.internet(wanted.tree)}Reset"
    return SetValues({name: trees.flag(wanted.tree, name, True)})


SPEC = Spec(
    name="box_ppp_reconnect",
    label="Reconnect the PPP link",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(_reset, trees.PPP),
    effect=session_reopened,
    reversibility=Reversibility.NOTHING,
    blast=Blast.CUSTOMER,
    cooldown_s=60,
    expected_s=30,
    deadline_s=90,
    expects=frozenset({Happening.SESSION_STARTED}),
)
