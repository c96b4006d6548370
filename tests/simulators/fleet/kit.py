"""A fleet on a clock that only moves when told, and the small plant's objects made of one of its OLTs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from domain.identifiers import OntName, PonName, SerialNumber
from domain.states import EthernetRate, Negotiation
from simulators.fleet.agent import Behaviour, FleetAgent
from simulators.fleet.fleet import Fleet
from simulators.fleet.kinds import RATES
from simulators.fleet.model import ALARMS, CAUSES, Olt, instant_us
from simulators.fleet.options import FleetOptions
from simulators.fleet.shapes import CONTROL_SLOT
from simulators.fleet.topology import EPOCH
from simulators.fleet.vendors import (
    discover,
    fiberhome_an,
    huawei_smartax,
    nokia_isam,
    zte_zxan,
    zte_zxan_c320,
    zte_zxan_c320_v2,
)
from simulators.plant.state import CardState, OltState, OntState, PlantEvent, PlantState, PonState, Stranger
from tests.simulators.snmp_client import Client

SECOND = 1_000_000


class Hand:
    """The instant of the fleet, in microseconds, moved by hand."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.now_us = fleet, instant_us(fleet.options.origin)

    def __call__(self) -> int:
        return self.now_us

    def move(self, seconds: float) -> None:
        self.now_us += int(seconds * SECOND)
        self.fleet.advance(self.now_us)


def fleet_of(olts: int = 1, onts: int = 48, **options: Any) -> tuple[Fleet, Hand]:
    fleet = Fleet(FleetOptions(olts=olts, onts=onts, **options))
    return fleet, Hand(fleet)


@asynccontextmanager
async def serving(fleet: Fleet, hand: Hand, behaviour: Behaviour | None = None) -> AsyncIterator[FleetAgent]:
    async with FleetAgent(fleet, hand, behaviour=behaviour) as agent:
        yield agent


def client(agent: FleetAgent, number: int = 1) -> Client:
    host, port = agent.addresses[f"OLT-{number:05d}"]
    return Client(port, host=host)


def ont_name(olt: Olt, row: int) -> str:
    t = olt.topology
    return f"ONT-1-1-{t.slot[row]}-{t.pon[row]}-{t.ont[row]}"


class StateClock:
    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)


class StatePlant:
    """What the small plant's windows need to see."""

    def __init__(self, state: PlantState, clock: StateClock) -> None:
        self.state, self.clock = state, clock

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        return lambda: None


class Profile(NamedTuple):
    """What the small plant must say of itself to be an OLT of that vendor."""

    boards: tuple[str, str, str]  # GPON, XGS-PON, control
    models: Any
    descr: str
    first: int = 1
    seat: int | None = CONTROL_SLOT
    software: str = ""
    dialect: str = ""


def _boards(vendor: Any) -> tuple[str, str, str]:
    return vendor.GPON_BOARD.decode(), vendor.XGS_BOARD.decode(), vendor.CONTROL_BOARD.decode()


PROFILES = {
    "nokia_isam": Profile(
        ("FGLT-B", "FWLT-C", "FANT-F"),
        nokia_isam.MODELS,
        "R6.2.04m NFXS-F FANT-F NOKIA ISAM (simulated fleet)",
        seat=None,
    ),
    "huawei_smartax": Profile(
        _boards(huawei_smartax),
        huawei_smartax.MODELS,
        "Huawei Integrated Access Software",
        first=0,
        software=huawei_smartax.SOFTWARE.decode(),
    ),
    "zte_zxan": Profile(_boards(zte_zxan), zte_zxan.MODELS, zte_zxan.DESCR.decode(), dialect="c600"),
    "zte_zxan_c320": Profile(_boards(zte_zxan_c320), zte_zxan.MODELS, zte_zxan_c320.DESCR.decode(), dialect="c320_v1"),
    "zte_zxan_c320_v2": Profile(
        _boards(zte_zxan_c320_v2), zte_zxan.MODELS, zte_zxan_c320_v2.DESCR.decode(), dialect="c320_v2"
    ),
    "fiberhome_an": Profile(_boards(fiberhome_an), fiberhome_an.MODELS, fiberhome_an.DESCR.decode()),
}


def as_plant(olt: Olt, vendor: str = "nokia_isam") -> StatePlant:
    """The same state as objects, for the windows of the small plant."""
    profile = PROFILES[vendor]
    xgs = olt.topology.generation.name == "xgs"
    gpon_board, xgs_board, control = profile.boards
    board, technology = (xgs_board, "xgspon") if xgs else (gpon_board, "gpon")
    nt = CardState("NT", None, control, control, f"SIM{olt.number:05d}000", up=True, changed_at=EPOCH)
    nt.seat = profile.seat
    lts = [
        CardState(f"LT{s}", s, board, board, f"SIM{olt.number:05d}{s:03d}", s not in olt.wrong.boards_off, EPOCH)
        for s in sorted(set(olt.topology.pon_slot.tolist()))
    ]
    for card in lts:
        card.technology = technology
    state = PlantState(OltState(olt.name, profile.descr, olt.name, _at(olt.booted_us)), cards=[nt, *lts])
    state.olt.software, state.olt.dialect = profile.software, profile.dialect
    state.olt.vendor = discover()[vendor].vendor
    _add_pons(state, olt, profile.first)
    _add_onts(state, olt, profile)
    _add_strangers(state, olt, profile)
    return StatePlant(state, StateClock(_at(olt.now_us)))


