"""What the machine's clock says of the instants of samples: one rule for both stores (ADR-0039).

A batch dated later than now, and more than clocks differ, was dated by a clock that has been set back since, or that is
wrong: it is dated anew, by the instant of its reception. A sample that is stored with such an instant all the same (it
was written while the machine's own clock was ahead) is no last sample of anything as long as there is a true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import structlog
from numpy.typing import NDArray

from domain.clock import Clock
from domain.telemetry import Batch, Instants
from storage.last_values import AHEAD
from storage.telemetry.columns import micros

_log = structlog.get_logger(__name__)

NEVER = np.iinfo(np.int64).min
"""The instant of a sample that there is not."""


@dataclass(slots=True)
class Present:
    """The present of one store.

    Attributes:
        redated: Batches that were dated anew.
    """

    clock: Clock
    redated: int = 0

    def latest_us(self) -> int:
        """The latest instant that is believed, in microseconds since 1970."""
        return micros(self.clock.now() + AHEAD)

    def dated(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """Batches whose instants can be: those of the future come to an end now, as far apart as they were."""
        now = self.clock.now()
        future = [batch.at for batch in batches if batch.at > now + AHEAD]
        if not future:
            return batches
        if not self.redated:
            _log.warning("telemetry.dated_anew", ahead_s=(max(future) - now).total_seconds())
        self.redated += len(future)
        ahead = max(future) - now
        return [replace(batch, at=batch.at - ahead) if batch.at > now + AHEAD else batch for batch in batches]


def ranked(ats: Instants, latest_us: int) -> Instants:
    """Instants in the order in which samples give way: those of the future before all others."""
    return np.where(ats > latest_us, NEVER + 1, ats)


def of_the_future(ats: Instants, latest_us: int) -> NDArray[np.bool_] | None:
    """Which instants are not believed; ``None``: all are."""
    return ats > latest_us if len(ats) and int(ats.max()) > latest_us else None
