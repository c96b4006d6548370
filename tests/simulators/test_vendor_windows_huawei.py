from __future__ import annotations

from datetime import UTC, datetime

import pytest

from simulators.snmp.snmprec import read_recording
from tests.shared import shared_dir
from tests.simulators.vendor_site import IF_NAME, IF_TYPE, Seen, seen

HX = "1.3.6.1.4.1.2011.6.128.1.1"
NONE = 2147483647
FIRST_PON = 0xFA000000 + 0x2000  # 0/1/0


def instant(octets: bytes) -> datetime | None:
    if not any(octets):
        return None
    assert octets[8:] == b"+\x00\x00"
    month, day, hour, minute, second = octets[2:7]
    return datetime(int.from_bytes(octets[:2], "big"), month, day, hour, minute, second, tzinfo=UTC)


async def levels(site: Seen, index: str) -> list[int]:
    answer = await site.client.get(*(f"{HX}.2.51.1.{column}.{index}" for column in (3, 4, 6)))
    return [answer.value(place) for place in range(3)]


async def test_ports_are_numbered_as_on_the_recorded_ma5603t() -> None:
    async with seen("huawei") as site:
        types, names = await site.column(IF_TYPE), await site.column(IF_NAME)
    assert set(types.values()) == {250}
    assert names[str(FIRST_PON)] == b"GPON 0/1/0"
    assert names[str(FIRST_PON + 0x100)] == b"GPON 0/1/1"
    assert names[str(FIRST_PON + 2 * 0x2000)] == b"XGS-PON 0/3/0"
    recorded = dict(read_recording(shared_dir() / "recordings/huawei__smartax.snmprec").rows)
    assert (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1, FIRST_PON) in recorded


async def test_every_column_of_the_recording_under_the_vendor_that_we_serve_has_its_type() -> None:
    recording = read_recording(shared_dir() / "recordings/huawei__smartax.snmprec")
    kinds = {oid[:-1]: value[0] for oid, value in recording.rows if oid[:11] == (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1)}
    async with seen("huawei") as site:
        ours = [(tuple(map(int, oid.split("."))), value) for oid, value in await site.client.walk(HX)]
    tags = {"Integer": 2, "Integer32": 2, "Counter64": 0x46, "OctetString": 4}
    common = {oid[:-1]: tags[type(value).__name__] for oid, value in ours if oid[:-1] in kinds}
    assert len(common) >= 8
    assert common == {column: kinds[column] for column in common}


async def test_levels_are_in_hundredths_and_the_olts_own_is_shifted() -> None:
    async with seen("huawei") as site:
        ont = site.layout(3)
        state = site.state(ont.name)
        index = f"{FIRST_PON}.{ont.name.ont}"
        tx, rx, olt_rx = await levels(site, index)
        assert state.rx_dbm is not None
        assert state.olt_rx_dbm is not None
        assert rx / 100 == pytest.approx(state.rx_dbm, abs=0.005)
        assert (olt_rx - 10000) / 100 == pytest.approx(state.olt_rx_dbm, abs=0.005)
        assert tx / 100 == pytest.approx(ont.tx_dbm, abs=0.005)
        assert await site.one(f"{HX}.2.43.1.3.{index}") == ont.serial.octets
        assert await site.one(f"{HX}.2.43.1.4.{index}") == ont.password.encode()


async def test_a_cut_pbo_is_loss_of_signal_of_its_onts_and_leaves_their_rows() -> None:
    async with seen("huawei") as site:
        ont = site.layout(0)
        together = site.plant.layout.pbos[ont.pbo]
        before = await site.column(f"{HX}.2.46.1.15")
        site.plant.fault("pbo-cut", ont.pbo)
        after = await site.column(f"{HX}.2.46.1.15")
        dark = {f"{FIRST_PON}.{name.ont}" for name in together}
        assert len(dark) == 4
        assert {index for index in after if after[index] == 2} == dark
        assert before.keys() == after.keys()
        causes = await site.column(f"{HX}.2.46.1.24")
        assert {causes[index] for index in dark} == {2}
        assert {cause for index, cause in causes.items() if index not in dark} == {-1}
        for index in dark:
            assert await levels(site, index) == [NONE] * 3
            assert await site.one(f"{HX}.2.46.1.20.{index}") == -1


async def test_a_dying_gasp_is_told_from_a_loss_with_its_instant() -> None:
    async with seen("huawei") as site:
        ont = site.layout(1).name
        site.clock.advance(minutes=5)
        fault = site.plant.fault("ont-power-off", str(ont))
        index = f"{FIRST_PON}.{ont.ont}"
        assert await site.one(f"{HX}.2.46.1.24.{index}") == 13
        assert instant(await site.one(f"{HX}.2.46.1.25.{index}")) == site.clock.now()
        assert instant(await site.one(f"{HX}.2.46.1.23.{index}")) == site.clock.now()
        site.clock.advance(minutes=1)
        site.plant.repair(fault.id)
        assert instant(await site.one(f"{HX}.2.46.1.22.{index}")) == site.clock.now()
        assert await site.one(f"{HX}.2.46.1.24.{index}") == 13


async def test_an_ont_that_was_never_down_has_no_instant_of_it() -> None:
    async with seen("huawei") as site:
        index = f"{FIRST_PON}.{site.layout(0).name.ont}"
        assert await site.one(f"{HX}.2.46.1.23.{index}") == bytes(8)


async def test_a_board_that_fails_takes_its_ports_down_and_says_so() -> None:
    async with seen("huawei") as site:
        assert await site.one("1.3.6.1.4.1.2011.6.3.3.2.1.8.0.1") == 2
        site.plant.fault("card-down", "H901GPHF-1")
        assert await site.one("1.3.6.1.4.1.2011.6.3.3.2.1.8.0.1") == 3
        assert await site.one("1.3.6.1.4.1.2011.2.6.7.1.1.2.1.5.0.1") == -1
        assert await site.one(f"{HX}.2.23.1.4.{FIRST_PON}") == NONE
        assert await site.one(f"1.3.6.1.2.1.2.2.1.8.{FIRST_PON}") == 2
        assert await site.one("1.3.6.1.4.1.2011.6.3.3.2.1.8.0.9") == 2


async def test_an_ont_without_configuration_is_found_and_has_no_other_row() -> None:
    async with seen("huawei") as site:
        name = site.layout(2).name
        index = f"{FIRST_PON}.{name.ont}"
        assert await site.column(f"{HX}.2.48.1.2") == {}
        site.state(name).provisioned = False
        assert await site.column(f"{HX}.2.48.1.2") == {index: site.state(name).serial.octets}
        assert await site.one(f"{HX}.2.46.1.15.{index}") is None
        assert await site.one(f"{HX}.2.21.1.16.{FIRST_PON}") == 25


async def test_the_user_port_shows_the_rate_it_has_agreed_on() -> None:
    async with seen("huawei") as site:
        name = site.layout(0).name
        index = f"{FIRST_PON}.{name.ont}.1"
        assert [await site.one(f"{HX}.2.62.1.{column}.{index}") for column in (2, 4, 22)] == [1, 7, 1]
        site.plant.fault("uni-unplugged", str(name))
        assert [await site.one(f"{HX}.2.62.1.{column}.{index}") for column in (4, 22)] == [4, 2]
