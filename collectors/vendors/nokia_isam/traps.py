"""What an ISAM's notifications are about. Its alarm traps are in no public source: none is declared here."""

from __future__ import annotations

from collectors.traps.meaning import Place
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.index import Level
from domain.errors import InvalidValueError
from domain.events import EventScope
from domain.identifiers import OntName


def place(ifindex: int) -> Place | None:
    """The PON port, ONT or user port of a row; ``None`` for any other interface."""
    try:
        position = index.unpack(ifindex)
    except InvalidValueError:
        return None
    ont = index.ont_name(ifindex)
    if ont is not None:
        return Place(EventScope.ONT, ont.pon_name, ont)
    pon = index.pon_name(ifindex)
    if pon is not None:
        return Place(EventScope.PON, pon)
    if position.level == Level.UNI and position.slot in index.LINE_BOARDS:
        behind = OntName(1, 1, position.slot, position.pon, position.ont)
        return Place(EventScope.UNI, behind.pon_name, behind)
    return None
