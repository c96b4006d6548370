"""Faults of the fleet: what each does to the arrays of an OLT, and when it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.physics import DAY_US, Reals, is_raining, temperature_c
from simulators.plant.errors import CommandError

if TYPE_CHECKING:
    from simulators.fleet.topology import Topology

_SECOND_US = 1_000_000


class Scope(Enum):
    """What a fault strikes; the value tells how to write it."""

    ONT = "ONT-1-1-5-10-19"
    PBO = "PBO-5-10-3-1 (slot, port, branch, box)"
    SPLITTER = "CPL-5-10-3 (slot, port, branch)"
    PON = "PON-1-1-5-10"
    PM = "PM-2"
    SLOT = "LT5"
    OLT = "OLT"


@dataclass(slots=True, eq=False)
class Wrong:
    """What is wrong below one OLT at one moment: the sum of its faults.

    Attributes:
        dark: ONTs that no light reaches; ``unpowered`` without mains; ``unplugged`` with no box on their port.
        lasers_off: Ports that do not emit; ``boards_off`` slots out of service.
        both_db: Loss added in both directions; ``bend_db`` loss at 1490 nm by bends.
        port_db: Fall of the level that each port sends; ``ont_db`` of each ONT; ``receiver_db`` of each port's figure.
        error_per_s: Errors that light does not explain.
    """

    dark: NDArray[np.bool_]
    unpowered: NDArray[np.bool_]
    unplugged: NDArray[np.bool_]
    lasers_off: NDArray[np.bool_]
    both_db: Reals
    bend_db: Reals
    port_db: Reals
    ont_db: Reals
    receiver_db: Reals
    error_per_s: Reals
    boards_off: set[int]
    reachable: bool = True

    @classmethod
    def nothing(cls, onts: int, ports: int) -> Wrong:
        """A plant where nothing is wrong."""

        def flags(rows: int) -> NDArray[np.bool_]:
            return np.zeros(rows, np.bool_)

        return cls(
            dark=flags(onts),
            unpowered=flags(onts),
            unplugged=flags(onts),
            lasers_off=flags(ports),
            both_db=np.zeros(onts),
            bend_db=np.zeros(onts),
            port_db=np.zeros(ports),
            ont_db=np.zeros(onts),
            receiver_db=np.zeros(ports),
            error_per_s=np.zeros(onts),
            boards_off=set(),
        )


@dataclass(frozen=True, slots=True)
class Struck:
    """What a fault struck: rows of ONTs, rows of ports, slots."""

    onts: NDArray[np.intp]
    ports: NDArray[np.intp]
    slots: tuple[int, ...]


class Course(TypedDict, total=False):
    """When a fault is there: see `Fault`."""

    begin_us: int
    end_us: int | None
    period_s: float
    duty: float
    when: str


def check(course: Course) -> None:
    """Raise `CommandError` for a course that no fault can follow."""
    when, accepted = course.get("when", "always"), ["always", "rain", "hot", "cold"]
    if when not in accepted:
        raise CommandError(f"a fault does not depend on {when!r}", accepted)
    if not 0 < course.get("duty", 0.5) < 1 or course.get("period_s", 0.0) < 0:
        raise CommandError("a fault that comes and goes has a period in seconds and a duty between 0 and 1")


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """A fault of one OLT.

    Attributes:
        size: In dB; in dB a day for a drift; in errors a second for errors; no meaning for what is cut.
        begin_us: When it begins; ``end_us`` when it is over by itself.
        period_us: For a fault that comes and goes: how long a turn lasts; ``duty`` the share of it that it is there.
        when: ``always``, ``rain``, ``hot`` or ``cold``: what it depends on besides.
    """

    id: int
    kind: str
    target: str
    struck: Struck
    size: float
    begin_us: int
    end_us: int | None = None
    period_us: int = 0
    duty: float = 0.5
    when: str = "always"

    def strength(self, at_us: int, seed: int) -> float:
        """How much of it is there at an instant: 0 to 1, more for what grows with heat or cold."""
        if at_us < self.begin_us or (self.end_us is not None and at_us >= self.end_us):
            return 0.0
        if self.period_us and (at_us - self.begin_us) % self.period_us >= self.duty * self.period_us:
            return 0.0
        if self.when == "rain":
            return float(is_raining(at_us, seed))
        if self.when == "hot":
            return max(0.0, temperature_c(at_us) - 5.0) / 20.0
        if self.when == "cold":
            return max(0.0, 20.0 - temperature_c(at_us)) / 20.0
        return 1.0

    def next_us(self, after_us: int) -> int | None:
        """The next instant at which it begins, ends, comes or goes."""
        if after_us < self.begin_us:
            return self.begin_us
        ends = [] if self.end_us is None else [self.end_us]
        if self.period_us:
            turn = self.begin_us + (after_us - self.begin_us) // self.period_us * self.period_us
            ends += [turn + int(self.duty * self.period_us), turn + self.period_us]
        elif self.when != "always" or KINDS[self.kind].moves:
            ends.append(after_us // _LOOK_US * _LOOK_US + _LOOK_US)
        later = [end for end in ends if end > after_us and (self.end_us is None or end <= self.end_us)]
        return min(later, default=None)

    def last_us(self, now_us: int) -> int:
        """The last such instant up to ``now_us``, 0 when there is none."""
        known = [self.begin_us] if self.end_us is None else [self.begin_us, self.end_us]
        live_us = now_us if self.end_us is None else min(now_us, self.end_us)
        if live_us >= self.begin_us and self.period_us:
            turn = self.begin_us + (live_us - self.begin_us) // self.period_us * self.period_us
            known += [
                turn,
                turn + int(self.duty * self.period_us),
                turn - self.period_us + int(self.duty * self.period_us),
            ]
        elif live_us >= self.begin_us and (self.when != "always" or KINDS[self.kind].moves):
            known.append(live_us // _LOOK_US * _LOOK_US)
        return max((at for at in known if at <= now_us), default=0)


_LOOK_US = 900 * _SECOND_US  # C: how often a loss that moves is compared with what the link bears

Apply = Callable[[Wrong, Struck, float], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        scopes: What it may strike.
        apply: Adds it to what is wrong; its last argument is the size times the strength of the moment.
        size: Its size when none is given.
        moves: Whether its size grows with the days since it began.
        text: What it is.
    """

    scopes: frozenset[Scope]
    apply: Apply
    text: str
    size: float = 1.0
    moves: bool = False

    def amount(self, fault: Fault, at_us: int, seed: int) -> float:
        """Its size at an instant."""
        strength = fault.strength(at_us, seed)
        days = max(0.0, (at_us - fault.begin_us) / DAY_US) if self.moves else 1.0
        return fault.size * strength * days


