"""A fleet on a clock that only moves when told, and the small plant's objects made of one of its OLTs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from domain.identifiers import OntName, PonName, SerialNumber
from domain.states import EthernetRate
from simulators.fleet.agent import Behaviour, FleetAgent
from simulators.fleet.fleet import Fleet
from simulators.fleet.model import ALARMS, Olt, instant_us
from simulators.fleet.options import FleetOptions
from simulators.fleet.topology import EPOCH
from simulators.fleet.vendors import huawei_smartax, nokia_isam
from simulators.plant.state import CardState, OltState, OntState, PlantEvent, PlantState, PonState
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


def as_plant(olt: Olt, vendor: str = "nokia_isam") -> StatePlant:
    """The same state as objects, for the windows of the small plant."""
    xgs = olt.topology.generation.name == "xgs"
    isam = vendor == "nokia_isam"
    gpon_board, xgs_board, control = ("FGLT-B", "FWLT-C", "FANT-F") if isam else ("H901GPHF", "H901XGHD", "H901MPLA")
    board, technology = (xgs_board, "xgspon") if xgs else (gpon_board, "gpon")
    slots = sorted(set(olt.topology.pon_slot.tolist()))
    nt = CardState("NT", None, control, control, f"SIM{olt.number:05d}000", up=True, changed_at=EPOCH)
    nt.seat = None if isam else huawei_smartax.CONTROL_SLOT
    lts = [
        CardState(f"LT{s}", s, board, board, f"SIM{olt.number:05d}{s:03d}", s not in olt.wrong.boards_off, EPOCH)
        for s in slots
    ]
    for card in lts:
        card.technology = technology
    descr = "R6.2.04m NFXS-F FANT-F NOKIA ISAM (simulated fleet)" if isam else "Huawei Integrated Access Software"
    state = PlantState(OltState(olt.name, descr, olt.name, _at(olt.booted_us)), cards=[nt, *lts])
    state.olt.software = "" if isam else huawei_smartax.SOFTWARE.decode()
    _add_pons(state, olt, 1 if isam else 0)
    _add_onts(state, olt, 1 if isam else 0)
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
        )


def _add_onts(state: PlantState, olt: Olt, shelf: int) -> None:
    t, light = olt.topology, olt.light
    errors_up, errors_down = olt.errors()
    bytes_up, bytes_down = olt.traffic()
    for row in range(len(t.slot)):
        models: Any = nokia_isam.MODELS if shelf else huawei_smartax.MODELS
        maker, equipment, new, old, special = models[t.model[row]]
        name = OntName(shelf, shelf, int(t.slot[row]), int(t.pon[row]), int(t.ont[row]))
        up = bool(olt.up[row])
        state.onts[name] = OntState(
            name=name,
            serial=SerialNumber.from_octets(maker + int(t.serial[row]).to_bytes(4, "big")),
            password="0",
            equipment_id=equipment.decode(),
            firmware_active=(old if t.outdated[row] else new).ljust(14, b"\0"),
            firmware_standby=(new if t.outdated[row] else old).ljust(14, b"\0"),
            firmware_planned=new.ljust(14, b"\0"),
            uni_card=special if shelf else 1,
            hardware="" if shelf else special.decode(),
            last_up_at=_instant(olt.last_up_us[row]),
            last_down_at=_instant(olt.last_down_us[row]),
            last_gasp_at=_instant(olt.last_gasp_us[row]),
            distance_m=float(t.length_m[row]),
            changed_at=_at(olt.changed_us[row]),
            oper_up=up,
            alarms=frozenset(alarm for alarm, bit in ALARMS.items() if olt.alarms[row] & bit),
            rx_dbm=float(light.ont_rx_dbm[row]) if up else None,
            tx_dbm=float(light.ont_tx_dbm[row]) if up else None,
            olt_rx_dbm=float(light.olt_rx_dbm[row]) if up else None,
            errors_up=int(errors_up[row]),
            errors_down=int(errors_down[row]),
            uni_up=bool(olt.uni_up[row]),
            uni_rate=EthernetRate.GIGABIT if olt.uni_up[row] else EthernetRate.NONE,
            bytes_down=int(bytes_down[row]),
            bytes_up=int(bytes_up[row]),
        )
