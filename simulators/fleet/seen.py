"""An OLT of the fleet as the windows of the small plant see a plant: objects made of its rows when they are asked for.

A command line asks for one ONT, or for those of a port: their objects live as long as the answer. What is not asked is
not made, so that an OLT of 16,384 ONTs costs no more than its arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from domain.identifiers import OntName, PonName, SerialNumber
from domain.states import EthernetRate, Negotiation
from simulators.fleet.counters import Errors
from simulators.fleet.fleet import Fleet
from simulators.fleet.kinds import RATES
from simulators.fleet.model import ALARMS, CAUSES, Olt
from simulators.fleet.shapes import is_xgs
from simulators.fleet.tables import Words
from simulators.fleet.topology import EPOCH, Ints
from simulators.plant.orders import Order, RestartOnt, SetOnt, SetPon, SetUni, SetUniRate
from simulators.plant.orders import place as place_of
from simulators.plant.state import CardState, EventKind, OltState, OntState, PlantEvent, PonState, Stranger

_VERSION_OCTETS = 14  # ITU-T G.988 9.1.4
_PASSWORD = "0"  # noqa: S105 - every ONT of a fleet authenticates by serial number


class Seen:
    """The state of one OLT at one instant.

    Args:
        olt: The OLT.
        words: How its vendor names what it is made of.
        first: What its vendor counts racks, shelves, PON ports and ONTs from.
    """

    def __init__(self, olt: Olt, words: Words, first: int) -> None:
        self._olt, self._words, self._first = olt, words, first

    @cached_property
    def olt(self) -> OltState:
        """The OLT itself."""
        o, w = self._olt, self._words
        return OltState(o.name, w.descr, o.name, at(o.booted_us), o.reachable, w.vendor, w.dialect, software=w.software)

    @cached_property
    def cards(self) -> list[CardState]:
        """The control board, then those with PON ports."""
        o, w = self._olt, self._words
        board, technology = (w.xgs_board, "xgspon") if is_xgs(o) else (w.gpon_board, "gpon")
        serial, control = f"SIM{o.number:05d}", w.control_board
        found = [CardState("NT", None, control, control, f"{serial}000", up=True, changed_at=EPOCH, seat=w.seat)]
        for slot in np.unique(o.topology.pon_slot).tolist():
            up = slot not in o.wrong.boards_off
            card = CardState(f"LT{slot}", slot, board, board, f"{serial}{slot:03d}", up=up, changed_at=EPOCH)
            card.technology = technology
            found.append(card)
        return found

    @cached_property
    def pons(self) -> dict[PonName, PonState]:
        """Its PON ports."""
        o, light, first = self._olt, self._olt.light, self._first
        found = {}
        for row, (slot, pon) in enumerate(zip(o.topology.pon_slot.tolist(), o.topology.pon_pon.tolist(), strict=True)):
            name, level = PonName(first, first, slot, pon), _level(light.pon_tx_dbm[row])
            found[name] = PonState(
                name,
                admin_up=not o.wrong.pons_locked[row],
                laser_on=level is not None,
                tx_dbm=level,
                oper_up=bool(o.pon_up[row]),
                changed_at=at(o.pon_changed_us[row]),
                bias_factor=float(light.pon_bias[row]),
                heat_c=light.pon_heat_c,
            )
        return found

    @cached_property
    def onts(self) -> SeenOnts:
        """Its ONTs, each made when it is asked for."""
        return SeenOnts(self._olt, self._words, self._first)

    @cached_property
    def strangers(self) -> list[Stranger]:
        """What shows itself where it is not configured."""
        models, pons = self._words.models, list(self.pons)
        return [
            Stranger(
                pons[one.port],
                one.number,
                _serial(one.maker or models[self._olt.topology.model[one.ont]][0], one.serial),
                "",
                "",
                b"",
            )
            for one in self._olt.found
            if one.stranger
        ]


class SeenOnts(Mapping[OntName, OntState]):
    """The ONTs of an OLT, in the order of its rows."""

    def __init__(self, olt: Olt, words: Words, first: int) -> None:
        self._olt, self._words, self._first = olt, words, first

    def __len__(self) -> int:
        return len(self._olt.up)

    def __iter__(self) -> Iterator[OntName]:
        t = self._olt.topology
        for place in zip(t.slot.tolist(), t.pon.tolist(), t.ont.tolist(), strict=True):
            yield OntName(self._first, self._first, *place)

    def __getitem__(self, name: OntName) -> OntState:
        t = self._olt.topology
        rows = np.flatnonzero((t.slot == name.slot) & (t.pon == name.pon) & (t.ont == name.ont))
        if not len(rows) or (name.rack, name.shelf) != (self._first, self._first):
            raise KeyError(name)
        return self._made(name, int(rows[0]))

    def of_port(self, pon: PonName) -> list[OntState]:
        """Those of a PON port."""
        t = self._olt.topology
        rows = np.flatnonzero((t.slot == pon.slot) & (t.pon == pon.pon)).tolist()
        names = (OntName(pon.rack, pon.shelf, pon.slot, pon.pon, number) for number in t.ont[rows].tolist())
        return [self._made(name, row) for name, row in zip(names, rows, strict=True)]

    @cached_property
    def _errors(self) -> Errors:
        return self._olt.errors()

    @cached_property
    def _traffic(self) -> tuple[Ints, Ints]:
        return self._olt.traffic()

    def _made(self, name: OntName, row: int) -> OntState:
        o, t, light, wrong = self._olt, self._olt.topology, self._olt.light, self._olt.wrong
        maker, equipment, new, old, special = self._words.models[t.model[row]]
        linked = bool(o.uni_up[row])
        return OntState(
            name=name,
            serial=_serial(maker, int(t.serial[row])),
            password=_PASSWORD,
            equipment_id=equipment.decode(),
            firmware_active=self._firmware(row, new, old).ljust(_VERSION_OCTETS, b"\0"),
            firmware_standby=(new if t.outdated[row] else old).ljust(_VERSION_OCTETS, b"\0"),
            firmware_planned=new.ljust(_VERSION_OCTETS, b"\0"),
            uni_card=special if isinstance(special, int) else 1,
            hardware=special.decode() if isinstance(special, bytes) else "",
            distance_m=float(t.length_m[row]),
            changed_at=at(o.changed_us[row]),
            last_up_at=_instant(o.last_up_us[row]),
            last_down_at=_instant(o.last_down_us[row]),
            last_gasp_at=_instant(o.last_gasp_us[row]),
            provisioned=not wrong.unprovisioned[row],
            admin_up=not wrong.locked[row],
            uni_admin_up=not wrong.unis_locked[row],
            oper_up=bool(o.up[row]),
            powered=not wrong.unpowered[row],
            omci_up=not wrong.unmanaged[row],
            down_cause=CAUSES[o.cause[row]],
            alarms=frozenset(alarm for alarm, bit in ALARMS.items() if o.alarms[row] & bit),
            rx_dbm=_level(light.ont_rx_dbm[row]),
            tx_dbm=_level(light.ont_tx_dbm[row]),
            olt_rx_dbm=_level(light.olt_rx_dbm[row]),
            bias_factor=float(light.ont_bias[row]),
            heat_c=light.ont_heat_c,
            errors_up=int(self._errors.up[row]),
            errors_down=int(self._errors.down[row]),
            fec_corrected=int(self._errors.corrected[row]),
            fec_lost=int(self._errors.lost[row]),
            bytes_up=int(self._traffic[0][row]),
            bytes_down=int(self._traffic[1][row]),
            uni_up=linked,
            uni_rate=RATES[wrong.rate[row]] if linked else EthernetRate.NONE,
            uni_negotiation=Negotiation.FORCED if wrong.forced[row] else Negotiation.AUTO,
        )

    def _firmware(self, row: int, new: bytes, old: bytes) -> bytes:
        chosen = int(self._olt.wrong.version[row])
        if chosen > 1:
            return self._olt.wrong.versions[chosen - 2]
        return old if chosen == 1 or self._olt.topology.outdated[row] else new


class FleetClock:
    """The fleet's time, for windows that only look at it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def now(self) -> datetime:
        """The present instant."""
        return at(self._fleet.now_us)


