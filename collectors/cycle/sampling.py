"""Which PON ports a cycle asks for what costs the OLT a query to each ONT, and where their rows stand. Pure.

PON ports are told by the packed name of an ONT without its number (``key >> 12``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from collectors.cycle.cadence import elapsed
from collectors.cycle.names import BITS
from collectors.cycle.plan import Rows
from collectors.snmp.walk import Scope
from domain.telemetry import Keys

_NEVER = datetime.min.replace(tzinfo=UTC)


def sample(pons: Keys, read_at: Mapping[int, datetime], now: datetime, period: timedelta, share: float) -> Keys:
    """The PON ports to ask now: those not asked for ``period``, longest ago first, at most ``share`` of all.

    A share of them that was asked together becomes due together, so the ports go round by themselves.
    """
    due = [pon for pon in pons.tolist() if elapsed(read_at.get(pon), now, period)]
    due.sort(key=lambda pon: (read_at.get(pon, _NEVER), pon))
    return np.array(sorted(due[: math.ceil(len(pons) * share)]), dtype=np.int64)


def scopes_of(rows: Rows, pons: Keys, chosen: Keys, onts: tuple[int, int]) -> Sequence[Scope]:
    """Ranges of a table of ONTs that hold the rows of ``chosen``, one for each run of neighbours among ``pons``."""
    firsts, lasts = (rows.first(pons << BITS | ont) for ont in onts)
    order = np.argsort(firsts)
    mine = np.isin(pons, chosen)[order]
    steps = np.diff(mine.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    firsts, lasts = firsts[order], lasts[order]
    return [Scope(int(firsts[a]), int(lasts[b])) for a, b in zip(starts, ends, strict=True)]
