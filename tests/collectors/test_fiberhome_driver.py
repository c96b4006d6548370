from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.vendors.fiberhome_an.index import FiberhomeLayout
from domain.identifiers import OntName, PonName
from domain.metrics import olt, ont
from domain.reading import Reason
from domain.states import EthernetRate, Negotiation, OntAlarm, OntPhase, Oper
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import ROWS, open_driver, target_of

LAYOUT = FiberhomeLayout()


def test_the_index_of_public_code_is_slot_1_port_1_onu_1() -> None:
    assert LAYOUT.ont("ont", (34078976,)) == OntName(1, 1, 1, 1, 1)
    assert LAYOUT.pon("pon", (34078976 & ~0x7FFFF,)) == PonName(1, 1, 1, 1)


@given(st.sampled_from(["ont", "ont.pair"]), st.integers(1, 63), st.integers(1, 63), st.integers(1, 256))
def test_names_and_rows_are_one_to_one(kind: str, slot: int, port: int, onu: int) -> None:
    name = OntName(1, 1, slot, port, onu)
    row = LAYOUT.row(kind, name)
    assert row is not None
    assert LAYOUT.ont(kind, row) == name
    scope = LAYOUT.scope(kind, name.pon_name)
    assert scope.first <= row[0] <= scope.last


async def test_zero_is_no_reading_and_an_unknown_status_is_not_guessed() -> None:
    async with serve(ROWS / "fiberhome_an.snmprec", "127.0.0.1", 0) as replay, open_driver("fiberhome_an") as driver:
        target = target_of("fiberhome_an", replay.port)
        up, gasped, cut, broken = [
            (await driver.read_ont(target, OntName(1, 1, 2, 3, number), 10)).readings for number in (1, 7, 9, 12)
        ]
        walk = await driver.walk(target, 10)

    assert (up.value(ont.ONT_OPER), up.value(ont.ONT_PHASE)) == (Oper.UP, OntPhase.WORKING)
    assert (gasped.value(ont.ONT_PHASE), gasped.value(ont.ONT_ALARMS)) == (OntPhase.DYING_GASP, (OntAlarm.DG,))
    assert (cut.value(ont.ONT_OPER), cut[ont.ONT_ALARMS].reason) == (Oper.DOWN, Reason.NOT_SUPPORTED)
    assert (broken[ont.ONT_OPER].reason, broken[ont.ONT_OPER].raw) == (Reason.MALFORMED, "42")
    assert gasped[ont.ONT_RX_DBM].reason is Reason.OFFLINE
    assert up.value(ont.ONT_VOLTAGE_V) == pytest.approx(3.3)
    assert up.value(ont.ONT_TEMPERATURE_C) == pytest.approx(45.0)
    assert (up.value(ont.UNI_RATE), up.value(ont.UNI_NEGOTIATION)) == (EthernetRate.GIGABIT, Negotiation.AUTO)
    dark = next(row.readings for row in walk.pon_ports if row.name.pon == 4)
    assert dark[olt.PON_TX_DBM].reason is Reason.NO_READING
    assert dark.value(olt.PON_ONTS_CONFIGURED) == 0
