"""What managers may set on the simulated OLTs, and what the plant then does.

Objects: ifAdminStatus (RFC 2863); HUAWEI-XPON-MIB; GEPON-OLT-COMMON-MIB (read-write there); ZTE's from public code that
sets them on live OLTs (four code bases a tree for the restart, none for the rest: the columns are readable, C).
A column that only serves to be set reads as it does on the real ones, where that is known; else the value at rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from domain.identifiers import OntName, PonName
from simulators.plant.orders import Order, RestartOnt, SetOnt, SetPon, SetUni
from simulators.plant.ports import Manageable, PlantView
from simulators.snmp.ber import Oid, integer
from simulators.snmp.isam_rows import OntRow, PonRow, UniRow
from simulators.snmp.mib import Column
from simulators.snmp.places import Ont, Pon

_IF_ADMIN: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 7)
_HUAWEI: Oid = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2)
_ZTE: Oid = (1, 3, 6, 1, 4, 1, 3902)
_FIBERHOME: Oid = (1, 3, 6, 1, 4, 1, 5875, 800, 3)

Meaning = Callable[[Any, int], "Order | None"]
"""The order that a value means for a row; ``None`` for a value that the object cannot have."""


@dataclass(frozen=True, slots=True)
class _Writable:
    """An object that may be set.

    Attributes:
        like: The column whose rows it has, where it is no column of the window yet.
        read: What it reads then.
    """

    prefix: Oid
    means: Meaning
    like: Oid | None = None
    read: Callable[[Any], bytes] | None = None


def _switch(make: Callable[[Any, bool], Order], on: int = 1, off: int = 2) -> Meaning:
    return lambda row, value: make(row, value == on) if value in {on, off} else None


def _restart(row: Ont, value: int) -> Order | None:
    return RestartOnt(_ont(row)) if value == 1 else None


def _ont(row: Ont | OntRow | UniRow) -> OntName:
    return row.state.name


def _pon(row: Pon | PonRow) -> PonName:
    return row.state.name


def _interface(row: Any, up: bool) -> Order:
    """IfAdminStatus of whatever the row is."""
    if isinstance(row, UniRow):
        return SetUni(_ont(row), up)
    return SetOnt(_ont(row), up) if isinstance(row, OntRow) else SetPon(_pon(row), up)


def _rest(_: Ont) -> bytes:
    return integer(-1)


_ADMIN = _switch(lambda row, up: SetOnt(_ont(row), up))
_UNI = _switch(lambda row, up: SetUni(_ont(row), up))
_UNI_01 = _switch(lambda row, up: SetUni(_ont(row), up), 1, 0)
_PON_01 = _switch(lambda row, up: SetPon(_pon(row), up), 1, 0)

_WRITABLE: dict[str, tuple[_Writable, ...]] = {
    "nokia_isam": (_Writable(_IF_ADMIN, _switch(_interface)),),
    "huawei_smartax": (
        _Writable(_IF_ADMIN, _switch(_interface)),
        _Writable((*_HUAWEI, 46, 1, 1), _ADMIN),
        _Writable((*_HUAWEI, 46, 1, 2), _restart, (*_HUAWEI, 46, 1, 1), _rest),
        _Writable(
            (*_HUAWEI, 62, 1, 5),
            _UNI,
            (*_HUAWEI, 62, 1, 22),
            lambda ont: integer((1 if ont.state.uni_admin_up else 2) if ont.managed else -1),
        ),
    ),
    "zte_zxan": (
        _Writable((*_ZTE, 1012, 3, 28, 1, 1, 17), _ADMIN),
        _Writable((*_ZTE, 1012, 3, 50, 11, 3, 1, 1), _restart, (*_ZTE, 1012, 3, 28, 1, 1, 17), _rest),
        _Writable((*_ZTE, 1012, 3, 50, 14, 1, 1, 5), _UNI),
        _Writable((*_ZTE, 1082, 500, 10, 2, 3, 8, 1, 1), _ADMIN),
        _Writable((*_ZTE, 1082, 500, 20, 2, 1, 10, 1, 1), _restart, (*_ZTE, 1082, 500, 10, 2, 3, 8, 1, 1), _rest),
    ),
    "fiberhome_an": (
        _Writable((*_FIBERHOME, 10, 1, 1, 15), _restart, (*_FIBERHOME, 10, 1, 1, 11), lambda _: integer(0)),
        _Writable(
            (*_FIBERHOME, 2, 2, 1, 2),
            _UNI_01,
            (*_FIBERHOME, 9, 3, 1, 1, 3),
            lambda ont: integer(1 if ont.state.uni_admin_up else 0),
        ),
        _Writable(
            (*_FIBERHOME, 2, 3, 1, 1),
            _PON_01,
            (*_FIBERHOME, 9, 3, 4, 1, 4),
            lambda pon: integer(1 if pon.state.admin_up else 0),
        ),
    ),
}


def with_writes(plant: PlantView, columns: Iterable[Column[Any]]) -> list[Column[Any]]:
    """The columns with what can be set; a plant that takes no orders has nothing to set."""
    found = {column.prefix: column for column in columns}
    if not isinstance(plant, Manageable):
        return list(found.values())
    for one in _WRITABLE[plant.state.olt.vendor]:
        if one.like in found and one.read is not None:
            found[one.prefix] = Column(one.prefix, found[one.like].rows, _as_there(found[one.like], one.read))
        if one.prefix in found:
            found[one.prefix] = replace(found[one.prefix], write=_write(plant, one.means))
    return list(found.values())


def _as_there(like: Column[Any], read: Callable[[Any], bytes]) -> Callable[[Any], bytes | None]:
    """A row is there where the other column has it."""
    return lambda row: None if like.read(row) is None else read(row)


def _write(plant: Manageable, means: Meaning) -> Callable[[Any, int], Callable[[], None] | None]:
    def write(row: Any, value: int) -> Callable[[], None] | None:
        order = means(row, value)
        return None if order is None else lambda: plant.order(order)

    return write
