"""The fleet: OLTs made when they are first asked for, one clock, and the faults of all of them.

Nothing is an object per ONT. Instants are microseconds of the fleet's clock since 1970 (UTC).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial

import numpy as np

from simulators.fleet import targets
from simulators.fleet.faults import Fault
from simulators.fleet.kinds import Blow, elsewhere, kinds
from simulators.fleet.model import Moment, Olt, instant_us
from simulators.fleet.options import FleetOptions
from simulators.fleet.physics import mixed
from simulators.fleet.tables import VendorTables
from simulators.fleet.vendors import discover
from simulators.plant.course import COURSE_NAMES, Course
from simulators.plant.errors import CommandError, DescriptionError, NotActiveError, UnknownFaultError


class Fleet:
    """All the OLTs of some options. OLT numbers run from 1.

    Args:
        options: What it is made of.
        now_us: The present instant; the origin of the options when not given.
    """

    def __init__(self, options: FleetOptions, now_us: int | None = None) -> None:
        self.options = options
        self._moment = Moment(instant_us(options.origin) if now_us is None else now_us)
        self._olts: dict[int, Olt] = {}
        self._due: list[tuple[int, int]] = []
        self._planned: dict[int, int] = {}
        self._last_fault = 0
        self._where: dict[int, int] = {}
        self._listeners: list[Callable[[Olt], None]] = []
        self._tables = discover()
        unknown = sorted(set(options.vendors) - set(self._tables))
        if unknown:
            raise DescriptionError("fleet", [f"vendors: no {', '.join(unknown)}; there are {', '.join(self._tables)}"])
        names, weights = list(options.vendors), np.array(list(options.vendors.values()))
        draws = mixed(np.arange(options.olts, dtype=np.uint64), options.seed + 17)
        self._vendors = names
        self._vendor_of = np.searchsorted(np.cumsum(weights / weights.sum()), draws, side="right")

    def __len__(self) -> int:
        return self.options.olts

    @property
    def now_us(self) -> int:
        """The present instant."""
        return self._moment.us

    @property
    def made(self) -> int:
        """How many OLTs were asked for, and are therefore in memory."""
        return len(self._olts)

    def vendor(self, number: int) -> str:
        """Vendor of an OLT."""
        return self.tables(number).vendor

    def tables(self, number: int) -> VendorTables:
        """What an OLT shows over SNMP."""
        return self._tables[self._vendors[min(int(self._vendor_of[number - 1]), len(self._vendors) - 1)]]

    def olt(self, number: int) -> Olt:
        """An OLT at the present instant; made when it is first asked for."""
        found = self._olts.get(number)
        if found is None:
            if not 1 <= number <= len(self):
                raise CommandError(f"no OLT {number}", [f"1 to {len(self)}"])
            found = self._olts[number] = Olt(self.options, number, self.tables(number).first, self._moment)
            found.obeyed = partial(self._obeyed, found)
            self._announce(found)
        return found

    def advance(self, now_us: int) -> None:
        """Move to an instant; what is due happens, at its own instant."""
        self._moment.us = max(self._moment.us, now_us)
        while self._due and self._due[0][0] <= self.now_us:
            due_us, number = heapq.heappop(self._due)
            if self._planned.get(number) == due_us:
                del self._planned[number]
                olt = self._olts[number]
                olt.advance()
                self._changed(olt)

    def fault(self, kind: str, olt: int, target: str, **given: object) -> Fault:
        """Make a fault happen below an OLT, now or as its course says; see `kinds`. Raises `CommandError`."""
        known = kinds().get(kind)
        if known is None:
            why = elsewhere().get(kind, "no such kind of fault")
            raise UnknownFaultError(f"{kind!r}: {why}", sorted(kinds()))
        values = known.known.values(given)
        course = Course.of({name: value for name, value in values.items() if name in COURSE_NAMES})
        struck_olt = self.olt(olt)
        struck = targets.find(struck_olt.topology, known.scopes, target)
        known.check(Blow(struck_olt.topology, struck, values, 1.0))
        self._last_fault += 1
        fault = Fault(self._last_fault, kind, target, struck, values, course, self.now_us)
        self._where[fault.id] = olt
        struck_olt.add(fault)
        self._changed(struck_olt)
        return fault

    def repair(self, number: int) -> Fault:
        """Repair a fault; raises `NotActiveError`."""
        olt = self._where.pop(number, None)
        if olt is None:
            raise NotActiveError(f"no active fault {number}", [*map(str, self._where)])
        struck = self.olt(olt)
        fault = struck.remove(number)
        self._changed(struck)
        return fault

    def faults(self) -> list[tuple[int, Fault]]:
        """Every fault that is neither repaired nor over, with the number of its OLT."""
        known = [(olt, self._olts[olt].faults[number]) for number, olt in self._where.items()]
        return [(olt, fault) for olt, fault in known if not fault.over(self.now_us)]

    def subscribe(self, listener: Callable[[Olt], None]) -> Callable[[], None]:
        """Call ``listener`` with each OLT when it is made and when its state may have changed; returns what ends it."""
        self._listeners.append(listener)
        for olt in self._olts.values():
            listener(olt)
        return lambda: self._listeners.remove(listener)

    def _obeyed(self, olt: Olt) -> None:
        olt.settle()
        self._changed(olt)

    def _changed(self, olt: Olt) -> None:
        self._plan(olt)
        self._announce(olt)

    def _announce(self, olt: Olt) -> None:
        for listener in self._listeners:
            listener(olt)

    def _plan(self, olt: Olt) -> None:
        due, planned = olt.next_us(), self._planned.get(olt.number)
        if due is not None and (planned is None or due < planned):
            self._planned[olt.number] = due
            heapq.heappush(self._due, (due, olt.number))
