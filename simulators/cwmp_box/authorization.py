"""How a box proves who it is to a server: HTTP digest (RFC 2617, MD5) where it is offered, else basic."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from simulators.cwmp_box.digest import FIELD, md5


class Login:
    """Answers the challenges of one server with one name and password."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenge: dict[str, str] = {}
        self._basic = False
        self._count = 0

    def challenged(self, offers: Sequence[str]) -> bool:
        """Take the challenges of a 401; whether another try makes sense."""
        if not self._username or (self._count and not any("stale=true" in offer.lower() for offer in offers)):
            return False
        digest = next((offer for offer in offers if offer.lower().startswith("digest ")), None)
        self._basic = digest is None and any(offer.lower().startswith("basic") for offer in offers)
        if digest is not None:
            self._challenge = {key: quoted or plain for key, quoted, plain in FIELD.findall(digest)}
            self._count = 0
        return digest is not None or self._basic

    def header(self, method: str, path: str) -> str:
        """The value of Authorization, empty before any challenge."""
        self._count += bool(self._challenge) or self._basic
        if self._basic:
            return "Basic " + base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
        return self._digest(method, path) if self._challenge else ""

    def _digest(self, method: str, path: str) -> str:
        realm, nonce = self._challenge.get("realm", ""), self._challenge.get("nonce", "")
        count, cnonce = f"{self._count:08x}", secrets.token_hex(8)
        one, two = md5(self._username, realm, self._password), md5(method, path)
        fields = {"username": self._username, "realm": realm, "nonce": nonce, "uri": path}
        plain = ""
        if "auth" in self._challenge.get("qop", "").split(","):
            fields |= {"response": md5(one, nonce, count, cnonce, "auth", two), "cnonce": cnonce}
            plain = f", qop=auth, nc={count}"
        else:
            fields["response"] = md5(one, nonce, two)
        if "opaque" in self._challenge:
            fields["opaque"] = self._challenge["opaque"]
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + plain
