"""A park of badly behaved boxes against the embedded ACS: every one of them is heard, whatever it does."""

from __future__ import annotations

import asyncio

import pytest

from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.server import AcsServer
from collectors.boxes.settings import AcsSettings, AuthMode
from domain.box import KnownBox
from domain.clock import WallClock
from domain.errors import InvalidValueError
from domain.identifiers import DeviceId, Id1
from domain.metrics import box as m
from domain.secret import Secret
from domain.states import Reach
from simulators.cwmp_box.manners import Defect, Shares, manners_of
from simulators.cwmp_box.park import Park, ParkOptions, park
from simulators.plant.state import DataModel
from tests.collectors.boxes_support import KEY, LOOPBACK, MemoryStore, until


def _all_known(store: MemoryStore, live: Park) -> None:
    for number, item in enumerate(live.devices()):
        device = DeviceId(item["oui"], item["serial"])
        store.boxes.setdefault(device, KnownBox("OPER", Id1(f"F{number:08d}"), device))


async def _heard(shares: Shares, boxes: int = 120) -> tuple[AcsApp, MemoryStore, Park]:
    store = MemoryStore()
    app = acs_app(store, WallClock(), KEY, LOOPBACK, AcsSettings(session_timeout_s=2))
    async with AcsServer(app, "127.0.0.1", 0) as server:
        options = ParkOptions(boxes, f"http://127.0.0.1:{server.port}/", shares=shares, tr181=0.5, rate=60)
        async with park(options) as live:
            _all_known(store, live)
            for plant, fleet in zip(live.plants, live.fleets, strict=True):
                for ont in plant.state.boxes:
                    await fleet.bootstrap(ont)
            await asyncio.wait_for(live.informed(), 60)
            return app, store, live


async def test_a_park_with_every_defect_is_heard_whole() -> None:
    app, store, live = await _heard(Shares(nat=0.2, wrong=0.2, defects=1.0))
    assert {inform.device for inform in store.informs} == set(store.boxes)
    assert app.stats.unexpected > 0
    assert app.stats.store_errors == 0
    models = {box.data_model for plant in live.plants for box in plant.state.boxes.values()}
    assert len(models) == 2
    drawn = {d for plant, fleet in zip(live.plants, live.fleets, strict=True)
             for ont in plant.state.boxes for d in fleet.manners(ont).defects}  # fmt: skip
    assert drawn == set(Defect) - {Defect.WRONG_ANSWER_ALWAYS}


async def test_boxes_that_die_in_their_sessions_come_back_and_leave_none_open() -> None:
    app, store, live = await _heard(Shares(deaths=1.0), boxes=12)
    for plant, fleet in zip(live.plants, live.fleets, strict=True):
        assert all(fleet.manners(ont).dies for ont in plant.state.boxes)
    assert {inform.device for inform in store.informs} == set(store.boxes)
    assert app.stats.open_sessions == 0


async def test_a_fault_of_the_plant_shows_in_a_box_of_a_park_and_one_behind_nat_waits() -> None:
    store = MemoryStore()
    app = acs_app(store, WallClock(), KEY, LOOPBACK)
    async with AcsServer(app, "127.0.0.1", 0) as server:
        options = ParkOptions(40, f"http://127.0.0.1:{server.port}/", shares=Shares(nat=0.3))
        async with park(options) as live:
            _all_known(store, live)
            (plant,), (fleet,) = live.plants, live.fleets
            hidden = next(ont for ont in plant.state.boxes if fleet.manners(ont).nat)
            open_one = next(ont for ont in plant.state.boxes if not fleet.manners(ont).nat)
            for ont in (hidden, open_one):
                await fleet.bootstrap(ont)
                await asyncio.wait_for(fleet.wait_informed(ont), 10)
            plant.fault("wifi-weak", str(open_one), signal_dbm=-88.0)
            good = await app.gateway.read(store.boxes[plant.state.boxes[open_one].device], 5)
            deaf = await app.gateway.read(store.boxes[plant.state.boxes[hidden].device], 5)
    assert good.readings.value(m.BOX_WIFI_RSSI_DBM) == -88.0
    assert deaf.readings.value(m.BOX_REACH) is Reach.REFUSED


async def test_name_servers_that_a_customer_chose_show_in_both_data_models() -> None:
    """TR-181 keeps them apart from those of the session: only those of the session were read."""
    store = MemoryStore()
    app = acs_app(store, WallClock(), KEY, LOOPBACK)
    async with AcsServer(app, "127.0.0.1", 0) as server:
        options = ParkOptions(40, f"http://127.0.0.1:{server.port}/", tr181=0.5)
        async with park(options) as live:
            _all_known(store, live)
            (plant,), (fleet,) = live.plants, live.fleets
            for model in DataModel:
                ont, box = next((ont, box) for ont, box in plant.state.boxes.items() if box.data_model is model)
                await fleet.bootstrap(ont)
                await asyncio.wait_for(fleet.wait_informed(ont), 10)
                usual = await app.gateway.read(store.boxes[box.device], 5)
                assert usual.readings.value(m.BOX_DNS_SERVERS) == ("192.0.2.53", "192.0.2.54")
                plant.fault("dns-custom", str(ont))
                chosen = await app.gateway.read(store.boxes[box.device], 5)
                assert chosen.readings.value(m.BOX_DNS_SERVERS) == ("203.0.113.53",)


async def test_a_box_that_strays_once_is_asked_again_and_keeps_its_credentials() -> None:
    app, store, _ = await _heard(Shares(wrong=1.0), boxes=20)
    assert app.stats.unexpected > 0
    assert len(store.observations) == 20
    assert not app._desk.unprovisioned


async def test_a_park_comes_with_the_shared_secret_and_then_each_box_with_its_own() -> None:
    store = MemoryStore()
    settings = AcsSettings(auth=AuthMode.REQUIRED, bootstrap=Secret("first contact"))
    app = acs_app(store, WallClock(), KEY, LOOPBACK, settings)
    async with AcsServer(app, "127.0.0.1", 0) as server:
        url, login = f"http://127.0.0.1:{server.port}/", ("bootstrap", "first contact")
        async with park(ParkOptions(60, url, tr181=0.5, acs_login=login, period_s=60)) as live:
            _all_known(store, live)
            (plant,), (fleet,) = live.plants, live.fleets
            for ont in plant.state.boxes:
                await fleet.bootstrap(ont)
            await asyncio.wait_for(live.informed(), 60)
            plant.clock.advance(120)  # type: ignore[attr-defined]  # a clock of its own
            await until(lambda: all(box.secured for box in store.boxes.values()))
    assert app.stats.refused_secrets == app.stats.readmitted == 0
    assert fleet.stats.failures == 0


def test_manners_are_drawn_once_and_in_the_share_that_is_asked() -> None:
    devices = [DeviceId("D8D775", f"LK{n:06d}") for n in range(4000)]
    shares = Shares(nat=0.25, slow=0.1, deaths=0.05)
    drawn = [manners_of(device, shares) for device in devices]
    assert [manners_of(device, shares) for device in devices] == drawn
    assert 0.22 < sum(one.nat for one in drawn) / 4000 < 0.28
    assert 0.08 < sum(one.delay_s > 0 for one in drawn) / 4000 < 0.12
    assert not any(one.defects for one in drawn)
    with pytest.raises(InvalidValueError):
        Shares(nat=1.5)
