"""OLTs as the infrastructure operator looks after them: onboarding, reconciliation, load, what polling brings."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime

from api.clock import Time
from collectors.load import Usage
from collectors.onboarding import AUTO, Onboarding, onboard
from collectors.polled import Polled
from collectors.polling import PollingLoop
from collectors.reconciliation import Report, reconcile
from collectors.register import Site, drivers
from domain.errors import ConflictError, ForbiddenError, InvalidValueError, NotFoundError
from domain.olt import OltTarget
from domain.principal import Principal, Right
from storage.records import Records

ONBOARDING_S = 60.0
BUSY_S = 10.0
"""How long a walk under way is waited for (C)."""
"""The whole of an onboarding (C): a walk of 16,384 ONTs at 500 requests a second."""


class OltService:
    """Needs the right « inventaire »; for what is only looked at, « NOC » will do."""

    def __init__(self, records: Records, site: Site, polling: PollingLoop, clock: Time) -> None:
        self._records = records
        self._site = site
        self._polling = polling
        self._clock = clock

    async def onboard(self, who: Principal, name: str, target: OltTarget | None, *, accept: bool = False) -> Onboarding:
        """Read an OLT once, declared or, with ``target``, not yet; with ``accept``, keep the contract it proposes.

        Raises `DeviceTimeoutError` and `DeviceProtocolError` for what the OLT does, or does not.
        """
        who.require(Right.INVENTORY)
        if not (await self._records.operators.get(who.operator_id)).is_infrastructure:
            raise ForbiddenError("infrastructure")
        if accept and target is not None:
            raise InvalidValueError("accept", "true", "an OLT of the inventory, asked without a body")
        async with AsyncExitStack() as stack:
            if target is None:
                target = await self._records.olts.get(who, name)
                await self._taken(stack, name)
            elif target.vendor != AUTO and target.vendor not in drivers():
                raise InvalidValueError("vendor", target.vendor, "a vendor that this service reads")
            found = await onboard(target, self._clock, timeout_s=ONBOARDING_S, site=self._site)
        if accept:
            await self._records.olts.put(who, replace(target, contract=found.contract))
            await self._polling.follow_inventory()
        return found

    async def _taken(self, stack: AsyncExitStack, name: str) -> None:
        """Have a declared OLT to oneself, never beside a walk; raises `ConflictError` where that takes too long."""
        try:
            async with asyncio.timeout(BUSY_S):
                await stack.enter_async_context(self._polling.of(name).alone)
        except TimeoutError:
            raise ConflictError("olt", name, "it is being read: ask again later") from None

    async def reconcile(self, who: Principal, name: str) -> tuple[Report, datetime]:
        """The inventory against the last walk, and when that was; raises `NotFoundError` where there is none yet."""
        who.require(Right.INVENTORY)
        walk = await self._records.network.walk(who, name)
        if walk is None:
            raise NotFoundError("walk of the OLT", name)
        return reconcile(await self._records.network.places(name), walk), walk.at

    async def load(self, who: Principal, name: str) -> Usage:
        """What the OLT is allowed and was asked."""
        target = await self._mine(who, name)
        return self._site.budgets.of(target.host, target.port).usage(asyncio.get_running_loop().time())

    async def collection(self, who: Principal, name: str) -> Polled:
        """What polling has brought of the OLT since the start."""
        await self._mine(who, name)
        return self._polling.olts.get(name) or Polled()

    async def _mine(self, who: Principal, name: str) -> OltTarget:
        require_network(who)
        return await self._records.olts.get(who, name)


def require_network(who: Principal) -> None:
    """Raise `ForbiddenError` without « NOC » or « inventaire »."""
    if not who.may(Right.INVENTORY):
        who.require(Right.NOC)
