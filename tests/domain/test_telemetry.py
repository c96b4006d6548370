"""Stored telemetry outlives the code: the numbers that it holds keep their meaning."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.ont import ONT_DOWN_CAUSE, ONT_OPER, ONT_PHASE
from domain.reading import Reason
from domain.states import DownCause, OntPhase, Oper
from domain.telemetry import PON_ROW, REASON_CODES, encode, pack, pack_pon, pon_range, unpack

# What files on disks hold today. A value may be added at the end; none may move.
REASONS = [
    "not_read", "not_supported", "timeout", "unreachable", "offline", "no_reading", "out_of_range", "malformed",
    "stale", "never_seen", "error", "contradicted", "clock", "no_interval",
]  # fmt: skip


def test_the_code_of_a_reason_never_changes() -> None:
    assert [REASON_CODES[Reason(name)] for name in REASONS] == list(range(1, len(REASONS) + 1))


@pytest.mark.parametrize(
    ("metric", "value", "number"),
    [(ONT_OPER, Oper.UP, 0), (ONT_OPER, Oper.DOWN, 1), (ONT_PHASE, OntPhase.OFFLINE, 6)],
)
def test_the_number_of_a_state_never_changes(metric: Metric[Any], value: Any, number: int) -> None:
    assert encode(metric, value) == number
    assert encode(ONT_DOWN_CAUSE, next(iter(DownCause))) == 0


def test_the_row_of_a_pon_port_lies_in_its_range_and_is_no_ont_of_it() -> None:
    port = PonName(1, 1, 5, 10)
    low, high = pon_range(port)
    own = pack_pon(port)
    assert low == pack(OntName(1, 1, 5, 10, 0)) < own < high
    assert unpack(own).ont == PON_ROW
    with pytest.raises(InvalidValueError):
        pack(OntName(1, 1, 5, 10, PON_ROW + 1))
