"""The plant seen as the MIB of a Nokia ISAM 7360 FX: rows numbered once, values read at each request."""

from __future__ import annotations

from operator import is_

from simulators.plant.ports import PlantView
from simulators.plant.state import PlantState
from simulators.snmp import isam_equip, isam_if, isam_pon
from simulators.snmp.isam_rows import build
from simulators.snmp.mib import Mib


class IsamView:
    """Gives the view of the moment; ``None`` while the OLT's management does not answer.

    The order of the rows is kept until a board, a PON port or an ONT is added, removed or replaced in the plant. Other
    changes, such as a fault, are in the values, which are computed when they are asked for.
    """

    def __init__(self, plant: PlantView) -> None:
        self._plant = plant
        self._mib: Mib | None = None
        self._seen: list[object] = []

    def __call__(self) -> Mib | None:
        """The view to answer from."""
        state = self._plant.state
        if not state.olt.reachable:
            return None
        present = _things(state)
        if self._mib is None or len(present) != len(self._seen) or not all(map(is_, present, self._seen)):
            self._mib = self._build()
            self._seen = present
        return self._mib

    def _build(self) -> Mib:
        inventory = build(self._plant.state)
        return Mib(
            [
                *isam_if.columns(self._plant, inventory),
                *isam_equip.columns(inventory),
                *isam_pon.columns(inventory),
            ]
        )


def _things(state: PlantState) -> list[object]:
    return [state.olt, *state.cards, *state.pons.values(), *state.onts.values()]
