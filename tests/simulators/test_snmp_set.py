"""SNMP SET over UDP: what it changes is seen in the plant, and nothing else can be set."""

from __future__ import annotations

import pytest

from domain.identifiers import OntName
from domain.states import DownCause, EthernetRate
from simulators.plant.orders import SetUniRate
from tests.simulators.snmp_client import V1
from tests.simulators.vendor_site import Seen, seen

IF_ADMIN = "1.3.6.1.2.1.2.2.1.7"
HUAWEI = "1.3.6.1.4.1.2011.6.128.1.1.2"
ZTE_1012, ZTE_1082 = "1.3.6.1.4.1.3902.1012.3", "1.3.6.1.4.1.3902.1082.500"
FIBERHOME = "1.3.6.1.4.1.5875.800.3"
WRONG_TYPE, WRONG_VALUE, NO_CREATION, NOT_WRITABLE = 7, 10, 11, 17

ONT_ADMIN = {
    "demo": IF_ADMIN,
    "huawei": f"{HUAWEI}.46.1.1",
    "zte_c320": f"{ZTE_1012}.28.1.1.17",
    "zte_c600": f"{ZTE_1082}.10.2.3.8.1.1",
}
RESTART = {
    "huawei": f"{HUAWEI}.46.1.2",
    "zte_c320": f"{ZTE_1012}.50.11.3.1.1",
    "zte_c600": f"{ZTE_1082}.20.2.1.10.1.1",
    "fiberhome": f"{FIBERHOME}.10.1.1.15",
}
UNI_ADMIN = {
    "demo": (IF_ADMIN, 2),
    "huawei": (f"{HUAWEI}.62.1.5", 2),
    "zte_c320": (f"{ZTE_1012}.50.14.1.1.5", 2),
    "fiberhome": (f"{FIBERHOME}.2.2.1.2", 0),
}
PON_ADMIN = {"demo": (IF_ADMIN, 2), "huawei": (IF_ADMIN, 2), "fiberhome": (f"{FIBERHOME}.2.3.1.1", 0)}


ONT_LEVEL = 14  # of an ISAM's ifIndex


async def first_that(site: Seen, column: str, value: int, changed: object) -> OntName:
    """Set rows of a column one by one until an ONT has changed; which one."""
    for row in await site.column(column):
        if column == IF_ADMIN and int(row) >> 21 & 0xF != ONT_LEVEL:
            continue  # there the column holds PON and user ports too
        answer = await site.client.set((f"{column}.{row}", value))
        assert answer.status == 0
        for name, ont in site.plant.state.onts.items():
            if changed(ont):  # type: ignore[operator]  # a function of the ONT
                return name
    raise AssertionError("nothing changed")


@pytest.mark.parametrize(("plant", "column"), ONT_ADMIN.items(), ids=ONT_ADMIN)
async def test_a_deactivated_ont_goes_down_and_an_activated_one_comes_back(plant: str, column: str) -> None:
    async with seen(plant) as site:
        name = await first_that(site, column, 2, lambda ont: not ont.admin_up)
        ont = site.state(name)
        assert (ont.oper_up, ont.down_cause) == (False, DownCause.DEACTIVATED)
        rows = await site.column(column)
        row = next(row for row, value in rows.items() if value == 2)
        assert (await site.client.set((f"{column}.{row}", 1))).status == 0
        assert (await site.one(f"{column}.{row}"), site.state(name).admin_up) == (1, True)
        assert site.state(name).oper_up


async def test_an_ont_locked_by_a_fault_can_be_activated() -> None:
    async with seen("huawei") as site:
        name = site.layout().name
        site.plant.apply("admin-down", str(name))
        rows = await site.column(ONT_ADMIN["huawei"])
        (row,) = [row for row, value in rows.items() if value == 2]
        assert (await site.client.set((f"{ONT_ADMIN['huawei']}.{row}", 1))).status == 0
        assert site.state(name).oper_up
        assert site.plant.faults == ()


