from __future__ import annotations

from datetime import timedelta

import pytest

from domain.identifiers import DeviceId, SerialNumber
from domain.states import EthernetRate, Negotiation, PppStatus
from simulators.plant.state import DataModel
from tests.simulators.plant_kit import GOLDEN_PON, demo_kit


def test_the_golden_ont_is_the_one_of_the_screen() -> None:
    kit = demo_kit()
    ont, pon = kit.ont, kit.plant.state.pons[GOLDEN_PON]
    assert ont.serial == SerialNumber.parse("485754430172629D")
    assert ont.password == "0848525835"
    assert ont.firmware_active == ont.firmware_planned == b"HWTCA31610115\0"
    assert len(ont.firmware_standby) == 14
    assert ont.changed_at.isoformat() == "2019-04-29T14:34:56+00:00"
    assert (ont.errors_up, ont.errors_down) == (0, 0)
    assert (ont.uni_up, ont.uni_negotiation, ont.uni_rate, ont.uni_card) == (
        True,
        Negotiation.AUTO,
        EthernetRate.GIGABIT,
        1,
    )
    assert (pon.tx_dbm, ont.tx_dbm) == (3.4, 2.28)
    assert (ont.rx_dbm, ont.olt_rx_dbm) == pytest.approx((-19.36, -20.7), abs=1e-9)
    assert kit.plant.state.cards[2].actual_type == "FGLT-B"


def test_the_golden_box_is_the_one_of_the_screen() -> None:
    box = demo_kit().box
    assert box.device == DeviceId("D8D775", "LK1809417DP535")
    assert str(box.mac) == "D8D775557E90"
    assert box.device.serial not in str(box.mac)
    assert box.firmware == "9.29.65_F5350_Box"
    assert box.data_model is DataModel.TR098


def test_a_plant_where_nothing_is_wrong_is_all_up_and_all_in_session() -> None:
    kit = demo_kit()
    state = kit.plant.state
    assert all(card.up for card in state.cards)
    assert all(pon.oper_up and pon.laser_on and pon.tx_dbm for pon in state.pons.values())
    for name, ont in state.onts.items():
        box = state.boxes[name]
        assert ont.oper_up
        assert not ont.alarms
        assert None not in {ont.rx_dbm, ont.tx_dbm, ont.olt_rx_dbm}
        assert box.ppp_status is PppStatus.CONNECTED
        assert box.ppp_since is not None
        assert box.ppp_since < kit.clock.now()
    assert len({box.session_id for box in state.boxes.values()}) == len(state.boxes)
    assert len({box.wan_ip for box in state.boxes.values()}) == len(state.boxes)
    assert not kit.events


def test_bytes_move_with_time_and_stop_with_the_session() -> None:
    kit = demo_kit()
    before = kit.ont.bytes_down
    assert before > 0
    kit.pass_time(600)
    moved = kit.ont.bytes_down
    assert moved > before
    kit.plant.fault("box-off", "F00000015")
    kit.pass_time(600)
    assert kit.ont.bytes_down == moved


async def test_a_plant_that_runs_moves_by_itself() -> None:
    kit = demo_kit()
    async with kit.plant:
        kit.plant.fault("box-off", "F00000015")
        assert kit.box.session_id is not None
        ended = kit.clock.now() + timedelta(seconds=30)
        while kit.box.session_id is not None:
            await kit.clock.advance(5)
        assert kit.clock.now() >= ended
