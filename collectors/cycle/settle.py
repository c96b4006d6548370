"""What whole columns say of each other: levels of an ONT that is down, and ONTs that are configured all the same.

The rules of a walk's rows, on arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from collectors.columns import Column, Shape
from collectors.cycle.units import NO_READING, Converted
from domain.metric import Metric
from domain.metrics.ont import ONT_OPER, ONT_PROVISIONED
from domain.reading import Reason
from domain.states import Oper
from domain.telemetry import REASON_CODES, encode

_OFFLINE = REASON_CODES[Reason.OFFLINE]
_NOT_SUPPORTED = REASON_CODES[Reason.NOT_SUPPORTED]
_DOWN = encode(ONT_OPER, Oper.DOWN)


def settle(columns: Sequence[Column], laid: Mapping[Metric[Any], Converted]) -> None:
    """Give the reason ``offline`` to what cannot be measured on an ONT that is down, and say which ONTs are configured.

    Values are changed in place. Whatever an agent still answers for an ONT that is down dates from before.
    """
    state = laid.get(ONT_OPER)
    if state is None:
        return
    down = state.values == _DOWN
    if bool(down.any()):
        for column in columns:
            _offline(column, laid[column.target], down)
    status = laid.get(ONT_PROVISIONED)
    if status is not None:  # a row of the interface table is a configured ONT, whatever the PON MIB can tell
        configured = (status.reasons == _NOT_SUPPORTED) & ((state.reasons == 0) | (state.reasons == NO_READING))
        status.values[configured], status.reasons[configured] = 1.0, 0


def _offline(column: Column, found: Converted, down: Any) -> None:
    sentinel = column.type is Shape.NUMBER and bool(column.sentinels)
    if not (sentinel or column.needs_ont):
        return
    hidden = down & (found.reasons == NO_READING)
    if column.needs_ont:
        hidden |= down & (found.reasons == 0)
    found.values[hidden], found.reasons[hidden] = np.nan, _OFFLINE
