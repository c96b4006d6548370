"""The Internet platform as a line test and the NOC see it: what probes found, and what sessions tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collectors.platform.flows import Relay, flows
from collectors.platform.judging import readings, works
from collectors.platform.prober import PlatformProber
from domain.access import Access
from domain.clock import Clock
from domain.errors import ForbiddenError
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_DNS_CUSTOM, BOX_DNS_SERVERS
from domain.metrics.platform import FLOWS, NEIGHBOUR_SESSIONS_OK, PORT_25, RADIUS_REJECT_PERCENT
from domain.metrics.session import SESSION_ACTIVE, SESSION_IP, SESSION_LAST_SEEN
from domain.platform import AuthWindow, Probed, ProbeKind
from domain.principal import Principal, Right
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import Policy
from storage.platform_probes import PlatformProbes
from storage.session_history import SessionHistory

FRESH = timedelta(seconds=10)
"""A line test takes probes of that age (C); older ones are made again, once for all tests that wait."""
SESSION_FRESH = timedelta(minutes=30)
"""A session heard of since then is the subscriber's still (C: three interim updates of 10 min, RFC 2869 2.1)."""

_PORT_25 = "tcp_25"


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
    """

    def __init__(
        self,
        prober: PlatformProber,
        history: SessionHistory,
        probes: PlatformProbes,
        clock: Clock,
        relay: Relay | None = None,
    ) -> None:
        self.prober = prober
        self.relay = relay
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
        found = self.prober.found
        window = await self._window()
        probes = [ProbeView(one, works(one, found)) for one in found]
        return PlatformView(
            self._clock.now(), probes, readings(found).merged(_rejects(window, self._clock.now())), window
        )

    async def around(self, access: Access) -> Readings:
        """What stands behind an access, whoever it is: probed now where the last round is old."""
        probed = await self.prober.fresh(FRESH)
        now = self._clock.now()
        found = readings(probed).merged(_rejects(await self._window(), now))
        told: dict[Metric[Any], Reading[Any]] = {
            PORT_25: known(access.port25, now, Source(Via.INVENTORY, "port 25"), Quality.STORED)
        }
        if access.place is not None:
            alive, dead = await self._history.around(access.place, now - SESSION_FRESH)
            told[NEIGHBOUR_SESSIONS_OK] = _neighbours(alive, dead, now)
        return found.merged(Readings(told))

    async def flows(self, session: Readings, patience_s: float) -> Readings:
        """The flows of a subscriber whose session is known to run, tried in its place."""
        targets = [target for target in self.prober.targets if target.kind is ProbeKind.FLOW]
        if self.relay is None or not targets:
            return Readings()
        now, source = self._clock.now(), Source(Via.PROBE, "SOCKS")
        address, seen = session.value(SESSION_IP), session.value(SESSION_LAST_SEEN)
        if not session.value(SESSION_ACTIVE) or address is None:
            return Readings({FLOWS: missing(Reason.OFFLINE, now, source)})
        if seen is None or now - seen > SESSION_FRESH:  # its address may be another's by now
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


def _rejects(window: AuthWindow, now: datetime) -> Readings:
    if not window.subscribers:
        return Readings()
    share = round(100.0 * window.refused / window.subscribers, 1)
    source = Source(Via.SYSLOG, "authentication")
    return Readings({RADIUS_REJECT_PERCENT: known(share, now, source, Quality.DERIVED)})


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
