"""One OLT of the fleet, as arrays; faults change it, and time does.

Nothing is an object per ONT. Instants are microseconds of the fleet's clock since 1970 (UTC).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.states import DownCause, OntAlarm
from simulators.fleet.counters import PACE_US as COUNTERS_US
from simulators.fleet.counters import Counters, ErrorRates, Errors
from simulators.fleet.faults import Fault, Wrong
from simulators.fleet.kinds import Blow, kinds
from simulators.fleet.light import PACE_US as LIGHT_US
from simulators.fleet.light import Levels, Light, Optics
from simulators.fleet.options import FleetOptions
from simulators.fleet.orders import Standing
from simulators.fleet.physics import DAY_US, counted, mixed, received
from simulators.fleet.tables import Changes
from simulators.fleet.topology import EPOCH, Ints, Topology, draw
from simulators.plant.network import SIGNAL_DEGRADED, SIGNAL_FAILED
from simulators.plant.weather import Weather

_MICROSECOND = timedelta(microseconds=1)
_PORTS_UP_US = 6 * 60 * 1_000_000  # C: an ISAM needs some minutes for its ports
_BOARDS_UP_US = 4 * 60 * 1_000_000
_FIRST_STRANGER = 128  # above every number that a configured ONT has
_UNDER_ONE_SKY = 100  # C: OLTs that have the same weather

# The alarms that the fleet shows, as bits of its own; windows translate them.
_SHOWN = (
    OntAlarm.LOS, OntAlarm.INACTIVE, OntAlarm.DG, OntAlarm.SUF, OntAlarm.DISABLED,
    OntAlarm.SD, OntAlarm.SF, OntAlarm.RDI, OntAlarm.DOW,
)  # fmt: skip
ALARMS = {alarm: 1 << place for place, alarm in enumerate(_SHOWN)}
LOS, INACTIVE, DYING_GASP, REFUSED, DISABLED = (ALARMS[alarm] for alarm in _SHOWN[:5])
# Why an ONT went down, where it was neither light nor power, by number; 0 for light, power or never.
CAUSES = (None, DownCause.DEACTIVATED, DownCause.AUTHENTICATION_FAILED, DownCause.RESET)


def instant_us(instant: datetime) -> int:
    """An instant in microseconds since 1970."""
    return (instant - EPOCH) // _MICROSECOND


@dataclass(slots=True)
class Moment:
    """The present instant, one for the whole fleet."""

    us: int


@dataclass(frozen=True, slots=True)
class Found:
    """An ONT that shows itself where it is not configured.

    Attributes:
        port: Row of the port; ``number`` tells those of a port apart; ``ont`` row of the ONT that it is or stands for.
        stranger: Whether it is not where its configuration was.
        maker: Of its serial number; ``None`` for the one of that ONT.
    """

    port: int
    number: int
    ont: int
    stranger: bool
    maker: bytes | None
    serial: int


class Olt:
    """One OLT.

    Args:
        first: What its vendor counts PON ports and ONTs from: 0 or 1.

    Attributes:
        up: Whether the OLT works with each ONT; ``alarms`` bits of `ALARMS`; ``changed_us`` last change of ``up``;
            ``cause`` why it last went down, by number in `CAUSES`.
        pon_up: Whether each port has an ONT up; ``pon_changed_us`` its last change.
        last_up_us: When each ONT last came up, last went down, was last heard to lose its power; 0 for never. So
            ``last_down_us``, ``last_gasp_us``.
        standing: Orders in force; whoever gives one calls ``obeyed``.
        found: What shows itself without being configured there.
        state_version: Another number after each change; ``rows_version`` after each change of what has rows.
    """

    def __init__(self, options: FleetOptions, number: int, first: int, moment: Moment) -> None:
        self.number, self.options, self._moment = number, options, moment
        self.name = f"OLT-{number:05d}"
        origin_us = instant_us(options.origin)
        age = mixed(np.array([number], np.uint64), options.seed)[0]
        self.booted_us = origin_us - int((30 + 500 * age) * DAY_US) // 10_000 * 10_000
        self.topology: Topology = draw(options, number, first, self.booted_us)
        onts, ports = len(self.topology.slot), len(self.topology.pon_slot)
        self.weather = Weather(options.seed * 1009 + number // _UNDER_ONE_SKY)
        self._optics = Optics(self.topology, self.weather, options.seed * 1_000_003 + number)
        self._counters = Counters(self.topology, origin_us, self.booted_us)
        self.faults: dict[int, Fault] = {}
        self.standing = Standing()
        self.obeyed: Callable[[], None] = self.settle
        self.wrong = Wrong.nothing(onts, ports)
        self.up = np.ones(onts, np.bool_)
        self.alarms = np.zeros(onts, np.uint16)
        self.cause = np.zeros(onts, np.uint8)
        self.changed_us: Ints = self.topology.changed_us
        off, changed = self.topology.off, self.topology.changed_us
        self.last_up_us: Ints = np.where(off, self.booted_us + _PORTS_UP_US, changed)
        self.last_down_us: Ints = np.where(off, changed, 0)
        self.last_gasp_us = self.last_down_us
        self.pon_up = np.ones(ports, np.bool_)
        self.pon_changed_us: Ints = np.full(ports, self.booted_us + _PORTS_UP_US)
        self.boards_changed_us = dict.fromkeys(range(1, 9), self.booted_us + _BOARDS_UP_US)
        self.found: tuple[Found, ...] = ()
        self._light: tuple[int, Light] | None = None
        self.state_version = self.rows_version = 0
        self._settled_us = origin_us
        self._recompute(origin_us, fresh=True)
        self.advance()

    @property
    def now_us(self) -> int:
        """The present instant."""
        return self._moment.us

    @property
    def reachable(self) -> bool:
        """Whether its management answers at all."""
        return self.wrong.reachable

    @property
    def managed(self) -> NDArray[np.bool_]:
        """ONTs that the OLT can ask something of, not only range."""
        return self.up & ~self.wrong.unmanaged

    @property
    def uni_up(self) -> NDArray[np.bool_]:
        """Link of each ONT towards its box."""
        return self.managed & ~self.wrong.unplugged & ~self.wrong.unis_locked

    @property
    def outdated(self) -> NDArray[np.bool_]:
        """ONTs that run the other firmware of their model: installed so, or by a fault."""
        old: NDArray[np.bool_] = self.topology.outdated | (self.wrong.version == 1)
        return old

    def stamp(self, changes: Changes) -> int:
        """A number that is another one once the values of such a column may have changed."""
        if changes == Changes.NEVER:
            return self.rows_version
        if changes == Changes.WITH_STATE:
            return self.state_version
        if changes == Changes.ALWAYS:
            return self.now_us
        pace = LIGHT_US if changes == Changes.WITH_LIGHT else COUNTERS_US
        return self.state_version << 40 | self.now_us // pace & 0xFFFFFFFFFF

    def advance(self) -> None:
        """Let happen what is due, each at its own instant; of what came and went many times, the last time."""
        now_us = self.now_us
        lasts = [fault.last_us(now_us) for fault in self.faults.values()]
        lasts += [at for at in self.standing.ends_us(self._settled_us) if at <= now_us]
        for at_us in sorted({at for at in lasts if at > self._settled_us}):
            self._recompute(at_us)
        self._settled_us = max(self._settled_us, now_us)

    def next_us(self) -> int | None:
        """When something is due."""
        dues = [at for fault in self.faults.values() if (at := fault.next_us(self.now_us)) is not None]
        dues += self.standing.ends_us(self.now_us)
        return min(dues, default=None)

    def add(self, fault: Fault) -> None:
        """Make a fault known; it strikes at its own instant."""
        self.faults[fault.id] = fault
        self.standing.struck(fault.struck.onts.tolist())
        self._recompute(self.now_us)

    def remove(self, number: int) -> Fault:
        """Repair a fault."""
        fault = self.faults.pop(number)
        self._recompute(self.now_us)
        return fault

    def settle(self) -> None:
        """Bring the state in line with the orders in force."""
        self._recompute(self.now_us)

    @property
    def light(self) -> Light:
        """Every level, as measured now."""
        stamp = self.stamp(Changes.WITH_LIGHT)
        if self._light is None or self._light[0] != stamp:
            at_us = max(self.now_us // LIGHT_US * LIGHT_US, 0)
            wrong = self._sum(at_us) if any(fault.course.moves for fault in self.faults.values()) else self.wrong
            self._light = (stamp, self._optics.read(at_us, wrong, self.up, self.managed, self.lit_ports()))
        return self._light[1]

    def levels(self) -> Levels:
        """The truth behind `light`, now."""
        return self._optics.levels(self.now_us, self._sum(self.now_us))

    def errors(self) -> Errors:
        """Errors of each ONT since the OLT's start."""
        return self._counters.errors(self.now_us)

    def traffic(self) -> tuple[Ints, Ints]:
        """Bytes upstream and downstream of each ONT since the OLT's start."""
        return self._counters.traffic(self.now_us)

    def lit_ports(self) -> NDArray[np.bool_]:
        """Ports whose laser emits."""
        return ~self.wrong.lasers_off & self.boards_work(self.topology.pon_slot)

    def boards_work(self, slots: Ints) -> NDArray[np.bool_]:
        """Whether the board of each of these slots works."""
        return ~np.isin(slots, list(self.wrong.boards_off))

    def _sum(self, at_us: int) -> Wrong:
        t = self.topology
        wrong = Wrong.nothing(len(t.slot), len(t.pon_slot))
        wrong.unpowered |= t.off
        for fault in self.faults.values():
            if strength := fault.strength(at_us, self.weather):
                kinds()[fault.kind].apply(wrong, Blow(t, fault.struck, fault.values, strength))
        self.standing.apply(wrong, at_us)
        return wrong

    def _recompute(self, at_us: int, *, fresh: bool = False) -> None:
        """Bring the state in line with the faults of an instant."""
        boards_before, unprovisioned_before = self.wrong.boards_off, self.wrong.unprovisioned
        self.wrong = wrong = self._sum(at_us)
        for slot in wrong.boards_off ^ boards_before:
            self.boards_changed_us[slot] = at_us
        t = self.topology
        levels, limits = self._optics.levels(at_us, wrong), t.generation.limits
        down = received(levels.received, limits.ont, t.generation.light)
        upstream = received(levels.heard, limits.olt, t.generation.light)
        lit = self.lit_ports() & ~wrong.feeders
        heard = lit[t.port] & ~wrong.dark & down.holds & upstream.holds
        heard[[*wrong.moved, *wrong.swapped]] = False
        up = heard & ~(wrong.unpowered | wrong.locked | wrong.unprovisioned | wrong.refused | wrong.restarting)
        rates = ErrorRates(
            up * counted(upstream.left + wrong.ber_up),
            up * counted(down.left + wrong.ber_down),
            up * down.raw * limits.ont.fec,
        )
        self._fall_and_rise(at_us, up, heard, rates, fresh=fresh)
        self._counters.change(at_us, rates, self.uni_up)
        found = tuple(self._strangers(lit))
        if found != self.found or not np.array_equal(wrong.unprovisioned, unprovisioned_before):
            self.found, self.rows_version = found, self.rows_version + 1
        self.state_version += 1

    def _fall_and_rise(
        self, at_us: int, up: NDArray[np.bool_], heard: NDArray[np.bool_], rates: ErrorRates, *, fresh: bool
    ) -> None:
        """Note what has changed of ONTs and ports; at first, nothing has."""
        t, wrong = self.topology, self.wrong
        self.alarms = np.where(up, self._alarms_up(rates), self._alarms_down(heard)).astype(np.uint16)
        pon_up = np.zeros(len(t.pon_slot), np.bool_)
        pon_up[t.port[up]] = True
        if not fresh:
            fell = self.up & ~up
            self.changed_us = np.where(up != self.up, at_us, self.changed_us)
            self.last_up_us = np.where(up & ~self.up, at_us, self.last_up_us)
            self.last_down_us = np.where(fell, at_us, self.last_down_us)
            self.last_gasp_us = np.where(fell & (self.alarms & DYING_GASP > 0), at_us, self.last_gasp_us)
            by_hand = np.where(wrong.locked, 1, np.where(wrong.refused, 2, np.where(wrong.restarting, 3, 0)))
            why = np.where(heard & ~wrong.unpowered, by_hand, 0)
            self.cause = np.where(fell, why, self.cause).astype(np.uint8)
            self.pon_changed_us = np.where(pon_up != self.pon_up, at_us, self.pon_changed_us)
        self.up, self.pon_up = up, pon_up

    def _alarms_up(self, rates: ErrorRates) -> Ints:
        """Of an ONT that is up: the two thresholds upstream, what it says of its own reception, what it is known as."""
        degraded = np.where(rates.up >= SIGNAL_DEGRADED, ALARMS[OntAlarm.SD], 0)
        failed = np.where(rates.up >= SIGNAL_FAILED, ALARMS[OntAlarm.SF], 0)
        deaf = np.where(rates.down >= SIGNAL_FAILED, ALARMS[OntAlarm.RDI], 0)
        known = np.where(self.wrong.rogue, ALARMS[OntAlarm.DOW], 0)
        return (degraded | failed | deaf | known).astype(np.int64)

    def _alarms_down(self, heard: NDArray[np.bool_]) -> Ints:
        """As the small plant does: a dying gasp is heard from an ONT that was up and lit; silence keeps it."""
        wrong = self.wrong
        alarms = np.where(self.alarms & LOS, self.alarms, LOS | INACTIVE)
        turned_away = heard & ~wrong.unpowered & (wrong.refused | wrong.locked)
        alarms = np.where(turned_away, np.where(wrong.locked, DISABLED, REFUSED) | INACTIVE, alarms)
        alarms = np.where(self.up & heard & wrong.unpowered, LOS | INACTIVE | DYING_GASP, alarms)
        return np.where(self.boards_work(self.topology.slot), alarms, INACTIVE).astype(np.int64)

    def _strangers(self, lit: NDArray[np.bool_]) -> Iterator[Found]:
        """What is not configured and shows itself, then what stands where it was not configured."""
        t, wrong, count = self.topology, self.wrong, dict[int, int]()
        for row in np.flatnonzero(wrong.unprovisioned & ~wrong.unpowered & self.lit_ports()[t.port]).tolist():
            yield Found(int(t.port[row]), int(t.ont[row]), row, False, None, int(t.serial[row]))
        for row in sorted({*wrong.moved, *wrong.swapped}):
            port = wrong.moved.get(row, int(t.port[row]))
            if lit[port] and not wrong.dark[row] and not wrong.unpowered[row]:
                maker, serial = wrong.swapped.get(row, (None, int(t.serial[row])))
                number = _FIRST_STRANGER + count.get(port, 0)
                count[port] = count.get(port, 0) + 1
                yield Found(port, number, row, True, maker, serial)
