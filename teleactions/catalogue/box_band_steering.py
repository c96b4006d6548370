"""Switch band steering on or off, where the box has it. Proof: the box shows it."""

from __future__ import annotations

from teleactions import trees
from teleactions.box_setting import ON, box_setting, switched

SPEC = box_setting(
    "box_band_steering",
    "Switch band steering on or off",
    lambda w: switched(w, trees.steering(w.tree)),
    trees.STEERING,
    ON,
)
