"""SNMPv3 as the simulated OLT speaks it first: traps as its own engine, informs to the receiver's (RFC 3414, 3826).

Written apart from the collectors' on purpose: a shared one would share its mistakes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from domain.errors import InvalidValueError
from simulators.snmp.ber import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    BerError,
    decode_integer,
    encode_oid,
    expect,
    header,
    integer,
    octets,
    tlv,
)
from simulators.snmp.message import RESPONSE

DIGESTS = {"sha1": 12, "sha224": 16, "sha256": 24, "sha384": 32, "sha512": 48}
"""Octets of the HMAC that travel, by hash (RFC 3414 6.3, RFC 7860 4.1)."""

_V3, _USM, _REPORT, _GET = 3, 3, 0xA8, 0xA0
_AUTH, _PRIV, _REPORTABLE = 1, 2, 4
_LARGEST = 65507  # octets: what UDP over IPv4 carries
_REPEATED = 1 << 20  # octets of password that are hashed (RFC 3414 A.2.2)
_UNKNOWN_ENGINE = encode_oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0))
_NOT_IN_TIME = encode_oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0))


@dataclass(frozen=True, slots=True)
class V3User:
    """Who the OLT speaks as.

    Attributes:
        auth: Hash of the authentication, a key of `DIGESTS`; empty for none.
        privacy_password: Of AES-128; empty for none.
    """

    name: str
    auth: str = ""
    auth_password: str = field(default="", repr=False)
    privacy_password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.auth not in DIGESTS and (self.auth or self.privacy_password):
            raise InvalidValueError("auth", self.auth, f"one of {', '.join(DIGESTS)}")
        if not self.name or bool(self.auth) is not bool(self.auth_password):
            raise InvalidValueError("v3 user", self.name, "NAME:HASH:PASSWORD[:PRIVACY PASSWORD]")

    @classmethod
    def parse(cls, text: str) -> V3User:
        """Read ``NAME``, ``NAME:HASH:PASSWORD`` or ``NAME:HASH:PASSWORD:PRIVACY PASSWORD``."""
        return cls(*text.split(":", 3))

    @property
    def flags(self) -> int:
        """Its level of security."""
        return (_AUTH if self.auth else 0) | (_PRIV if self.privacy_password else 0)


class Heard(Enum):
    """What came back."""

    ACKNOWLEDGED = "acknowledged"
    AGAIN = "again"  # the receiver's engine or time has been learnt: send it again
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class _Header:
    number: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    digest_at: int
    digest: bytes
    salt: bytes
    data: bytes


@dataclass(slots=True)
class _Authority:
    """The engine whose time and keys a message carries."""

    engine_id: bytes
    auth_key: bytes
    privacy_key: bytes
    boots: int = 0
    time_s: int = 0
    heard_s: float = 0.0


class V3Speaker:
    """Seals notifications of one user.

    Args:
        user: Who speaks.
        engine_id: The OLT's own engine (RFC 3411 5).
        life: Its snmpEngineBoots and snmpEngineTime now.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(
        self, user: V3User, engine_id: bytes, life: Callable[[], tuple[int, int]], monotonic: Callable[[], float]
    ) -> None:
        self._user = user
        self._life = life
        self._monotonic = monotonic
        self._keys = tuple(_stretched(user.auth, word) for word in (user.auth_password, user.privacy_password))
        self._own = self._authority(engine_id)
        self._receivers: dict[object, _Authority] = {}
        self._salt = int.from_bytes(os.urandom(8), "big")

    def trap(self, pdu: bytes, number: int) -> bytes:
        """The message of a trap: of this the OLT is the authority."""
        self._own.boots, self._own.time_s = self._life()
        return self._seal(pdu, number, self._own, self._user.flags, self._own.time_s)

    def inform(self, pdu: bytes, number: int, receiver: object) -> bytes:
        """The message of an inform; a question after the receiver's engine as long as that is unknown."""
        authority = self._receivers.get(receiver)
        if authority is None:
            nothing = tlv(_GET, integer(number) + integer(0) * 2 + tlv(SEQUENCE, b""))
            return self._message(number, _REPORTABLE, _Authority(b"", b"", b""), 0, b"", _scoped(b"", nothing))
        time_s = authority.time_s + int(self._monotonic() - authority.heard_s)
        return self._seal(pdu, number, authority, self._user.flags | _REPORTABLE, time_s)

    def heard(self, datagram: bytes, receiver: object) -> tuple[int, Heard]:
        """Which message an answer is about, and what follows from it."""
        try:
            found = _read(datagram)
            return found.number, self._heard(datagram, found, receiver)
        except BerError:
            return 0, Heard.NOTHING

    def _heard(self, datagram: bytes, found: _Header, receiver: object) -> Heard:
        authority = self._receivers.get(receiver)
        known = authority is not None and authority.engine_id == found.engine_id
        proved = authority is not None and known and bool(found.flags & _AUTH) and _proves(datagram, found, authority)
        if authority is not None and proved and found.flags & _PRIV:
            cipher = _cipher(authority.privacy_key, found.boots, found.time_s, found.salt)
            tag, content = _pdu(cipher.decryptor().update(found.data))
        elif found.flags & _PRIV:
            return Heard.NOTHING
        else:
            tag, content = _pdu(found.data)
        if tag == RESPONSE:
            return Heard.ACKNOWLEDGED if known and (proved or not self._user.auth) else Heard.NOTHING
        if tag != _REPORT or not (_UNKNOWN_ENGINE in content or (proved and _NOT_IN_TIME in content)):
            return Heard.NOTHING
        learnt = authority if authority is not None and known else self._authority(found.engine_id)
        learnt.boots, learnt.time_s, learnt.heard_s = found.boots, found.time_s, self._monotonic()
        self._receivers[receiver] = learnt
        return Heard.AGAIN

    def _authority(self, engine_id: bytes) -> _Authority:
        auth_key, privacy_key = (_localised(self._user.auth, key, engine_id) for key in self._keys)
        return _Authority(engine_id, auth_key, privacy_key[:16])

    def _seal(self, pdu: bytes, number: int, authority: _Authority, flags: int, time_s: int) -> bytes:
        scoped, salt = _scoped(authority.engine_id, pdu), b""
        if flags & _PRIV:
            self._salt = self._salt + 1 & 0xFFFFFFFFFFFFFFFF  # never twice (RFC 3826 3.1.2.1)
            salt = self._salt.to_bytes(8, "big")
            cipher = _cipher(authority.privacy_key, authority.boots, time_s, salt)
            scoped = octets(cipher.encryptor().update(scoped))
        blank = self._message(number, flags, authority, time_s, salt, scoped)
        if not flags & _AUTH:
            return blank
        size = DIGESTS[self._user.auth]
        at = _read(blank).digest_at
        digest = hmac.digest(authority.auth_key, blank, self._user.auth)[:size]
        return blank[:at] + digest + blank[at + size :]

    def _message(self, number: int, flags: int, authority: _Authority, time_s: int, salt: bytes, data: bytes) -> bytes:
        name = self._user.name.encode() if authority.engine_id else b""
        digest = bytes(DIGESTS[self._user.auth]) if flags & _AUTH else b""
        head = tlv(SEQUENCE, integer(number) + integer(_LARGEST) + octets(bytes((flags,))) + integer(_USM))
        fields = octets(authority.engine_id) + integer(authority.boots) + integer(time_s) + octets(name)
        security = octets(tlv(SEQUENCE, fields + octets(digest) + octets(salt)))
        return tlv(SEQUENCE, integer(_V3) + head + security + data)


