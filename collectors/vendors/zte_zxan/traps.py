"""What a ZXA10's notifications are about: PON ports among its interfaces, and phases of ONUs where they are told.

Certain: the columns, their values and the layout of their rows (MIBs, several public pollers; tree 1082 was checked
against the CLI). That notifications carry them is not. Interfaces are placed by their name alone: numbers differ
between firmware, and move at a start on some. The ONU table of tree 1012 counts from 1, as in its MIB.
"""

from __future__ import annotations

from collectors.snmp.values import Oid
from collectors.traps.meaning import Place, Told, row_of, told_of_ont
from collectors.vendors.zte_zxan.index import ZxanLayout, port_name
from domain.events import EventKind, EventScope

_ZTE: Oid = (1, 3, 6, 1, 4, 1, 3902)
_PHASES = {  # phases as tree 1012 numbers them; tree 1082 counts from 1
    (*_ZTE, 1012, 3, 28, 2, 1, 4): 0,
    (*_ZTE, 1082, 500, 10, 2, 3, 8, 1, 4): 1,
}
_KINDS = {1: EventKind.LOS, 3: EventKind.ONT_UP, 4: EventKind.DYING_GASP, 6: EventKind.ONT_DOWN}
_LAYOUT = ZxanLayout()


def place(_ifindex: int, name: str) -> Place | None:
    """The PON port of an interface; ``None`` for any other, or one that the notification does not name."""
    pon = port_name(name)
    return None if pon is None else Place(EventScope.PON, pon)


def tell(oid: Oid, value: int) -> Told | None:
    """The phase of an ONU, where the notification tells it."""
    for column, first in _PHASES.items():
        row = row_of(oid, column)
        if row is not None:
            return told_of_ont(_LAYOUT.ont("ont", row), _KINDS.get(value - first))
    return None
