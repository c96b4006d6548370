"""Write one parameter of the box. Proof: the box shows the new value, or accepted a secret one."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import Effect, TargetKind, masked_value
from teleactions import effects
from teleactions.spec import Blast, BoxWork, Case, Field, FieldKind, Reversibility, Spec, Wanted


def _write(wanted: Wanted) -> BoxAction:
    return SetValues({str(wanted.parameters["name"]): str(wanted.parameters["value"])})


def _written(case: Case) -> Effect:
    name = str(case.parameters["name"])
    refused = effects.not_done(case)
    if refused is not None:
        return refused
    outcome = None if case.result is None else case.result.outcome.value
    if outcome == "done":
        hidden = masked_value(name, "x") != "x"
        return effects.done(
            "The box accepted the value", data={name: None if hidden else str(case.parameters["value"])}
        )
    if outcome == "failed":
        return effects.failed("The box did not do it: {why}", why="")
    if not case.overdue:
        return effects.unknown("It is not known yet whether the box took the settings")
    return effects.nothing("No effect: the box shows the same settings as before")


SPEC = Spec(
    name="box_parameters_write",
    label="Write a parameter of the box",
    target=TargetKind.BOX,
    right=Right.EXPERT,
    work=BoxWork(_write),
    effect=_written,
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
