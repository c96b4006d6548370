"""What whole columns say of each other: levels of an ONT that is down, what follows for the others.

The rules of a walk's rows (`collectors.driving.derive`), on arrays. Each function completes columns in place.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collectors.columns import Column, Shape
from collectors.cycle.units import NO_READING, Converted
from collectors.driving.derive import AT_THE_OLT, HEARD_PHASES
from domain.metric import Metric
from domain.metrics.olt import PON_LASER_ON, PON_TX_DBM
from domain.metrics.ont import ONT_LAST_CHANGE, ONT_LAST_DOWN, ONT_LAST_UP, ONT_OPER, ONT_PHASE, ONT_PROVISIONED
from domain.reading import Reason
from domain.states import Oper
from domain.telemetry import REASON_CODES, encode

Laid = MutableMapping[Metric[Any], Converted]

_OFFLINE = REASON_CODES[Reason.OFFLINE]
_NOT_SUPPORTED = REASON_CODES[Reason.NOT_SUPPORTED]
_NOT_READ = REASON_CODES[Reason.NOT_READ]
_HEARD = [encode(ONT_PHASE, phase) for phase in HEARD_PHASES]
_DOWN, _UP = encode(ONT_OPER, Oper.DOWN), encode(ONT_OPER, Oper.UP)


def settle(columns: Iterable[Column], laid: Laid, declared: frozenset[Metric[Any]]) -> None:
    """Columns of ONTs: ``offline`` where nothing can be measured; which are configured; when their state changed.

    Args:
        columns: Those that were read.
        laid: What they brought, one array a metric, all along the same ONTs.
        declared: Every metric that a column of the vendor gives, read now or not.
    """
    state = laid.get(ONT_OPER)
    if state is None:
        return
    down = state.values == _DOWN
    if bool(down.any()):
        unheard = down & ~_heard(laid, down)
        for column in columns:
            _offline(column, laid[column.target], unheard if column.target in AT_THE_OLT else down)
    _provisioned(state, laid, declared)
    _last_change(state, laid)


def settle_pons(laid: Laid) -> None:
    """Columns of PON ports: a level that one sends says that its laser is on. No level says nothing."""
    level = laid.get(PON_TX_DBM)
    if level is None:
        return
    on = np.where(level.reasons == 0, 1.0, np.nan)
    state = laid.get(PON_LASER_ON)
    if state is None:
        laid[PON_LASER_ON] = Converted(on, level.reasons.copy())
    else:
        silent = state.reasons == _NOT_SUPPORTED
        state.values[silent], state.reasons[silent] = on[silent], level.reasons[silent]


def _heard(laid: Laid, down: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ONTs whose phase says that the OLT hears them."""
    phase = laid.get(ONT_PHASE)
    return np.zeros(len(down), dtype=bool) if phase is None else np.isin(phase.values, _HEARD)


def _offline(column: Column, found: Converted, down: Any) -> None:
    """Whatever an agent still answers for an ONT that is down dates from before."""
    sentinel = column.type is Shape.NUMBER and bool(column.sentinels)
    if not (sentinel or column.needs_ont):
        return
    hidden = down & (found.reasons == NO_READING)
    if column.needs_ont:
        hidden |= down & (found.reasons == 0)
    found.values[hidden], found.reasons[hidden] = np.nan, _OFFLINE


def _provisioned(state: Converted, laid: Laid, declared: frozenset[Metric[Any]]) -> None:
    """A row with a state is of a configured ONT, where no RowStatus tells."""
    status = laid.get(ONT_PROVISIONED)
    if status is None:
        if ONT_PROVISIONED in declared:  # a column tells, at other times
            return
        none = np.full(len(state.values), np.nan)
        status = laid[ONT_PROVISIONED] = Converted(none, np.full(len(none), _NOT_READ, dtype=np.uint8))
    untold = (status.reasons == _NOT_SUPPORTED) | (status.reasons == _NOT_READ)
    configured = untold & ((state.reasons == 0) | (state.reasons == NO_READING))
    status.values[configured], status.reasons[configured] = 1.0, 0


def _last_change(state: Converted, laid: Laid) -> None:
    """The instant of the state that holds now: last up of an ONT that is up, last down of one that is down."""
    up, down = laid.get(ONT_LAST_UP), laid.get(ONT_LAST_DOWN)
    if up is None or down is None or ONT_LAST_CHANGE in laid:
        return
    is_up, is_down = state.values == _UP, state.values == _DOWN
    values = np.where(is_up, up.values, np.where(is_down, down.values, np.nan))
    reasons = np.where(is_up, up.reasons, np.where(is_down, down.reasons, _NOT_READ)).astype(np.uint8)
    laid[ONT_LAST_CHANGE] = Converted(values, reasons)
