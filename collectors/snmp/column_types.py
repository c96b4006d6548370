"""What a column read asks and what it brings: arrays and the ranges that stayed unknown, never a silent hole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from collectors.snmp.values import Oid
from collectors.snmp.walk import MOST_ROWS, WHOLE, Scope
from domain.errors import InvalidValueError
from domain.reading import Reason

Index = NDArray[np.int64]
Numbers = NDArray[np.int64] | NDArray[np.uint64]


class ColumnKind(Enum):
    """What the values of a column become.

    Agents do not always use the number type that their MIB declares: any number type is a number here, held to the
    range of the type that was sent (RFC 2578 7.1).
    """

    INTEGER = "integer"  # int64; a Counter64 beyond 2**63 - 1 is out of range
    UNSIGNED = "unsigned"  # uint64: every Counter64 fits; a negative INTEGER is out of range
    OCTETS = "octets"  # bytes, as sent


@dataclass(frozen=True, slots=True)
class ColumnRequest:
    """One column to read.

    Attributes:
        oid: Identifier of the column, without index.
        kind: What its values become.
        index_arity: Numbers that make an index; ``None`` takes as many as the first row has. Rows of another length
            are in `ColumnResult.spoilt`.
        scopes: Ranges of the first number of the index, ascending and apart. Each is a chain of its own: give one
            a PON port only where the round trip is the limit (ADR of the column reader); one range restricts the read.
        max_repetitions: Most rows asked in one request, within what the load contract allows; ``None``: that.
        most_rows: Rows of a range beyond which its agent is held to be endless, and left: the range is ``malformed``
            from there on.
    """

    oid: Oid
    kind: ColumnKind = ColumnKind.INTEGER
    index_arity: int | None = 1
    scopes: tuple[Scope, ...] = (WHOLE,)
    max_repetitions: int | None = None
    most_rows: int = MOST_ROWS

    def __post_init__(self) -> None:
        edges = [edge for scope in self.scopes for edge in (scope.first, scope.last)]
        apart = all(late.first > early.last for early, late in zip(self.scopes, self.scopes[1:], strict=False))
        if not edges or not apart or any(scope.first > scope.last for scope in self.scopes):
            raise InvalidValueError("scopes", self.scopes, "ascending ranges that do not overlap")
        least = min(number for number in (self.max_repetitions, self.index_arity, self.most_rows) if number is not None)
        if len(self.oid) < 2 or least < 1:
            raise InvalidValueError("column", self.oid, "an OID, one repetition and one number of index at least")


@dataclass(frozen=True, slots=True)
class Gap:
    """A range of a column that stays unknown: rows between both bounds may exist, nobody knows.

    Attributes:
        reason: Why.
        after: Last index known before it; ``None`` when it begins with the column.
        scope: The range that was being read: the gap ends where it ends.
    """

    reason: Reason
    after: Oid | None
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class ColumnResult:
    """What the read of one column brought.

    Attributes:
        index: Shape (rows, arity), strictly increasing. Columns of one read, and reads of one agent, that have the
            same rows share **the same object**: ``a.index is b.index`` tells that they are aligned.
        values: int64 or uint64 array, or list of bytes; one a row.
        gaps: Ranges that stay unknown; empty when every scope was read to its end.
        spoilt: Rows that exist and whose value is not of the kind asked, out of its type's range, or whose index has
            another arity. They are in neither ``index`` nor ``values``.
        scopes: What was asked: nothing is known of rows elsewhere.
    """

    index: Index
    values: Numbers | list[bytes]
    gaps: tuple[Gap, ...] = ()
    spoilt: Mapping[Oid, Reason] = field(default_factory=dict)
    scopes: tuple[Scope, ...] = (WHOLE,)

    @property
    def gap(self) -> Reason | None:
        """Why something is unknown; ``None`` when the column is complete."""
        return self.gaps[0].reason if self.gaps else None

    def unknown(self, index: Oid) -> Reason | None:
        """Why there is no value for ``index``: its own reason, the gap's, or ``None``: the agent has no such row."""
        own = self.spoilt.get(index)
        if own is not None:
            return own
        for gap in self.gaps:
            if gap.scope.first <= index[0] <= gap.scope.last and (gap.after is None or index > gap.after):
                return gap.reason
        return None