def _stretched(auth: str, password: str) -> bytes:
    if not auth or not password:
        return b""
    words = password.encode()
    return hashlib.new(auth, (words * (_REPEATED // len(words) + 1))[:_REPEATED]).digest()


def _localised(auth: str, key: bytes, engine_id: bytes) -> bytes:
    return hashlib.new(auth, key + engine_id + key).digest() if key else b""


def _cipher(key: bytes, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
    """AES-128 in CFB128 (RFC 3826 3.1.2.1)."""
    vector = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
    if len(vector) != 16:
        raise BerError("a salt that has not 8 octets")
    return Cipher(AES(key), CFB(vector))


def _scoped(engine_id: bytes, pdu: bytes) -> bytes:
    return tlv(SEQUENCE, octets(engine_id) + octets(b"") + pdu)


def _pdu(scoped: bytes) -> tuple[int, bytes]:
    at, end = expect(scoped, 0, len(scoped), SEQUENCE)
    _, at = expect(scoped, at, end, OCTET_STRING)
    _, at = expect(scoped, at, end, OCTET_STRING)
    tag, at, end = header(scoped, at, end)
    return tag, scoped[at:end]


def _proves(datagram: bytes, found: _Header, authority: _Authority) -> bool:
    size = len(found.digest)
    protocol = next((name for name, octets_ in DIGESTS.items() if octets_ == size), None)
    if protocol is None:
        return False
    blank = datagram[: found.digest_at] + bytes(size) + datagram[found.digest_at + size :]
    return hmac.compare_digest(hmac.digest(authority.auth_key, blank, protocol)[:size], found.digest)


def _read(data: bytes) -> _Header:
    at, end = expect(data, 0, len(data), SEQUENCE)
    start, stop = expect(data, at, end, INTEGER)
    if decode_integer(data[start:stop]) != _V3:
        raise BerError("a version other than 3")
    at, head_end = expect(data, stop, end, SEQUENCE)
    start, at = expect(data, at, head_end, INTEGER)
    number = decode_integer(data[start:at])
    _, at = expect(data, at, head_end, INTEGER)
    start, stop = expect(data, at, head_end, OCTET_STRING)
    flags = data[start] if stop - start == 1 else 0
    at, security_end = expect(data, head_end, end, OCTET_STRING)
    at, fields_end = expect(data, at, security_end, SEQUENCE)
    places: list[tuple[int, int]] = []
    for tag in (OCTET_STRING, INTEGER, INTEGER, OCTET_STRING, OCTET_STRING, OCTET_STRING):
        places.append(expect(data, at, fields_end, tag))
        at = places[-1][1]
    engine_id, boots, time_s, _, digest, salt = (data[first:last] for first, last in places)
    body, last = expect(data, security_end, end, OCTET_STRING) if flags & _PRIV else (security_end, end)
    return _Header(
        number,
        flags,
        engine_id,
        decode_integer(boots),
        decode_integer(time_s),
        places[4][0],
        digest,
        salt,
        data[body:last],
    )
