"""What a SmartAX's notifications are about: PON ports among its interfaces, and status columns where they are told.

Certain: the columns and their values (HUAWEI-XPON-MIB, walks). That notifications carry them is not.
"""

from __future__ import annotations

from collectors.snmp.values import Oid
from collectors.traps.meaning import Place, Told, row_of, told_of_ont
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from domain.events import EventKind, EventScope

_XPON: Oid = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2)
_RUN_STATE, _DOWN_CAUSE = (*_XPON, 46, 1, 15), (*_XPON, 46, 1, 24)
_PON_OPER, _PON_CAUSE = (*_XPON, 21, 1, 10), (*_XPON, 21, 1, 19)
_STATES = {1: EventKind.ONT_UP, 2: EventKind.ONT_DOWN}  # -1: the query failed
_CAUSES = {1: EventKind.LOS, 2: EventKind.LOS, 13: EventKind.DYING_GASP}  # LOS, LOSi/LOBi, dying-gasp
_PON_STATES = {1: EventKind.LINK_UP, 2: EventKind.LINK_DOWN}
_PON_CAUSES = {1: EventKind.LOS}
_LAYOUT = SmartaxLayout()


def place(ifindex: int, _name: str = "") -> Place | None:
    """The PON port of an interface; ``None`` for any other."""
    pon = _LAYOUT.pon("pon", (ifindex,))
    return None if pon is None else Place(EventScope.PON, pon)


def tell(oid: Oid, value: int) -> Told | None:
    """State and last down cause of an ONT or of a PON port, where the notification tells them."""
    for column, now, why in ((_RUN_STATE, _STATES, {}), (_DOWN_CAUSE, {}, _CAUSES)):
        row = row_of(oid, column)
        if row is not None:
            return told_of_ont(_LAYOUT.ont("ont", row), now.get(value), why.get(value))
    for column, now, why in ((_PON_OPER, _PON_STATES, {}), (_PON_CAUSE, {}, _PON_CAUSES)):
        row = row_of(oid, column)
        if row is not None:
            port = place(row[0]) if len(row) == 1 else None
            return None if port is None else Told(port, now.get(value), why.get(value))
    return None
