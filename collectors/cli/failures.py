"""How an exchange that failed reads: the reason behind each error of collection."""

from __future__ import annotations

from domain.errors import CollectionError, DeviceTimeoutError, DeviceUnreachableError
from domain.reading import Reason


def reason_of(error: CollectionError) -> Reason:
    """Why nothing was read."""
    if isinstance(error, DeviceTimeoutError):
        return Reason.TIMEOUT
    return Reason.UNREACHABLE if isinstance(error, DeviceUnreachableError) else Reason.ERROR
