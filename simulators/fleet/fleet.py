"""The fleet: OLTs made when they are first asked for, one clock, and the faults of all of them.

Nothing is an object per ONT. Instants are microseconds of the fleet's clock since 1970 (UTC).
"""

from __future__ import annotations

import heapq
from typing import Unpack

import numpy as np

from simulators.fleet import targets
from simulators.fleet.faults import KINDS, Course, Fault, check
from simulators.fleet.model import Moment, Olt, instant_us
from simulators.fleet.options import FleetOptions
from simulators.fleet.physics import mixed
from simulators.fleet.tables import VendorTables
from simulators.fleet.vendors import discover
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

    def vendor(self, number: int) -> str:
        """Vendor of an OLT."""
        return self._vendors[min(int(self._vendor_of[number - 1]), len(self._vendors) - 1)]

    def tables(self, number: int) -> VendorTables:
        """What an OLT shows over SNMP."""
        return self._tables[self.vendor(number)]

    def olt(self, number: int) -> Olt:
        """An OLT at the present instant; made when it is first asked for."""
        found = self._olts.get(number)
        if found is None:
            if not 1 <= number <= len(self):
                raise CommandError(f"no OLT {number}", [f"1 to {len(self)}"])
            found = self._olts[number] = Olt(self.options, number, self.tables(number).first, self._moment)
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
                self._plan(olt)

    def fault(self, kind: str, olt: int, target: str, *, size: float | None = None, **course: Unpack[Course]) -> Fault:
        """Make a fault happen below an OLT, now or at an instant; see `faults.KINDS`. Raises `CommandError`."""
        known = KINDS.get(kind)
        if known is None:
            raise UnknownFaultError(f"no kind of fault {kind!r}", sorted(KINDS))
        check(course)
        struck_olt = self.olt(olt)
        struck = targets.find(struck_olt.topology, known.scopes, target)
        self._last_fault += 1
        fault = Fault(
            id=self._last_fault,
            kind=kind,
            target=target,
            struck=struck,
            size=known.size if size is None else size,
            begin_us=course.get("begin_us", self.now_us),
            end_us=course.get("end_us"),
            period_us=int(course.get("period_s", 0.0) * 1_000_000),
            duty=course.get("duty", 0.5),
            when=course.get("when", "always"),
        )
        self._where[fault.id] = olt
        struck_olt.add(fault)
        self._plan(struck_olt)
        return fault

    def repair(self, number: int) -> Fault:
        """Repair a fault; raises `NotActiveError`."""
        olt = self._where.pop(number, None)
        if olt is None:
            raise NotActiveError(f"no active fault {number}", [*map(str, self._where)])
        return self.olt(olt).remove(number)

    def faults(self) -> list[tuple[int, Fault]]:
        """Every fault that is not repaired, with the number of its OLT."""
        return [(olt, self._olts[olt].faults[number]) for number, olt in self._where.items()]

    def _plan(self, olt: Olt) -> None:
        due, planned = olt.next_us(), self._planned.get(olt.number)
        if due is not None and (planned is None or due < planned):
            self._planned[olt.number] = due
            heapq.heappush(self._due, (due, olt.number))
