"""The latest state of a fleet in columns: one row an ONT. Built by whoever reads it; nothing here opens anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidValueError
from domain.incident import Ancestor

UNKNOWN, UP, DARK, GASP = 0, 1, 2, 3
"""States of an ONT: not known, on line, off line without a dying gasp, off line after one."""

NOWHERE = -1
"""Of an ONT whose ancestor the records do not give."""

LEVELS = (Ancestor.PBO, Ancestor.SPLITTER, Ancestor.PON, Ancestor.CARD, Ancestor.OLT)
"""The tree, from the leaves up. Streets and areas lie across it."""

States = NDArray[np.int8]
Nodes = NDArray[np.int32]
Micros = NDArray[np.int64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Rows of the same length, in any order.

    Attributes:
        now: Microseconds since 1970, UTC, as every instant here.
        olts: Names of the OLTs.
        ont: The ONT on its OLT (`domain.telemetry.pack`).
        state: See above.
        changed: When it came into that state; 0: not known.
        read: When that state was read; an « up » read before a fall says nothing of it.
        nodes: For each of `LEVELS`, and for STREET and AREA: which one it hangs from, or `NOWHERE`. A node of a level
            lies within one node of the level above; of ``OLT`` it is the place in ``olts``. What the records call one
            PBO may be several nodes, one a PON: they have the same name.
        names: Reference of each node, by ancestor, as people call it.
        silent: OLTs that do not answer, by their place: what was known of them is no longer.
        works: Rows that planned works cover; empty: none.
        lasers: PON ports whose laser is known to be on, or off.
    """

    now: int
    olts: Sequence[str]
    ont: Rows
    state: States
    changed: Micros
    read: Micros
    nodes: Mapping[Ancestor, Nodes]
    names: Mapping[Ancestor, Sequence[str]]
    silent: frozenset[int] = frozenset()
    works: Flags = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    lasers: Mapping[int, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns: dict[str, NDArray[Any]] = {"state": self.state, "changed": self.changed, "read": self.read}
        columns |= {ancestor.value: column for ancestor, column in self.nodes.items()}
        for name, column in columns.items():
            if len(column) != len(self.ont):
                raise InvalidValueError(f"fleet.{name}", len(column), f"{len(self.ont)} rows")
        if lacking := [level.value for level in LEVELS if level not in self.nodes]:
            raise InvalidValueError("fleet.nodes", ", ".join(lacking), "given for every level of the tree")

    @property
    def olt(self) -> Nodes:
        """The OLT of each row."""
        return self.nodes[Ancestor.OLT]

    def known_state(self) -> States:
        """The states, those of OLTs that do not answer being unknown."""
        if not self.silent:
            return self.state
        mute = np.isin(self.olt, np.fromiter(self.silent, np.int32, len(self.silent)))
        return np.where(mute, np.int8(UNKNOWN), self.state)
