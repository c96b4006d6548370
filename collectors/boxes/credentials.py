"""Credentials of connection requests: one pair a box, derived, so that no list of passwords exists to leak."""

from __future__ import annotations

import hashlib
import hmac

from domain.box import ConnectionRequest, KnownBox
from domain.identifiers import DeviceId
from domain.secret import Secret


class BoxCredentials:
    """Derives the connection-request credentials of each box from one server key."""

    def __init__(self, server_key: Secret) -> None:
        self._key = server_key.reveal().encode()

    def of(self, device: DeviceId) -> tuple[str, Secret]:
        """User name ``OUI-serial`` and password (HMAC-SHA-256 of the identity, cut to 128 bits) of a box."""
        digest = hmac.new(self._key, f"cwmp connection request {device}".encode(), hashlib.sha256).hexdigest()
        return str(device), Secret(digest[:32])

    def stun(self, username: str) -> Secret:
        """The secret that a box signs its STUN requests with, where it is behind NAT."""
        return Secret(hmac.new(self._key, f"cwmp stun {username}".encode(), hashlib.sha256).hexdigest()[:32])

    def own(self, username: str) -> Secret:
        """The secret that a box proves itself with to the ACS; apart from the one that the ACS calls it with."""
        return Secret(hmac.new(self._key, f"cwmp acs {username}".encode(), hashlib.sha256).hexdigest()[:32])

    def mark(self, shared: Secret) -> str:
        """What tells shared secrets apart without telling them: 64 bits of a hash under the server key."""
        return hmac.new(self._key, f"cwmp shared {shared.reveal()}".encode(), hashlib.sha256).hexdigest()[:16]

    def fill(self, box: KnownBox) -> ConnectionRequest | None:
        """How to call a box: its reported URL, with the stored credentials where there are some, else the derived."""
        if box.connection is None or not box.connection.url:
            return None
        if box.connection.username and box.connection.password.reveal():
            return box.connection
        username, password = self.of(box.device)
        return ConnectionRequest(box.connection.url, username, password)
