"""What must hold before a téléaction: each guard is a function that returns why not, or ``None``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.access import Access
from domain.box import KnownBox
from domain.clock import PARIS
from domain.metrics.ont import ONT_FIRMWARE_ACTIVE, ONT_FIRMWARE_PLANNED
from domain.olt_actions import ActionKind
from domain.teleaction import LineState, Sentence, TargetKind
from domain.teleaction_ports import FirmwareFile
from teleactions.spec import BoxWork, OltWork, Parameters, Reversibility, SessionWork, Spec
from teleactions.window import Window


@dataclass(frozen=True, slots=True)
class Situation:
    """What guards judge.

    Attributes:
        access: The access; ``None`` for an action on a PON port.
        box: Its box.
        firmwares: The firmware files that fit the box.
        supported: What the OLT can be asked; ``None`` where there is no OLT.
        session: Whether a PPP session is known to be open.
        nas: Whether a NAS takes requests.
        last_acting: When the same action was last sent to the same target.
        upgrading: Whether the box is installing a firmware.
        incident: Reference of the incident that explains the fault.
        window: The maintenance window; ``None``: any time.
        within_window: Whether it was asked to act within the window only.
        confirmed: Whether it was asked for explicitly.
        before: The line test before; ``None`` until it is made.
    """

    now: datetime
    parameters: Parameters = field(repr=False)
    access: Access | None
    box: KnownBox | None = None
    firmwares: tuple[FirmwareFile, ...] = ()
    supported: frozenset[ActionKind] | None = None
    session: bool = False
    nas: bool = False
    last_acting: datetime | None = None
    upgrading: bool = False
    incident: str | None = None
    window: Window | None = None
    within_window: bool = False
    confirmed: bool = False
    before: LineState | None = None


Guard = Callable[[Spec, Situation], Sentence | None]


def refusals(spec: Spec, situation: Situation) -> dict[str, Sentence]:
    """Every guard that refuses, by its name; empty when nothing stands against it."""
    found = ((name, GUARDS[name](spec, situation)) for name in (*_ALWAYS, *spec.preconditions))
    return {name: said for name, said in found if said is not None}


def _target(spec: Spec, here: Situation) -> Sentence | None:
    if spec.target is TargetKind.BOX and here.box is None:
        return Sentence("No box is known behind this access")
    if spec.target in (TargetKind.ONT, TargetKind.UNI) and (here.access is None or here.access.place is None):
        return Sentence("No ONT is installed on this access")
    if spec.target is TargetKind.SESSION and not here.session:
        return Sentence("No PPP session is known to be open on this access")
    return None


def _heard(spec: Spec, here: Situation) -> Sentence | None:
    if spec.target is TargetKind.BOX and here.box is not None and here.box.connection is None:
        return Sentence("The box has never contacted its server: it cannot be reached")
    return None


def _supported(spec: Spec, here: Situation) -> Sentence | None:
    if isinstance(spec.work, OltWork) and spec.work.kind not in (here.supported or frozenset()):
        return Sentence("This OLT cannot be asked for it")
    if isinstance(spec.work, SessionWork) and not here.nas:
        return Sentence("No BRAS takes requests of this service")
    return None


def _cooldown(spec: Spec, here: Situation) -> Sentence | None:
    if here.last_acting is None:
        return None
    left = here.last_acting + timedelta(seconds=spec.cooldown_s) - here.now
    if left <= timedelta(0):
        return None
    fields = {"cooldown": spec.cooldown_s, "left": round(left.total_seconds())}
    return Sentence("It was done less than {cooldown} s ago: wait {left} s", fields)


def _not_upgrading(_spec: Spec, here: Situation) -> Sentence | None:
    return Sentence("The box is installing a firmware") if here.upgrading else None


def _no_incident(spec: Spec, here: Situation) -> Sentence | None:
    if here.incident is None or (spec.reversibility is Reversibility.NOTHING and not spec.expects):
        return None  # tests and reads harm nothing
    text = "Incident {incident} explains the fault: acting on this access helps nothing"
    return Sentence(text, {"incident": here.incident})


def _confirmed(spec: Spec, here: Situation) -> Sentence | None:
    if spec.confirmations == 1 and not here.confirmed:
        return Sentence("It cannot be taken back: confirm it explicitly")
    return None


def _window(_spec: Spec, here: Situation) -> Sentence | None:
    if here.window is None or not here.within_window or here.window.contains(here.now):
        return None
    opens = here.window.opens(here.now).astimezone(PARIS)
    return Sentence("Outside the maintenance window, which opens at {opens}", {"opens": f"{opens:%d/%m/%Y %H:%M}"})


def _released(_spec: Spec, here: Situation) -> Sentence | None:
    if here.parameters.get("version") in {file.version for file in here.firmwares}:
        return None
    return Sentence("This firmware is not in the catalogue for this model of box")


def _firmware_differs(_spec: Spec, here: Situation) -> Sentence | None:
    """Judged on what the OLT says just before: not before it was asked."""
    if here.before is None:
        return None
    planned = here.before.readings.value(ONT_FIRMWARE_PLANNED)
    active = here.before.readings.value(ONT_FIRMWARE_ACTIVE)
    if planned is None or not planned.is_version:
        return Sentence("The OLT plans no firmware for this ONT")
    if active is None:
        return Sentence("It is not known which firmware the ONT runs")
    if active.same_version(planned):
        return Sentence("The ONT runs the planned firmware already: {version}", {"version": active.text})
    return None


GUARDS: Mapping[str, Guard] = {
    "target": _target,
    "heard": _heard,
    "supported": _supported,
    "cooldown": _cooldown,
    "not_upgrading": _not_upgrading,
    "no_incident": _no_incident,
    "confirmed": _confirmed,
    "window": _window,
    "released": _released,
    "firmware_differs": _firmware_differs,
}
_ALWAYS = ("target", "heard", "supported", "cooldown", "not_upgrading", "no_incident", "confirmed", "window")

GUARD_LABELS: Mapping[str, str] = {
    "target": "The equipment is known",
    "heard": "The box has contacted its server",
    "supported": "The equipment can be asked for it",
    "cooldown": "It was not done a moment ago",
    "not_upgrading": "The box is not installing a firmware",
    "no_incident": "No incident explains the fault",
    "confirmed": "It was confirmed",
    "window": "The maintenance window is open, where it was asked for",
    "released": "The firmware is in the catalogue for this box",
    "firmware_differs": "The ONT runs another firmware than the planned one",
}


def guards_of(spec: Spec) -> tuple[str, ...]:
    """Names of the guards that apply to a téléaction."""
    box = spec.target is TargetKind.BOX
    skipped = {"heard": not box, "supported": isinstance(spec.work, BoxWork), "confirmed": spec.confirmations != 1}
    skipped["not_upgrading"] = not box
    return tuple(name for name in (*_ALWAYS, *spec.preconditions) if not skipped.get(name, False))
