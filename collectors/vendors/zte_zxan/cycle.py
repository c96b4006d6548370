"""The ZXA10's polling cycle: the PON numbers of one OLT, decoded once each by `index`, for whole arrays.

Which PON port a number means is asked of the OLT (ifName) by each cycle that has to learn it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collectors.cycle.plan import NOT_A_NAME, Learnt, Plan, telemetry
from collectors.driving.facts import load
from collectors.snmp.column_types import ColumnKind, ColumnRequest, Index
from collectors.vendors.zte_zxan import IF_NAME, PON_1012, REPETITIONS
from collectors.vendors.zte_zxan.index import ZxanLayout, layout_of
from domain.identifiers import PonName
from domain.telemetry import PON_ROW, Keys, pack_pon

_BITS = 12  # of each number of a packed name (domain.telemetry.pack)
_MOST_ONU = 256


@dataclass(frozen=True, slots=True)
class PonRows:
    """Rows indexed by the number of a PON port, in the form of ``kind``."""

    layout: ZxanLayout
    kind: str
    arity: int = 1

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        return self._named(index[:, 0])

    def first(self, keys: Keys) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, places = np.unique(keys >> _BITS, return_inverse=True)
        return np.array([self._number(pon) for pon in pons.tolist()], dtype=np.int64)[places]

    def _named(self, numbers: Keys) -> Keys:
        """Each number is decoded once, however many ONUs it has."""
        distinct, places = np.unique(numbers, return_inverse=True)
        names = [self._decoded(number) for number in distinct.tolist()]
        packed = np.array([NOT_A_NAME if name is None else pack_pon(name) for name in names], dtype=np.int64)
        return packed[places] if len(packed) else np.empty(0, dtype=np.int64)

    def _decoded(self, number: int) -> PonName | None:
        return self.layout.pon(self.kind, (number,))

    def _number(self, pon: int) -> int:
        name = PonName(*(pon >> shift * _BITS & 0xFFF for shift in (3, 2, 1, 0)))
        return self.layout.scope(self.kind, name).first


@dataclass(frozen=True, slots=True)
class OnuRows(PonRows):
    """Rows indexed by the number of a PON port, that of an ONU, and 1 in the tables of its optical interface."""

    arity: int = 2

    def keys(self, index: Index) -> Keys:
        """See `collectors.cycle.plan.Rows`."""
        pons, onus = self._named(index[:, 0]), index[:, 1]
        valid = (pons >= 0) & (onus >= 1) & (onus <= _MOST_ONU)
        if self.arity > 2:
            valid &= index[:, 2] == 1
        return np.where(valid, pons & ~PON_ROW | onus, NOT_A_NAME)

    def _decoded(self, number: int) -> PonName | None:
        """ONUs are believed on PON ports that IF-MIB does not name too."""
        name = self.layout.ont(self.kind, (number, 1, 1)[: self.arity])
        return None if name is None else name.pon_name


def _rows(learnt: Learnt) -> Mapping[str, PonRows]:
    named, numbered = learnt[IF_NAME], learnt[PON_1012]
    texts = named.values if isinstance(named.values, list) else []
    layout = layout_of(zip(named.index[:, 0].tolist(), texts, strict=True), numbered.index[:, 0].tolist())
    pons = {kind: PonRows(layout, kind) for kind in ("pon.if", "pon.b")}
    onus = {kind: OnuRows(layout, kind) for kind in ("ont.a", "ont.b")}
    return pons | onus | {kind: OnuRows(layout, kind, 3) for kind in ("ont.ani_a", "ont.ani_b")}


_KINDS = ("pon.if", "pon.b", "ont.a", "ont.b", "ont.ani_a", "ont.ani_b")

PLAN = Plan(
    telemetry(load(__package__).table.columns, _KINDS),
    _rows,
    learns=(
        ColumnRequest(IF_NAME, ColumnKind.OCTETS, max_repetitions=REPETITIONS),
        ColumnRequest(PON_1012, ColumnKind.OCTETS, max_repetitions=REPETITIONS),
    ),
    onts=(1, _MOST_ONU),
    repetitions=REPETITIONS,
)
