from __future__ import annotations

import asyncio
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.register import driver
from domain.clock import WallClock
from domain.metrics import olt
from tests.collectors.olt_kit import GOLDEN, Request, target_at, tiny_agent


def anything(dice: random.Random) -> object:
    makers = (
        lambda: v2c.Integer(dice.choice([0, 1, 2, 3, 4, 255, 32768, 65534, -1, 2**31 - 1, -(2**31)])),
        lambda: v2c.OctetString(dice.randbytes(dice.choice([0, 1, 8, 14, 200]))),
        lambda: v2c.TimeTicks(dice.getrandbits(32)),
        lambda: v2c.Counter64(dice.getrandbits(64)),
        lambda: v2c.ObjectIdentifier((1, 3, dice.getrandbits(8))),
        lambda: v2c.IpAddress("192.0.2.1"),
        lambda: v2c.null,
        lambda: v2c.NoSuchObject(""),
        lambda: v2c.EndOfMibView(""),
    )
    return dice.choice(makers)()


def nonsense(dice: random.Random, request: Request) -> list[bytes]:
    """A well-formed answer whose values, names and errors mean nothing."""
    if dice.random() < 0.1:
        return [request.reply([], status=dice.randint(1, 18), index=dice.randint(0, len(request.oids) + 1))]
    if not request.is_bulk:
        return [request.reply([(oid, anything(dice)) for oid in request.oids])]
    rows = []
    for step in range(dice.randint(0, 6)):
        for oid in request.oids:
            name = oid if dice.random() < 0.1 else (*oid[:-1], (oid[-1] + step * dice.randint(0, 600) + 1) % 2**32)
            rows.append((name, anything(dice)))
    return [request.reply(rows)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_an_agent_that_talks_nonsense_never_breaks_a_read(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same nonsense for the same seed

    async def scenario() -> None:
        reader = driver("nokia_isam", WallClock())
        async with tiny_agent(lambda request: nonsense(dice, request)) as agent:
            try:
                found = await reader.read_ont(target_at(agent.port), GOLDEN, 2)
                walk = await reader.read_pon(target_at(agent.port), GOLDEN, 0.5)
            finally:
                await reader.close()
        assert set(found.readings) - {olt.OLT_REACHABLE}
        assert all(row.name.pon_name == GOLDEN.pon_name for row in walk.onts)

    asyncio.run(scenario())
