"""HTTP digest authentication of a connection request, server side (RFC 2617 3: MD5, qop=auth)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict

REALM = "IGD"
_MAX_NONCES = 4096  # C: challenges remembered; the oldest are forgotten
FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
"""A field of a challenge or of its answer: its name, its value within quotes, or without."""


def md5(*parts: str) -> str:
    """The hash of parts joined by colons (RFC 2617 3.2.1), in hexadecimal digits."""
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


class DigestGate:
    """Gives challenges and checks their answers. Each nonce counts upwards: a replay is refused."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def challenge(self) -> str:
        """A WWW-Authenticate value with a new nonce."""
        nonce = secrets.token_hex(16)
        self._counts[nonce] = 0
        if len(self._counts) > _MAX_NONCES:
            self._counts.popitem(last=False)
        return f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{nonce}", opaque="{nonce[:8]}"'

    def admits(self, authorization: str, path: str, username: str, password: str) -> bool:
        """Whether an Authorization header of ``GET path`` comes from who knows these credentials."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest":
            return False
        given = {key: quoted or plain for key, quoted, plain in FIELD.findall(rest)}
        nonce, count, cnonce = given.get("nonce", ""), given.get("nc", ""), given.get("cnonce", "")
        if nonce not in self._counts or given.get("qop") != "auth" or given.get("uri") != path:
            return False
        if not re.fullmatch(r"[0-9a-fA-F]{8}", count) or int(count, 16) <= self._counts[nonce]:
            return False
        secret = md5(username, REALM, password)
        expected = md5(secret, nonce, count, cnonce, "auth", md5("GET", path))
        user_ok = hmac.compare_digest(given.get("username", "").encode(), username.encode())
        if not hmac.compare_digest(given.get("response", "").encode(), expected.encode()) or not user_ok:
            return False
        self._counts[nonce] = int(count, 16)
        return True
