"""What an ISAM's notifications are about: rows of its interfaces, and the alarms of an ONT where they are told.

Certain: the index of interfaces (recording), the alarms' bits (two public pollers). That notifications
carry them is not.
"""

from __future__ import annotations

from collectors.snmp.values import Oid
from collectors.traps.meaning import Place, Told, row_of, told_of_ont
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.index import Level
from domain.errors import InvalidValueError
from domain.events import EventKind, EventScope
from domain.identifiers import OntName

_ALARMS: Oid = (1, 3, 6, 1, 4, 1, 637, 61, 1, 35, 10, 4, 1, 2)
_LOS, _DYING_GASP = 1 << 0, 1 << 17  # bits 1 and 18


def place(ifindex: int, _name: str = "") -> Place | None:
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


def tell(oid: Oid, value: int) -> Told | None:
    """The alarms of an ONT, where the notification tells them."""
    row = row_of(oid, _ALARMS)
    if row is None or len(row) != 1:
        return None
    kind = EventKind.DYING_GASP if value & _DYING_GASP else EventKind.LOS if value & _LOS else None
    return told_of_ont(index.ont_name(row[0]), kind)
