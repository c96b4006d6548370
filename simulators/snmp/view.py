"""The plant as a MIB: rows numbered once, values read at each request, whatever the vendor."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

from simulators.plant.ports import PlantView
from simulators.plant.state import PlantState
from simulators.snmp import fiberhome, huawei, isam, zte
from simulators.snmp.mib import Column, Mib, View
from simulators.snmp.quirks import Looping
from simulators.snmp.writes import with_writes

_VENDORS: dict[str, Callable[[PlantView], list[Column[Any]]]] = {
    "nokia_isam": isam.columns,
    "huawei_smartax": huawei.columns,
    "zte_zxan": zte.columns,
    "fiberhome_an": fiberhome.columns,
}


class PlantMib:
    """Gives the view of the moment; ``None`` while the OLT's management does not answer.

    The order of the rows is kept until a board, a PON port or an ONT is added, removed or replaced in the plant. Other
    changes, such as a fault, are in the values, which are computed when they are asked for.
    """

    def __init__(self, plant: PlantView) -> None:
        self._plant = plant
        self._view: View | None = None
        self._seen: list[object] = []

    def __call__(self) -> View | None:
        """The view to answer from."""
        state = self._plant.state
        if not state.olt.reachable:
            return None
        present = _things(state)
        if self._view is None or len(present) != len(self._seen) or not all(map(is_, present, self._seen)):
            self._view = self._build()
            self._seen = present
        return self._view

    def _build(self) -> View:
        olt = self._plant.state.olt
        absent = olt.quirks.absent
        columns = [
            column
            for column in with_writes(self._plant, _VENDORS[olt.vendor](self._plant))
            if not any(column.prefix[: len(prefix)] == prefix for prefix in absent)
        ]
        mib = Mib(columns)
        return mib if olt.quirks.loops_after is None else Looping(mib, olt.quirks.loops_after)


def _things(state: PlantState) -> list[object]:
    return [state.olt, *state.cards, *state.pons.values(), *state.onts.values(), *state.strangers]
