from __future__ import annotations

import pytest

from tests.simulators.vendor_site import seen

FH = "1.3.6.1.4.1.5875.800.3"
PON = 12 << 25 | 1 << 19


async def test_what_is_not_measured_reads_zero() -> None:
    async with seen("fiberhome") as site:
        ont = site.layout(2)
        index = PON | ont.name.ont << 8
        state = site.state(ont.name)
        assert await site.one(f"{FH}.9.3.3.1.6.{index}") / 100 == pytest.approx(state.rx_dbm, abs=0.005)
        assert await site.one(f"{FH}.9.3.7.1.2.{PON}.{ont.name.ont}") / 100 == pytest.approx(
            state.olt_rx_dbm, abs=0.005
        )
        site.plant.fault("drop-cut", str(ont.name))
        oids = [f"{FH}.9.3.3.1.{column}.{index}" for column in (6, 7, 8, 9, 10)]
        oids += [f"{FH}.9.3.7.1.2.{PON}.{ont.name.ont}", f"{FH}.9.6.1.1.1.{index}"]
        assert [await site.one(oid) for oid in oids] == [0] * 7
        assert await site.one(f"{FH}.9.3.3.1.11.{index}") == 2


async def test_a_cut_a_power_loss_and_a_dark_port_are_told_apart() -> None:
    async with seen("fiberhome") as site:
        states = f"{FH}.10.1.1.11"
        cut, off = site.layout(0), site.layout(9)
        site.plant.fault("pbo-cut", cut.pbo)
        site.plant.fault("ont-power-off", str(off.name))
        found = await site.column(states)
        assert found[str(PON | cut.name.ont << 8)] == 0
        assert found[str(PON | off.name.ont << 8)] == 2
        assert list(found.values()).count(1) == len(found) - 5
        site.plant.fault("pon-laser-off", "PON-1-1-12-2")
        found = await site.column(states)
        assert found[str(12 << 25 | 2 << 19 | 1 << 8)] == 3
        assert await site.one(f"{FH}.9.3.4.1.8.{12 << 25 | 2 << 19}") == 0


async def test_boards_and_onus_are_listed() -> None:
    async with seen("fiberhome") as site:
        assert await site.column(f"{FH}.9.2.1.1.2") == {"9": b"HSWA", "12": b"GC8B", "13": b"GX8B"}
        serials = await site.column(f"{FH}.10.1.1.10")
        assert set(serials.values()) == {str(ont.serial).encode() for ont in site.plant.state.onts.values()}
        assert str(34078976 + (11 << 25)) in serials  # 34078976 is ONU 1 of slot 1, port 1
