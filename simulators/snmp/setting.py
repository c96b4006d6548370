"""SET requests (RFC 3416 4.2.5): every variable is checked before the first one is set, so that all are or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulators.snmp.ber import INTEGER, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Oid, decode_integer, header
from simulators.snmp.message import NO_CREATION, NOT_WRITABLE, WRONG_TYPE, WRONG_VALUE, Request
from simulators.snmp.mib import View, Writes

_V1_STATUS = {NOT_WRITABLE: 2, NO_CREATION: 2, WRONG_TYPE: 3, WRONG_VALUE: 3}
"""What an agent says in v1 (RFC 3584 4.4): noSuchName, badValue."""


def obey(request: Request, view: View) -> tuple[int, int]:
    """Set what is asked. Error-status and error-index: 0 and 0 where it was done, else nothing was."""
    return all_or_none(_change(view, oid, value) for oid, value in zip(request.oids, request.values, strict=True))


def all_or_none(wanted: Iterable[Callable[[], None] | int]) -> tuple[int, int]:
    """Make every change, or none: a number among them is the error-status of the variable at its place."""
    changes: list[Callable[[], None]] = []
    for place, change in enumerate(wanted, 1):
        if isinstance(change, int):
            return change, place
        changes.append(change)
    for change in changes:
        change()
    return 0, 0


def v1_status(status: int) -> int:
    """The same refusal in SNMPv1."""
    return _V1_STATUS.get(status, status)


def _change(view: View, oid: Oid, value: bytes) -> Callable[[], None] | int:
    there = view.get(oid)
    write = view.writer(oid) if isinstance(view, Writes) else None
    if write is None:
        return NOT_WRITABLE
    if there in {NO_SUCH_OBJECT, NO_SUCH_INSTANCE}:
        return NO_CREATION
    tag, start, stop = header(value, 0, len(value))
    if tag != INTEGER:
        return WRONG_TYPE
    change = write(decode_integer(value[start:stop]))
    return WRONG_VALUE if change is None else change
