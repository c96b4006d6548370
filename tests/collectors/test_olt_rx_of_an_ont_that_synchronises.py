"""A ZTE synchronises the MIB of an ONT: it is not up, but its light is there, and what the OLT receives is true."""

from __future__ import annotations

import pytest

from collectors.cycle.columns import ColumnCycle
from collectors.snmp.column_reader import ColumnReader
from domain.metrics.ont import OLT_RX_DBM, ONT_OPER, ONT_PHASE, ONT_RX_DBM
from domain.reading import Reason
from domain.states import OntPhase, Oper
from simulators.snmp.agent import SnmpAgent
from tests.collectors.conformance.suite import open_driver, target_of
from tests.collectors.cycle_kit import sample
from tests.simulators.vendor_site import running


@pytest.mark.parametrize("plant", ["zte_c320", "zte_c600"])
@pytest.mark.parametrize(("fault", "known"), [("omci-lost", True), ("drop-cut", False)])
async def test_what_the_olt_receives_is_known_as_long_as_it_hears_the_ont(plant: str, fault: str, known: bool) -> None:
    park, clock = running(plant)
    name = next(name for name, state in park.state.onts.items() if state.olt_rx_dbm is not None)
    clock.advance(seconds=1)
    park.apply(fault, str(name))
    level_dbm = park.state.onts[name].olt_rx_dbm
    reader = ColumnReader()
    async with SnmpAgent(park, "127.0.0.1", 0, "public") as agent, open_driver("zte_zxan") as driver:
        target = target_of("zte_zxan", agent.port)
        live = (await driver.read_ont(target, name, 5)).readings
        walk = await driver.walk(target, 20)
        cycle = await ColumnCycle(reader, clock).read(target, 20)
        await reader.close()
    walked = next(row.readings for row in walk.onts if row.name == name)
    for readings in (live, walked):
        assert readings.value(ONT_OPER) is Oper.DOWN
        assert (readings.value(ONT_PHASE) is OntPhase.SYNCHRONISING) is known
        assert readings[ONT_RX_DBM].reason is Reason.OFFLINE  # what the ONT told dates from before
        if known:
            assert readings.value(OLT_RX_DBM) == pytest.approx(level_dbm, abs=0.001)
        else:
            assert readings[OLT_RX_DBM].reason is Reason.OFFLINE
    levels = next(batch for batch in cycle.batches if OLT_RX_DBM in batch.values and len(batch.keys))
    assert sample(levels, name, OLT_RX_DBM) == (walked.value(OLT_RX_DBM) if known else Reason.OFFLINE)
    assert sample(levels, name, ONT_RX_DBM) is Reason.OFFLINE
