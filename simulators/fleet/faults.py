"""Faults of the fleet: what they make wrong below an OLT, as arrays, and when each is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.physics import Reals
from simulators.fleet.topology import EPOCH, Ints, Topology
from simulators.plant.course import Course
from simulators.plant.faults.kind import Value
from simulators.plant.weather import Weather

LOOK_US = 900 * 1_000_000  # C: how often a loss that moves is compared with what the link bears

Flags = NDArray[np.bool_]


class Scope(Enum):
    """What a fault strikes; the value tells how to write it."""

    ONT = "ONT-1-1-5-10-19"
    PBO = "PBO-5-10-3-1 (slot, port, branch, box)"
    SPLITTER = "CPL-5-10-3 (slot, port, branch)"
    PON = "PON-1-1-5-10"
    PM = "PM-2"
    SLOT = "LT5"
    OLT = "OLT, or nothing"


@dataclass(slots=True, eq=False)
class Wrong:
    """What is wrong below one OLT at one moment: the sum of its faults. As `simulators.plant.conditions`, in arrays.

    Attributes:
        dark: ONTs whose own fibre is cut; ``feeders`` ports whose feeder is.
        unpowered: ONTs without mains; ``unplugged`` with no box on their port.
        lasers_off: Ports that do not emit; ``boards_off`` slots out of service.
        both_db: Loss added in both directions; ``bend_db`` loss at 1490 nm by bends.
        port_db: Fall of the level that each port sends; ``ont_db`` of each ONT; ``receiver_db`` of each port's figure.
        port_bias: How many times its usual current the laser of each port draws; so ``ont_bias``.
        ber_up: Errors a bit that light does not explain, upstream; ``ber_down`` downstream.
        locked: ONTs that are administratively down; ``unprovisioned`` not configured; ``refused`` with a wrong
            password; ``unmanaged`` without OMCI; ``rogue`` known to speak out of turn.
        restarting: ONTs that restart by order; ``unis_locked`` whose Ethernet port is shut; ``pons_locked`` ports that
            are shut.
        rate: Of each ONT's Ethernet link, as a row of `RATES`; ``forced`` whether it is not negotiated.
        version: Firmware of each ONT: 0 the usual one, 1 the other one, from 2 on rows of ``versions``.
        moved: Row of the port that an ONT hangs from instead of its own, by row of the ONT.
        swapped: Serial number of what stands in the place of an ONT: maker, ``None`` for the same, and number.
    """

    dark: Flags
    unpowered: Flags
    unplugged: Flags
    locked: Flags
    unprovisioned: Flags
    refused: Flags
    unmanaged: Flags
    rogue: Flags
    forced: Flags
    restarting: Flags
    unis_locked: Flags
    pons_locked: Flags
    feeders: Flags
    lasers_off: Flags
    both_db: Reals
    bend_db: Reals
    ont_db: Reals
    ont_bias: Reals
    ber_up: Reals
    ber_down: Reals
    port_db: Reals
    port_bias: Reals
    receiver_db: Reals
    rate: Ints
    version: Ints
    versions: list[bytes] = field(default_factory=list)
    boards_off: set[int] = field(default_factory=set)
    moved: dict[int, int] = field(default_factory=dict)
    swapped: dict[int, tuple[bytes | None, int]] = field(default_factory=dict)
    reachable: bool = True

    @classmethod
    def nothing(cls, onts: int, ports: int) -> Wrong:
        """A plant where nothing is wrong."""

        def flags(rows: int = onts) -> Flags:
            return np.zeros(rows, np.bool_)

        return cls(
            dark=flags(),
            unpowered=flags(),
            unplugged=flags(),
            locked=flags(),
            unprovisioned=flags(),
            refused=flags(),
            unmanaged=flags(),
            rogue=flags(),
            forced=flags(),
            restarting=flags(),
            unis_locked=flags(),
            pons_locked=flags(ports),
            feeders=flags(ports),
            lasers_off=flags(ports),
            both_db=np.zeros(onts),
            bend_db=np.zeros(onts),
            ont_db=np.zeros(onts),
            ont_bias=np.ones(onts),
            ber_up=np.zeros(onts),
            ber_down=np.zeros(onts),
            port_db=np.zeros(ports),
            port_bias=np.ones(ports),
            receiver_db=np.zeros(ports),
            rate=np.zeros(onts, np.int64),
            version=np.zeros(onts, np.int64),
        )


@dataclass(frozen=True, slots=True)
class Struck:
    """What a fault struck: rows of ONTs, rows of ports, slots."""

    onts: NDArray[np.intp]
    ports: NDArray[np.intp]
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """A fault of one OLT.

    Attributes:
        values: Its parameters, and those of its course.
        since_us: When it was ordered: its course counts from there.
    """

    id: int
    kind: str
    target: str
    struck: Struck
    values: Mapping[str, Value]
    course: Course
    since_us: int

    def strength(self, at_us: int, weather: Weather) -> float:
        """How much of it is there at an instant: 0 to 1."""
        return self.course.strength(self._age_s(at_us), weather, EPOCH + timedelta(microseconds=at_us))

    def over(self, at_us: int) -> bool:
        """Whether it has ended by itself."""
        return self.course.over(self._age_s(at_us))

    def next_us(self, after_us: int) -> int | None:
        """The next instant at which it begins, ends, comes or goes, or is looked at because its size moves."""
        change_s = self.course.next_change(self._age_s(after_us))
        dues = [] if change_s is None else [self.since_us + _us(change_s)]
        if self.course.moves and not self.over(after_us):
            dues.append(after_us // LOOK_US * LOOK_US + LOOK_US)
        return max(min(dues), after_us + 1) if dues else None

    def last_us(self, now_us: int) -> int:
        """The last such instant up to ``now_us``, 0 when there is none."""
        course = self.course
        begin_us = self.since_us + _us(course.after_s)
        if now_us < begin_us:
            return 0
        known = [begin_us]
        live_us = now_us
        if course.for_s:
            known.append(end_us := begin_us + _us(course.for_s))
            live_us = min(now_us, end_us)
        if course.period_s:
            period_us, there_us = _us(course.period_s), _us(course.duty * course.period_s)
            turn_us = begin_us + (live_us - begin_us) // period_us * period_us
            known += [turn_us, turn_us + there_us, turn_us - period_us + there_us]
        if course.moves:
            known.append(live_us // LOOK_US * LOOK_US)
        return max(at for at in known if at <= now_us)

    def _age_s(self, at_us: int) -> float:
        return (at_us - self.since_us) / 1e6


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def strike(topology: Topology, scope: Scope, numbers: tuple[int, ...]) -> Struck:
    """The rows that a target names; empty when nothing bears that name."""
    t = topology
    onts = np.ones(len(t.slot), np.bool_)
    match scope:
        case Scope.ONT:
            onts = (t.slot == numbers[2]) & (t.pon == numbers[3]) & (t.ont == numbers[4])
        case Scope.PBO:
            onts = (t.slot == numbers[0]) & (t.pon == numbers[1]) & (t.branch == numbers[2]) & (t.pbo == numbers[3])
        case Scope.SPLITTER:
            onts = (t.slot == numbers[0]) & (t.pon == numbers[1]) & (t.branch == numbers[2])
        case Scope.PON:
            onts = (t.slot == numbers[2]) & (t.pon == numbers[3])
        case Scope.PM:
            onts = t.pm == numbers[0]
        case Scope.SLOT:
            onts = t.slot == numbers[0]
        case Scope.OLT:
            pass
    rows = np.flatnonzero(onts)
    ports = np.unique(t.port[rows])
    return Struck(rows, ports, tuple(np.unique(t.slot[rows]).tolist()))
