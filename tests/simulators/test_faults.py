from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from domain.identifiers import OntName, PonName
from domain.states import EthernetRate, OntAlarm, PppStatus
from simulators.plant import faults
from simulators.plant.errors import AlreadyActiveError, NotActiveError, UnknownFaultError, UnknownTargetError
from simulators.plant.state import EventKind, OntState
from tests.simulators.plant_kit import GOLDEN, GOLDEN_PBO, GOLDEN_PON, Kit, demo_kit

ID1 = "F00000015"
SILENT = {OntAlarm.LOS, OntAlarm.INACTIVE}


@pytest.fixture
def kit() -> Kit:
    return demo_kit()


def assert_dark(kit: Kit, name: OntName) -> None:
    ont = kit.plant.state.onts[name]
    assert not ont.oper_up
    assert (ont.rx_dbm, ont.tx_dbm, ont.olt_rx_dbm) == (None, None, None)
    assert (ont.uni_up, ont.uni_rate) == (False, EthernetRate.NONE)
    assert not kit.plant.state.boxes[name].management_up


def down(kit: Kit) -> set[OntName]:
    return {name for name, ont in kit.plant.state.onts.items() if not ont.oper_up}


def test_a_drop_cut_takes_one_ont_without_dying_gasp(kit: Kit) -> None:
    kit.clock.move(12)
    kit.plant.fault("drop-cut", ID1)
    assert down(kit) == {GOLDEN}
    assert_dark(kit, GOLDEN)
    assert kit.ont.alarms == SILENT
    assert kit.ont.changed_at == kit.clock.now()
    assert kit.ont.powered
    assert kit.plant.state.pons[GOLDEN_PON].oper_up


def test_a_pbo_cut_takes_all_its_onts_at_the_same_instant_and_no_other(kit: Kit) -> None:
    kit.plant.fault("pbo-cut", GOLDEN_PBO)
    assert down(kit) == set(kit.plant.layout.pbos[GOLDEN_PBO])
    assert {ont.changed_at for ont in kit.neighbours()} == {kit.ont.changed_at} == {kit.clock.now()}
    assert all(ont.alarms == SILENT for ont in kit.neighbours())


def test_a_feeder_cut_takes_the_whole_port_whose_laser_still_emits(kit: Kit) -> None:
    kit.clock.move(3)
    kit.plant.fault("feeder-cut", "PON-1-1-5-10")
    pon = kit.plant.state.pons[GOLDEN_PON]
    assert down(kit) == {ont.name for ont in kit.plant.layout.pons[GOLDEN_PON].onts}
    assert (pon.laser_on, pon.tx_dbm, pon.admin_up) == (True, 3.4, True)
    assert (pon.oper_up, pon.changed_at) == (False, kit.clock.now())
    assert kit.ont.alarms == SILENT
    assert kit.plant.state.cards[2].up


def test_an_ont_without_power_says_its_last_words(kit: Kit) -> None:
    kit.plant.fault("ont-power-off", str(GOLDEN))
    assert down(kit) == {GOLDEN}
    assert_dark(kit, GOLDEN)
    assert kit.ont.alarms == SILENT | {OntAlarm.DG}
    assert not kit.ont.powered


def test_nobody_hears_the_last_words_of_an_ont_whose_fibre_is_cut(kit: Kit) -> None:
    kit.plant.fault("drop-cut", ID1)
    kit.plant.fault("ont-power-off", ID1)
    assert kit.ont.alarms == SILENT


def test_a_cut_after_the_power_went_changes_nothing_that_the_olt_knows(kit: Kit) -> None:
    kit.plant.fault("ont-power-off", ID1)
    since = kit.ont.changed_at
    kit.clock.move(100)
    kit.plant.fault("pbo-cut", GOLDEN_PBO)
    assert kit.ont.alarms == SILENT | {OntAlarm.DG}
    assert kit.ont.changed_at == since
    assert kit.neighbours()[0].changed_at == kit.clock.now()


def test_a_box_that_is_off_takes_its_ethernet_link_along(kit: Kit) -> None:
    kit.plant.fault("box-off", ID1)
    assert kit.ont.oper_up
    assert (kit.ont.uni_up, kit.ont.uni_rate) == (False, EthernetRate.NONE)
    assert (kit.box.powered, kit.box.wan_up, kit.box.management_up) == (False, False, False)
    assert kit.kinds() == [EventKind.BOX_SILENT]


