"""A hand-made plant for the tests of its windows: three accesses, a clock moved by hand, events sent by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from domain.identifiers import DeviceId, MacAddress, OntName, SerialNumber
from domain.states import PppStatus
from simulators.plant.box_orders import BoxOrders
from simulators.plant.state import (
    BoxState,
    DataModel,
    EventKind,
    OltState,
    OntState,
    PlantEvent,
    PlantState,
    PonState,
)
from simulators.plant.timers import Timers

START = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)
FIRST = OntName(1, 1, 5, 10, 19)
SECOND = OntName(1, 1, 5, 10, 20)
DARK = OntName(1, 1, 5, 10, 21)


class HandClock:
    """Time passes only when `advance` says so."""

    def __init__(self, instant: datetime = START) -> None:
        self._now = instant
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        if instant <= self._now:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (instant, future)
        self._sleepers.append(entry)
        try:
            await future
        finally:
            self._sleepers.remove(entry)

    def advance(self, step: timedelta) -> None:
        self._now += step
        for instant, future in self._sleepers:
            if instant <= self._now and not future.done():
                future.set_result(None)


class HandPlant:
    """A plant view whose state the test writes."""

    def __init__(self, state: PlantState, clock: HandClock | None = None) -> None:
        self.state = state
        self.clock = clock or HandClock()
        self.orders = BoxOrders(state, cast("Any", None), Timers(), lambda _ont: self.clock.now())
        self._listeners: list[Callable[[PlantEvent], None]] = []

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def emit(
        self, kind: EventKind, ont: OntName | None = None, session_id: str | None = None, detail: str = ""
    ) -> None:
        box = self.state.boxes[ont] if ont else None
        event = PlantEvent(kind, self.clock.now(), ont, box, session_id or (box.session_id if box else None), detail)
        for listener in list(self._listeners):
            listener(event)

    def silence(self, ont: OntName, *, hung: bool) -> None:
        box = self.state.boxes[ont]
        box.hung = hung
        box.wan_up = hung
        box.management_up = False
        self.emit(EventKind.BOX_SILENT, ont)


def padded(version: str) -> bytes:
    return version.encode().ljust(14, b"\x00")


def make_ont(name: OntName, serial: str, *, up: bool = True) -> OntState:
    return OntState(
        name=name,
        serial=SerialNumber.parse(serial),
        password="0848525835",
        equipment_id="HG8010H",
        firmware_active=padded("HWTCA31610115"),
        firmware_standby=padded("HWTCA31610114"),
        firmware_planned=padded("HWTCA31610115"),
        uni_card=1,
        distance_m=3240.0,
        changed_at=START - timedelta(days=10),
        oper_up=up,
        rx_dbm=-19.36 if up else None,
        tx_dbm=2.28 if up else None,
        olt_rx_dbm=-20.7 if up else None,
        bytes_down=5_000_000_000,
        bytes_up=70_000_000,
    )


def make_box(name: OntName, number: int, model: DataModel = DataModel.TR098, *, up: bool = True) -> BoxState:
    tr098 = model is DataModel.TR098
    return BoxState(
        ont=name,
        device=DeviceId("D8D775", f"N7{number:013d}"),
        manufacturer="SAGEMCOM",
        model="F@ST5350" if tr098 else "F@ST5657",
        product_class="FAST5350" if tr098 else "FAST5657",
        data_model=model,
        firmware="9.29.65_F5350_Box" if tr098 else "SG4K10000310",
        hardware="F5350-000000-001" if tr098 else "F5657-000000-001",
        mac=MacAddress.parse("D8D775557E90" if number == 0 else f"D8D7755{number:05X}"),
        ppp_username=f"fti{number:05d}@just.example",
        ppp_password="ppp-secret",
        periodic_inform_s=300,
        booted_at=START - timedelta(days=3),
        powered=up,
        wan_up=up,
        management_up=up,
        ppp_status=PppStatus.CONNECTED if up else PppStatus.DISCONNECTED,
        ppp_since=START - timedelta(hours=2) if up else None,
        wan_ip=f"100.64.{number // 250}.{number % 250 + 1}" if up else None,
        session_id=f"{number:08X}" if up else None,
    )


def three_accesses() -> PlantState:
    """`FIRST` with a TR-098 box, `SECOND` with a TR-181 box, `DARK` without light nor power."""
    pon = PonState(FIRST.pon_name, True, True, 3.4, True, START - timedelta(days=90))
    onts = [make_ont(FIRST, "HWTC0172629D"), make_ont(SECOND, "HWTC0172629E"), make_ont(DARK, "HWTC0172629F", up=False)]
    boxes = [make_box(FIRST, 0), make_box(SECOND, 1, DataModel.TR181), make_box(DARK, 2, up=False)]
    return PlantState(
        olt=OltState("OLT-TEST", "7360 ISAM FX", "olt-test", START - timedelta(days=200)),
        pons={pon.name: pon},
        onts={ont.name: ont for ont in onts},
        boxes={box.ont: box for box in boxes},
    )


def park(size: int) -> PlantState:
    """``size`` accesses, all up."""
    state = three_accesses()
    state.onts.clear()
    state.boxes.clear()
    for number in range(size):
        name = OntName(1, 1, 1 + number // 512, 1 + (number // 32) % 16, 1 + number % 32)
        state.onts[name] = make_ont(name, f"HWTC{number:08X}")
        state.boxes[name] = make_box(name, number, DataModel.TR181 if number % 2 else DataModel.TR098)
    return state
