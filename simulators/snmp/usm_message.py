"""Messages of SNMPv3 under the user-based security model (RFC 3412, 3414, 3826, 7860), written and read.

Written apart from the collectors' on purpose: a shared one would share its mistakes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

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
    expect,
    header,
    integer,
    octets,
    tlv,
)

DIGESTS = {"sha1": 12, "sha224": 16, "sha256": 24, "sha384": 32, "sha512": 48}
"""Octets of the HMAC that travel, by hash (RFC 3414 6.3, RFC 7860 4.1)."""

_V3, _USM, REPORT = 3, 3, 0xA8
AUTH, PRIV, REPORTABLE = 1, 2, 4
"""Flags of a message (RFC 3412 6.4)."""
_LARGEST = 65507  # octets: what UDP over IPv4 carries
_REPEATED = 1 << 20  # octets of password that are hashed (RFC 3414 A.2.2)


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
        return (AUTH if self.auth else 0) | (PRIV if self.privacy_password else 0)


@dataclass(frozen=True, slots=True)
class Header:
    """What a message says of itself; ``digest_at`` is where its digest begins."""

    number: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    digest_at: int
    digest: bytes
    salt: bytes
    data: bytes
    user: bytes


@dataclass(slots=True)
class Authority:
    """The engine whose time and keys a message carries."""

    engine_id: bytes
    auth_key: bytes
    privacy_key: bytes
    boots: int = 0
    time_s: int = 0
    heard_s: float = 0.0


class Sealer:
    """Messages of one user, whoever is the authority."""

    def __init__(self, user: V3User) -> None:
        self.user = user
        self._keys = tuple(stretched(user.auth, word) for word in (user.auth_password, user.privacy_password))
        self._salt = int.from_bytes(os.urandom(8), "big")

    def authority(self, engine_id: bytes) -> Authority:
        """That engine, with the keys of the user there."""
        auth_key, privacy_key = (localised(self.user.auth, key, engine_id) for key in self._keys)
        return Authority(engine_id, auth_key, privacy_key[:16])

    def seal(self, pdu: bytes, number: int, authority: Authority, flags: int, time_s: int) -> bytes:
        """The message of a PDU, signed and hidden as ``flags`` say."""
        scoped, salt = scoped_of(authority.engine_id, pdu), b""
        if flags & PRIV:
            self._salt = self._salt + 1 & 0xFFFFFFFFFFFFFFFF  # never twice (RFC 3826 3.1.2.1)
            salt = self._salt.to_bytes(8, "big")
            hidden = cipher(authority.privacy_key, authority.boots, time_s, salt)
            scoped = octets(hidden.encryptor().update(scoped))
        blank = self.message(number, flags, authority, time_s, salt, scoped)
        if not flags & AUTH:
            return blank
        size = DIGESTS[self.user.auth]
        at = read(blank).digest_at
        digest = hmac.digest(authority.auth_key, blank, self.user.auth)[:size]
        return blank[:at] + digest + blank[at + size :]

    def message(
        self,
        number: int,
        flags: int,
        authority: Authority,
        time_s: int,
        salt: bytes,
        data: bytes,
        user: bytes | None = None,
    ) -> bytes:
        """A message whose digest is blank; of another ``user``, when that is who asked."""
        own = self.user.name.encode() if authority.engine_id else b""
        name = own if user is None else user
        digest = bytes(DIGESTS[self.user.auth]) if flags & AUTH else b""
        head = tlv(SEQUENCE, integer(number) + integer(_LARGEST) + octets(bytes((flags,))) + integer(_USM))
        fields = octets(authority.engine_id) + integer(authority.boots) + integer(time_s) + octets(name)
        security = octets(tlv(SEQUENCE, fields + octets(digest) + octets(salt)))
        return tlv(SEQUENCE, integer(_V3) + head + security + data)


def stretched(auth: str, password: str) -> bytes:
    """The key of a password, of no engine yet (RFC 3414 A.2)."""
    if not auth or not password:
        return b""
    words = password.encode()
    return hashlib.new(auth, (words * (_REPEATED // len(words) + 1))[:_REPEATED]).digest()


def localised(auth: str, key: bytes, engine_id: bytes) -> bytes:
    """That key at one engine."""
    return hashlib.new(auth, key + engine_id + key).digest() if key else b""


def cipher(key: bytes, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
    """AES-128 in CFB128 (RFC 3826 3.1.2.1)."""
    vector = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
    if len(vector) != 16:
        raise BerError("a salt that has not 8 octets")
    return Cipher(AES(key), CFB(vector))


def scoped_of(engine_id: bytes, pdu: bytes) -> bytes:
    """A scoped PDU of the default context."""
    return tlv(SEQUENCE, octets(engine_id) + octets(b"") + pdu)


def pdu_of(scoped: bytes) -> tuple[int, bytes]:
    """Tag and content of the PDU of a scoped PDU; raises `BerError`."""
    at, end = expect(scoped, 0, len(scoped), SEQUENCE)
    _, at = expect(scoped, at, end, OCTET_STRING)
    _, at = expect(scoped, at, end, OCTET_STRING)
    tag, at, end = header(scoped, at, end)
    return tag, scoped[at:end]


def proves(datagram: bytes, found: Header, authority: Authority) -> bool:
    """Whether a message was signed with the key of an authority."""
    size = len(found.digest)
    protocol = next((name for name, octets_ in DIGESTS.items() if octets_ == size), None)
    if protocol is None:
        return False
    blank = datagram[: found.digest_at] + bytes(size) + datagram[found.digest_at + size :]
    return hmac.compare_digest(hmac.digest(authority.auth_key, blank, protocol)[:size], found.digest)


def read(data: bytes) -> Header:
    """Read a message; raises `BerError`."""
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
    engine_id, boots, time_s, user, digest, salt = (data[first:last] for first, last in places)
    body, last = expect(data, security_end, end, OCTET_STRING) if flags & PRIV else (security_end, end)
    return Header(
        number,
        flags,
        engine_id,
        decode_integer(boots),
        decode_integer(time_s),
        places[4][0],
        digest,
        salt,
        data[body:last],
        user,
    )
