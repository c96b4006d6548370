"""Name and key of a Wi-Fi network. Proof: the box shows the name; a key is never shown, it is accepted."""

from __future__ import annotations

from collections.abc import Mapping

from teleactions import trees
from teleactions.box_setting import box_setting
from teleactions.spec import Field, FieldKind, UnfitError, Wanted


def _values(wanted: Wanted) -> Mapping[str, str]:
    number = int(wanted.parameters["network"])
    values: dict[str, str] = {}
    if "ssid" in wanted.parameters:
        values[trees.ssid(wanted.tree, number)] = str(wanted.parameters["ssid"])
    if "key" in wanted.parameters:
        values[trees.wifi_key(wanted.tree, number)] = str(wanted.parameters["key"])
    if not values:
        raise UnfitError("Neither a name nor a key was given")
    return values


SPEC = box_setting(
    "box_wifi_network",
    "Change the name or the key of the Wi-Fi",
    _values,
    trees.WIFI,
    Field("network", FieldKind.INTEGER, "Wi-Fi network, from 1", most=8),
    Field("ssid", FieldKind.TEXT, "Network name (SSID)", most=32, optional=True),
    Field("key", FieldKind.SECRET, "Key (WPA)", least=8, most=63, pattern=r"[\x20-\x7e]+", optional=True),
)
