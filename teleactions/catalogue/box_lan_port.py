"""Switch a LAN port of the box on or off. Proof: the box shows it."""

from __future__ import annotations

from teleactions import trees
from teleactions.box_setting import ON, box_setting, switched
from teleactions.spec import Field, FieldKind

SPEC = box_setting(
    "box_lan_port",
    "Switch a LAN port on or off",
    lambda w: switched(w, f"{trees.lan_port(w.tree, int(w.parameters['port']))}Enable"),
    trees.LAN,
    Field("port", FieldKind.INTEGER, "LAN port, from 1", most=8),
    ON,
)
