"""A walk over the command line: one port that could not be listed had its ONTs called absent, and all others lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions, Dialect
from collectors.reconciliation import Unchecked, reconcile
from collectors.register import Site, driver
from collectors.vendors.huawei_smartax import cli_ont as huawei
from collectors.vendors.huawei_smartax.cli_ont import HuaweiCli
from collectors.vendors.zte_zxan import cli_ont as zte
from domain.errors import CollectionError, DeviceTimeoutError
from domain.metric import Readings
from domain.metrics.olt import OLT_REACHABLE
from domain.olt import CliAccess, OltTarget, OltWalk, TableGap
from domain.reading import Reason, Source, Via
from domain.reading import known as known_reading
from domain.secret import Secret
from simulators.cli_ssh import OltCli
from tests.collectors.cli_site import PASSWORD, USER, cli_site
from tests.simulators.vendor_site import running


class _Dies(CliSessions):
    """Sessions to an OLT that falls silent after so many commands of a walk."""

    left = 2

    async def series(
        self, access: CliAccess, dialect: Dialect, commands: Sequence[str], timeout_s: float
    ) -> tuple[list[str], CollectionError | None]:
        answers, _ = await super().series(access, dialect, commands[: self.left], timeout_s)
        return answers, DeviceTimeoutError(access.host, "no prompt in time")


@pytest.mark.parametrize(("plant", "vendor"), [("huawei", huawei), ("zte_c320", zte), ("zte_c600", zte)])
async def test_what_was_listed_is_kept_and_the_rest_is_unknown(plant: str, vendor: object) -> None:
    park, clock = running(plant)
    async with OltCli(park, "127.0.0.1", 0, USER, PASSWORD) as cli:
        access, sessions = CliAccess("127.0.0.1", cli.port, USER, Secret(PASSWORD)), _Dies(open_shell)
        reader = HuaweiCli(sessions, clock) if vendor is huawei else zte.ZteCli(sessions, clock)
        walk = await reader.walk(access, "OLT", 20)
        await reader.close()
    assert isinstance(walk, OltWalk)
    assert TableGap("ont", Reason.TIMEOUT) in walk.gaps
    known = {row.name for row in walk.onts}
    assert 0 < len(known) < len(park.state.onts)
    places = {name: ont.serial for name, ont in park.state.onts.items()}
    reached = known_reading(True, walk.at, Source(Via.CLI, "any answer"))
    report = reconcile(places, replace(walk, readings=Readings({OLT_REACHABLE: reached})))
    assert report.findings == ()
    assert {one.ont for one in report.not_checked if one.why is Unchecked.ABSENCE_UNPROVED} == places.keys() - known


@pytest.mark.parametrize(("plant", "key"), [("huawei", "huawei_smartax"), ("zte_c320", "zte_zxan")])
async def test_a_walk_that_is_whole_finds_every_ont(plant: str, key: str) -> None:
    park, clock = running(plant)
    async with OltCli(park, "127.0.0.1", 0, USER, PASSWORD) as cli:
        access = CliAccess("127.0.0.1", cli.port, USER, Secret(PASSWORD))
        reader = driver(key, clock, Site())
        mute = OltTarget("o", "OLT", key, "127.0.0.1", cli.port, Secret("x"), access)  # nothing hears UDP there
        walk = await reader.walk(mute, 20)
        await reader.close()
    assert {row.name for row in walk.onts} == park.state.onts.keys()
    assert walk.readings.value(OLT_REACHABLE)
    assert not any(gap.table == "ont" for gap in walk.gaps)


async def test_who_waits_before_a_screen_does_not_wait_for_a_whole_walk() -> None:
    async with cli_site("huawei") as site:
        await site.sessions.send(site.access, huawei.DIALECT, "", 20)
        commands = ["display ont info 0 1 0 all"] * 60
        walking = asyncio.create_task(site.sessions.series(site.access, huawei.DIALECT, commands, 60))
        await asyncio.sleep(0)
        await site.sessions.send(site.access, huawei.DIALECT, "display sysuptime", 20)
        assert not walking.done()
        answers, error = await walking
        assert (len(answers), error) == (60, None)
        cut, error = await site.sessions.series(site.access, huawei.DIALECT, commands * 20, 0.2)
        assert isinstance(error, DeviceTimeoutError)
        assert len(cut) < 1200
