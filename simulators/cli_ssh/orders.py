"""What can be typed to change something, vendor by vendor: commands, and the orders that they give the plant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from domain.identifiers import OntName
from domain.states import EthernetRate
from simulators.plant.orders import Order, PlanFirmware, RestartOnt, SetOnt, SetPon, SetUni, SetUniRate
from simulators.plant.ports import CommandedOlt, Manageable

_MBIT = {"10": EthernetRate.TEN, "100": EthernetRate.HUNDRED, "1000": EthernetRate.GIGABIT}
_ISAM_RATES = {"auto": None, "10baset-fd": EthernetRate.TEN, "100baset-fd": EthernetRate.HUNDRED}
_ISAM_RATES |= {"1000baset-fd": EthernetRate.GIGABIT}
_PLACE = r"((?:\d+/){4}\d+)"

Make = Callable[[OntName, Sequence[str]], "Order | None"]

HUAWEI: tuple[tuple[str, Make], ...] = (
    (r"ont reset (\d+) (\d+)", lambda ont, _: RestartOnt(ont)),
    (r"ont re-register (\d+) (\d+)", lambda ont, _: RestartOnt(ont)),
    (r"ont activate (\d+) (\d+)", lambda ont, _: SetOnt(ont, up=True)),
    (r"ont deactivate (\d+) (\d+)", lambda ont, _: SetOnt(ont, up=False)),
    (
        r"ont port attribute (\d+) (\d+) eth (\d+) operational-state (on|off)",
        lambda ont, words: SetUni(ont, words[3] == "on") if words[2] == "1" else None,
    ),
    (
        r"ont port attribute (\d+) (\d+) eth (\d+) auto-neg on",
        lambda ont, words: SetUniRate(ont, None) if words[2] == "1" else None,
    ),
    (
        r"ont port attribute (\d+) (\d+) eth (\d+) auto-neg off speed (10|100|1000) duplex full",
        lambda ont, words: SetUniRate(ont, _MBIT[words[3]]) if words[2] == "1" else None,
    ),
)
"""In the view of a board: port and ONT come first. ``None``: the ONT has no such port."""

ASKED = re.compile(r"ont (?:reset|re-register) .*")
"""What a SmartAX asks about before it does it."""

ISAM: tuple[tuple[str, Make], ...] = (
    (rf"admin equipment ont interface {_PLACE} reboot with-active-image", lambda ont, _: RestartOnt(ont)),
    (
        rf"configure equipment ont interface {_PLACE} admin-state (up|down)",
        lambda ont, words: SetOnt(ont, words[1] == "up"),
    ),
    (
        rf"configure equipment ont interface {_PLACE} sw-ver-pland (?!(?i:auto|disabled)$)([A-Za-z0-9._-]{{1,14}})",
        lambda ont, words: PlanFirmware(ont, words[1]),
    ),
    (
        rf"configure interface port uni:{_PLACE}/\d+/1( no)? admin-up",
        lambda ont, words: SetUni(ont, words[1] is None),
    ),
    (
        rf"configure ethernet ont {_PLACE}/\d+/1 auto-detect ({'|'.join(_ISAM_RATES)})",
        lambda ont, words: SetUniRate(ont, _ISAM_RATES[words[1]]),
    ),
    (
        r"configure pon interface ((?:\d+/){3}\d+) admin-state (up|down)",
        lambda ont, words: SetPon(ont.pon_name, words[1] == "up"),
    ),
)
"""Whole commands: the place comes first."""


def order(plant: CommandedOlt, given: Order) -> None:
    """Have the plant obey, where it takes orders."""
    if isinstance(plant, Manageable):
        plant.order(given)


def isam(plant: CommandedOlt, line: str) -> str | None:
    """What an ISAM prints after a command that changes something; ``None`` for any other."""
    for pattern, make in ISAM:
        found = re.fullmatch(pattern, line)
        if found is None:
            continue
        rack, shelf, slot, pon, *ont = (int(number) for number in found[1].split("/"))
        name = OntName(rack, shelf, slot, pon, *(ont or [1]))
        state = plant.state
        there = name in state.onts and state.onts[name].provisioned if ont else name.pon_name in state.pons
        if not there:
            return "Error : instance does not exist"
        made = make(name, found.groups())
        if made is not None:
            order(plant, made)
        return ""
    return None
