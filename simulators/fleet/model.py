"""One OLT of the fleet, as arrays; faults change it, and time does.

Nothing is an object per ONT. Instants are microseconds of the fleet's clock since 1970 (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.states import OntAlarm
from simulators.fleet.faults import KINDS, Fault, Wrong
from simulators.fleet.options import FleetOptions
from simulators.fleet.physics import (
    DAY_US,
    Reals,
    busy_seconds,
    errors_per_s,
    holds,
    mixed,
    path_loss_db,
    temperature_c,
)
from simulators.fleet.tables import Changes
from simulators.fleet.topology import EPOCH, Ints, Topology, draw

_MICROSECOND = timedelta(microseconds=1)
LIGHT_US = 60 * 1_000_000  # C: how long a value of light stands before temperature and noise move it
COUNTERS_US = 10 * 1_000_000  # C: how often an OLT brings its counters up to date
_PORTS_UP_US = 6 * 60 * 1_000_000  # C: an ISAM needs some minutes for its ports
_BOARDS_UP_US = 4 * 60 * 1_000_000
_NOISE_DB = 0.06  # C: half span of what a level does from one reading to the next
_YEAR_US = 365.2425 * DAY_US

# The alarms that the fleet shows, as bits of its own; windows translate them.
LOS, INACTIVE, DYING_GASP = 1, 2, 4
ALARMS = {OntAlarm.LOS: LOS, OntAlarm.INACTIVE: INACTIVE, OntAlarm.DG: DYING_GASP}


def instant_us(instant: datetime) -> int:
    """An instant in microseconds since 1970."""
    return (instant - EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Levels as measured, dBm; NaN where nothing can be."""

    ont_rx_dbm: Reals
    ont_tx_dbm: Reals
    olt_rx_dbm: Reals
    pon_tx_dbm: Reals


@dataclass(slots=True)
class Moment:
    """The present instant, one for the whole fleet."""

    us: int


