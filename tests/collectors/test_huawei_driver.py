from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import register
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metrics import olt, ont
from domain.reading import Reason
from domain.states import Admin, DownCause, EthernetRate, Negotiation, OntAlarm, Oper
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import ROWS, open_driver, target_of
from tests.simulators.vendor_site import running

LAYOUT = SmartaxLayout()


@pytest.mark.parametrize(
    ("if_index", "name"), [(4194312192, (0, 0, 1, 0)), (4194345216, (0, 0, 5, 1)), (4194304000, (0, 0, 0, 0))]
)
def test_known_interfaces_have_the_numbers_of_the_olt(if_index: int, name: tuple[int, int, int, int]) -> None:
    assert LAYOUT.pon("pon", (if_index,)) == PonName(*name)


@given(st.integers(0, 31), st.integers(0, 31), st.integers(0, 255))
def test_names_and_rows_are_one_to_one(slot: int, port: int, number: int) -> None:
    name = OntName(0, 0, slot, port, number)
    row = LAYOUT.row("ont", name)
    assert row is not None
    assert LAYOUT.ont("ont", row) == name
    scope = LAYOUT.scope("ont", name.pon_name)
    assert scope.first <= row[0] <= scope.last


@pytest.mark.parametrize("if_index", [0x0E000000, 234946560, 0xFA000001, 0xFA040000, 0xF9FFFF00, 0xFFFFFFFF, 0])
def test_what_is_no_pon_port_has_no_name(if_index: int) -> None:
    assert LAYOUT.pon("pon", (if_index,)) is None


@pytest.mark.parametrize(
    "name", ["ONT-1-1-5-10-19", "ONT-0-0-32-0-0", "ONT-0-0-0-32-0", "ONT-0-0-0-0-256", "ONT-0-1-0-0-0"]
)
def test_names_that_a_smartax_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(InvalidValueError):
        LAYOUT.row("ont", OntName.parse(name))


async def test_a_live_read_has_dates_causes_alarms_and_the_user_port() -> None:
    async with (
        serve(ROWS / "huawei_smartax.snmprec", "127.0.0.1", 0) as replay,
        open_driver("huawei_smartax") as driver,
    ):
        target = target_of("huawei_smartax", replay.port)
        up, gasped, cut, broken = [
            (await driver.read_ont(target, OntName(0, 0, 2, 3, number), 10)).readings for number in (1, 7, 9, 12)
        ]

    assert up.value(ont.ONT_LAST_CHANGE) == up.value(ont.ONT_LAST_UP) == datetime(2019, 4, 29, 14, 34, 56, tzinfo=UTC)
    assert up[ont.ONT_LAST_DOWN].reason is Reason.NO_READING  # all zero: never
    assert up.value(ont.ONT_ALARMS) == (OntAlarm.SD,)
    assert (up.value(ont.ONT_ADMIN), up.value(ont.ONT_MATCH_STATE)) == (Admin.UNLOCKED, "match")
    assert up[ont.ONT_DESCRIPTION].reason is Reason.NO_READING
    assert up.value(ont.ONT_VOLTAGE_V) == pytest.approx(3.3)
    assert (up.value(ont.UNI_OPER), up.value(ont.UNI_NEGOTIATION)) == (Oper.UP, Negotiation.AUTO)
    assert up.value(ont.UNI_RATE) is EthernetRate.GIGABIT
    assert up.value(olt.PON_LAST_UP) == datetime(2019, 4, 2, 1, 4, 5, tzinfo=UTC)
    assert gasped.value(ont.ONT_DOWN_CAUSE) is DownCause.DYING_GASP
    assert gasped.value(ont.ONT_LAST_DYING_GASP) == gasped.value(ont.ONT_LAST_CHANGE)
    alarms = gasped.value(ont.ONT_ALARMS)
    assert alarms is not None
    assert set(alarms) == {OntAlarm.DG}
    assert cut.value(ont.ONT_DOWN_CAUSE) is DownCause.LOS
    assert cut.value(ont.ONT_ALARMS) == (OntAlarm.LOS,)
    assert cut[ont.ONT_TEMPERATURE_C].reason is Reason.OFFLINE
    assert broken[ont.ONT_LAST_UP].reason is Reason.MALFORMED
    assert broken[ont.ONT_DOWN_CAUSE].reason is Reason.MALFORMED


async def test_a_live_read_of_one_ont_takes_two_requests() -> None:
    plant, clock = running("huawei")
    driver = register.driver("huawei_smartax", clock)
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        target = target_of("huawei_smartax", agent.port)
        name = next(name for name, found in plant.state.onts.items() if found.oper_up)
        await driver.read_ont(target, name, 10)  # learns which tables there are
        outcome = await driver.read_ont(target, name, 10)
        absent = (await driver.read_ont(target, OntName(0, 0, name.slot, name.pon, 120), 10)).readings
        await driver.close()
    assert outcome.sources[0].requests == 2
    assert outcome.readings.value(ont.ONT_SERIAL) == plant.state.onts[name].serial
    assert outcome.readings.value(ont.UNI_OPER) is Oper.UP
    assert absent.value(ont.ONT_PROVISIONED) is False
    assert absent[ont.ONT_SERIAL].reason is Reason.NOT_SUPPORTED
