"""The Internet platform as a line test and the NOC see it: what probes found, and what sessions tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collectors.platform.flows import Relay, flows
from collectors.platform.judging import affected, answered, readings, works
from collectors.platform.prober import PlatformProber
from domain.access import Access
from domain.clock import Clock
from domain.errors import ForbiddenError
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_DNS_CUSTOM, BOX_DNS_SERVERS
from domain.metrics.platform import FLOWS, NEIGHBOUR_SESSIONS_OK, PLATFORM_AFFECTED, PORT_25
from domain.metrics.session import SESSION_ACTIVE, SESSION_IP, SESSION_LAST_SEEN
from domain.platform import AuthWindow, Losses, Lost, Probed, ProbeKind
from domain.principal import Principal, Right
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import Policy
from storage.platform_probes import PlatformProbes
from storage.session_history import SessionHistory

FRESH = timedelta(seconds=10)
"""A line test takes probes of that age (C); older ones are made again, once for all tests that wait."""
SESSION_FRESH = timedelta(minutes=30)
"""A session heard of since then is the subscriber's still (C: three interim updates of 10 min, RFC 2869 2.1)."""

LOSSES_FRESH = timedelta(seconds=30)
"""Losses are counted at most that often (C), once for all tests: they are looked for among every session."""

_PORT_25 = "tcp_25"

Explained = Callable[[Lost], bool]
"""Whether an open incident of the network explains why an access is cut off."""


@dataclass(frozen=True, slots=True)
class ProbeView:
    """One target: what was found, and whether it works; ``None``: nobody can tell."""

    probed: Probed
    works: bool | None


@dataclass(frozen=True, slots=True)
class PlatformView:
    """The platform as the NOC sees it."""

    at: datetime
    probes: Sequence[ProbeView]
    readings: Readings
    window: AuthWindow


class PlatformService:
    """Joins probes and sessions.

    Args:
        prober: What probes.
        history: What RADIUS told.
        probes: Whose the platform is.
        clock: The clock in force.
        relay: What tries flows in the place of a subscriber; ``None``: nothing does.
        explained: What incidents explain; ``None``: nothing is known of them.
    """

    def __init__(
        self,
        prober: PlatformProber,
        history: SessionHistory,
        probes: PlatformProbes,
        clock: Clock,
        relay: Relay | None = None,
        explained: Explained | None = None,
    ) -> None:
        self.prober = prober
        self.relay = relay
        self._explained = explained
        self._losses: Losses | None = None
        self._counted_at: datetime | None = None
        self._history = history
        self._probes = probes
        self._clock = clock

    @property
    def watches(self) -> bool:
        """Whether anything is probed."""
        return bool(self.prober.targets)

    async def view(self, who: Principal) -> PlatformView:
        """For the NOC of the operator whose the platform is."""
        who.require(Right.NOC)
        if await self._probes.owner() != who.operator_id:
            raise ForbiddenError(Right.NOC.value)
        found, window = self.prober.found, await self._window()
        probes = [ProbeView(one, works(one, found)) for one in found]
        return PlatformView(self._clock.now(), probes, await self._told(found, window), window)

    async def around(self, access: Access) -> Readings:
        """What stands behind an access, whoever it is: probed now where the last round is old.

        Without targets to probe, RADIUS and the records tell what they know.
        """
        probed = await self.prober.fresh(FRESH) if self.watches else ()
        now = self._clock.now()
        found = await self._told(probed, await self._window())
        told: dict[Metric[Any], Reading[Any]] = {
            PORT_25: known(access.port25, now, Source(Via.INVENTORY, "port 25"), Quality.STORED)
        }
        if access.place is not None:
            alive, dead = await self._history.around(access.place, now - SESSION_FRESH)
            told[NEIGHBOUR_SESSIONS_OK] = _neighbours(alive, dead, now)
        return found.merged(Readings(told))

    async def flows(self, session: Readings, patience_s: float) -> Readings:
        """The flows of a subscriber whose session is known to run, tried in its place; else why they were not."""
        targets = [target for target in self.prober.targets if target.kind is ProbeKind.FLOW]
        now, source = self._clock.now(), Source(Via.PROBE, "SOCKS")
        if self.relay is None or not targets:
            return Readings({FLOWS: missing(Reason.NOT_READ, now, source)})
        address, seen = session.value(SESSION_IP), session.value(SESSION_LAST_SEEN)
        if not session.value(SESSION_ACTIVE) or address is None:
            return Readings({FLOWS: missing(Reason.OFFLINE, now, source)})
        if seen is None or abs(now - seen) > SESSION_FRESH:  # its address may be another's by now
            return Readings({FLOWS: missing(Reason.STALE, now, source)})
        direct: Mapping[str, Probed] = {one.name: one for one in self.prober.found}
        shut = frozenset({_PORT_25}) if session.value(PORT_25) is Policy.CLOSED else frozenset[str]()
        found = await flows(self.relay, address, targets, direct, patience_s, shut)
        if not found:
            return Readings({FLOWS: missing(Reason.TIMEOUT, now, source)})
        return Readings({FLOWS: known(dict(found), now, source)})

    def own_resolvers(self, box: Readings) -> Readings:
        """Whether the box uses name servers that are none of the platform's; nothing where those are not declared."""
        servers, ours = box[BOX_DNS_SERVERS], self._resolvers()
        if not ours or not servers.value or servers.at is None:
            return Readings()
        custom = not ours.issuperset(servers.value)
        return Readings({BOX_DNS_CUSTOM: known(custom, servers.at, servers.source, Quality.DERIVED)})

    def _resolvers(self) -> frozenset[str]:
        targets = self.prober.targets
        return frozenset(one.address or one.host for one in targets if one.kind is ProbeKind.RESOLVER)

    async def _window(self) -> AuthWindow:
        return await self._history.authentication_window(self._clock.now() - self.prober.pace.window)

    async def _told(self, probed: Sequence[Probed], window: AuthWindow) -> Readings:
        """What probes, the authentication log and the sessions say of the platform."""
        by_probes, now = readings(probed), self._clock.now()
        counted = Readings({PLATFORM_AFFECTED: affected(await self._lost(now), now)})
        return by_probes.merged(answered(window, by_probes, now)).merged(counted)

    async def _lost(self, now: datetime) -> Losses:
        """Who lost a session over the window and has none, but those that incidents of the network explain."""
        if self._losses is None or self._counted_at is None or abs(now - self._counted_at) > LOSSES_FRESH:
            window = self.prober.pace.window
            found = await self._history.losses(now - window, window)
            kept = tuple(one for one in found.lost if self._explained is None or not self._explained(one))
            self._losses, self._counted_at = replace(found, lost=kept), now
        return self._losses


def _neighbours(alive: int, dead: int, now: datetime) -> Reading[bool]:
    """Whether the others of the port have sessions: one that runs tells, two that do not tell the contrary.

    One neighbour without session may be at fault itself, or away.
    """
    source = Source(Via.RADIUS, "sessions of the PON port")
    if alive and alive >= dead:
        return known(True, now, source, Quality.DERIVED)
    if not alive and dead >= 2:
        return known(False, now, source, Quality.DERIVED)
    return missing(Reason.NEVER_SEEN, now, source)
