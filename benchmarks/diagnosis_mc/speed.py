"""How many diagnoses a second one core makes, from snapshots that are ready."""

from __future__ import annotations

import time
from collections.abc import Sequence

from diagnostics.engine import diagnose
from diagnostics.ruleset import Ruleset
from domain.snapshot import Snapshot

_LEAST_S = 3.0


def per_second(snapshots: Sequence[Snapshot], ruleset: Ruleset) -> float:
    """Diagnoses a CPU second of this process."""
    for snapshot in snapshots:
        diagnose(snapshot, ruleset)
    done, began = 0, time.process_time()
    while time.process_time() - began < _LEAST_S:
        for snapshot in snapshots:
            diagnose(snapshot, ruleset)
        done += len(snapshots)
    return done / (time.process_time() - began)
