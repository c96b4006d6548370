"""When boxes inform: each at an instant of its own, so that a park which starts together does not stay together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from collectors.boxes.requests import SetParameterValues
from domain.identifiers import DeviceId

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_RETRY_S, _LAST_RETRY = 5, 10  # CWMPRetryMinimumWaitInterval; from the 10th retry on, the same (TR-069 3.2.1.1)
_TRY_S = 30  # a session times out after 30 s or more without an answer (TR-069 3.7.1.1)
_SPREAD_S: Final = 604_800  # a week: longer than any period in use, so that every period is filled


def phase(device: DeviceId) -> datetime:
    """The reference instant of a box's periodic Informs (PeriodicInformTime, TR-098 1.8): stable, spread by hash."""
    digest = hashlib.sha256(f"periodic inform {device}".encode()).digest()
    return _EPOCH + timedelta(seconds=int.from_bytes(digest[:8], "big") % _SPREAD_S)


def since_first_try(retry_count: int) -> timedelta:
    """How long ago, at most, a box sent first what it now sends for the n-th time: 5–10 s, 10–20 s … between tries."""
    waits_s = sum(_FIRST_RETRY_S << min(retry, _LAST_RETRY) for retry in range(1, min(retry_count, 100) + 1))
    return timedelta(seconds=waits_s + _TRY_S * (min(retry_count, 100) + 1))


def schedule(server: str, device: DeviceId, interval_s: int | None) -> SetParameterValues:
    """What sets it under ``server`` (path of ManagementServer); without ``interval_s`` the box keeps its period."""
    values = {server + "PeriodicInformTime": phase(device).strftime("%Y-%m-%dT%H:%M:%SZ")}
    types = {server + "PeriodicInformTime": "dateTime"}
    if interval_s is not None:
        values |= {server + "PeriodicInformInterval": str(interval_s), server + "PeriodicInformEnable": "1"}
        types |= {server + "PeriodicInformInterval": "unsignedInt", server + "PeriodicInformEnable": "boolean"}
    return SetParameterValues(values, types)
