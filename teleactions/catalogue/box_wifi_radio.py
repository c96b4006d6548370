"""Switch a Wi-Fi radio on or off. Proof: the box shows it."""

from __future__ import annotations

from teleactions import trees
from teleactions.box_setting import ON, box_setting, switched
from teleactions.spec import Field, FieldKind

SPEC = box_setting(
    "box_wifi_radio",
    "Switch the Wi-Fi on or off",
    lambda w: switched(w, f"{trees.radio(w.tree, int(w.parameters['radio']))}Enable"),
    trees.WIFI,
    Field("radio", FieldKind.INTEGER, "Wi-Fi radio, from 1", most=4),
    ON,
)
