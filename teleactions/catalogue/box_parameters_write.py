"""Write one parameter of the box. Proof: the box accepted the value, or shows it where its answer was lost."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions.setting_effects import written
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, Wanted


def _write(wanted: Wanted) -> BoxAction:
    return SetValues({str(wanted.parameters["name"]): str(wanted.parameters["value"])})


SPEC = Spec(
    name="box_parameters_write",
    label="Write a parameter of the box",
    target=TargetKind.BOX,
    right=Right.EXPERT,
    work=BoxWork(_write),
    effect=written,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=0,
    expected_s=15,
    deadline_s=60,
    fields=(
        Field(
            "name",
            FieldKind.TEXT,
            "Parameter name",
            most=256,
            pattern=r"(InternetGatewayDevice|Device)\.[A-Za-z0-9_.-]*[A-Za-z0-9_-]",
        ),
        Field("value", FieldKind.SECRET, "Value", least=0, most=1024),
    ),
    confirmations=1,
)
