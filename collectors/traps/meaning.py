"""From a notification to an observation: the standard traps, the rows that a vendor can place, and its status columns.

The identifiers of the vendors' own alarm traps are in no public source: none is declared, and a notification that is
not understood is kept as it came. What can be told all the same: linkDown and linkUp of a known row, and any
notification that carries a variable of a table whose columns are known. A vendor's folder may hold ``traps.py`` with
``place(ifindex, ifname)`` and ``tell(oid, value)``; both are as certain as the tables they read, but that an OLT adds
such variables to its notifications is not confirmed by any recording.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from collectors.columns import raw_text
from collectors.snmp.values import Kind, Oid, VarBind, dotted
from collectors.traps.notification import STANDARD_TRAPS, Notification
from domain.events import FALLS, RISES, EventKind, EventObservation, EventScope
from domain.identifiers import OntName, PonName
from domain.reading import Source, Via

_IF_INDEX: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
_IF_ENTRY = _IF_INDEX[:-1]
_IF_NAME: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
_STANDARD: Mapping[Oid, EventKind] = {  # RFC 3418 2, RFC 2863 6
    (*STANDARD_TRAPS, 1): EventKind.COLD_START,
    (*STANDARD_TRAPS, 2): EventKind.WARM_START,
    (*STANDARD_TRAPS, 3): EventKind.LINK_DOWN,
    (*STANDARD_TRAPS, 4): EventKind.LINK_UP,
    (*STANDARD_TRAPS, 5): EventKind.REFUSED_POLLER,
}
_OF_AN_INTERFACE = frozenset({EventKind.LINK_DOWN, EventKind.LINK_UP})


@dataclass(frozen=True, slots=True)
class Place:
    """What a row of the interface table is."""

    scope: EventScope
    pon: PonName | None = None
    ont: OntName | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one variable of a vendor's table says.

    Attributes:
        place: The row it is of.
        kind: What it says of the present; ``None`` when it says nothing that is an event.
        why: Why the row fell last, which counts only where it has just fallen.
    """

    place: Place
    kind: EventKind | None = None
    why: EventKind | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a vendor's notifications are about, and what its variables say."""

    place: Callable[[int, str], Place | None] = lambda _ifindex, _name: None
    tell: Callable[[Oid, int], Told | None] = lambda _oid, _value: None


@cache
def dialect(vendor: str, package: str = "collectors.vendors") -> Dialect:
    """The dialect of a vendor's folder; the standard one where it has none."""
    name = f"{package}.{vendor}.traps"
    known = vendor.isidentifier() and importlib.util.find_spec(f"{package}.{vendor}") is not None
    if not known or importlib.util.find_spec(name) is None:
        return Dialect()
    module = importlib.import_module(name)
    return Dialect(module.place, module.tell)


def observe(notification: Notification, olt: str, spoken: Dialect, at: datetime) -> EventObservation:
    """The observation of a notification of ``olt`` received at ``at``."""
    said = _STANDARD.get(notification.trap, EventKind.OTHER)
    told = [found for found in (_told(spoken, varbind) for varbind in notification.varbinds) if found is not None]
    place, kind = _place(notification, spoken, said, told), _kind(said, told)
    if place.scope is EventScope.ONT:
        kind = _OF_AN_ONT.get(kind, kind)
    variables = tuple((dotted(varbind.oid), raw_text(varbind)) for varbind in notification.varbinds)
    source = Source(Via.SNMP, f"trap {dotted(notification.trap)}")
    return EventObservation(olt, kind, place.scope, at, source, place.ont, place.pon, variables)


def _told(spoken: Dialect, varbind: VarBind) -> Told | None:
    return spoken.tell(varbind.oid, varbind.value) if isinstance(varbind.value, int) else None


def _place(notification: Notification, spoken: Dialect, said: EventKind, told: Sequence[Told]) -> Place:
    """The most precise place that is named: an ONT's row, else the interface, else another row."""
    places = [one.place for one in told]
    for place in places:
        if place.scope is EventScope.ONT:
            return place
    ifindex = _interface(notification)
    if ifindex is not None:
        found = spoken.place(ifindex, _name(notification))
        if found is not None:
            return found
    if places:
        return places[0]
    return Place(EventScope.INTERFACE if ifindex is not None or said in _OF_AN_INTERFACE else EventScope.OLT)


def _kind(said: EventKind, told: Sequence[Told]) -> EventKind:
    """What is up is up, whatever brought it down before; of a fall, its cause says most."""
    kinds = [said, *(one.kind for one in told if one.kind is not None)]
    for kind in kinds:
        if kind in RISES:
            return kind
    if FALLS.isdisjoint(kinds):
        return said
    kinds += [one.why for one in told if one.why is not None]
    return max((kind for kind in kinds if kind in FALLS), key=_SAYS_MOST.index)


_SAYS_MOST = (EventKind.LINK_DOWN, EventKind.ONT_DOWN, EventKind.LOS, EventKind.DYING_GASP)
_OF_AN_ONT = {EventKind.LINK_DOWN: EventKind.ONT_DOWN, EventKind.LINK_UP: EventKind.ONT_UP}


def _interface(notification: Notification) -> int | None:
    """The ifIndex that a notification is about: its own variable, else the index of another of the same row."""
    rows = [v for v in notification.varbinds if v.oid[: len(_IF_ENTRY)] == _IF_ENTRY]
    for varbind in sorted(rows, key=lambda v: v.oid[: len(_IF_INDEX)] != _IF_INDEX):
        if varbind.oid[: len(_IF_INDEX)] == _IF_INDEX and varbind.kind is Kind.INTEGER:
            value = varbind.value
            if isinstance(value, int):
                return value & 0xFFFFFFFF  # beyond 31 bits it has wrapped
        if len(varbind.oid) == len(_IF_ENTRY) + 2:
            return varbind.oid[-1]
    return None


def _name(notification: Notification) -> str:
    """The ifName that a notification tells, else nothing."""
    named = (v.value for v in notification.varbinds if row_of(v.oid, _IF_NAME) and isinstance(v.value, bytes))
    return next(named, b"").decode("ascii", "replace")


def row_of(oid: Oid, column: Oid) -> Oid | None:
    """The index of a variable in ``column``; ``None`` when it is of another one."""
    return oid[len(column) :] if oid[: len(column)] == column and len(oid) > len(column) else None


def told_of_ont(ont: OntName | None, kind: EventKind | None, why: EventKind | None = None) -> Told | None:
    """What a variable of an ONT's row says; ``None`` when the row could not be placed."""
    return None if ont is None else Told(Place(EventScope.ONT, ont.pon_name, ont), kind, why)
