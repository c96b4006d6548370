"""Read parameters of the box by name or by partial path. Secrets are masked by their names."""

from __future__ import annotations

from domain.box_actions import BoxAction, GetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.effects import values_read
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _read(wanted: Wanted) -> BoxAction:
    return GetValues((str(wanted.parameters["name"]),))


SPEC = Spec(
    name="box_parameters_read",
    label="Read parameters of the box",
    target=TargetKind.BOX,
    right=Right.EXPERT,
    work=BoxWork(_read),
    effect=values_read,
    reversibility=Reversibility.NOTHING,
    blast=Blast.NOBODY,
    cooldown_s=0,
    expected_s=15,
    deadline_s=60,
    fields=(
        Field(
            "name",
            FieldKind.TEXT,
            "Parameter name, or path with its final dot",
            most=256,
            pattern=r"(InternetGatewayDevice|Device)\.[A-Za-z0-9_.-]+",
        ),
    ),
)
