"""Who a box is: HTTP digest (RFC 7616, MD5 as boxes speak it) or basic over TLS, or its client certificate.

The secret of a box is derived from the server key and its identity, so that none is stored. A shared bootstrap secret
serves the first contact; the session that follows gives the box its own. Nonces are signed, not stored: only the counts
of those in use are, to refuse a replay.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.settings import AcsSettings, AuthMode
from domain.box import KnownBox
from domain.identifiers import DeviceId

REALM: Final = "acs"
_PARTS = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_NONCES_KEPT = 50_000  # boxes that inform within one nonce life


class Claim(StrEnum):
    """What a request proves."""

    NOTHING = "nothing"
    STALE = "stale"  # the right secret on a challenge that is too old, or used already
    BOOTSTRAP = "bootstrap"  # the shared secret
    OWN = "own"  # the box's own secret, or its certificate


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request proves, and of which box."""

    claim: Claim
    device: str = ""


@dataclass(slots=True)
class Authenticator:
    """Checks credentials; `challenge` asks for them.

    Attributes:
        credentials: Secrets of boxes.
        settings: Mode, shared secret, life of challenges.
        now: Monotonic seconds.
    """

    credentials: BoxCredentials
    settings: AcsSettings
    now: Callable[[], float]
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _counts: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def proof(self, header: str, method: str, *, tls: bool, certificate: str | None) -> Proof:
        """What a request proves: ``certificate`` is the common name of a verified client certificate."""
        if certificate is not None:
            oui, dash, serial = certificate.partition("-")
            return Proof(Claim.OWN, f"{oui.upper()}{dash}{serial}")  # as `DeviceId` writes it
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "digest":
            return self._digest({name.lower(): quoted or bare for name, quoted, bare in _PARTS.findall(rest)}, method)
        return self._basic(rest) if scheme.lower() == "basic" and tls else Proof(Claim.NOTHING)

    def admits(self, proof: Proof, box: KnownBox | None, device: DeviceId) -> bool:
        """Whether a box may speak for ``device``. A stranger is parked whatever it proves, so it proves nothing."""
        if self.settings.auth is AuthMode.OFF:
            return True
        if proof.claim is Claim.OWN:
            return proof.device == str(device)
        if proof.claim is not Claim.BOOTSTRAP:
            return False
        return box is None or self.settings.auth is AuthMode.BOOTSTRAP or not box.secured

    def challenge(self, *, stale: bool, tls: bool) -> tuple[str, ...]:
        """WWW-Authenticate lines of a 401. Basic is offered over TLS only."""
        life = ", stale=true" if stale else ""
        digest = f'Digest realm="{REALM}", qop="auth", nonce="{self._nonce()}", algorithm=MD5{life}'
        return (digest, f'Basic realm="{REALM}"') if tls else (digest,)

    def _secret(self, username: str) -> tuple[Claim, str]:
        shared = self.settings.bootstrap
        if shared is not None and username == self.settings.bootstrap_username:
            return Claim.BOOTSTRAP, shared.reveal()
        return Claim.OWN, self.credentials.own(username).reveal()

    def _basic(self, text: str) -> Proof:
        try:
            username, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return Proof(Claim.NOTHING)
        claim, secret = self._secret(username)
        good = hmac.compare_digest(password.encode(), secret.encode())
        return Proof(claim, username) if good else Proof(Claim.NOTHING)

    def _digest(self, part: dict[str, str], method: str) -> Proof:
        username, nonce, count = part.get("username", ""), part.get("nonce", ""), part.get("nc", "")
        claim, secret = self._secret(username)
        ha1, ha2 = _md5(username, REALM, secret), _md5(method, part.get("uri", ""))
        middle = (nonce, count, part.get("cnonce", ""), part["qop"]) if part.get("qop") else (nonce,)
        expected = _md5(ha1, *middle, ha2)
        if not hmac.compare_digest(expected.encode(), part.get("response", "").lower().encode()):
            return Proof(Claim.NOTHING)
        if not self._fresh(nonce) or not self._first_time(nonce, count):
            return Proof(Claim.STALE)
        return Proof(claim, username)

    def _nonce(self) -> str:
        text = f"{int(self.now() * 1000):x}.{secrets.token_hex(8)}"
        return f"{text}.{self._sign(text)}"

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _fresh(self, nonce: str) -> bool:
        text, _, signature = nonce.rpartition(".")
        if not hmac.compare_digest(self._sign(text).encode(), signature.encode()):
            return False
        return self.now() - int(text.partition(".")[0], 16) / 1000 <= self.settings.nonce_life_s

    def _first_time(self, nonce: str, count: str) -> bool:
        """Whether this count of this nonce is new; without qop there is no count, so a nonce serves once."""
        try:
            number = int(count, 16) if count else 1
        except ValueError:
            return False
        if number <= self._counts.get(nonce, 0):
            return False
        self._counts[nonce] = number
        self._counts.move_to_end(nonce)
        while len(self._counts) > _NONCES_KEPT:
            self._counts.popitem(last=False)
        return True


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
