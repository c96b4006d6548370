"""What the plant's operator has asked of its OLT: ONTs and ports shut, rates forced, restarts, firmware planned.

An order is no fault: it stands until another one undoes it. It also cures what it would cure in the field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from domain.identifiers import OntName, PonName
from domain.states import EthernetRate, Negotiation
from simulators.plant.conditions import Conditions

N = TypeVar("N", OntName, PonName)

RESTART = timedelta(seconds=75)  # C: an ONT is back in service one to two minutes after a restart


@dataclass(frozen=True, slots=True)
class RestartOnt:
    """Restart an ONT."""

    ont: OntName
    cures = frozenset({"omci-lost"})


@dataclass(frozen=True, slots=True)
class SetOnt:
    """Deactivate or activate an ONT."""

    ont: OntName
    up: bool
    cures = frozenset({"admin-down"})


@dataclass(frozen=True, slots=True)
class SetUni:
    """Shut or open the Ethernet port of an ONT."""

    ont: OntName
    up: bool
    cures = frozenset[str]()


@dataclass(frozen=True, slots=True)
class SetUniRate:
    """Force the rate of the Ethernet port of an ONT; ``None``: let it negotiate."""

    ont: OntName
    rate: EthernetRate | None
    cures = frozenset({"bad-negotiation"})


@dataclass(frozen=True, slots=True)
class SetPon:
    """Shut or open a PON port."""

    pon: PonName
    up: bool
    cures = frozenset[str]()


@dataclass(frozen=True, slots=True)
class PlanFirmware:
    """Plan a version for an ONT (14 ASCII characters at most): it restarts into it when it runs another."""

    ont: OntName
    version: str
    cures = frozenset({"firmware-not-planned"})


Order = RestartOnt | SetOnt | SetUni | SetUniRate | SetPon | PlanFirmware


def place(order: Order) -> PonName:
    """The PON port that an order is about."""
    return order.pon if isinstance(order, SetPon) else order.ont.pon_name


@dataclass(slots=True)
class Standing:
    """The orders in force."""

    onts_down: set[OntName] = field(default_factory=set)
    unis_down: set[OntName] = field(default_factory=set)
    pons_down: set[PonName] = field(default_factory=set)
    rates: dict[OntName, EthernetRate] = field(default_factory=dict)
    restarting: set[OntName] = field(default_factory=set)
    planned: dict[OntName, str] = field(default_factory=dict)

    def obey(self, order: Order) -> None:
        """Put an order in force."""
        match order:
            case RestartOnt(ont):
                self.restarting.add(ont)
            case SetOnt(ont, up):
                _stand(self.onts_down, ont, up=up)
            case SetUni(ont, up):
                _stand(self.unis_down, ont, up=up)
            case SetPon(pon, up):
                _stand(self.pons_down, pon, up=up)
            case SetUniRate(ont, None):
                self.rates.pop(ont, None)
            case SetUniRate(ont, rate) if rate is not None:
                self.rates[ont] = rate
            case PlanFirmware(ont, version):
                self.planned[ont] = version

    def apply(self, wrong: Conditions) -> None:
        """Add them to what is wrong in the plant."""
        wrong.locked |= self.onts_down
        wrong.unis_locked |= self.unis_down
        wrong.pons_locked |= self.pons_down
        wrong.lasers_off |= self.pons_down
        wrong.restarting |= self.restarting
        wrong.planned |= self.planned
        for ont, rate in self.rates.items():
            wrong.rates.setdefault(ont, (rate, Negotiation.FORCED))


def _stand(down: set[N], name: N, *, up: bool) -> None:
    if up:
        down.discard(name)
    else:
        down.add(name)
