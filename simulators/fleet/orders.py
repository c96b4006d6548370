"""What the operator of an OLT of the fleet has asked of it, by rows: as `simulators.plant.orders` has it for the plant.

An order is no fault: it stands until another one undoes it, or a fault strikes the same ONT anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from simulators.fleet.faults import Wrong
from simulators.plant.orders import RESTART

_RESTART_US = RESTART // timedelta(microseconds=1)


@dataclass(slots=True)
class Standing:
    """The orders in force below one OLT. ONTs and ports by their rows.

    Attributes:
        onts: Whether an ONT is to work, where that was asked; so ``unis`` of its Ethernet port, ``pons`` of a port.
        rates: Row of `RATES` that an Ethernet port is forced to.
        restarting: Until when an ONT restarts, in microseconds since 1970.
        managed: ONTs that have their management channel back since they were restarted.
    """

    onts: dict[int, bool] = field(default_factory=dict)
    unis: dict[int, bool] = field(default_factory=dict)
    pons: dict[int, bool] = field(default_factory=dict)
    rates: dict[int, int] = field(default_factory=dict)
    restarting: dict[int, int] = field(default_factory=dict)
    managed: set[int] = field(default_factory=set)

    def restart(self, ont: int, now_us: int) -> None:
        """An ONT restarts."""
        self.restarting[ont] = now_us + _RESTART_US
        self.managed.add(ont)

    def struck(self, onts: Iterable[int]) -> None:
        """A fault strikes these ONTs: what was cured before is wrong anew."""
        for ont in onts:
            self.managed.discard(ont)
            if self.onts.get(ont):
                del self.onts[ont]

    def apply(self, wrong: Wrong, at_us: int) -> None:
        """Add them to what is wrong at an instant, or take away what they cure."""
        for table, orders in (
            (wrong.locked, self.onts),
            (wrong.unis_locked, self.unis),
            (wrong.pons_locked, self.pons),
        ):
            for row, works in orders.items():
                table[row] = not works
        wrong.lasers_off |= wrong.pons_locked
        wrong.unmanaged[list(self.managed)] = False
        wrong.restarting[[ont for ont, until_us in self.restarting.items() if at_us < until_us]] = True
        for ont, rate in self.rates.items():
            wrong.rate[ont], wrong.forced[ont] = rate, True

    def ends_us(self, after_us: int) -> Iterator[int]:
        """When restarts end, after an instant; those that ended before are forgotten."""
        self.restarting = {ont: until_us for ont, until_us in self.restarting.items() if until_us > after_us}
        yield from self.restarting.values()