def test_a_stuck_box_keeps_its_link_and_nothing_else(kit: Kit) -> None:
    kit.plant.fault("box-hung", ID1)
    assert kit.ont.uni_up
    assert (kit.box.powered, kit.box.hung, kit.box.wan_up, kit.box.management_up) == (True, True, True, False)
    assert kit.kinds() == [EventKind.BOX_SILENT]
    kit.pass_time(31)
    assert kit.kinds() == [EventKind.PPP_DOWN]
    assert kit.box.session_id is None
    kit.pass_time(3600)
    assert kit.kinds() == []


def test_an_unplugged_cable_is_seen_from_the_ont_with_the_box_powered(kit: Kit) -> None:
    kit.plant.fault("uni-unplugged", ID1)
    assert kit.ont.oper_up
    assert not kit.ont.uni_up
    assert (kit.box.powered, kit.box.wan_up, kit.box.management_up) == (True, False, False)


def test_the_lns_misses_a_box_thirty_seconds_later(kit: Kit) -> None:
    session, address, cut_at = kit.box.session_id, kit.box.wan_ip, kit.clock.now()
    kit.plant.fault("drop-cut", ID1)
    assert kit.box.ppp_status is PppStatus.DISCONNECTED
    kit.pass_time(29)
    assert kit.kinds() == [EventKind.BOX_SILENT]
    kit.pass_time(300)
    (event,) = kit.events
    assert (event.kind, event.session_id, event.detail) == (EventKind.PPP_DOWN, session, "Lost-Carrier")
    assert event.at == cut_at + timedelta(seconds=30)
    assert event.box is not None
    assert event.box.wan_ip == address
    assert (kit.box.session_id, kit.box.wan_ip, kit.box.ppp_since) == (None, None, None)


def test_refused_credentials_end_the_session_while_the_box_stays_reachable(kit: Kit) -> None:
    session = kit.box.session_id
    kit.plant.fault("ppp-refused", ID1)
    dropped, rejected = kit.events
    assert (dropped.kind, dropped.session_id) == (EventKind.PPP_DOWN, session)
    assert (rejected.kind, rejected.detail) == (EventKind.AUTH_REJECTED, "invalid password")
    assert (kit.box.ppp_status, kit.box.ppp_last_error) == (PppStatus.DISCONNECTED, "ERROR_AUTHENTICATION_FAILURE")
    assert (kit.box.wan_up, kit.box.management_up, kit.box.wan_ip) == (True, True, None)
    assert kit.ont.oper_up
    assert kit.ont.uni_up


def test_a_refused_box_tries_again_every_minute_until_it_cannot(kit: Kit) -> None:
    begin = kit.clock.now()
    kit.plant.fault("ppp-refused", ID1)
    for _ in range(3):
        kit.pass_time(60)
    rejects = [event.at - begin for event in kit.events if event.kind is EventKind.AUTH_REJECTED]
    assert rejects == [timedelta(minutes=minute) for minute in range(4)]
    kit.events.clear()
    kit.plant.fault("box-off", ID1)
    kit.pass_time(600)
    assert kit.kinds() == [EventKind.BOX_SILENT]


def test_a_clock_that_jumps_over_a_day_of_retries_shows_the_last_one(kit: Kit) -> None:
    kit.plant.fault("ppp-refused", ID1)
    kit.events.clear()
    kit.pass_time(86_430)
    (event,) = kit.events
    assert event.at == kit.clock.now() - timedelta(seconds=30)


def test_a_dead_laser_has_no_level_and_takes_all_its_onts(kit: Kit) -> None:
    kit.plant.fault("pon-laser-off", str(GOLDEN_PON))
    pon = kit.plant.state.pons[GOLDEN_PON]
    assert (pon.laser_on, pon.tx_dbm, pon.oper_up) == (False, None, False)
    assert down(kit) == {ont.name for ont in kit.plant.layout.pons[GOLDEN_PON].onts}
    assert kit.ont.alarms == SILENT
    assert kit.plant.state.cards[2].up


@pytest.mark.parametrize("slot", ["5", "LT5"])
def test_a_board_that_is_down_takes_its_twelve_ports_and_no_other(kit: Kit, slot: str) -> None:
    kit.clock.move(7)
    kit.plant.fault("card-down", slot)
    card = kit.plant.state.cards[2]
    assert (card.slot, card.up, card.changed_at) == (5, False, kit.clock.now())
    for name, pon in kit.plant.state.pons.items():
        assert pon.oper_up is (name.slot != 5)
        assert (pon.tx_dbm is None) is (name.slot == 5)
    assert {name.slot for name in down(kit)} == {5}
    assert kit.ont.alarms == {OntAlarm.INACTIVE}
    assert [other.up for other in kit.plant.state.cards] == [True, True, False, True]


