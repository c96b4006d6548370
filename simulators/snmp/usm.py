"""SNMPv3 as the simulated OLT speaks it first: traps as its own engine, informs to the receiver's."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from simulators.snmp.ber import SEQUENCE, BerError, encode_oid, integer, tlv
from simulators.snmp.message import GET, RESPONSE
from simulators.snmp.usm_message import (
    AUTH,
    PRIV,
    REPORT,
    REPORTABLE,
    Authority,
    Header,
    Sealer,
    V3User,
    cipher,
    pdu_of,
    proves,
    read,
    scoped_of,
)

_UNKNOWN_ENGINE = encode_oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0))
_NOT_IN_TIME = encode_oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0))


class Heard(Enum):
    """What came back."""

    ACKNOWLEDGED = "acknowledged"
    AGAIN = "again"  # the receiver's engine or time has been learnt: send it again
    NOTHING = "nothing"


class V3Speaker:
    """Seals notifications of one user.

    Args:
        user: Who speaks.
        engine_id: The OLT's own engine (RFC 3411 5).
        life: Its snmpEngineBoots and snmpEngineTime now.
        monotonic: Seconds of a clock that never goes back.
        sealer: What seals for that user already: stretching a password is slow.
    """

    def __init__(
        self,
        user: V3User,
        engine_id: bytes,
        life: Callable[[], tuple[int, int]],
        monotonic: Callable[[], float],
        sealer: Sealer | None = None,
    ) -> None:
        self._user = user
        self._life = life
        self._monotonic = monotonic
        self._sealer = sealer or Sealer(user)
        self._own = self._sealer.authority(engine_id)
        self._receivers: dict[object, Authority] = {}

    def trap(self, pdu: bytes, number: int) -> bytes:
        """The message of a trap: of this the OLT is the authority."""
        self._own.boots, self._own.time_s = self._life()
        return self._sealer.seal(pdu, number, self._own, self._user.flags, self._own.time_s)

    def inform(self, pdu: bytes, number: int, receiver: object) -> bytes:
        """The message of an inform; a question after the receiver's engine as long as that is unknown."""
        authority = self._receivers.get(receiver)
        if authority is None:
            nothing = tlv(GET, integer(number) + integer(0) * 2 + tlv(SEQUENCE, b""))
            return self._sealer.message(number, REPORTABLE, Authority(b"", b"", b""), 0, b"", scoped_of(b"", nothing))
        time_s = authority.time_s + int(self._monotonic() - authority.heard_s)
        return self._sealer.seal(pdu, number, authority, self._user.flags | REPORTABLE, time_s)

    def heard(self, datagram: bytes, receiver: object) -> tuple[int, Heard]:
        """Which message an answer is about, and what follows from it."""
        try:
            found = read(datagram)
            return found.number, self._heard(datagram, found, receiver)
        except BerError:
            return 0, Heard.NOTHING

    def _heard(self, datagram: bytes, found: Header, receiver: object) -> Heard:
        authority = self._receivers.get(receiver)
        known = authority is not None and authority.engine_id == found.engine_id
        proved = authority is not None and known and bool(found.flags & AUTH) and proves(datagram, found, authority)
        if authority is not None and proved and found.flags & PRIV:
            opened = cipher(authority.privacy_key, found.boots, found.time_s, found.salt)
            tag, content = pdu_of(opened.decryptor().update(found.data))
        elif found.flags & PRIV:
            return Heard.NOTHING
        else:
            tag, content = pdu_of(found.data)
        if tag == RESPONSE:
            return Heard.ACKNOWLEDGED if known and (proved or not self._user.auth) else Heard.NOTHING
        if tag != REPORT or not (_UNKNOWN_ENGINE in content or (proved and _NOT_IN_TIME in content)):
            return Heard.NOTHING
        learnt = authority if authority is not None and known else self._sealer.authority(found.engine_id)
        learnt.boots, learnt.time_s, learnt.heard_s = found.boots, found.time_s, self._monotonic()
        self._receivers[receiver] = learnt
        return Heard.AGAIN
