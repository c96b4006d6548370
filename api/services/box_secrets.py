"""Which secrets boxes prove: how many still come with the shared secret before the present one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.settings import AcsSettings, AuthMode
from domain.clock import Clock
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.operators import Operator

CURRENT: Final = "current"
FORMER: Final = "former"
OTHER: Final = "other"
UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class BoxSecretStats:
    """For measures.

    Attributes:
        boxes: Boxes by the shared secret that they last came with: ``current``, ``former``, ``other`` (one before),
            ``unknown`` (they never had to).
        unproved: Of these, those that have not proved a secret of their own since.
    """

    boxes: Counter[str] = field(default_factory=Counter)
    unproved: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class BoxSecrets:
    """How boxes prove who they are.

    Attributes:
        mode: What the ACS asks of them.
        former_until: Until when the former shared secret is good; ``None`` without one.
        former_good: Whether it is good now; ``None`` without one.
        counts: The boxes.
    """

    mode: AuthMode
    former_until: datetime | None
    former_good: bool | None
    counts: BoxSecretStats


class _Boxes(Protocol):
    async def by_secret(self, operator_id: str | None = None) -> Mapping[tuple[str | None, bool], int]: ...


class _Operators(Protocol):
    async def get(self, operator_id: str) -> Operator: ...


class BoxSecretService:
    """Counts boxes by the secrets that they prove; no secret is ever told.

    Args:
        boxes: Boxes of the records.
        operators: Who owns the network sees every box, who sells accesses those of its own.
        credentials: What tells shared secrets apart.
        settings: Those of the ACS.
        clock: The clock in force.
    """

    def __init__(
        self, boxes: _Boxes, operators: _Operators, credentials: BoxCredentials, settings: AcsSettings, clock: Clock
    ) -> None:
        self._boxes = boxes
        self._operators = operators
        self._settings = settings
        self._clock = clock
        self._names: dict[str | None, str] = {None: UNKNOWN}
        shared: tuple[tuple[Secret | None, str], ...] = ((settings.former, FORMER), (settings.bootstrap, CURRENT))
        self._names |= {credentials.mark(secret): name for secret, name in shared if secret is not None}
        self.stats = BoxSecretStats()

    async def view(self, who: Principal) -> BoxSecrets:
        """For the NOC of an operator."""
        who.require(Right.NOC)
        whole = (await self._operators.get(who.operator_id)).is_infrastructure
        settings = self._settings
        until = settings.former_until if settings.former is not None else None
        good = None if until is None else self._clock.now() < until
        return BoxSecrets(settings.auth, until, good, await self._count(None if whole else who.operator_id))

    async def measure(self) -> None:
        """Count them all, for measures."""
        found = await self._count(None)
        self.stats.boxes, self.stats.unproved = found.boxes, found.unproved

    async def _count(self, operator_id: str | None) -> BoxSecretStats:
        found = BoxSecretStats()
        for (mark, proved), count in (await self._boxes.by_secret(operator_id)).items():
            name = self._names.get(mark, OTHER)
            found.boxes[name] += count
            if not proved:
                found.unproved[name] += count
        return found
