"""The collectors read a fleet OLT of each vendor, and get its state and its light; what breaks meanwhile shows next."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from collectors.columns import Cadence
from collectors.cycle.cadence import Cadences
from collectors.cycle.columns import ColumnCycle
from collectors.snmp.column_reader import ColumnReader
from domain.clock import WallClock
from domain.identifiers import OntName
from domain.metrics.ont import OLT_RX_DBM, ONT_OPER, ONT_RX_DBM
from domain.olt import OltTarget
from domain.reading import Reason
from domain.secret import Secret
from domain.states import Oper
from domain.telemetry import REASON_CODES, Batch, encode, pack
from simulators.fleet.fleet import Fleet
from simulators.fleet.vendors import discover
from tests.simulators.fleet.kit import fleet_of, ont_name, serving

ALWAYS = Cadences(dict.fromkeys(Cadence, timedelta(0)), sampled=1.0)
SILENT = {REASON_CODES[Reason.NO_READING], REASON_CODES[Reason.OFFLINE]}
UP = encode(ONT_OPER, Oper.UP)


def told(batch: Batch, fleet: Fleet) -> None:
    """A batch says of every ONT what the fleet knows."""
    olt = fleet.olt(1)
    t, first = olt.topology, fleet.tables(1).first
    names = [
        OntName(first, first, *place) for place in zip(t.slot.tolist(), t.pon.tolist(), t.ont.tolist(), strict=True)
    ]
    order = np.argsort([pack(name) for name in names])
    assert batch.keys.tolist() == sorted(pack(name) for name in names)
    assert ((batch.values[ONT_OPER] == UP) == olt.up[order]).all()
    for metric, level in ((ONT_RX_DBM, olt.light.ont_rx_dbm), (OLT_RX_DBM, olt.light.olt_rx_dbm)):
        up = olt.up[order]
        assert np.abs(batch.values[metric][up] - level[order][up]).max() <= 0.051  # the coarsest step is 0.1 dB
        assert np.isnan(batch.values[metric][~up]).all()
        assert set(batch.reasons[metric][~up].tolist()) <= {
            REASON_CODES[Reason.NO_READING],
            REASON_CODES[Reason.OFFLINE],
        }


@pytest.mark.parametrize("xgs", [0.0, 1.0])
@pytest.mark.parametrize("vendor", sorted(discover()))
async def test_a_cycle_brings_the_state_and_the_light_of_a_fleet_olt(vendor: str, xgs: float) -> None:
    fleet, hand = fleet_of(onts=200, xgs=xgs, vendors={vendor: 1.0})
    real = discover()[vendor].vendor
    async with serving(fleet, hand) as agent:
        host, port = agent.addresses["OLT-00001"]
        target = OltTarget("infra", "OLT-00001", real, host, port, Secret("public"))
        reader = ColumnReader()
        cycles = ColumnCycle(reader, WallClock(), None, ALWAYS)
        try:
            for kind, at in ((None, ""), ("pbo-cut", "PBO-1-1-1-1"), ("drop-cut", ont_name(fleet.olt(1), 150))):
                if kind is not None:
                    fleet.fault(kind, 1, at)
                    hand.move(30)
                batch = (await cycles.read(target, 20.0)).batch
                assert batch is not None
                told(batch, fleet)
            assert not fleet.olt(1).up.all()
        finally:
            await reader.close()
