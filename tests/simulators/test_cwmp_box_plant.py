"""The three windows on the demonstration plant: one fault seen by CWMP, RADIUS and the CLI alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncssh
import httpx
import pytest

from domain.identifiers import OntName
from simulators.cli_ssh import IsamCli
from simulators.clock import SharedClock
from simulators.cwmp_box import BoxFleet
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.radius import RadiusSender
from simulators.run import DEMO_PLANT
from tests.simulators.test_radius_sender import SECRET, Receiver
from tests.simulators.tiny_acs import TinyAcs

ONT = OntName(1, 1, 5, 10, 19)


@dataclass
class Scene:
    plant: Plant
    clock: SharedClock
    acs: TinyAcs
    acct: Receiver
    syslog: Receiver
    fleet: BoxFleet
    sender: RadiusSender
    cli: IsamCli

    def informs(self) -> list[list[str]]:
        serial = self.plant.state.boxes[ONT].device.serial
        return [inform.events for inform in self.acs.informs if inform.serial == serial]

    def accounted(self) -> list[str]:
        user = self.plant.state.boxes[ONT].ppp_username
        return [packet["Acct-Status-Type"][0] for packet in self.acct.packets if packet["User-Name"] == [user]]


@pytest.fixture
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    description = load(DEMO_PLANT)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        clock_path = tmp_path_factory.mktemp("plant") / "clock"
        clock = stack.enter_context(SharedClock.create(clock_path, description.clock.origin, 1.0))
        plant = await enter(Plant(description, clock))
        acs, acct, syslog = (
            await enter(TinyAcs()),
            await enter(Receiver(radius=True)),
            await enter(Receiver(radius=False)),
        )
        fleet = await enter(BoxFleet(plant, "127.0.0.1", acs.url))
        sender = await enter(RadiusSender(plant, acct.address, SECRET, syslog.address))
        cli = await enter(IsamCli(plant, "127.0.0.1", 0, "isadmin", "pw"))
        yield Scene(plant, clock, acs, acct, syslog, fleet, sender, cli)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the plant's own task moves on meanwhile
            await asyncio.sleep(0)


async def test_a_hung_box_goes_silent_loses_its_session_and_comes_back_by_a_boot(scene: Scene) -> None:
    await scene.fleet.bootstrap(ONT)
    async with asyncio.timeout(10):
        await scene.fleet.wait_informed(ONT)
    url = scene.fleet.connection_request_url(ONT)

    scene.plant.fault("box-hung", str(ONT))
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url)
    scene.clock.advance(60)
    await until(lambda: "Stop" in scene.accounted())
    stop = scene.acct.packets[-1]
    assert stop["Acct-Terminate-Cause"] == ["Lost-Carrier"]
    assert scene.informs() == [["0 BOOTSTRAP", "1 BOOT"]]

    scene.plant.repair("all")
    await until(lambda: len(scene.informs()) == 2 and "Start" in scene.accounted())
    assert scene.informs()[1] == ["1 BOOT"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(url, auth=httpx.DigestAuth("admin", "admin"))).status_code == 200
    await until(lambda: scene.informs()[-1] == ["6 CONNECTION REQUEST"])


async def test_a_refused_ppp_shows_in_the_log_while_the_box_still_informs(scene: Scene) -> None:
    scene.plant.fault("ppp-refused", str(ONT))
    await scene.syslog.wait(1)
    assert b"Login incorrect (chap: " in scene.syslog.datagrams[0]
    await scene.fleet.bootstrap(ONT)
    async with asyncio.timeout(10):
        await scene.fleet.wait_informed(ONT)
    await until(lambda: "Stop" in scene.accounted())
    address = [value for name, value in scene.acs.informs[-1].values.items() if name.endswith("ExternalIPAddress")]
    assert address == ["0.0.0.0"]


async def test_an_unreachable_olt_leaves_its_boxes_alive(scene: Scene) -> None:
    scene.plant.fault("olt-unreachable")
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.cli.port)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await reader.read(1)
    writer.close()
    await writer.wait_closed()
    await scene.fleet.bootstrap(ONT)
    async with asyncio.timeout(10):
        await scene.fleet.wait_informed(ONT)

    scene.plant.repair("all")
    async with asyncssh.connect(
        "127.0.0.1", scene.cli.port, username="isadmin", password="pw", known_hosts=None, config=None
    ) as client:
        process = await client.create_process(term_type="vt100")
        process.stdin.write("info configure equipment ont interface 1/1/5/10/19 flat\nlogout\n")
        assert "subslocid 0848525835" in await process.stdout.read()
