"""Switch a Wi-Fi radio on or off. Proof: the box shows it."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _set(wanted: Wanted) -> BoxAction:
    name = f"{trees.radio(wanted.tree, int(wanted.parameters['radio']))}Enable"
    return SetValues({name: trees.flag(wanted.tree, name, bool(wanted.parameters["on"]))})


SPEC = Spec(
    name="box_wifi_radio",
    label="Switch the Wi-Fi on or off",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(_set, trees.WIFI),
    effect=read_back,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.DEVICE,
    cooldown_s=10,
    expected_s=30,
    deadline_s=60,
    fields=(
        Field("radio", FieldKind.INTEGER, "Wi-Fi radio, from 1", most=4),
        Field("on", FieldKind.BOOLEAN, "On"),
    ),
)
