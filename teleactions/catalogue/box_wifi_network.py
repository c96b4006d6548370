"""Name and key of a Wi-Fi network. Proof: the box shows the name; a key is never shown, it is accepted."""

from __future__ import annotations

from domain.box_actions import BoxAction, SetValues
from domain.principal import Right
from domain.teleaction import TargetKind
from teleactions import trees
from teleactions.effects import read_back
from teleactions.spec import Blast, BoxWork, Field, FieldKind, Reversibility, Spec, UnfitError, Wanted


def _set(wanted: Wanted) -> BoxAction:
    number = int(wanted.parameters["network"])
    values: dict[str, str] = {}
    if "ssid" in wanted.parameters:
        values[trees.ssid(wanted.tree, number)] = str(wanted.parameters["ssid"])
    if "key" in wanted.parameters:
        values[trees.wifi_key(wanted.tree, number)] = str(wanted.parameters["key"])
    if not values:
        raise UnfitError("Neither a name nor a key was given")
    return SetValues(values)


SPEC = Spec(
    name="box_wifi_network",
    label="Change the name or the key of the Wi-Fi",
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
        Field("network", FieldKind.INTEGER, "Wi-Fi network, from 1", most=8),
        Field("ssid", FieldKind.TEXT, "Network name (SSID)", most=32, optional=True),
        Field("key", FieldKind.SECRET, "Key (WPA)", least=8, most=63, pattern=r"[\x20-\x7e]+", optional=True),
    ),
)
