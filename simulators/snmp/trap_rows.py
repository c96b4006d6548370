"""Whom the simulated OLT's notifications are about, and the variables that it adds for each vendor.

The identifiers of the vendors' own alarm traps are in no public source. So every notification is linkDown or linkUp,
with variables of the vendor's own tables, as RFC 3416 4.2.6 allows: what they say is known, that a real OLT adds them
is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.states import OntAlarm
from simulators.plant.state import PlantState
from simulators.snmp import huawei, zte_1012, zte_1082
from simulators.snmp.ber import Oid, integer, text
from simulators.snmp.fiberhome import pon_index as fiberhome_index
from simulators.snmp.huawei_ont import down_cause
from simulators.snmp.isam_pon import ONT_STATUS_ENTRY, alarm_bitmap
from simulators.snmp.isam_rows import OntRow, PonRow, build
from simulators.snmp.places import Ont, Pon, places
from simulators.snmp.zte import dialect_of, if_index, if_name
from simulators.snmp.zte_onu import Phase, phase

_IF_ENTRY: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_INDEX, _IF_ADMIN, _IF_OPER = 1, 7, 8
_IF_NAME: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
_UP, _DOWN = 1, 2
_SMARTAX: Oid = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2)
_PON_OPER, _PON_CAUSE = (*_SMARTAX, 21, 1, 10), (*_SMARTAX, 21, 1, 19)
_RUN_STATE, _DOWN_CAUSE = (*_SMARTAX, 46, 1, 15), (*_SMARTAX, 46, 1, 24)
_PON_LOS, _PON_CLOSED = 1, 4
_LOSI = 2
_ZTE: Oid = (1, 3, 6, 1, 4, 1, 3902)
_PHASE_1012, _PHASE_1082 = (*_ZTE, 1012, 3, 28, 2, 1, 4), (*_ZTE, 1082, 500, 10, 2, 3, 8, 1, 4)
_FIBERHOME: Oid = (1, 3, 6, 1, 4, 1, 5875, 800, 3)
_ONU_STATUS, _PON_ONLINE = (*_FIBERHOME, 10, 1, 1, 11), (*_FIBERHOME, 9, 3, 4, 1, 5)
_CUT, _ONLINE, _POWER_CUT = 0, 1, 2

Variables = list[tuple[Oid, bytes]]


@dataclass(frozen=True, slots=True)
class TrapRow:
    """A PON port or an ONT that traps are sent for.

    Attributes:
        up: Whether it works.
        gasped: Whether it fell with a dying gasp.
        said: What a notification about it carries now; of its dying gasp where that is asked.
    """

    up: Callable[[], bool]
    gasped: Callable[[], bool]
    said: Callable[[bool], Variables]


def trap_rows(state: PlantState) -> list[TrapRow]:
    """Every row of the plant, PON ports first."""
    if state.olt.vendor == "nokia_isam":
        return _isam(state)
    say_port, say_ont = _VENDORS[state.olt.vendor](state)
    found = places(state)
    return [*(_port(pon, say_port) for pon in found.pons), *(_ont(ont, say_ont) for ont in found.onts)]


_SayPort = Callable[[Pon], Variables]
_SayOnt = Callable[[Ont, bool], Variables]


def _port(pon: Pon, say: _SayPort) -> TrapRow:
    return TrapRow(lambda: pon.up, _never, lambda _: say(pon))


def _ont(ont: Ont, say: _SayOnt) -> TrapRow:
    return TrapRow(lambda: ont.up, lambda: ont.gasped, lambda gasp: say(ont, gasp))


def _never() -> bool:
    return False


def _interface(index: int, admin_up: bool, up: bool) -> Variables:
    """The variables of linkDown and linkUp (RFC 2863 6); an index beyond 31 bits wraps, as an INTEGER does."""
    return [
        ((*_IF_ENTRY, _IF_INDEX, index), integer(index - (index >> 31 << 32))),
        ((*_IF_ENTRY, _IF_ADMIN, index), integer(_UP if admin_up else _DOWN)),
        ((*_IF_ENTRY, _IF_OPER, index), integer(_UP if up else _DOWN)),
    ]


def _isam(state: PlantState) -> list[TrapRow]:
    """Ports and ONTs are interfaces; so are user ports, whose traps are off as recorded."""
    inventory = build(state)
    return [*map(_isam_port, inventory.pons), *map(_isam_ont, inventory.onts)]


def _isam_port(row: PonRow) -> TrapRow:
    return TrapRow(lambda: row.oper_up, _never, lambda _: _interface(row.index, row.admin_up, row.oper_up))


def _isam_ont(row: OntRow) -> TrapRow:
    def said(gasp: bool) -> Variables:
        alarms = frozenset({OntAlarm.DG}) if gasp else row.state.alarms - {OntAlarm.DG}
        own = _interface(row.index, row.admin_up, row.oper_up)
        return [*own, ((*ONT_STATUS_ENTRY, 2, row.index), integer(alarm_bitmap(alarms)))]

    return TrapRow(lambda: row.oper_up, lambda: OntAlarm.DG in row.state.alarms, said)


def _smartax(_: PlantState) -> tuple[_SayPort, _SayOnt]:
    def port(pon: Pon) -> Variables:
        index = huawei.if_index(pon.state)
        own = [*_interface(index, pon.state.admin_up, pon.up), ((*_PON_OPER, index), integer(_UP if pon.up else _DOWN))]
        return own if pon.up else [*own, ((*_PON_CAUSE, index), integer(_PON_LOS if pon.lit else _PON_CLOSED))]

    def ont(row: Ont, gasp: bool) -> Variables:
        index = (huawei.if_index(row.pon.state), row.state.name.ont)
        cause = _LOSI if row.gasped and not gasp else down_cause(row)
        return [((*_RUN_STATE, *index), integer(_UP if row.up else _DOWN)), ((*_DOWN_CAUSE, *index), integer(cause))]

    return port, ont


def _zxan(state: PlantState) -> tuple[_SayPort, _SayOnt]:
    dialect = dialect_of(state.olt.dialect)

    def port(pon: Pon) -> Variables:
        index = if_index(pon.state.name, dialect)
        return [*_interface(index, pon.state.admin_up, pon.up), ((*_IF_NAME, index), text(if_name(pon)))]

    def ont(row: Ont, gasp: bool) -> Variables:
        now = Phase.LOS if row.gasped and not gasp else phase(row)
        pon, number = row.state.name.pon_name, row.state.name.ont
        if dialect.tree_1082:  # tree 1082 counts phases from 1
            return [((*_PHASE_1082, zte_1082.pon_index(pon), number), integer(now + 1))]
        return [((*_PHASE_1012, zte_1012.pon_index(pon), number), integer(now))]

    return port, ont


def _fiberhome(_: PlantState) -> tuple[_SayPort, _SayOnt]:
    def port(pon: Pon) -> Variables:
        return [((*_PON_ONLINE, fiberhome_index(pon.state)), integer(1 if pon.up else 0))]

    def ont(row: Ont, gasp: bool) -> Variables:
        status = _ONLINE if row.up else _POWER_CUT if gasp else _CUT
        return [((*_ONU_STATUS, fiberhome_index(row.pon.state) | row.state.name.ont << 8), integer(status))]

    return port, ont


_VENDORS: dict[str, Callable[[PlantState], tuple[_SayPort, _SayOnt]]] = {
    "huawei_smartax": _smartax,
    "zte_zxan": _zxan,
    "fiberhome_an": _fiberhome,
}
