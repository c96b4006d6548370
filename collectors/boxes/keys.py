"""The ParameterKey of the ACS's own sets: it tells when they were, so that a lost order is not read out of them."""

from __future__ import annotations

from datetime import datetime

_PROVISIONED = "provisioned."


def provisioned(at: datetime) -> str:
    """The key of a provisioning at that instant: 32 characters at most (TR-069 A.3.2.1)."""
    return f"{_PROVISIONED}{at.timestamp():.0f}"


def denies(key: str | None, since: datetime) -> bool:
    """Whether a box that shows this key has certainly not done what it was asked at ``since`` under another one.

    A box without any key may keep none, and a provisioning since would have taken the place of the key that is missed.
    """
    if not key:
        return False
    at = key.removeprefix(_PROVISIONED)
    return at == key or not at.isdigit() or int(at) < int(since.timestamp())
