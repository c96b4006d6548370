from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import InvalidValueError
from simulators.plant.description import QuirksPart
from simulators.snmp.snmprec import read_recording
from simulators.snmp.zte import dialect_of
from tests.shared import shared_dir
from tests.simulators.snmp_client import encode
from tests.simulators.vendor_site import IF_NAME, Seen, seen

Z1012 = "1.3.6.1.4.1.3902.1012.3"
Z1082 = "1.3.6.1.4.1.3902.1082"
PHASE_1012, PHASE_1082 = f"{Z1012}.28.2.1.4", f"{Z1082}.500.10.2.3.8.1.4"


@pytest.mark.parametrize(
    ("dialect", "recorded"), [("c320_v2_from_zero", "zte__zxa10_c320"), ("c320_v2", "zte__zxa10_c320v2")]
)
async def test_each_recorded_numbering_of_the_if_mib_can_be_had(dialect: str, recorded: str) -> None:
    rows = dict(read_recording(shared_dir() / f"recordings/{recorded}.snmprec").rows)
    prefix = tuple(map(int, IF_NAME.split(".")))
    async with seen("zte_c320", dialect=dialect) as site:
        names = await site.column(IF_NAME)
    assert len(names) == 4
    for index, name in names.items():
        if name.startswith(b"gpon"):
            assert rows[(*prefix, int(index))][2:] == name


async def test_the_onu_tables_of_1012_are_numbered_as_recorded_whatever_the_if_mib_does() -> None:
    rows = read_recording(shared_dir() / "recordings/zte__zxa10_c320.snmprec").rows
    distance = tuple(map(int, f"{Z1012}.11.4.1.2".split(".")))
    ports = {oid[-2] for oid, _ in rows if oid[: len(distance)] == distance}
    async with seen("zte_c320", dialect="c320_v2_from_zero") as site:
        found = await site.column(f"{Z1012}.11.4.1.2")
    ours = {int(index.split(".")[0]) for index in found}
    assert {0x10010100, 0x10010300} <= ours & ports


async def test_a_dialect_has_its_trees_and_no_other() -> None:
    wanted = {"c320_v1": (True, False), "c320_v2": (True, True)}
    for dialect, trees in wanted.items():
        async with seen("zte_c320", dialect=dialect) as site:
            assert tuple([bool(await site.column(tree)) for tree in (Z1012, Z1082)]) == trees
    async with seen("zte_c600") as site:
        assert (bool(await site.column(Z1012)), bool(await site.column(Z1082))) == (False, True)
        serials = await site.column(f"{Z1082}.500.10.2.3.3.1.18")
        assert set(serials.values()) == {f"1,{ont.serial}".encode() for ont in site.plant.state.onts.values()}
    with pytest.raises(InvalidValueError):
        dialect_of("c9000")


def moved(index: str) -> str:
    """Index of an ONU in tree 1012 → in tree 1082."""
    port, onu = map(int, index.split("."))
    return f"{0x11010000 | (port >> 16 & 0xFF) << 8 | (port >> 8 & 0xFF)}.{onu}"


async def phases(site: Seen) -> dict[str, int]:
    """Phases by index of tree 1012, checked to be the same in both trees."""
    old, new = await site.column(PHASE_1012), await site.column(PHASE_1082)
    assert {moved(index): phase + 1 for index, phase in old.items()} == new
    return old


