"""The embedded ACS and the RADIUS intake against the simulated plant: its boxes and BRAS are written apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.server import AcsServer
from collectors.sessions.authlog import AuthLogListener
from collectors.sessions.radius import AccountingListener
from domain.box import KnownBox
from domain.clock import Clock, WallClock
from domain.identifiers import Id1, OntName
from domain.metrics import box as m
from domain.reading import Reason
from domain.secret import Secret
from domain.session import AccountingEvent, AccountingStatus, AuthEvent
from domain.states import AuthResult, PppStatus, Reach
from simulators.cwmp_box.fleet import BoxFleet
from simulators.plant.plant import Plant
from simulators.plant.state import DataModel
from simulators.radius.sender import RadiusSender
from simulators.run import RunOptions, running
from tests.collectors.boxes_support import KEY, LOOPBACK, MemoryStore


class PlantTime:
    """The plant's clock, once there is a plant."""

    def __init__(self) -> None:
        self.clock: Clock = WallClock()

    def now(self) -> datetime:
        return self.clock.now()


@dataclass
class Sessions:
    accounting: list[AccountingEvent] = field(default_factory=list)
    authentications: list[AuthEvent] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def accounted(self, events: Sequence[AccountingEvent]) -> None:
        async with self.changed:
            self.accounting += events
            self.changed.notify_all()

    async def authenticated(self, events: Sequence[AuthEvent]) -> None:
        async with self.changed:
            self.authentications += events
            self.changed.notify_all()

    async def until(self, condition) -> None:
        async with self.changed, asyncio.timeout(10):
            await self.changed.wait_for(condition)


@dataclass
class World:
    app: AcsApp
    store: MemoryStore
    sessions: Sessions
    plant: Plant
    fleet: BoxFleet
    sender: RadiusSender

    def first(self, model: DataModel) -> OntName:
        boxes = self.plant.state.boxes.items()
        return next(o for o, b in boxes if b.data_model is model and b.ppp_status is PppStatus.CONNECTED)

    async def contact(self, ont: OntName) -> KnownBox:
        await self.fleet.bootstrap(ont)
        await asyncio.wait_for(self.fleet.wait_informed(ont), 10)
        return self.store.boxes[self.plant.state.boxes[ont].device]


@asynccontextmanager
async def simulated() -> AsyncIterator[World]:
    time, store, sessions = PlantTime(), MemoryStore(), Sessions()
    app = acs_app(store, time, KEY, LOOPBACK)
    async with (
        AcsServer(app, "127.0.0.1", 0) as server,
        AccountingListener(sessions, time, "127.0.0.1", 0, KEY) as accounting,
        AuthLogListener(sessions, time, "127.0.0.1", 0) as log,
        running(options=RunOptions(windows=frozenset())) as live,
    ):
        time.clock = live.clock
        for number, box in enumerate(live.plant.state.boxes.values()):
            store.boxes[box.device] = KnownBox("OPER", Id1(f"F{number:08d}"), box.device)
        addresses = ("127.0.0.1", accounting.port), ("127.0.0.1", log.port)
        async with (
            BoxFleet(live.plant, "127.0.0.1", f"http://127.0.0.1:{server.port}/acs") as fleet,
            RadiusSender(live.plant, addresses[0], Secret(KEY.reveal()), addresses[1]) as sender,
        ):
            yield World(app, store, sessions, live.plant, fleet, sender)


@pytest.mark.parametrize("model", DataModel)
async def test_a_simulated_box_is_read_live_and_says_what_the_plant_knows(model: DataModel) -> None:
    async with simulated() as here:
        ont = here.first(model)
        truth = here.plant.state.boxes[ont]
        outcome = await here.app.gateway.read(await here.contact(ont), 5)
    r = outcome.readings
    assert r.value(m.BOX_REACH) is Reach.ANSWERED
    assert r.value(m.BOX_FIRMWARE) == truth.firmware
    assert r.value(m.BOX_MAC) == truth.mac
    assert r.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert r.value(m.BOX_WAN_IP) == truth.wan_ip
    assert r.value(m.BOX_INFORM_INTERVAL_S) == truth.periodic_inform_s
    assert all(reading.known or reading.reason is Reason.NOT_SUPPORTED for reading in r.values.values())


async def test_a_hung_box_is_silent() -> None:
    async with simulated() as here:
        ont = here.first(DataModel.TR098)
        known = await here.contact(ont)
        here.plant.fault("box-hung", str(ont))
        outcome = await here.app.gateway.read(known, 0.3)
    assert outcome.readings.value(m.BOX_REACH) is Reach.SILENT


async def test_a_session_refused_by_the_aaa_is_seen_by_the_box_the_accounting_and_the_log() -> None:
    async with simulated() as here:
        ont = here.first(DataModel.TR098)
        known, user = await here.contact(ont), here.plant.state.boxes[ont].ppp_username
        assert await here.sender.announce(ont)
        here.plant.fault("ppp-refused", str(ont))
        sessions = here.sessions
        await sessions.until(lambda: any(e.status is AccountingStatus.STOP for e in sessions.accounting))
        await sessions.until(lambda: sessions.authentications)
        outcome = await here.app.gateway.read(known, 5)
    assert {event.username for event in sessions.accounting} == {user}
    assert (sessions.authentications[0].username, sessions.authentications[0].result) == (user, AuthResult.REJECT)
    assert sessions.authentications[0].reason
    assert outcome.readings.value(m.BOX_PPP_STATUS) is not PppStatus.CONNECTED
    assert outcome.readings.value(m.BOX_PPP_LAST_ERROR) == "ERROR_AUTHENTICATION_FAILURE"
