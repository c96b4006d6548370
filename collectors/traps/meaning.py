"""From a notification to an observation: the standard traps, and the rows that a vendor can place.

A vendor's folder may hold ``traps.py`` with ``place(ifindex)`` and ``KINDS`` (identifier of a trap to its kind); the
vendors whose alarm traps are not in any public source declare none, and their notifications are kept as they came.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from collectors.columns import raw_text
from collectors.snmp.values import Kind, Oid, dotted
from collectors.traps.notification import STANDARD_TRAPS, Notification
from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import OntName, PonName
from domain.reading import Source, Via

_IF_INDEX: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
_IF_ENTRY = _IF_INDEX[:-1]
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
class Dialect:
    """What a vendor's notifications mean."""

    place: Callable[[int], Place | None] = lambda _ifindex: None
    kinds: Mapping[Oid, EventKind] = field(default_factory=lambda: _STANDARD)


@cache
def dialect(vendor: str, package: str = "collectors.vendors") -> Dialect:
    """The dialect of a vendor's folder; the standard one where it has none."""
    name = f"{package}.{vendor}.traps"
    known = vendor.isidentifier() and importlib.util.find_spec(f"{package}.{vendor}") is not None
    if not known or importlib.util.find_spec(name) is None:
        return Dialect()
    module = importlib.import_module(name)
    return Dialect(module.place, {**_STANDARD, **getattr(module, "KINDS", {})})


def observe(notification: Notification, olt: str, spoken: Dialect, at: datetime) -> EventObservation:
    """The observation of a notification of ``olt`` received at ``at``."""
    kind = spoken.kinds.get(notification.trap, EventKind.OTHER)
    ifindex = _interface(notification)
    place = Place(EventScope.OLT)
    if ifindex is not None or kind in _OF_AN_INTERFACE:
        place = (spoken.place(ifindex) if ifindex is not None else None) or Place(EventScope.INTERFACE)
    variables = tuple((dotted(varbind.oid), raw_text(varbind)) for varbind in notification.varbinds)
    source = Source(Via.SNMP, f"trap {dotted(notification.trap)}")
    return EventObservation(olt, kind, place.scope, at, source, place.ont, place.pon, variables)


def _interface(notification: Notification) -> int | None:
    """The ifIndex that a notification is about: its own variable, else the index of another of the same row."""
    rows = [v for v in notification.varbinds if v.oid[: len(_IF_ENTRY)] == _IF_ENTRY]
    for varbind in sorted(rows, key=lambda v: v.oid[: len(_IF_INDEX)] != _IF_INDEX):
        if varbind.oid[: len(_IF_INDEX)] == _IF_INDEX and varbind.kind is Kind.INTEGER:
            value = varbind.value
            if isinstance(value, int):
                return value
        if len(varbind.oid) == len(_IF_ENTRY) + 2:
            return varbind.oid[-1]
    return None
