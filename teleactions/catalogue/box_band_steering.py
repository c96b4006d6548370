"""Switch band steering on or off, where the box has it. Proof: the box shows it."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _set(wanted: Wanted) -> BoxAction:
    name = trees.steering(wanted.tree)
    return SetValues({name: trees.flag(wanted.tree, name, bool(wanted.parameters["on"]))})


SPEC = Spec(
    name="box_band_steering",
    label="Switch band steering on or off",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(_set, trees.STEERING),
    effect=read_back,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.DEVICE,
    cooldown_s=10,
    expected_s=30,
    deadline_s=60,
    fields=(Field("on", FieldKind.BOOLEAN, "On"),),
)
