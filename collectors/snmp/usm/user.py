"""Who asks, over SNMPv3."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from domain.errors import InvalidValueError
from domain.secret import Secret

_SHORTEST_PASSWORD = 8  # characters (RFC 3414 11.2)


class Authentication(Enum):
    """An authentication protocol: its hash, and how many octets of the HMAC travel (RFC 3414 6, RFC 7860 4)."""

    SHA1 = ("sha1", 12)
    SHA224 = ("sha224", 16)
    SHA256 = ("sha256", 24)
    SHA384 = ("sha384", 32)
    SHA512 = ("sha512", 48)

    @property
    def hash_name(self) -> str:
        """Name of the hash, as `hashlib` has it."""
        return self.value[0]

    @property
    def octets(self) -> int:
        """Octets of the HMAC in a message."""
        return self.value[1]


class Privacy(Enum):
    """A privacy protocol."""

    AES128 = "aes128"  # CFB with 128 bits of feedback (RFC 3826)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """A user of an agent, with passwords of 8 characters at least. Without authentication nothing is proved.

    Attributes:
        name: The securityName, 32 octets at most.
        privacy: Needs an authentication (RFC 3411 3.4.3).
    """

    name: str
    authentication: Authentication | None = None
    authentication_password: Secret | None = None
    privacy: Privacy | None = None
    privacy_password: Secret | None = None

    def __post_init__(self) -> None:
        pairs = ((self.authentication, self.authentication_password), (self.privacy, self.privacy_password))
        for protocol, password in pairs:
            if (protocol is None) is not (password is None):
                raise InvalidValueError("usm user", self.name, "a password for each protocol, and for nothing else")
            if password is not None and len(password.reveal().encode()) < _SHORTEST_PASSWORD:
                raise InvalidValueError("usm user", self.name, "passwords of 8 characters at least")
        if self.privacy is not None and self.authentication is None:
            raise InvalidValueError("usm user", self.name, "an authentication, which privacy needs")
        if not 1 <= len(self.name.encode()) <= 32:
            raise InvalidValueError("usm user", self.name, "a name of 1 to 32 octets")
