"""Who a box is: HTTP digest (RFC 7616, MD5 as boxes speak it) or basic over TLS, or its client certificate.

The secret of a box is derived from the server key and its identity, so that none is stored. A shared bootstrap secret
serves the first contact; the session that follows gives the box its own. A box that is let in with a shared secret
after that gets a new one: its name then ends with ``#`` and a number. Nonces are signed, not stored: only the counts of
those in use are, to refuse a replay.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.settings import AcsSettings, AuthMode
from domain.box import Inform, KnownBox
from domain.clock import Clock
from domain.identifiers import DeviceId
from domain.secret import Secret

REALM: Final = "acs"
_PARTS = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
FIRST_CONTACT: Final = frozenset({"0 BOOTSTRAP", "1 BOOT"})  # some boxes tell a factory reset by a boot alone
_NONCES_KEPT = 50_000  # boxes that inform within one nonce life


class Claim(StrEnum):
    """What a request proves."""

    NOTHING = "nothing"
    STALE = "stale"  # the right secret on a challenge that is too old, or used already
    BOOTSTRAP = "bootstrap"  # the shared secret
    FORMER = "former"  # the shared secret before it, while it is good
    RETIRED = "retired"  # the same, since it is not
    OWN = "own"  # the box's own secret, or its certificate


SHARED: Final = frozenset({Claim.BOOTSTRAP, Claim.FORMER, Claim.RETIRED})


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request proves, and of which box.

    Attributes:
        name: User name, or name of the certificate.
        certificate: Whether it is a certificate, which no other secret replaces.
        shared: The shared secret that it proves.
    """

    claim: Claim
    name: str = ""
    certificate: bool = False
    shared: Secret | None = None

    def generation(self, device: DeviceId) -> int | None:
        """Of the secret that it proves of that box; ``None`` when it proves none of it."""
        if self.claim is not Claim.OWN:
            return None
        if self.name == str(device):
            return 0
        owner, _, number = self.name.rpartition("#")
        return int(number) if owner == str(device) and re.fullmatch("[1-9][0-9]{0,8}", number) else None

    def is_of(self, device: DeviceId, box: KnownBox | None) -> bool:
        """Whether it is that box which proves the secret that is its own now."""
        generation = self.generation(device)
        if generation is None:
            return False
        return self.certificate or box is None or generation >= box.generation


class Verdict(StrEnum):
    """Whether a box may speak, and how it comes to."""

    ADMITTED = "admitted"
    AGAIN = "again"  # secured, and let in with a shared secret all the same
    REFUSED = "refused"


@dataclass(slots=True)
class Authenticator:
    """Checks credentials; `challenge` asks for them.

    Attributes:
        credentials: Secrets of boxes.
        settings: Mode, shared secret, life of challenges.
        now: Monotonic seconds.
        clock: The clock of the observed world, by which windows open and close.
    """

    credentials: BoxCredentials
    settings: AcsSettings
    now: Callable[[], float]
    clock: Clock
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _counts: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def proof(self, header: str, method: str, *, tls: bool, certificate: str | None) -> Proof:
        """What a request proves: ``certificate`` is the common name of a verified client certificate."""
        if certificate is not None:
            oui, dash, serial = certificate.partition("-")
            return Proof(Claim.OWN, f"{oui.upper()}{dash}{serial}", certificate=True)  # as `DeviceId` writes it
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "digest":
            return self._digest({name.lower(): quoted or bare for name, quoted, bare in _PARTS.findall(rest)}, method)
        return self._basic(rest) if scheme.lower() == "basic" and tls else Proof(Claim.NOTHING)

    def judge(self, proof: Proof, box: KnownBox | None, inform: Inform) -> Verdict:
        """Whether a box may speak for who it says it is. A stranger is parked whatever it proves."""
        if self.settings.auth is AuthMode.OFF or proof.is_of(inform.device, box):
            return Verdict.ADMITTED
        if proof.claim not in SHARED:
            return Verdict.REFUSED
        good = proof.claim is not Claim.RETIRED
        if good and (box is None or not box.secured):
            return Verdict.ADMITTED
        if box is not None and self._open(box) and not FIRST_CONTACT.isdisjoint(inform.events):
            return Verdict.AGAIN
        return Verdict.ADMITTED if good and self.settings.auth is AuthMode.BOOTSTRAP else Verdict.REFUSED

    def _open(self, box: KnownBox) -> bool:
        return box.open_until is not None and self.clock.now() < box.open_until

    def challenge(self, *, stale: bool, tls: bool) -> tuple[str, ...]:
        """WWW-Authenticate lines of a 401. Basic is offered over TLS only."""
        life = ", stale=true" if stale else ""
        digest = f'Digest realm="{REALM}", qop="auth", nonce="{self._nonce()}", algorithm=MD5{life}'
        return (digest, f'Basic realm="{REALM}"') if tls else (digest,)

    def _candidates(self, username: str) -> Iterator[tuple[Proof, str]]:
        """What each secret of that user name would prove, and the secret."""
        if username != self.settings.bootstrap_username:
            yield Proof(Claim.OWN, username), self.credentials.own(username).reveal()
            return
        if (shared := self.settings.bootstrap) is not None:
            yield Proof(Claim.BOOTSTRAP, shared=shared), shared.reveal()
        if (former := self.settings.former) is not None:
            until = self.settings.former_until
            claim = Claim.FORMER if until is not None and self.clock.now() < until else Claim.RETIRED
            yield Proof(claim, shared=former), former.reveal()

    def _basic(self, text: str) -> Proof:
        try:
            username, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return Proof(Claim.NOTHING)
        for proof, secret in self._candidates(username):
            if hmac.compare_digest(password.encode(), secret.encode()):
                return proof
        return Proof(Claim.NOTHING)

    def _digest(self, part: dict[str, str], method: str) -> Proof:
        username, nonce, count = part.get("username", ""), part.get("nonce", ""), part.get("nc", "")
        middle = (nonce, count, part.get("cnonce", ""), part["qop"]) if part.get("qop") else (nonce,)
        given, ha2 = part.get("response", "").lower().encode(), _md5(method, part.get("uri", ""))
        for proof, secret in self._candidates(username):
            expected = _md5(_md5(username, REALM, secret), *middle, ha2)
            if hmac.compare_digest(expected.encode(), given):
                fresh = self._fresh(nonce) and self._first_time(nonce, count)
                return proof if fresh else Proof(Claim.STALE)
        return Proof(Claim.NOTHING)

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


def own_username(device: DeviceId, generation: int) -> str:
    """The name under which a box is to prove its own secret of that generation."""
    return f"{device}#{generation}" if generation else str(device)


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
