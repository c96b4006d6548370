"""A column that an OLT never answers whole kept every ONT that has left it: states alone tell which rows are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from collectors.cycle.columns import ColumnCycle
from collectors.snmp.column_types import ColumnResult, Gap
from collectors.snmp.values import Oid
from collectors.snmp.walk import WHOLE
from domain.metrics.ont import ONT_OPER
from domain.reading import Reason
from domain.telemetry import pack
from simulators.snmp.agent import SnmpAgent
from tests.collectors.conformance.suite import target_of
from tests.collectors.cycle_kit import WalkReader
from tests.simulators.vendor_site import running

XPON = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1)
BYTES_UP, RUN_STATE = (*XPON, 4, 23, 1, 3), (*XPON, 2, 46, 1, 15)


@pytest.mark.parametrize(("failing", "stays"), [(BYTES_UP, False), (RUN_STATE, True)])
async def test_an_ont_that_has_left_is_a_row_no_more_unless_states_are_unknown_too(failing: Oid, stays: bool) -> None:
    plant, clock = running("huawei")
    gone = list(plant.state.onts)[3]

    def change(oid: Oid, column: ColumnResult) -> ColumnResult:
        return replace(column, gaps=(Gap(Reason.TIMEOUT, None, WHOLE),)) if oid == failing else column

    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        target, cycles = target_of("huawei_smartax", agent.port), ColumnCycle(WalkReader(change), clock)
        before = (await cycles.read(target, 20)).batch
        del plant.state.onts[gone]
        clock.advance(minutes=5)
        after = (await cycles.read(target, 20)).batch
    assert before is not None
    assert after is not None
    assert pack(gone) in before.keys
    assert bool(np.isin(pack(gone), after.keys)) is stays
    if stays:
        assert after.reasons[ONT_OPER][after.keys == pack(gone)].tolist() != [0]
