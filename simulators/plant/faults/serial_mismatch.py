"""The ONT was exchanged and the OLT not told: another serial number shows itself on the port."""

from __future__ import annotations

from domain.errors import InvalidValueError
from domain.identifiers import SerialNumber
from simulators.plant.conditions import Conditions
from simulators.plant.errors import CommandError
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        conditions.swapped[ont] = _new(strike)


def _new(strike: Strike) -> SerialNumber:
    if given := strike.text("serial"):
        return SerialNumber.parse(given)
    installed = strike.layout.onts[strike.onts[0]]
    return SerialNumber(installed.serial.vendor_id, f"{0x5E000000 + installed.number:08X}")


def _check(strike: Strike) -> None:
    try:
        serial = _new(strike)
    except InvalidValueError as error:
        raise CommandError(str(error)) from error
    if any(ont.serial == serial for ont in strike.layout.onts.values()):
        raise CommandError(f"{serial} is installed already")


FAULT = FaultKind(
    name="serial-mismatch",
    target=TargetKind.ONT,
    help_en="this ONT was swapped: the OLT discovers another serial number",
    help_fr="cet ONT a été échangé : l'OLT découvre un autre numéro de série",
    apply=_apply,
    parameters=(Parameter("serial", "", "the other serial number (HWTC0172629D); by itself, an invented one"),),
    seen=frozenset({"olt", "box", "radius"}),
    check=_check,
)
