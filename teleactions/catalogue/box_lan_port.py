"""Switch a LAN port of the box on or off. Proof: the box shows it."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _set(wanted: Wanted) -> BoxAction:
    name = f"{trees.lan_port(wanted.tree, int(wanted.parameters['port']))}Enable"
    return SetValues({name: trees.flag(wanted.tree, name, bool(wanted.parameters["on"]))})


SPEC = Spec(
    name="box_lan_port",
    label="Switch a LAN port on or off",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(_set, trees.LAN),
    effect=read_back,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.DEVICE,
    cooldown_s=10,
    expected_s=30,
    deadline_s=60,
    fields=(
        Field("port", FieldKind.INTEGER, "LAN port, from 1", most=8),
        Field("on", FieldKind.BOOLEAN, "On"),
    ),
)
