"""SET requests to an OLT of the fleet (RFC 3416 4.2.5): all that is asked is checked before the first of it is done.

The objects are those of `simulators.snmp.writes`; what each means is an order by rows.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.fleet.model import Olt
from simulators.fleet.tables import Encoded, Write
from simulators.snmp.ber import INTEGER, decode_integer, header
from simulators.snmp.message import NO_CREATION, NOT_WRITABLE, WRONG_TYPE, WRONG_VALUE, Request
from simulators.snmp.setting import all_or_none

Act = Callable[[Olt, int, bool], None]


def obey(request: Request, encoded: Encoded) -> tuple[int, int]:
    """Set what is asked. Error-status and error-index: 0 and 0 where it was done, else nothing was."""
    wanted = [_change(encoded, name, value) for name, value in zip(request.names, request.values, strict=True)]
    refused = all_or_none(wanted)
    if wanted and refused == (0, 0):
        encoded.olt.obeyed()
    return refused


def _change(encoded: Encoded, name: bytes, value: bytes) -> Callable[[], None] | int:
    _, start, stop = header(name, 0, len(name))
    column, row = encoded.exact(name[start:stop])
    write = None if column < 0 else encoded.tables.columns[column].write
    if write is None:
        return NOT_WRITABLE
    if row is None:
        return NO_CREATION
    tag, start, stop = header(value, 0, len(value))
    if tag != INTEGER:
        return WRONG_TYPE
    change = write(encoded.olt, int(encoded.family(column).order[row]), decode_integer(value[start:stop]))
    return WRONG_VALUE if change is None else change


def switch(act: Act, on: int = 1, off: int = 2) -> Write:
    """A value that opens, and one that shuts."""

    def write(olt: Olt, row: int, value: int) -> Callable[[], None] | None:
        return (lambda: act(olt, row, value == on)) if value in {on, off} else None

    return write


def restart(olt: Olt, row: int, value: int) -> Callable[[], None] | None:
    """1 restarts the ONT."""
    return (lambda: olt.standing.restart(row, olt.now_us)) if value == 1 else None


def set_ont(olt: Olt, row: int, up: bool) -> None:
    """Activate or deactivate an ONT."""
    olt.standing.onts[row] = up


def set_uni(olt: Olt, row: int, up: bool) -> None:
    """Open or shut the Ethernet port of an ONT."""
    olt.standing.unis[row] = up


def set_pon(olt: Olt, row: int, up: bool) -> None:
    """Open or shut a PON port."""
    olt.standing.pons[row] = up
