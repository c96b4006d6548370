"""What an AN5516's or AN6000's notifications are about: states of ONUs and PON ports, where they are told.

The columns are of GEPON-OLT-COMMON-MIB and public pollers; nobody has recorded a notification. The numbers of its
interfaces are not known either: none is placed.
"""

from __future__ import annotations

from collectors.snmp.values import Oid
from collectors.traps.meaning import Place, Told, row_of, told_of_ont
from collectors.vendors.fiberhome_an.index import FiberhomeLayout
from domain.events import EventKind, EventScope

_FIBERHOME: Oid = (1, 3, 6, 1, 4, 1, 5875, 800, 3)
_ONU_STATUS, _PON_ONLINE = (*_FIBERHOME, 10, 1, 1, 11), (*_FIBERHOME, 9, 3, 4, 1, 5)
# 0 is a fibre cut to some sources and any fall to others.
_KINDS = {0: EventKind.ONT_DOWN, 1: EventKind.ONT_UP, 2: EventKind.DYING_GASP, 3: EventKind.ONT_DOWN}
_PON_KINDS = {0: EventKind.LINK_DOWN, 1: EventKind.LINK_UP}
_LAYOUT = FiberhomeLayout()


def place(_ifindex: int, _name: str = "") -> Place | None:
    """``None``: no interface of it is known."""
    return None


def tell(oid: Oid, value: int) -> Told | None:
    """The status of an ONU or of a PON port, where the notification tells it."""
    row = row_of(oid, _ONU_STATUS)
    if row is not None:
        return told_of_ont(_LAYOUT.ont("ont", row), _KINDS.get(value))
    row = row_of(oid, _PON_ONLINE)
    pon = None if row is None else _LAYOUT.pon("pon", row)
    return None if pon is None else Told(Place(EventScope.PON, pon), _PON_KINDS.get(value))
