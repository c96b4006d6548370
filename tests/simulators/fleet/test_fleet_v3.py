"""OLTs of a fleet over SNMPv3, read by the collectors and by net-snmp."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collectors.register import Site, drivers
from domain.clock import WallClock
from domain.identifiers import OntName
from domain.metrics.ont import ONT_RX_DBM
from domain.olt import OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret
from simulators.fleet.agent import FleetAgent
from simulators.snmp.usm_message import V3User
from tests.simulators.fleet.kit import fleet_of
from tests.simulators.snmp_client import Client

WORDS, HIDDEN = "authentic-words", "private-words"


@asynccontextmanager
async def fleet(user: V3User) -> AsyncIterator[FleetAgent]:
    made, hand = fleet_of(olts=2, onts=40, off=0.0)
    async with FleetAgent(made, hand, user=user) as agent:
        yield agent


def target(agent: FleetAgent, number: int, user: SnmpUser) -> OltTarget:
    name = f"OLT-{number:05d}"
    host, port = agent.addresses[name]
    return OltTarget("infra", name, "nokia_isam", host, port, Secret(""), user=user)


@pytest.mark.parametrize("private", [False, True], ids=["authNoPriv", "authPriv"])
@pytest.mark.parametrize("auth", list(SnmpAuth))
async def test_the_collectors_read_olts_of_a_fleet_over_v3(auth: SnmpAuth, private: bool) -> None:
    simulated = V3User("diag", auth.value, WORDS, HIDDEN if private else "")
    hidden = (SnmpPrivacy.AES128, Secret(HIDDEN)) if private else (None, None)
    user = SnmpUser("diag", auth, Secret(WORDS), *hidden)
    driver = drivers()["nokia_isam"].driver(WallClock(), Site())
    async with fleet(simulated) as agent:
        try:
            for number in (1, 2):
                olt = agent.fleet.olt(number)
                t = olt.topology
                name = OntName(1, 1, int(t.slot[9]), int(t.pon[9]), int(t.ont[9]))
                found = (await driver.read_ont(target(agent, number, user), name, 10.0)).readings
                assert found[ONT_RX_DBM].value == pytest.approx(olt.light.ont_rx_dbm[9], abs=0.051)
                walk = await driver.walk(target(agent, number, user), 20.0)
                assert len(walk.onts) == 40
        finally:
            await driver.close()


@pytest.mark.parametrize(
    "user",
    [
        SnmpUser("diag", SnmpAuth.SHA256, Secret("not-the-password"), SnmpPrivacy.AES128, Secret(HIDDEN)),
        SnmpUser("diag", SnmpAuth.SHA256, Secret(WORDS), SnmpPrivacy.AES128, Secret("not-the-password")),
        SnmpUser("diag", SnmpAuth.SHA256, Secret(WORDS)),
        SnmpUser("nobody", SnmpAuth.SHA256, Secret(WORDS), SnmpPrivacy.AES128, Secret(HIDDEN)),
    ],
    ids=["wrong password", "wrong privacy password", "below the user's level", "unknown user"],
)
async def test_who_does_not_prove_it_reads_nothing_and_v2c_goes_on(user: SnmpUser) -> None:
    driver = drivers()["nokia_isam"].driver(WallClock(), Site())
    async with fleet(V3User("diag", "sha256", WORDS, HIDDEN)) as agent:
        try:
            t = agent.fleet.olt(1).topology
            name = OntName(1, 1, int(t.slot[0]), int(t.pon[0]), int(t.ont[0]))
            found = (await driver.read_ont(target(agent, 1, user), name, 1.0)).readings
            assert not found[ONT_RX_DBM].known
        finally:
            await driver.close()
        with Client(agent.addresses["OLT-00001"][1]) as plain:
            assert (await plain.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-00001"


async def test_net_snmp_reads_an_olt_of_a_fleet_over_v3() -> None:
    command = shutil.which("snmpbulkwalk")
    assert command is not None, "Debian's snmp, of which the tests of the column reader are made too"
    async with fleet(V3User("diag", "sha1", WORDS, HIDDEN)) as agent:
        host, port = agent.addresses["OLT-00002"]
        level = ("-v3", "-l", "authPriv", "-u", "diag", "-a", "SHA", "-A", WORDS, "-x", "AES", "-X", HIDDEN)
        walk = await asyncio.create_subprocess_exec(
            command, *level, "-On", "-Cr40", f"{host}:{port}", "1.3.6.1.4.1.637.61.1.35.10.14.1.2",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, error = await asyncio.wait_for(walk.communicate(), 20)
        assert len(out.splitlines()) == 40, error.decode()