class SeenOlt:
    """What a window sees of one OLT of a fleet.

    Args:
        fleet: The fleet.
        number: The OLT.
        advance: Lets happen what is due by now.
    """

    def __init__(self, fleet: Fleet, number: int, advance: Callable[[], None]) -> None:
        self._fleet, self._number, self._advance = fleet, number, advance
        self.clock = FleetClock(fleet)

    @property
    def state(self) -> Seen:
        """Its state now."""
        self._advance()
        tables = self._fleet.tables(self._number)
        return Seen(self._fleet.olt(self._number), tables.words, tables.first)

    def order(self, order: Order) -> None:
        """Have it obey what its command line was told; raises `KeyError` for what it does not have."""
        olt, name = self._fleet.olt(self._number), place_of(order)
        t, standing = olt.topology, olt.standing
        if isinstance(order, SetPon):
            (row,) = np.flatnonzero((t.pon_slot == name.slot) & (t.pon_pon == name.pon)).tolist() or (None,)
        else:
            ont = (t.slot == name.slot) & (t.pon == name.pon) & (t.ont == order.ont.ont)
            (row,) = np.flatnonzero(ont).tolist() or (None,)
        if row is None:
            raise KeyError(name)
        match order:
            case SetPon(_, up):
                standing.pons[row] = up
            case SetOnt(_, up):
                standing.onts[row] = up
            case SetUni(_, up):
                standing.unis[row] = up
            case SetUniRate(_, None):
                standing.rates.pop(row, None)
            case SetUniRate(_, rate) if rate is not None:
                standing.rates[row] = RATES.index(rate)
            case RestartOnt():
                standing.restart(row, olt.now_us)
        olt.obeyed()

    def subscribe(self, listener: Callable[[PlantEvent], None]) -> Callable[[], None]:
        """Call ``listener`` when its management stops answering and when it answers again."""
        before: list[bool] = []

        def changed(olt: Olt) -> None:
            if olt.number != self._number:
                return
            if before and before[-1] != olt.reachable:
                kind = EventKind.OLT_REACHABLE if olt.reachable else EventKind.OLT_UNREACHABLE
                listener(PlantEvent(kind, at(olt.now_us)))
            before[:] = [olt.reachable]

        return self._fleet.subscribe(changed)


def at(instant_us: float) -> datetime:
    """An instant of the fleet."""
    return EPOCH + timedelta(microseconds=int(instant_us))


def _instant(instant_us: int) -> datetime | None:
    return at(instant_us) if instant_us else None


def _level(dbm: float) -> float | None:
    return None if np.isnan(dbm) else float(dbm)


def _serial(maker: bytes, number: int) -> SerialNumber:
    return SerialNumber.from_octets(maker + number.to_bytes(4, "big"))