@pytest.mark.parametrize(("plant", "column"), RESTART.items(), ids=RESTART)
async def test_a_restarted_ont_falls_without_dying_gasp_and_comes_back(plant: str, column: str) -> None:
    async with seen(plant) as site:
        name = await first_that(site, column, 1, lambda ont: ont.down_cause is DownCause.RESET)
        fell = site.state(name).last_down_at
        assert not site.state(name).oper_up
        assert not site.plant.state.boxes[name].wan_up
        site.clock.advance(seconds=90)
        site.plant.run_due()
        ont = site.state(name)
        assert ont.oper_up
        assert fell is not None
        assert ont.last_up_at is not None
        assert 60 < (ont.last_up_at - fell).total_seconds() < 90
        assert ont.last_gasp_at is None


async def test_a_restart_gives_omci_back() -> None:
    async with seen("huawei") as site:
        name = site.layout().name
        site.plant.apply("omci-lost", str(name))
        row = f"{RESTART['huawei']}.{next(iter(await site.column(ONT_ADMIN['huawei'])))}"
        assert (await site.client.set((row, 1))).status == 0
        site.clock.advance(seconds=90)
        site.plant.run_due()
        assert site.state(name).omci_up


@pytest.mark.parametrize(("plant", "told"), UNI_ADMIN.items(), ids=UNI_ADMIN)
async def test_a_shut_user_port_has_no_link_and_its_box_is_cut_off(plant: str, told: tuple[str, int]) -> None:
    column, off = told
    async with seen(plant) as site:
        if plant == "demo":  # there the column holds ports and ONTs too
            ports = [row for row in await site.column(column) if int(row) >> 21 & 0xF == 0]
            assert (await site.client.set((f"{column}.{ports[0]}", off))).status == 0
            name = next(name for name, ont in site.plant.state.onts.items() if not ont.uni_admin_up)
        else:
            name = await first_that(site, column, off, lambda ont: not ont.uni_admin_up)
        assert (site.state(name).uni_up, site.state(name).oper_up) == (False, True)
        assert not site.plant.state.boxes[name].wan_up


@pytest.mark.parametrize(("plant", "told"), PON_ADMIN.items(), ids=PON_ADMIN)
async def test_a_shut_pon_port_takes_its_onts_down(plant: str, told: tuple[str, int]) -> None:
    column, off = told
    async with seen(plant) as site:
        rows = await site.column(column)
        row = next(row for row in rows if plant != "demo" or int(row) >> 21 & 0xF == 13)
        assert (await site.client.set((f"{column}.{row}", off))).status == 0
        (pon,) = [pon for pon in site.plant.state.pons.values() if not pon.admin_up]
        assert not pon.laser_on
        assert not any(ont.oper_up for name, ont in site.plant.state.onts.items() if name.pon_name == pon.name)


async def test_nothing_is_set_where_one_of_several_objects_cannot_be() -> None:
    async with seen("huawei") as site:
        admin, serial = ONT_ADMIN["huawei"], f"{HUAWEI}.43.1.3"
        row = next(iter(await site.column(admin)))
        for wrong, status in (
            ((f"{admin}.{row}", 7), WRONG_VALUE),
            ((f"{admin}.{row}", b"\x02"), WRONG_TYPE),
            ((f"{admin}.{row}.9", 2), NO_CREATION),
            ((f"{serial}.{row}", 2), NOT_WRITABLE),
            (("1.3.6.1.4.1.99999.1", 1), NOT_WRITABLE),
        ):
            answer = await site.client.set((f"{admin}.{row}", 2), wrong)
            assert (answer.status, answer.index) == (status, 2)
        assert all(ont.admin_up for ont in site.plant.state.onts.values())


async def test_snmp_v1_says_no_such_name_and_bad_value() -> None:
    async with seen("huawei") as site:
        admin = ONT_ADMIN["huawei"]
        row = next(iter(await site.column(admin)))
        assert (await site.client.set((f"{admin}.{row}", 7), version=V1)).status == 3
        assert (await site.client.set((f"{HUAWEI}.43.1.3.{row}", 1), version=V1)).status == 2
        assert (await site.client.set((f"{admin}.{row}", 2), version=V1)).status == 0


async def test_a_forced_rate_stands_until_it_may_negotiate_again() -> None:
    async with seen("huawei") as site:
        name = site.layout().name
        site.plant.order(SetUniRate(name, EthernetRate.HUNDRED))
        assert site.state(name).uni_rate is EthernetRate.HUNDRED
        site.plant.order(SetUniRate(name, None))
        assert site.state(name).uni_rate is EthernetRate.GIGABIT