def _instant(us: Any) -> datetime | None:
    return _at(us) if us else None


def _at(instant: Any) -> datetime:
    return EPOCH + timedelta(microseconds=int(instant))


def _add_pons(state: PlantState, olt: Olt, shelf: int) -> None:
    t, tx = olt.topology, olt.light.pon_tx_dbm
    for row, (slot, pon) in enumerate(zip(t.pon_slot.tolist(), t.pon_pon.tolist(), strict=True)):
        name = PonName(shelf, shelf, slot, pon)
        level = None if np.isnan(tx[row]) else float(tx[row])
        state.pons[name] = PonState(
            name,
            admin_up=True,
            laser_on=level is not None,
            tx_dbm=level,
            oper_up=bool(olt.pon_up[row]),
            changed_at=_at(olt.pon_changed_us[row]),
            bias_factor=float(olt.light.pon_bias[row]),
            heat_c=olt.light.pon_heat_c,
        )


def _add_onts(state: PlantState, olt: Olt, profile: Profile) -> None:
    isam, shelf = profile.seat is None, profile.first
    t, light = olt.topology, olt.light
    errors, wrong = olt.errors(), olt.wrong
    bytes_up, bytes_down = olt.traffic()
    for row in range(len(t.slot)):
        maker, equipment, new, old, special = profile.models[t.model[row]]
        name = OntName(shelf, shelf, int(t.slot[row]), int(t.pon[row]), int(t.ont[row]))
        up = bool(olt.up[row])
        state.onts[name] = OntState(
            name=name,
            serial=SerialNumber.from_octets(maker + int(t.serial[row]).to_bytes(4, "big")),
            password="0",
            equipment_id=equipment.decode(),
            firmware_active=_firmware(olt, row, new, old).ljust(14, b"\0"),
            firmware_standby=(new if t.outdated[row] else old).ljust(14, b"\0"),
            firmware_planned=new.ljust(14, b"\0"),
            uni_card=special if isam else 1,
            hardware="" if isam else special.decode(),
            last_up_at=_instant(olt.last_up_us[row]),
            last_down_at=_instant(olt.last_down_us[row]),
            last_gasp_at=_instant(olt.last_gasp_us[row]),
            distance_m=float(t.length_m[row]),
            changed_at=_at(olt.changed_us[row]),
            oper_up=up,
            alarms=frozenset(alarm for alarm, bit in ALARMS.items() if olt.alarms[row] & bit),
            rx_dbm=_level(light.ont_rx_dbm[row]),
            tx_dbm=_level(light.ont_tx_dbm[row]),
            olt_rx_dbm=_level(light.olt_rx_dbm[row]),
            errors_up=int(errors.up[row]),
            errors_down=int(errors.down[row]),
            fec_corrected=int(errors.corrected[row]),
            fec_lost=int(errors.lost[row]),
            uni_up=bool(olt.uni_up[row]),
            uni_rate=RATES[wrong.rate[row]] if olt.uni_up[row] else EthernetRate.NONE,
            uni_negotiation=Negotiation.FORCED if wrong.forced[row] else Negotiation.AUTO,
            provisioned=not wrong.unprovisioned[row],
            admin_up=not wrong.locked[row],
            powered=not wrong.unpowered[row],
            omci_up=not wrong.unmanaged[row],
            down_cause=CAUSES[olt.cause[row]],
            bias_factor=float(light.ont_bias[row]),
            heat_c=light.ont_heat_c,
            bytes_down=int(bytes_down[row]),
            bytes_up=int(bytes_up[row]),
        )


def _level(dbm: Any) -> float | None:
    return None if np.isnan(dbm) else float(dbm)


def _firmware(olt: Olt, row: int, new: bytes, old: bytes) -> bytes:
    chosen = int(olt.wrong.version[row])
    if chosen > 1:
        return olt.wrong.versions[chosen - 2]
    return old if chosen == 1 or olt.topology.outdated[row] else new


def _add_strangers(state: PlantState, olt: Olt, profile: Profile) -> None:
    for one in olt.found:
        if one.stranger:
            own = profile.models[olt.topology.model[one.ont]][0]
            serial = SerialNumber.from_octets((one.maker or own) + one.serial.to_bytes(4, "big"))
            pon = list(state.pons)[one.port]
            state.strangers.append(Stranger(pon, one.number, serial, "", "", b""))
