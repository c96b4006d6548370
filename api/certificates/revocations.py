"""The published revocation list: never older than half of its life, written anew at each revocation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog
from cryptography import x509

from api.certificates.authority import Authority, RevocationList, write
from api.certificates.trust import Trust
from domain.clock import Clock
from storage.certificates import Certificates

_log = structlog.get_logger(__name__)


class Revocations:
    """Makes, keeps and publishes the list of the embedded authority, and what nginx reads."""

    def __init__(
        self, trust: Trust, certificates: Certificates, clock: Clock, *, life: timedelta, public_folder: Path
    ) -> None:
        self._trust = trust
        self._certificates = certificates
        self._clock = clock
        self._life = life
        self._folder = public_folder
        self._current: RevocationList | None = None
        self._making = asyncio.Lock()

    async def current(self) -> RevocationList | None:
        """The list in force; ``None`` where no authority is embedded."""
        if self._trust.own is None:
            return None
        async with self._making:
            if self._current is None or self._clock.now() >= self._current.this_update + self._life / 2:
                self._current = await self._made(self._trust.own)
            return self._current

    async def renew(self) -> None:
        """Make another list now: something was revoked."""
        if self._trust.own is not None:
            async with self._making:
                self._current = await self._made(self._trust.own)

    async def publish(self) -> None:
        """Bring the files of nginx up to date: the list when its time has come, or another authority's files."""
        await self.current()
        await asyncio.to_thread(self._write)

    async def _made(self, own: Authority) -> RevocationList:
        now = self._clock.now()
        revoked = await self._certificates.revoked(now - self._life)  # RFC 5280 3.3: one list beyond its end
        number = await asyncio.to_thread(self._next_number)
        made = own.revocations(revoked, number, now, self._life)
        self._current = made
        await asyncio.to_thread(self._write)
        _log.info("revocation list made", number=number, revoked=len(revoked), next_update=made.next_update.isoformat())
        return made

    def _next_number(self) -> int:
        """More than the last one's, whichever is known of it; the clock's seconds where nothing is (RFC 5280 5.2.3)."""
        last = 0
        if self._current is not None:
            last = self._current.number
        elif (file := self._folder / "own.crl.pem").exists():
            try:
                kept = x509.load_pem_x509_crl(file.read_bytes())
                last = kept.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            except (ValueError, x509.ExtensionNotFound):
                _log.warning("the last revocation list cannot be read", file=file.name)
        return max(last + 1, int(self._clock.now().timestamp()))

    def _write(self) -> None:
        """Write what changed; nginx is told by its own watch over the files."""
        own = self._trust.own
        authorities, lists = (b"", b"") if self._trust.outside is None else self._trust.outside.pem
        if own is not None and self._current is not None:
            authorities, lists = own.pem + authorities, self._current.pem + lists
            self._replace("own.crl.pem", self._current.pem)
        self._replace("ca.pem", authorities)
        self._replace("crl.pem", lists)

    def _replace(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            write(path, content, 0o644)
