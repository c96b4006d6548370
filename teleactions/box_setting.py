"""What téléactions that set parameters of a box share: taken back by their contrary, proved by reading back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.setting_effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted

ON: Final = Field("on", FieldKind.BOOLEAN, "On")
"""The parameter of what is switched on or off."""


def box_setting(
    name: str, label: str, values: Callable[[Wanted], Mapping[str, str]], reads: tuple[str, ...], *fields: Field
) -> Spec:
    """A téléaction that sets ``values``, found in what the box shows under ``reads``."""

    def make(wanted: Wanted) -> BoxAction:
        return SetValues(values(wanted))

    return Spec(
        name=name,
        label=label,
        target=TargetKind.BOX,
        right=Right.TELEACTION,
        work=BoxWork(make, reads),
        effect=read_back,
        reversibility=Reversibility.REVERSIBLE,
        blast=Blast.DEVICE,
        cooldown_s=10,
        expected_s=30,
        deadline_s=60,
        fields=fields,
    )


def switched(wanted: Wanted, name: str) -> Mapping[str, str]:
    """The boolean of that name as `ON` asks, in the words that the box uses."""
    return {name: trees.flag(wanted.tree, name, bool(wanted.parameters["on"]))}
