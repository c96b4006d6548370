"""Probes the platform now and then, and on demand: one round at a time, few questions at once, results kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

import structlog

from collectors.platform.asking import Asked, ask
from collectors.platform.judging import works
from domain.clock import Clock
from domain.platform import Answer, Probed, ProbeTarget
from domain.ports import Sleeper

_log = structlog.get_logger(__name__)

_AT_ONCE = 16  # C: questions in flight; a round of some ten targets is one burst of some ten datagrams
_SPREAD = 0.2  # C: share of the period by which two rounds may come nearer: probers do not fall in step


class ProbeStore(Protocol):
    """Where the last result of each target is kept."""

    async def keep(self, found: Sequence[Probed]) -> None:
        """Keep these, in the place of the former ones."""
        ...

    async def last(self) -> Sequence[Probed]:
        """What is kept."""
        ...


@dataclass(slots=True)
class PlatformStats:
    """What the prober did since it started, and what it knows now.

    Attributes:
        rounds: Rounds.
        asked: Questions; ``unheard`` those that nothing answered; ``unsent`` those that did not leave.
        working: Targets that work now; ``failing`` that do not; ``unknown`` of which nobody can tell.
        store_errors: Rounds that the store refused; the next one is kept in their place.
    """

    rounds: int = 0
    asked: int = 0
    unheard: int = 0
    unsent: int = 0
    working: int = 0
    failing: int = 0
    unknown: int = 0
    store_errors: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, and for how long.

    Attributes:
        period: Between two rounds, by the clock in force.
        patience_s: For one answer, tries included, by the monotonic clock.
        window: Of the shares.
        query_name: What resolvers are asked for; the root itself is in every resolver (RFC 8109).
    """

    period: timedelta = timedelta(seconds=60)
    patience_s: float = 1.5
    window: timedelta = timedelta(minutes=15)
    query_name: str = "."


class PlatformProber:
    """Asks the targets.

    Args:
        targets: What is probed; `use` changes them.
        store: Where results are kept over restarts.
        clock: The clock in force.
        sleeper: Waits by it.
        pace: How often.
        random: Draws when the next round comes.
    """

    def __init__(
        self,
        targets: Sequence[ProbeTarget],
        store: ProbeStore,
        clock: Clock,
        sleeper: Sleeper,
        pace: Pace | None = None,
        random: Random | None = None,
    ) -> None:
        self.stats = PlatformStats()
        self.pace = pace or Pace()
        self._targets = tuple(targets)
        self._store = store
        self._clock = clock
        self._sleeper = sleeper
        self._random = random or Random()  # noqa: S311 - spreads load, guards nothing
        self._found: dict[str, Probed] = {}
        self._heard: dict[str, datetime] = {}
        self._past: dict[str, deque[tuple[datetime, bool]]] = {}
        self._round: asyncio.Task[None] | None = None
        self._ended_at: datetime | None = None

    @property
    def targets(self) -> Sequence[ProbeTarget]:
        """What is probed."""
        return self._targets

    @property
    def found(self) -> Sequence[Probed]:
        """The last result of each target that was asked, in their order."""
        return [self._found[target.name] for target in self._targets if target.name in self._found]

    def use(self, targets: Sequence[ProbeTarget]) -> None:
        """Probe these from now on; what was found of a target that is gone or moved is forgotten."""
        kept = set(self._targets) & set(targets)
        names = {target.name for target in kept}
        self._found = {name: one for name, one in self._found.items() if name in names}
        self._heard = {name: at for name, at in self._heard.items() if name in names}
        self._past = {name: past for name, past in self._past.items() if name in names}
        self._targets = tuple(targets)
        self._ended_at = None

    async def run(self) -> None:
        """Remember what was kept, then probe for ever."""
        try:
            await self._remember()
        except Exception as error:  # noqa: BLE001 - the boundary: what was kept is a help, not a need
            _log.warning("platform probes not remembered", error=type(error).__name__)
        while True:
            await self.probe()
            spread = 1.0 + _SPREAD * (self._random.random() - 0.5)
            await self._sleeper.until(self._clock.now() + self.pace.period * spread)

    async def fresh(self, max_age: timedelta) -> Sequence[Probed]:
        """Results of at most that age: probes now where they are older. Rounds are shared by who asks at once.

        A clock that was set back makes them old: how old nobody knows.
        """
        ended = self._ended_at
        if ended is None or not timedelta(0) <= self._clock.now() - ended <= max_age:
            await self.probe()
        return self.found

    async def probe(self) -> None:
        """One round; joins the one that runs. A caller that gives up stops no other's."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._probe())
        await asyncio.shield(self._round)

    async def close(self) -> None:
        """Stop the round that runs."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)

    async def _remember(self) -> None:
        names = {target.name: target.kind for target in self._targets}
        for one in await self._store.last():
            if names.get(one.name) is one.kind and one.heard_at is not None:
                self._heard.setdefault(one.name, one.heard_at)

    async def _probe(self) -> None:
        targets, room = self._targets, asyncio.Semaphore(_AT_ONCE)

        async def one(target: ProbeTarget) -> Probed:
            async with room:
                asked = await ask(target, self.pace.patience_s, self.pace.query_name)
            return self._probed(target, asked)

        found = await asyncio.gather(*(one(target) for target in targets))
        if targets != self._targets:  # they changed meanwhile: this says nothing of the new ones
            return
        self._found = {probed.name: probed for probed in found}
        self._ended_at = self._clock.now()
        self._count(found)
        try:
            await self._store.keep(found)
        except Exception as error:  # noqa: BLE001 - the boundary: the next round is kept
            self.stats.store_errors += 1
            _log.warning("platform probes not kept", error=type(error).__name__)

    def _probed(self, target: ProbeTarget, asked: Asked) -> Probed:
        now = self._clock.now()
        if asked.answer.heard:
            self._heard[target.name] = now
        past = self._past.setdefault(target.name, deque())
        if asked.answer is not Answer.UNSENT:
            past.append((now, asked.answer.heard))
        while past and not now - self.pace.window <= past[0][0] <= now:  # later ones: the clock was set back
            past.popleft()
        return Probed(
            target.kind,
            target.name,
            asked.answer,
            now,
            asked.elapsed_ms,
            asked.detail,
            self._heard.get(target.name),
            len(past),
            sum(not heard for _, heard in past),
        )

    def _count(self, found: Iterable[Probed]) -> None:
        probed, stats = tuple(found), self.stats
        verdicts = [works(one, probed) for one in probed]
        stats.rounds += 1
        stats.asked += len(probed)
        stats.unheard += sum(one.answer in {Answer.SILENT, Answer.CLOSED} for one in probed)
        stats.unsent += sum(one.answer is Answer.UNSENT for one in probed)
        stats.working, stats.failing = verdicts.count(True), verdicts.count(False)
        stats.unknown = verdicts.count(None)
