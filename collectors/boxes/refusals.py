"""What is noted of a box that came with a secret which does not open it, or that was let in again with a shared one.

Who proves nothing leaves no trace here: anyone can say that he is any box.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final

from collectors.boxes.authentication import Claim, Proof
from domain.box import KnownBox
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.metrics.box import (
    BOX_READMITTED_AT,
    BOX_READMITTED_FROM,
    BOX_REFUSED_AT,
    BOX_REFUSED_FROM,
    BOX_REFUSED_SECRET,
)
from domain.reading import Source, Via, known
from domain.states import BoxSecret

_SOURCE: Final = Source(Via.CWMP, "Inform")
_EVERY_S: Final = 60.0  # C: a box, or who plays it, is noted no more often than that for each secret
_NOTED: Final = 10_000  # attempts remembered to that end

_SECRETS: Final = {
    Claim.BOOTSTRAP: BoxSecret.SHARED,
    Claim.FORMER: BoxSecret.FORMER_SHARED,
    Claim.RETIRED: BoxSecret.FORMER_SHARED,
    Claim.OWN: BoxSecret.FORMER_OWN,
}


def readmitted(at: datetime, peer: str) -> Readings:
    """What to keep of a box that had spoken before and was let in with a shared secret."""
    return Readings({BOX_READMITTED_AT: known(at, at, _SOURCE), BOX_READMITTED_FROM: known(peer, at, _SOURCE)})


class Refusals:
    """Makes observations of attempts, none too often."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._noted: OrderedDict[tuple[DeviceId, BoxSecret], float] = OrderedDict()

    def refused(self, box: KnownBox, proof: Proof, at: datetime, peer: str) -> Readings | None:
        """What to keep of an attempt that was refused; ``None`` for nothing."""
        secret = _SECRETS.get(proof.claim)
        another = proof.claim is Claim.OWN and proof.generation(box.device) is None
        if secret is None or another or not self._due((box.device, secret)):
            return None
        return Readings(
            {
                BOX_REFUSED_AT: known(at, at, _SOURCE),
                BOX_REFUSED_FROM: known(peer, at, _SOURCE),
                BOX_REFUSED_SECRET: known(secret, at, _SOURCE),
            }
        )

    def _due(self, attempt: tuple[DeviceId, BoxSecret]) -> bool:
        now = self._monotonic()
        if now - self._noted.get(attempt, float("-inf")) < _EVERY_S:
            return False
        self._noted[attempt] = now
        self._noted.move_to_end(attempt)
        while len(self._noted) > _NOTED:
            self._noted.popitem(last=False)
        return True
