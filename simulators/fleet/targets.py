"""What a fault of the fleet may strike, and how a command names it."""

from __future__ import annotations

import re

from simulators.fleet.faults import Scope, Struck, strike
from simulators.fleet.topology import Topology
from simulators.plant.errors import UnknownTargetError

_FORMS = {
    Scope.ONT: re.compile(r"ONT-(\d{1,4})-(\d{1,4})-(\d{1,4})-(\d{1,4})-(\d{1,4})"),
    Scope.PBO: re.compile(r"PBO-(\d{1,4})-(\d{1,4})-(\d{1,4})-(\d{1,4})"),
    Scope.SPLITTER: re.compile(r"CPL-(\d{1,4})-(\d{1,4})-(\d{1,4})"),
    Scope.PON: re.compile(r"PON-(\d{1,4})-(\d{1,4})-(\d{1,4})-(\d{1,4})"),
    Scope.PM: re.compile(r"PM-(\d{1,4})"),
    Scope.SLOT: re.compile(r"LT(\d{1,4})"),
    Scope.OLT: re.compile(r"OLT|"),
}
_OLT = re.compile(r"(?:OLT-)?(\d{1,5})(?:/(.*))?")


def split(text: str) -> tuple[int, str]:
    """Number of the OLT and what is meant below it, from ``OLT-00003/PBO-1-1-2-1`` or ``OLT-00003``."""
    found = _OLT.fullmatch(text.strip())
    if found is None:
        raise UnknownTargetError(f"no target {text!r} here", ["OLT-00003", "OLT-00003/PBO-1-1-2-1"])
    return int(found[1]), found[2] or ""


def find(topology: Topology, scopes: frozenset[Scope], text: str) -> Struck:
    """The rows that ``text`` names; raises `UnknownTargetError` with the forms that are accepted."""
    for scope in sorted(scopes, key=lambda one: one.name):
        found = _FORMS[scope].fullmatch(text.strip())
        if found is None:
            continue
        struck = strike(topology, scope, tuple(map(int, found.groups())))
        if len(struck.onts):
            return struck
    raise UnknownTargetError(
        f"no target {text!r} here", [scope.value for scope in sorted(scopes, key=lambda s: s.name)]
    )