def test_an_olt_that_cannot_be_managed_still_gives_service(kit: Kit) -> None:
    kit.plant.fault("olt-unreachable")
    assert not kit.plant.state.olt.reachable
    assert not down(kit)
    assert kit.box.ppp_status is PppStatus.CONNECTED
    kit.plant.repair("all")
    assert kit.plant.state.olt.reachable
    assert [event.kind for event in kit.events] == [EventKind.OLT_UNREACHABLE, EventKind.OLT_REACHABLE]


def test_a_repaired_fibre_brings_the_levels_back_and_a_new_session(kit: Kit) -> None:
    before, session = (kit.ont.rx_dbm, kit.ont.olt_rx_dbm), kit.box.session_id
    cut = kit.plant.fault("drop-cut", ID1)
    kit.pass_time(120)
    kit.events.clear()
    assert kit.plant.repair(cut.id) == (cut,)
    assert (kit.ont.rx_dbm, kit.ont.olt_rx_dbm) == before
    assert (kit.ont.oper_up, kit.ont.alarms, kit.ont.changed_at) == (True, frozenset(), kit.clock.now())
    assert kit.box.ppp_status is PppStatus.CONNECTED
    assert (kit.box.ppp_last_error, kit.box.ppp_since) == ("ERROR_NONE", kit.clock.now())
    assert kit.box.session_id not in {None, session}
    assert kit.kinds() == [EventKind.BOX_REACHABLE, EventKind.AUTH_ACCEPTED, EventKind.PPP_UP]


def test_a_repair_before_the_lns_missed_the_box_ends_the_old_session_first(kit: Kit) -> None:
    cut = kit.plant.fault("drop-cut", ID1)
    kit.pass_time(5)
    kit.events.clear()
    kit.plant.repair(cut.id)
    assert kit.kinds() == [
        EventKind.BOX_REACHABLE,
        EventKind.PPP_DOWN,
        EventKind.AUTH_ACCEPTED,
        EventKind.PPP_UP,
    ]
    kit.pass_time(60)
    assert kit.kinds() == []


@pytest.mark.parametrize("fault", ["box-off", "box-hung"])
def test_a_box_that_comes_back_has_booted(kit: Kit, fault: str) -> None:
    kit.plant.fault(fault, ID1)
    kit.pass_time(600)
    kit.events.clear()
    kit.plant.repair("all")
    assert kit.box.booted_at == kit.clock.now()
    assert kit.kinds() == [EventKind.BOX_BOOTED, EventKind.AUTH_ACCEPTED, EventKind.PPP_UP]


def test_a_box_that_boots_behind_a_cut_fibre_tells_it_when_the_fibre_is_back(kit: Kit) -> None:
    off, cut = kit.plant.fault("box-off", ID1), kit.plant.fault("drop-cut", ID1)
    kit.pass_time(60)
    kit.plant.repair(off.id)
    booted = kit.clock.now()
    kit.pass_time(60)
    kit.events.clear()
    kit.plant.repair(cut.id)
    assert kit.box.booted_at == booted
    assert kit.kinds()[0] is EventKind.BOX_BOOTED


def test_accepted_again_after_a_refusal(kit: Kit) -> None:
    kit.plant.fault("ppp-refused", ID1)
    kit.pass_time(90)
    kit.events.clear()
    kit.plant.repair("all")
    assert kit.kinds() == [EventKind.AUTH_ACCEPTED, EventKind.PPP_UP]
    assert kit.box.ppp_last_error == "ERROR_NONE"
    kit.pass_time(600)
    assert kit.kinds() == []


def test_faults_combine_and_each_repair_lifts_its_own_only(kit: Kit) -> None:
    feeder, pbo, drop = (
        kit.plant.fault("feeder-cut", str(GOLDEN_PON)),
        kit.plant.fault("pbo-cut", GOLDEN_PBO),
        kit.plant.fault("drop-cut", ID1),
    )
    kit.plant.repair(feeder.id)
    assert down(kit) == set(kit.plant.layout.pbos[GOLDEN_PBO])
    kit.plant.repair(pbo.id)
    assert down(kit) == {GOLDEN}
    assert kit.plant.faults == (drop,)
    kit.plant.repair("all")
    assert not down(kit)
    assert not kit.plant.faults