async def test_both_trees_give_an_onu_the_same_phase_cause_and_levels() -> None:
    async with seen("zte_c320") as site:
        cut, off = site.layout(0), site.layout(10)
        site.clock.advance(minutes=3)
        site.plant.fault("pbo-cut", cut.pbo)
        site.plant.fault("ont-power-off", str(off.name))
        found = await phases(site)
        at = {ont.name: f"{0x10010100}.{ont.name.ont}" for ont in (cut, off)}
        assert (found[at[cut.name]], found[at[off.name]]) == (1, 4)
        assert sorted(found.values()).count(3) == len(found) - 5
        for column, prefix in ((7, f"{Z1012}.28.2.1"), (7, f"{Z1082}.500.10.2.3.8.1")):
            shift = (lambda index: index) if prefix.startswith(Z1012) else moved
            causes = [await site.one(f"{prefix}.{column}.{shift(at[ont.name])}") for ont in (cut, off)]
            assert causes == [3, 9]
            when = await site.one(f"{prefix}.6.{shift(at[off.name])}")
            month, day, hour, minute, second = when[2:7]
            read = datetime(int.from_bytes(when[:2], "big"), month, day, hour, minute, second, tzinfo=UTC)
            assert read == site.clock.now()


async def test_levels_have_the_scales_of_their_columns_and_their_sentinels() -> None:
    async with seen("zte_c320") as site:
        lit, dark = site.layout(7), site.layout(0)
        site.plant.fault("drop-cut", str(dark.name))
        state = site.state(lit.name)
        index = f"{0x10010100}.{lit.name.ont}"
        raw = await site.one(f"{Z1012}.50.12.1.1.10.{index}.1")
        assert raw * 0.002 - 30 == pytest.approx(state.rx_dbm, abs=0.001)
        assert await site.one(f"{Z1082}.500.20.2.2.2.1.10.{moved(index)}.1") == raw
        olt = await site.one(f"{Z1082}.500.1.2.4.2.1.2.{moved(index)}")
        assert olt / 1000 == pytest.approx(state.olt_rx_dbm, abs=0.0005)
        gone = f"{0x10010100}.{dark.name.ont}"
        assert await site.one(f"{Z1012}.50.12.1.1.10.{gone}.1") == 65535
        assert await site.one(f"{Z1082}.500.1.2.4.2.1.2.{moved(gone)}") == -80000
        assert await site.one(f"{Z1012}.11.4.1.2.{gone}") == 0
        assert await site.one(f"{Z1082}.30.40.2.4.1.2.{0x11010101}") == 2147483647


async def test_a_bulk_request_of_no_repetition_hangs_this_agent_and_another_does_not() -> None:
    datagram = encode("GetBulkRequestPDU", [IF_NAME], b=0)
    async with seen("zte_c320") as site:
        assert await site.client.exchange(datagram, timeout_s=0.1) is None
        assert len((await site.client.bulk(IF_NAME, repetitions=10)).varbinds) == 10
    async with seen("zte_c600") as site:
        assert await site.client.exchange(datagram) is not None


async def test_an_agent_may_go_back_where_a_column_ends() -> None:
    async with seen("zte_c320", quirks=QuirksPart(loops_after=PHASE_1012)) as site:
        onus = len(site.plant.state.onts)
        answer = await site.client.bulk(PHASE_1012, repetitions=onus + 2)
        names = [oid for oid, _ in answer.varbinds]
        assert names[onus:] == names[:2]
        again = await site.client.bulk(names[onus - 1], repetitions=1)
        assert again.varbinds[0][0] == names[0]


async def test_a_firmware_may_lack_a_table() -> None:
    async with seen("zte_c320", quirks=QuirksPart(absent=[f"{Z1082}.500"])) as site:
        assert await site.column(f"{Z1082}.500") == {}
        assert await site.one(f"{Z1082}.500.10.2.3.8.1.4.{0x11010101}.1") is None
        assert await site.column(f"{Z1082}.10")


async def test_a_slow_column_delays_its_own_answers_only() -> None:
    import asyncio

    slow = f"{Z1082}.30.40.2.4.1"
    async with seen("zte_c600", quirks=QuirksPart(slow_columns={slow: 0.3})) as site:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await site.client.get(f"{slow}.3.{0x11010301}")
        between = loop.time()
        await site.client.get("1.3.6.1.2.1.1.3.0")
        assert between - begun >= 0.3
        assert loop.time() - between < 0.3
