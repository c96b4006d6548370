"""Creates operators, accounts and tokens from the command line of the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from api.records import opened
from api.settings import Settings
from domain.clock import WallClock
from domain.errors import NotFoundError
from domain.principal import Principal
from storage.operators import Operator


async def issue(settings: Settings, who: Principal, *, infrastructure: bool, lifetime: timedelta) -> str:
    """A token for an account, created with its operator where they are new; the token is shown once.

    An operator that owns the OLTs goes on owning them, whether ``infrastructure`` is said again or not.
    """
    clock = WallClock()
    async with opened(settings, clock) as records:
        try:
            known = await records.operators.get(who.operator_id)
        except NotFoundError:
            await records.operators.put(Operator(who.operator_id, who.operator_id, infrastructure))
        else:
            if infrastructure and not known.is_infrastructure:
                await records.operators.put(replace(known, is_infrastructure=True))
        issued = await records.tokens.issue(who, clock.now(), lifetime)
    return issued.token.reveal()
