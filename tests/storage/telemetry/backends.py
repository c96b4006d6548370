"""The stores under the conformance suite, and how to wait until what was acknowledged can be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.telemetry import TelemetryStore


@dataclass(frozen=True)
class Backend:
    """A store, and what makes acknowledged batches readable (sealing, sending; nothing for most)."""

    store: TelemetryStore
    settle: Callable[[], Awaitable[None]]
