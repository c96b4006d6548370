"""`domain.ports.OltActions` for the OLTs of every vendor: each driver that can act has an ``actor``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from collectors.driving.acting import Actor
from domain.clock import Clock
from domain.identifiers import OntName
from domain.olt import OltTarget
from domain.olt_actions import ActionKind, OltAction, OltFault, OltOutcome, OltResult
from domain.ports import OltDriver


@runtime_checkable
class Acting(Protocol):
    """A driver through which something can be done."""

    actor: Actor | None


@dataclass(frozen=True, slots=True)
class DriverActions:
    """Acts through the drivers that read: their sockets, their sessions, their budgets.

    Args:
        driver_of: The driver of a vendor, as live reads have it.
    """

    driver_of: Callable[[str], OltDriver]
    clock: Clock

    def supported(self, olt: OltTarget) -> frozenset[ActionKind]:
        """See `OltActions.supported`."""
        actor = self._actor(olt)
        return frozenset() if actor is None else actor.supported(olt)

    async def act(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """See `OltActions.act`."""
        actor = self._actor(olt)
        if actor is None or action.kind not in actor.supported(olt):
            fault = OltFault("not_supported", str(action.kind))
            return OltResult(OltOutcome.NOT_SENT, self.clock.now(), fault=fault)
        return await actor.act(olt, ont, action, timeout_s)

    async def settle(self, olt: OltTarget, ont: OntName, action: OltAction, timeout_s: float) -> OltResult:
        """See `OltActions.settle`."""
        actor = self._actor(olt)
        if actor is None:
            return OltResult(OltOutcome.UNKNOWN, self.clock.now())
        return await actor.settle(olt, ont, action, timeout_s)

    async def close(self) -> None:
        """Nothing: the drivers belong to whoever reads through them."""

    def _actor(self, olt: OltTarget) -> Actor | None:
        found = self.driver_of(olt.vendor)
        return found.actor if isinstance(found, Acting) else None
