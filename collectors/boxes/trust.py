"""What is kept of what an Inform proved: a box that is secured, one let in again, an attempt that was refused."""

from __future__ import annotations

import time
from dataclasses import replace

from collectors.boxes.authentication import SHARED, Verdict
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.once import LogOnce
from collectors.boxes.refusals import Refusals, readmitted
from collectors.boxes.session import Session
from collectors.boxes.settings import AcsSettings, AuthMode
from collectors.boxes.stats import AcsStats
from domain.box import Inform, KnownBox
from domain.ports import BoxStore


class Trust:
    """Follows how far each box is trusted (ADR-0037)."""

    def __init__(
        self, store: BoxStore, credentials: BoxCredentials, settings: AcsSettings, stats: AcsStats, log: LogOnce
    ) -> None:
        self._store = store
        self._credentials = credentials
        self._settings = settings
        self._stats = stats
        self._log = log
        self._refusals = Refusals(time.monotonic)

    async def refused(self, session: Session, box: KnownBox, inform: Inform) -> None:
        """Keep that a box, or who plays it, knows a secret that does not open it."""
        seen = self._refusals.refused(box, session.proof, inform.at, session.host)
        if seen is not None:
            self._stats.refused_secrets += 1
            self._log(f"box_refused_{session.proof.claim}", device=str(box.device), peer=session.host)
            await self._store.observed(box, seen)

    async def proved(self, session: Session, box: KnownBox, inform: Inform) -> KnownBox:
        """Keep what an Inform that was let in proved; the box as it is trusted from now on."""
        proof = session.proof
        if session.proved:
            generation = max(box.generation, proof.generation(box.device) or 0)
            if not box.secured or generation != box.generation:
                await self._store.secured(box, generation)
                return replace(box, secured=True, generation=generation)
            return box
        if proof.claim not in SHARED or proof.shared is None:
            return box
        spoke = box.connection is not None or session.verdict is Verdict.AGAIN
        # What it was given before may be known to who came in its place: its next secret is another one. In the mode in
        # which shared secrets always serve, that would let anyone who knows them lock boxes out.
        again = spoke and self._settings.auth is AuthMode.REQUIRED
        mark = self._credentials.mark(proof.shared)
        if again or mark != box.mark:
            await self._store.shared(box, mark, again=again)
        if again or box.secured:
            self._stats.readmitted += 1
            await self._store.observed(box, readmitted(inform.at, session.host))
        return replace(box, secured=False, generation=box.generation + 1, open_until=None) if again else box