class Olt:
    """One OLT.

    Args:
        first: What its vendor counts PON ports and ONTs from: 0 or 1.

    Attributes:
        up: Whether the OLT works with each ONT; ``alarms`` bits of `ALARMS`; ``changed_us`` last change of ``up``.
        pon_up: Whether each port has an ONT up; ``pon_changed_us`` its last change.
        uni_up: Link of each ONT towards its box.
        last_up_us: When each ONT last came up, last went down, was last heard to lose its power; 0 for never. So
            ``last_down_us``, ``last_gasp_us``.
    """

    def __init__(self, options: FleetOptions, number: int, first: int, moment: Moment) -> None:
        self.number, self.options, self._moment = number, options, moment
        self.name = f"OLT-{number:05d}"
        origin_us = instant_us(options.origin)
        self.seed = options.seed * 1_000_003 + number
        age = mixed(np.array([number], np.uint64), options.seed)[0]
        self.booted_us = origin_us - int((30 + 500 * age) * DAY_US) // 10_000 * 10_000
        self.topology: Topology = draw(options, number, first, self.booted_us)
        onts, ports = len(self.topology.slot), len(self.topology.pon_slot)
        self.faults: dict[int, Fault] = {}
        self.wrong = Wrong.nothing(onts, ports)
        self.up = np.ones(onts, np.bool_)
        self.alarms = np.zeros(onts, np.uint8)
        self.changed_us: Ints = self.topology.changed_us
        off, changed = self.topology.off, self.topology.changed_us
        self.last_up_us: Ints = np.where(off, self.booted_us + _PORTS_UP_US, changed)
        self.last_down_us: Ints = np.where(off, changed, 0)
        self.last_gasp_us = self.last_down_us
        self.pon_up = np.ones(ports, np.bool_)
        self.pon_changed_us: Ints = np.full(ports, self.booted_us + _PORTS_UP_US)
        self.boards_changed_us = dict.fromkeys(range(1, 9), self.booted_us + _BOARDS_UP_US)
        self._counted = (origin_us, busy_seconds(origin_us))
        self._errors_down, self._errors_up = np.zeros(onts), np.zeros(onts)
        self._errors_down_s, self._errors_up_s = np.zeros(onts), np.zeros(onts)
        self._busy_s = np.full(onts, busy_seconds(origin_us) - busy_seconds(self.booted_us))
        self._light: tuple[int, Light] | None = None
        self.state_version = 0
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
    def uni_up(self) -> NDArray[np.bool_]:
        """Link of each ONT towards its box."""
        return self.up & ~self.wrong.unplugged

    def stamp(self, changes: Changes) -> int:
        """A number that is another one once the values of such a column may have changed."""
        if changes == Changes.NEVER:
            return 0
        if changes == Changes.WITH_STATE:
            return self.state_version
        if changes == Changes.ALWAYS:
            return self.now_us
        pace = LIGHT_US if changes == Changes.WITH_LIGHT else COUNTERS_US
        return self.state_version << 40 | self.now_us // pace & 0xFFFFFFFFFF

    def advance(self) -> None:
        """Let happen what is due, each at its own instant; of what came and went many times, the last time."""
        now_us = self.now_us
        lasts = (fault.last_us(now_us) for fault in self.faults.values())
        for at_us in sorted({at for at in lasts if at > self._settled_us}):
            self._recompute(at_us)
        self._settled_us = max(self._settled_us, now_us)

    def next_us(self) -> int | None:
        """When something is due."""
        dues = [at for fault in self.faults.values() if (at := fault.next_us(self.now_us)) is not None]
        return min(dues, default=None)

    def add(self, fault: Fault) -> None:
        """Make a fault known; it strikes at its own instant."""
        self.faults[fault.id] = fault
        self._recompute(self.now_us)

    def remove(self, number: int) -> Fault:
        """Repair a fault."""
        fault = self.faults.pop(number)
        self._recompute(self.now_us)
        return fault

    @property
    def light(self) -> Light:
        """Every level, as measured now."""
        stamp = self.stamp(Changes.WITH_LIGHT)
        if self._light is None or self._light[0] != stamp:
            at_us = max(self.now_us // LIGHT_US * LIGHT_US, 0)
            self._light = (stamp, self._measured(at_us))
        return self._light[1]

    def errors(self) -> tuple[Ints, Ints]:
        """Errors upstream and downstream of each ONT since the OLT's start."""
        seconds = (self.now_us // COUNTERS_US * COUNTERS_US - self._counted[0]) / 1e6
        passed = max(seconds, 0.0)
        return (
            (self._errors_up + passed * self._errors_up_s).astype(np.int64),
            (self._errors_down + passed * self._errors_down_s).astype(np.int64),
        )

    def traffic(self) -> tuple[Ints, Ints]:
        """Bytes upstream and downstream of each ONT since the OLT's start."""
        passed = max(busy_seconds(self.now_us // COUNTERS_US * COUNTERS_US) - self._counted[1], 0.0)
        busy_s = self._busy_s + passed * self.uni_up
        t = self.topology
        return (busy_s * t.up_bytes_s).astype(np.int64), (busy_s * t.down_bytes_s).astype(np.int64)

    def true_levels(self, at_us: int, wrong: Wrong) -> tuple[Reals, Reals, Reals, Reals]:
        """What the ONTs receive and send, and what the OLT receives and sends, whether they work or not."""
        t, generation = self.topology, self.topology.generation
        warm = temperature_c(at_us)
        extra = t.workmanship_db + t.heat_db_c * (warm - 12.0) + wrong.both_db
        years = (at_us - t.installed_us) / _YEAR_US
        sent = t.tx_dbm - t.ageing_db_year * years - 0.008 * (warm - 12.0) - wrong.ont_db
        pon_tx = t.pon_tx_dbm - wrong.port_db
        down = path_loss_db(t.length_m, t.splitter_db, generation.down_db_km) + generation.bend_down * wrong.bend_db
        up = path_loss_db(t.length_m, t.splitter_db, generation.up_db_km) + generation.bend_up * wrong.bend_db
        received = pon_tx[t.port] - down - extra
        heard = sent - up - extra - wrong.receiver_db[t.port]
        return received, sent, heard, pon_tx

    def _measured(self, at_us: int) -> Light:
        received, sent, heard, pon_tx = self.true_levels(at_us, self._wrong_at(at_us, self.wrong))
        t = self.topology
        rows = np.arange(len(t.slot), dtype=np.uint64)
        turn = at_us // LIGHT_US
        noise = [(mixed(rows, self.seed * 7919 + turn * 3 + part) - 0.5) * (2 * _NOISE_DB) for part in range(3)]
        dead = ~self.up
        levels = (
            received + t.error_rx_db + noise[0],
            sent + t.error_tx_db + noise[1] / 2,
            heard + t.error_olt_db + noise[2],
        )
        for level in levels:
            level[dead] = np.nan
        return Light(*levels, np.where(self.lit_ports(), pon_tx, np.nan))

    def lit_ports(self) -> NDArray[np.bool_]:
        """Ports whose laser emits."""
        on: NDArray[np.bool_] = ~self.wrong.lasers_off
        if self.wrong.boards_off:
            on &= ~np.isin(self.topology.pon_slot, list(self.wrong.boards_off))
        return on

    def _wrong_at(self, at_us: int, known: Wrong) -> Wrong:
        """What is wrong at an instant; what is known already when no fault moves by itself."""
        if not any(fault.when != "always" or KINDS[fault.kind].moves for fault in self.faults.values()):
            return known
        return self._sum(at_us)

    def _sum(self, at_us: int) -> Wrong:
        wrong = Wrong.nothing(len(self.topology.slot), len(self.topology.pon_slot))
        wrong.unpowered |= self.topology.off
        for fault in self.faults.values():
            kind = KINDS[fault.kind]
            if amount := kind.amount(fault, at_us, self.seed):
                kind.apply(wrong, fault.struck, amount)
        return wrong

    def _recompute(self, at_us: int, *, fresh: bool = False) -> None:
        """Bring the state in line with the faults of an instant."""
        self._count(at_us)
        boards_before = self.wrong.boards_off
        self.wrong = wrong = self._sum(at_us)
        for slot in wrong.boards_off ^ boards_before:
            self.boards_changed_us[slot] = at_us
        t = self.topology
        received, _sent, heard, _pon_tx = self.true_levels(at_us, wrong)
        board = ~np.isin(t.slot, list(wrong.boards_off))
        lit = self.lit_ports()[t.port] & ~wrong.dark & holds(t.generation, received, heard)
        up = lit & ~wrong.unpowered
        self._raise_alarms(up, lit, board, wrong)
        if not fresh:
            self.changed_us = np.where(up != self.up, at_us, self.changed_us)
            self.last_up_us = np.where(up & ~self.up, at_us, self.last_up_us)
            fell = ~up & self.up
            self.last_down_us = np.where(fell, at_us, self.last_down_us)
            self.last_gasp_us = np.where(fell & (self.alarms & DYING_GASP > 0), at_us, self.last_gasp_us)
        self.up = up
        pon_up = np.zeros(len(t.pon_slot), np.bool_)
        pon_up[t.port[up]] = True
        if not fresh:
            self.pon_changed_us = np.where(pon_up != self.pon_up, at_us, self.pon_changed_us)
        self.pon_up = pon_up
        generation = t.generation
        self._errors_down_s = up * (errors_per_s(received - generation.ont_least_dbm) + wrong.error_per_s)
        self._errors_up_s = up * (errors_per_s(heard - generation.olt_least_dbm) + wrong.error_per_s)
        self.state_version += 1

    def _raise_alarms(
        self, up: NDArray[np.bool_], lit: NDArray[np.bool_], board: NDArray[np.bool_], wrong: Wrong
    ) -> None:
        """As the small plant does: a dying gasp is heard from an ONT that was up and lit; silence keeps it."""
        gasped = self.up & lit & wrong.unpowered
        silent = np.where(self.alarms & LOS, self.alarms, LOS | INACTIVE)
        silent = np.where(gasped, LOS | INACTIVE | DYING_GASP, silent)
        self.alarms = np.where(up, 0, np.where(board, silent, INACTIVE)).astype(np.uint8)

    def _count(self, at_us: int) -> None:
        """Add to the counters what has passed since the last change of rates."""
        before_us, before_busy = self._counted
        if at_us <= before_us:
            return
        busy = busy_seconds(at_us)
        seconds = (at_us - before_us) / 1e6
        self._errors_up = self._errors_up + seconds * self._errors_up_s
        self._errors_down = self._errors_down + seconds * self._errors_down_s
        self._busy_s = self._busy_s + (busy - before_busy) * self.uni_up
        self._counted = (at_us, busy)
