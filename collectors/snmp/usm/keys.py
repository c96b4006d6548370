"""From passwords to keys (RFC 3414 2.6, A.2) and the two ciphers of a message."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from collectors.snmp.usm.user import Authentication, UsmUser
from domain.secret import Secret

_STRETCHED = 1 << 20  # octets of repeated password that are hashed
_BLOCK = 16
_KEYS_KEPT = 4096


def stretched(authentication: Authentication, password: bytes) -> bytes:
    """The key of a password, for every engine: the hash of one mebibyte of it repeated."""
    repeated = password * (_STRETCHED // len(password) + 1)
    return hashlib.new(authentication.hash_name, repeated[:_STRETCHED]).digest()


def localized(authentication: Authentication, key: bytes, engine_id: bytes) -> bytes:
    """The key for one engine."""
    return hashlib.new(authentication.hash_name, key + engine_id + key).digest()


@dataclass(slots=True)
class KeyCache:
    """Keys of passwords: one costs milliseconds, and the same users read thousands of OLTs."""

    _known: dict[tuple[Authentication, Secret], bytes] = field(default_factory=dict, repr=False)

    def forget(self, user: UsmUser) -> None:
        """Drop the keys of a user; who still needs them makes them again."""
        for password in (user.authentication_password, user.privacy_password):
            if user.authentication is not None and password is not None:
                self._known.pop((user.authentication, password), None)

    def of(self, authentication: Authentication, password: Secret) -> bytes:
        """The stretched key."""
        found = self._known.get((authentication, password))
        if found is None:
            if len(self._known) >= _KEYS_KEPT:
                self._known.clear()
            found = self._known[(authentication, password)] = stretched(authentication, password.reveal().encode())
        return found


@dataclass(slots=True, repr=False)
class Keys:
    """The keys of one user on one engine."""

    authentication: Authentication | None
    authentication_key: bytes
    cipher: CipherContext | None

    @classmethod
    def of(cls, user: UsmUser, engine_id: bytes, cache: KeyCache) -> Keys:
        """Localize the user's keys."""
        protocol = user.authentication
        if protocol is None or user.authentication_password is None:
            return cls(None, b"", None)
        key = localized(protocol, cache.of(protocol, user.authentication_password), engine_id)
        if user.privacy_password is None:
            return cls(protocol, key, None)
        secret = localized(protocol, cache.of(protocol, user.privacy_password), engine_id)[:_BLOCK]
        # The bare block cipher: CFB is assembled below from it (NIST SP 800-38A 6.3), so that one context serves
        # every message, where a context a message would cost more than the message.
        block = Cipher(algorithms.AES(secret), modes.ECB()).encryptor()  # noqa: S305
        return cls(protocol, key, block)

    def digest(self, message: bytes) -> bytes:
        """The HMAC of a message whose own place for it is zero (RFC 3414 6.3.1, RFC 7860 4.2)."""
        if self.authentication is None:
            return b""
        whole = hmac.digest(self.authentication_key, message, self.authentication.hash_name)
        return whole[: self.authentication.octets]

    def encrypt(self, vector: bytes, plain: bytes) -> bytes:
        """CFB128: each block is masked with the cipher of the one before it."""
        assert self.cipher is not None  # noqa: S101 - asked for users with privacy only
        found, before = [], vector
        for at in range(0, len(plain), _BLOCK):
            part = plain[at : at + _BLOCK]
            before = _xor(part, self.cipher.update(before)[: len(part)])
            found.append(before)
        return b"".join(found)

    def decrypt(self, vector: bytes, secret: bytes) -> bytes:
        """CFB128: all masks at once, for every block before is known."""
        assert self.cipher is not None  # noqa: S101 - asked for users with privacy only
        blocks = -(-len(secret) // _BLOCK)
        masks = self.cipher.update((vector + secret)[: blocks * _BLOCK])
        return _xor(secret, masks[: len(secret)])


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
