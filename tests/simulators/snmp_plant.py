"""A small plant by hand: two LT boards, three PON ports, the golden ONT and some others, with gaps in their ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.identifiers import OntName, PonName, SerialNumber
from simulators.plant.state import CardState, OltState, OntState, PlantEvent, PlantState, PonState

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
BOOTED = datetime(2018, 11, 1, tzinfo=UTC)
CHANGED = datetime(2019, 4, 29, 14, 34, 56, tzinfo=UTC)
FIRMWARE = b"HWTCA31610115\x00"

GOLDEN = OntName.parse("ONT-1-1-5-10-19")
GOLDEN_PON = GOLDEN.pon_name


class SmallClock:
    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)


class SmallPlant:
    def __init__(self, state: PlantState) -> None:
        self.state = state
        self.clock = SmallClock()

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        return lambda: None

    @property
    def golden(self) -> OntState:
        return self.state.onts[GOLDEN]


def card(slot: int | None, kind: str, serial: str) -> CardState:
    return CardState(f"LT{slot}" if slot else "NT", slot, kind, kind, serial, up=True, changed_at=CHANGED)


def ont(name: OntName, number: int) -> OntState:
    return OntState(
        name=name,
        serial=SerialNumber.from_octets(b"HWTC" + (0x0172629D + number).to_bytes(4, "big")),
        password="0848525835",
        equipment_id="HG8010H",
        firmware_active=FIRMWARE,
        firmware_standby=b"HWTCA31610114\x00",
        firmware_planned=FIRMWARE,
        uni_card=1,
        distance_m=2130.0,
        changed_at=CHANGED,
        rx_dbm=-19.36,
        tx_dbm=2.28,
        olt_rx_dbm=-20.7,
    )


def small_plant(onts_per_pon: tuple[int, ...] = (1, 2, 19, 40, 128)) -> SmallPlant:
    state = PlantState(
        OltState("olt-1", "R6.2.04 NFXS-E FANT-F NOKIA ISAM", "OLT-NRO-1", BOOTED),
        cards=[
            card(None, "FANT-F", "AA1401FS001"),
            card(5, "FGLT-B", "AA1401FS005"),
            card(6, "FWLT-C", "AA1401FS006"),
        ],
    )
    for text in ("PON-1-1-5-1", "PON-1-1-5-10", "PON-1-1-6-1"):
        pon = PonName.parse(text)
        state.pons[pon] = PonState(pon, admin_up=True, laser_on=True, tx_dbm=3.4, oper_up=True, changed_at=CHANGED)
        for number in onts_per_pon:
            name = OntName(pon.rack, pon.shelf, pon.slot, pon.pon, number)
            state.onts[name] = ont(name, 0 if name == GOLDEN else len(state.onts) + 1)
    return SmallPlant(state)


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)
