"""SNMPv3 as the simulated OLT answers it: the authoritative engine of one user (RFC 3414 3.2), in front of v2c.

What is proved and opened goes on to the v2c agent with its community, and its answer is sealed. Questions below the
user's own level are refused: what an operator configures for an OLT is its only way in.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.snmp.ber import INTEGER, OCTET_STRING, SEQUENCE, BerError, encode_oid, expect, integer, octets, tlv
from simulators.snmp.ber import unsigned as counted
from simulators.snmp.message import V2C
from simulators.snmp.usm_message import (
    AUTH,
    PRIV,
    REPORT,
    REPORTABLE,
    Header,
    Sealer,
    cipher,
    pdu_of,
    proves,
    read,
    scoped_of,
)

_COUNTER32 = 0x41
_WINDOW_S = 150  # RFC 3414 2.2.3
_UNSUPPORTED, _NOT_IN_TIME, _UNKNOWN_USER, _UNKNOWN_ENGINE, _WRONG_DIGEST, _UNDECIPHERED = 1, 2, 3, 4, 5, 6
_USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)


class _Refused(Exception):  # noqa: N818 - not an error: it is what is answered
    def __init__(self, counter: int, *, proved: bool = False) -> None:
        self.counter, self.proved = counter, proved
        super().__init__(counter)


class V3Engine:
    """Opens questions and seals answers.

    Args:
        sealer: The user, and the keys of its passwords: the same for every OLT of a fleet.
        engine_id: This OLT's (RFC 3411 5).
        community: Of the v2c agent behind.
        life: Its snmpEngineBoots and snmpEngineTime now.
    """

    def __init__(self, sealer: Sealer, engine_id: bytes, community: bytes, life: Callable[[], tuple[int, int]]) -> None:
        self._sealer, self._life = sealer, life
        self._own = sealer.authority(engine_id)
        self._head = integer(V2C) + octets(community)
        self._counts: dict[int, int] = {}

    @staticmethod
    def speaks(data: bytes) -> bool:
        """Whether a datagram says that it is of version 3."""
        at = 2 + (data[1] & 0x7F) if len(data) > 1 and data[1] & 0x80 else 2
        return data[at : at + 3] == b"\x02\x01\x03"

    def answer(self, data: bytes, behind: Callable[[bytes], bytes | None]) -> bytes | None:
        """What is answered to a datagram, ``behind`` being the v2c agent; raises `BerError`."""
        found = read(data)
        self._own.boots, self._own.time_s = self._life()
        try:
            pdu = self._opened(data, found)
        except _Refused as why:
            return self._report(found, why)
        given = behind(tlv(SEQUENCE, self._head + pdu))
        if given is None:
            return None
        return self._sealer.seal(_pdu_of_v2c(given), found.number, self._own, self._sealer.user.flags, self._own.time_s)

    def _opened(self, data: bytes, found: Header) -> bytes:
        """The PDU of a question, in the order of checks of RFC 3414 3.2."""
        user, own = self._sealer.user, self._own
        if found.engine_id != own.engine_id:
            raise _Refused(_UNKNOWN_ENGINE)
        if found.user != user.name.encode():
            raise _Refused(_UNKNOWN_USER)
        if found.flags & (AUTH | PRIV) != user.flags:
            raise _Refused(_UNSUPPORTED)
        if user.auth and not proves(data, found, own):
            raise _Refused(_WRONG_DIGEST)
        if user.auth and (found.boots != own.boots or abs(found.time_s - own.time_s) > _WINDOW_S):
            raise _Refused(_NOT_IN_TIME, proved=True)
        scoped = found.data
        if found.flags & PRIV:
            scoped = cipher(own.privacy_key, found.boots, found.time_s, found.salt).decryptor().update(scoped)
        try:
            return tlv(*pdu_of(scoped))
        except BerError:
            raise _Refused(_UNDECIPHERED, proved=bool(user.auth)) from None

    def _report(self, found: Header, why: _Refused) -> bytes | None:
        count = self._counts[why.counter] = self._counts.get(why.counter, 0) + 1
        if not found.flags & REPORTABLE:
            return None
        name = tlv(0x06, encode_oid((*_USM_STATS, why.counter, 0)))
        listed = tlv(SEQUENCE, tlv(SEQUENCE, name + counted(_COUNTER32, count)))
        report = tlv(REPORT, integer(0) * 3 + listed)
        if why.proved:
            return self._sealer.seal(report, found.number, self._own, AUTH, self._own.time_s)
        scoped = scoped_of(self._own.engine_id, report)
        return self._sealer.message(found.number, 0, self._own, self._own.time_s, b"", scoped, found.user)


def _pdu_of_v2c(message: bytes) -> bytes:
    at, end = expect(message, 0, len(message), SEQUENCE)
    _, at = expect(message, at, end, INTEGER)
    _, at = expect(message, at, end, OCTET_STRING)
    return message[at:end]
