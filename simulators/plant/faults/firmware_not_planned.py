"""An update that failed: the ONT runs another version than the planned one."""

from __future__ import annotations

from simulators.plant.conditions import Conditions
from simulators.plant.errors import CommandError
from simulators.plant.faults.kind import FaultKind, Parameter, Strike
from simulators.plant.targets import TargetKind


def _apply(conditions: Conditions, strike: Strike) -> None:
    for ont in strike.onts:
        version = strike.text("version") or strike.layout.onts[ont].model.firmware_standby
        conditions.firmware[ont] = version.encode("ascii")


def _check(strike: Strike) -> None:
    version = strike.text("version")
    if not version.isascii() or len(version) > 14:  # ITU-T G.988 9.1.4
        raise CommandError(f"{version!r} is no version of 14 ASCII characters at most")


FAULT = FaultKind(
    name="firmware-not-planned",
    target=TargetKind.ONT,
    help_en="this ONT runs another firmware than the planned one",
    help_fr="cet ONT exécute un autre firmware que celui planifié",
    apply=_apply,
    parameters=(
        Parameter("version", "", "the version that runs, 14 characters at most; by itself, the standby one"),
        Parameter("refused", 0.0, "1: the ONT refuses the planned one, however often it is brought", most=1),
    ),
    check=_check,
)