def _dark(wrong: Wrong, struck: Struck, _amount: float) -> None:
    wrong.dark[struck.onts] = True


def _unpowered(wrong: Wrong, struck: Struck, _amount: float) -> None:
    wrong.unpowered[struck.onts] = True


def _unplugged(wrong: Wrong, struck: Struck, _amount: float) -> None:
    wrong.unplugged[struck.onts] = True


def _board(wrong: Wrong, struck: Struck, _amount: float) -> None:
    wrong.boards_off.update(struck.slots)


def _laser_off(wrong: Wrong, struck: Struck, _amount: float) -> None:
    wrong.lasers_off[struck.ports] = True


def _silent(wrong: Wrong, _struck: Struck, _amount: float) -> None:
    wrong.reachable = False


def _loss(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.both_db[struck.onts] += amount


def _bend(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.bend_db[struck.onts] += amount


def _port_weak(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.port_db[struck.ports] += amount


def _port_deaf(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.receiver_db[struck.ports] += amount


def _ont_weak(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.ont_db[struck.onts] += amount


def _errors(wrong: Wrong, struck: Struck, amount: float) -> None:
    wrong.error_per_s[struck.onts] += amount


_BELOW = frozenset({Scope.ONT, Scope.PBO, Scope.SPLITTER, Scope.PON, Scope.PM})
_ONT, _PON = frozenset({Scope.ONT}), frozenset({Scope.PON})

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "drop-cut": Kind(_ONT, _dark, "the drop between PBO and ONT is cut"),
        "pbo-cut": Kind(frozenset({Scope.PBO}), _dark, "the cable of a PBO is cut"),
        "splitter-cut": Kind(frozenset({Scope.SPLITTER}), _dark, "a second splitter gives no light"),
        "feeder-cut": Kind(frozenset({Scope.PON, Scope.PM}), _dark, "the feeder is cut; the laser stays on"),
        "card-down": Kind(frozenset({Scope.SLOT}), _board, "a board is out of service"),
        "pon-laser-off": Kind(_PON, _laser_off, "the laser of a port is off"),
        "ont-power-off": Kind(_ONT, _unpowered, "an ONT loses its mains; its dying gasp is heard"),
        "area-power-off": Kind(_BELOW | {Scope.OLT}, _unpowered, "the mains of an area fail: dying gasps"),
        "uni-unplugged": Kind(_ONT, _unplugged, "nothing is plugged into the ONT"),
        "olt-unreachable": Kind(frozenset({Scope.OLT}), _silent, "the management of the OLT does not answer"),
        "dirty-connector": Kind(_BELOW, _loss, "a loss alike in both directions", 3.0),
        "step": Kind(_BELOW, _loss, "a loss that came at once", 2.0),
        "drift": Kind(_BELOW, _loss, "a loss that grows, dB a day", 0.1, moves=True),
        "moisture": Kind(_BELOW, _loss, "a loss with the rain (when=rain)", 1.5),
        "macrobend": Kind(_BELOW, _bend, "a bend: its dB are at 1490 nm, more at 1577, less at 1310 and 1270", 4.0),
        "sfp-weak": Kind(_PON, _port_weak, "the port sends less", 3.0),
        "sfp-drift": Kind(_PON, _port_weak, "the port sends less and less, dB a day", 0.05, moves=True),
        "sfp-deaf": Kind(_PON, _port_deaf, "the port hears less", 3.0),
        "ont-laser-weak": Kind(_ONT, _ont_weak, "the ONT sends less", 2.0),
        "ont-laser-drift": Kind(_ONT, _ont_weak, "the ONT sends less and less, dB a day", 0.05, moves=True),
        "errors": Kind(_BELOW, _errors, "errors at a good level, a second", 5.0),
    }
)
"""Any of them flaps when it is given a period, and depends on rain, heat or cold when it is told so."""


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
