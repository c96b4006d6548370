"""Choose the channel of a Wi-Fi radio. Proof: the box shows it."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _set(wanted: Wanted) -> BoxAction:
    path = trees.radio(wanted.tree, int(wanted.parameters["radio"]))
    return SetValues({f"{path}Channel": str(wanted.parameters["channel"])})


SPEC = Spec(
    name="box_wifi_channel",
    label="Change the Wi-Fi channel",
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
        Field("channel", FieldKind.INTEGER, "Channel", most=196),
    ),
)
