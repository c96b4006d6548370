"""What is kept of what an Inform proved: a box that is secured, one let in again, an attempt that was refused."""

from __future__ import annotations

import time

from collectors.boxes.authentication import SHARED, Verdict
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.once import LogOnce
from collectors.boxes.refusals import Refusals, readmitted
from collectors.boxes.session import Session
from collectors.boxes.settings import AcsSettings, AuthMode
from collectors.boxes.stats import AcsStats
from domain.box import Inform, KnownBox
from domain.box_trust import TWICE, came_with_own, came_with_shared
from domain.ports import BoxStore


class Trust:
    """Follows how far each box is trusted (ADR-0037, ADR-0041)."""

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

    async def proved(self, session: Session, box: KnownBox, inform: Inform) -> KnownBox | None:
        """Keep what an Inform that was let in proved; the box as it is trusted from now on, ``None``: no more."""
        proof = session.proof
        if session.proved:
            return await self._own(session, box)
        if proof.claim not in SHARED or proof.shared is None:
            return box
        again = box.connection is not None or session.verdict is Verdict.AGAIN
        seen = box.secured or (again and self._strict)
        # By a window it is given another secret: what it had before may be known to who came in its place. In the mode
        # in which shared secrets always serve, that would let anyone who knows them lock boxes out.
        another = self._strict and box.open_until is not None and inform.at < box.open_until
        mark = self._credentials.mark(proof.shared)
        if came_with_shared(box, box, mark, again=again, another=another) != box:
            trusted = await self._store.shared(box, mark, again=again, another=another)
            if trusted is None:
                return None
            box = trusted
        session.offer = box.generation
        if seen:
            self._stats.readmitted += 1
            await self._store.observed(box, readmitted(inform.at, session.host))
        return box

    async def _own(self, session: Session, box: KnownBox) -> KnownBox | None:
        """It proved its own secret: for good, unless somebody else may have been offered the same."""
        generation = None if session.proof.certificate else session.proof.generation(box.device)
        renew = self._strict and generation is not None and session.kind is not None  # else it can be given none
        if came_with_own(box, generation, renew=renew) != box:
            trusted = await self._store.secured(box, generation, renew=renew)
            if trusted is None:
                return None
            box = trusted
        renewed = renew and box.generation == generation and box.offers >= TWICE
        session.offer = box.given if renewed else box.generation
        session.provision |= renewed
        return box

    @property
    def _strict(self) -> bool:
        return self._settings.auth is AuthMode.REQUIRED
