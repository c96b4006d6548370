"""Install a firmware of the catalogue. Proof: the version that the box tells, and the PPP link."""

from __future__ import annotations

from domain.box_actions import BoxAction, Download
from domain.principal import Right
from domain.teleaction import TargetKind
from domain.teleaction_ports import Happening
from teleactions.effects import installed
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, UnfitError, Wanted


def _download(wanted: Wanted) -> BoxAction:
    version = wanted.parameters["version"]
    found = next((file for file in wanted.firmwares if file.version == version), None)
    if found is None:
        raise UnfitError("This firmware is not in the catalogue for this model of box")
    return Download("1 Firmware Upgrade Image", found.url, found.size)


SPEC = Spec(
    name="box_firmware",
    label="Update the firmware of the box",
    target=TargetKind.BOX,
    right=Right.TELEACTION,
    work=BoxWork(_download),
    effect=installed,
    reversibility=Reversibility.REVERSIBLE,
    blast=Blast.CUSTOMER,
    cooldown_s=1800,
    expected_s=420,
    deadline_s=1800,
    fields=(Field("version", FieldKind.TEXT, "Firmware version"),),
    expects=frozenset({Happening.SESSION_STARTED, Happening.BOX_BOOTED}),
    preconditions=("released",),
)