def test_a_board_that_comes_back_finds_the_cut_fibre_and_has_forgotten_the_dying_gasp(kit: Kit) -> None:
    kit.plant.fault("ont-power-off", ID1)
    since = kit.ont.changed_at
    card = kit.plant.fault("card-down", "5")
    kit.clock.move(60)
    kit.plant.repair(card.id)
    assert kit.ont.alarms == SILENT
    assert kit.ont.changed_at == since
    assert kit.neighbours()[0].changed_at == kit.clock.now()


def test_the_state_after_all_repairs_is_that_of_a_healthy_plant(kit: Kit) -> None:
    for kind, fault in kit.plant.kinds.items():
        kit.plant.fault(kind, kit.plant.targets(kind)[0])
        assert fault.help_fr
        assert fault.help_en
        kit.pass_time(45)
    kit.plant.repair("all")
    kit.pass_time(100)
    healthy = demo_kit().plant.state
    for name, ont in kit.plant.state.onts.items():
        expected = healthy.onts[name]
        assert (ont.oper_up, ont.alarms, ont.rx_dbm, ont.olt_rx_dbm) == (True, frozenset(), *levels_of(expected))
        assert kit.plant.state.boxes[name].ppp_status is PppStatus.CONNECTED
    assert all(pon.oper_up and pon.laser_on for pon in kit.plant.state.pons.values())


def levels_of(ont: OntState) -> tuple[float | None, float | None]:
    return ont.rx_dbm, ont.olt_rx_dbm


def test_every_fault_of_the_folder_is_found_by_listing_it(kit: Kit) -> None:
    files = {path.stem.replace("_", "-") for path in Path(faults.__file__).parent.glob("*.py")}
    assert set(kit.plant.kinds) == files - {"--init--", "kind"}


@pytest.mark.parametrize(
    ("kind", "target", "accepted"),
    [
        ("drop-cut", "F99999999", "F00000015"),
        ("drop-cut", "", "F00000016"),
        ("pbo-cut", "PBO-9", "PBO-5-1-1-1"),
        ("feeder-cut", "PON-1-1-9-1", "PON-1-1-5-1"),
        ("card-down", "NT-A", "LT5"),
        ("olt-unreachable", "OLT-OTHER", "OLT-SIM-01"),
    ],
)
def test_an_unknown_target_is_refused_with_what_is_accepted(kit: Kit, kind: str, target: str, accepted: str) -> None:
    with pytest.raises(UnknownTargetError) as caught:
        kit.plant.fault(kind, target)
    assert accepted in caught.value.accepted
    assert accepted in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_an_unknown_fault_is_refused_with_the_kinds(kit: Kit) -> None:
    with pytest.raises(UnknownFaultError, match="admin-down"):
        kit.plant.fault("earthquake", "5")


def test_the_same_fault_twice_is_refused_whatever_the_name_of_its_target(kit: Kit) -> None:
    kit.plant.fault("drop-cut", ID1)
    with pytest.raises(AlreadyActiveError, match="as fault 1"):
        kit.plant.fault("drop-cut", str(GOLDEN))


def test_repairing_what_is_not_broken_is_refused(kit: Kit) -> None:
    with pytest.raises(NotActiveError, match="accepted: all"):
        kit.plant.repair(7)
    assert kit.plant.repair("all") == ()


def test_windows_see_the_same_objects_change_in_place(kit: Kit) -> None:
    ont, box, pon = kit.ont, kit.box, kit.plant.state.pons[PonName.parse("PON-1-1-5-10")]
    kit.plant.fault("feeder-cut", "PON-1-1-5-10")
    assert kit.plant.state.onts[GOLDEN] is ont
    assert kit.plant.state.boxes[GOLDEN] is box
    assert not pon.oper_up


def test_who_no_longer_listens_is_told_nothing(kit: Kit) -> None:
    told: list[object] = []
    stop = kit.plant.subscribe(told.append)
    kit.plant.fault("box-off", ID1)
    stop()
    stop()
    kit.plant.repair("all")
    assert len(told) == 1


def test_a_listener_sees_the_whole_state_right_and_may_strike_in_its_turn(kit: Kit) -> None:
    seen: list[bool] = []

    def listen(event: object) -> None:
        seen.append(kit.ont.oper_up)
        if len(seen) == 1:
            kit.plant.fault("card-down", "6")

    kit.plant.subscribe(listen)
    kit.plant.fault("drop-cut", ID1)
    assert not any(seen)
    assert len(kit.plant.faults) == 2
