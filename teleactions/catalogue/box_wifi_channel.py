"""Choose the channel of a Wi-Fi radio. Proof: the box shows it."""

from __future__ import annotations

from teleactions import trees
from teleactions.box_setting import box_setting
from teleactions.spec import Field, FieldKind

SPEC = box_setting(
    "box_wifi_channel",
    "Change the Wi-Fi channel",
    lambda w: {f"{trees.radio(w.tree, int(w.parameters['radio']))}Channel": str(w.parameters["channel"])},
    trees.WIFI,
    Field("radio", FieldKind.INTEGER, "Wi-Fi radio, from 1", most=4),
    Field("channel", FieldKind.INTEGER, "Channel", most=196),
)
