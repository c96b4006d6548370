"""Where each variable of a column begins: looked for in all replies at once, and proved.

A variable begins with 30, its length, 06, the length of its name and the column's identifier. Places that look so are
the variables if the first is at 0 and each length leads exactly to the next: then there is no other way to read them.
Anything else (octets of a value that look so, long lengths) is walked variable by variable, then by pyasn1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collectors.snmp import bulk_wire
from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.chain import Chain, rewritten
from collectors.snmp.sealing import as_v2c
from collectors.snmp.udp import Decoder
from domain.errors import DeviceProtocolError

_Places = NDArray[np.int64]
_HEAD = b"\x02\x01\x00" * 3  # request-id, error-status and error-index of a reply made up for pyasn1


def locate(buffer: bytes, prefix: bytes) -> _Places | None:
    """Where the variables begin; ``None`` when that cannot be proved at a glance."""
    data = np.frombuffer(buffer, np.uint8)
    count = len(data) - 4 - len(prefix)
    if count <= 0:
        return np.zeros(0, np.int64) if not buffer else None
    looks = data[4 + len(prefix) - 1 : 4 + len(prefix) - 1 + count] == prefix[-1]
    for place, octet in ((0, 0x30), (2, 0x06), (4, prefix[0]), (2 + len(prefix), prefix[-2])):
        looks &= data[place : place + count] == octet
    found = np.flatnonzero(looks)
    if not len(found) or found[0] != 0:
        return None
    lengths = data[found + 1]
    ends = found + 2 + lengths
    if int(lengths.max()) >= 0x80 or ends[-1] != len(data) or not np.array_equal(ends[:-1], found[1:]):
        return None
    return found


def walk(chain: Chain, decoder: Decoder) -> tuple[bytes, list[int], bool]:
    """Replies of a chain one by one: what is sound of them, where its variables begin, whether that is all.

    A reply that only pyasn1 understands is rewritten. One whose last variable is not the one that was gone on from is
    not believed: rows may have been passed over.
    """
    sound: list[bytes] = []
    starts: list[int] = []
    base = 0
    for body, last in zip(chain.bodies, chain.lasts, strict=True):
        read = _walked(body, last, decoder)
        if read is None:
            return b"".join(sound), starts, False
        body, places = read  # noqa: PLW2901 - the same variables, in the form that is known
        starts += [base + place for place in places]
        sound.append(body)
        base += len(body)
    return b"".join(sound), starts, True


def _walked(body: bytes, last: int, decoder: Decoder) -> tuple[bytes, Sequence[int]] | None:
    try:
        starts = bulk_wire.boundaries(body)
    except UnrecognisedError:
        return _rewritten(body, last, decoder)
    return (body, starts) if starts[-1] == last else None


def _rewritten(body: bytes, last: int, decoder: Decoder) -> tuple[bytes, Sequence[int]] | None:
    try:
        response = decoder(as_v2c(bulk_wire.tlv(0xA2, _HEAD + bulk_wire.tlv(0x30, body))))
        again = rewritten(response.varbinds)
        starts = bulk_wire.boundaries(again)
    except (DeviceProtocolError, UnrecognisedError):
        return None
    return (again, starts) if again[starts[-1] :] == body[last:] else None
