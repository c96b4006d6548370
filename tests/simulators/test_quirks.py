from __future__ import annotations

from typing import Any

from simulators.plant.description import QuirksPart
from tests.simulators.snmp_client import decode, encode
from tests.simulators.vendor_site import IF_NAME, Seen, seen

SERIALS = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3"
UPTIME = "1.3.6.1.2.1.1.3.0"


async def answered(site: Seen, repetitions: int, *oids: str) -> Any:
    datagram = encode("GetBulkRequestPDU", oids, b=repetitions)
    data = await site.client.exchange(datagram, timeout_s=0.2)
    return None if data is None else decode(data)


async def test_large_requests_are_dropped_refused_or_cut_short() -> None:
    async with seen("huawei", quirks=QuirksPart(drops_above_varbinds=20)) as site:
        assert await answered(site, 21, SERIALS) is None
        assert len((await answered(site, 20, SERIALS)).varbinds) == 20
    async with seen("huawei", quirks=QuirksPart(too_big_above_varbinds=20)) as site:
        refused = await answered(site, 11, SERIALS, IF_NAME)
        assert (refused.status, refused.varbinds) == (1, [])
        assert (await answered(site, 10, SERIALS, IF_NAME)).status == 0
    async with seen("huawei", quirks=QuirksPart(most_repetitions=7)) as site:
        assert len((await answered(site, 50, SERIALS)).varbinds) == 7
    async with seen("huawei", quirks=QuirksPart(max_message=484)) as site:
        assert (await answered(site, 50, SERIALS)).octets <= 484


async def test_a_walk_dies_half_way_and_a_get_is_answered() -> None:
    async with seen("huawei", quirks=QuirksPart(dies_within=SERIALS)) as site:
        first = await answered(site, 10, SERIALS)
        assert len(first.varbinds) == 10
        assert await answered(site, 10, first.varbinds[-1][0]) is None
        assert await site.one(first.varbinds[-1][0]) is not None


async def test_every_answer_is_late_where_the_agent_is_slow() -> None:
    async with seen("huawei", quirks=QuirksPart(answer_delay_s=5)) as site:
        assert await answered(site, 1, SERIALS) is None


async def test_the_uptime_is_wrong_on_every_vendor() -> None:
    for vendor in ("demo", "huawei", "zte_c320", "fiberhome"):
        async with seen(vendor) as right, seen(vendor, quirks=QuirksPart(uptime_offset_s=-3600)) as wrong:
            assert await right.one(UPTIME) - await wrong.one(UPTIME) == 360_000


async def test_port_numbers_change_at_each_start_and_names_find_them_again() -> None:
    quirks = QuirksPart(shuffles_if_index=True)
    async with seen("zte_c320") as still, seen("zte_c320", quirks=quirks) as site:
        straight, shuffled = await still.column(IF_NAME), await site.column(IF_NAME)
        assert sorted(shuffled.values()) == sorted(straight.values())
        assert shuffled.keys() == straight.keys()
        assert shuffled != straight
