"""The boxes' side of the state: power, reachability, and the life of each PPP session at the LNS."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from domain.identifiers import OntName, PonName
from domain.states import PppStatus
from simulators.plant.conditions import GOOD_WIFI, Conditions
from simulators.plant.layout import Layout
from simulators.plant.state import BoxState, EventKind, PlantEvent, PlantState
from simulators.plant.timers import Timers

ECHO_TIMEOUT = timedelta(seconds=30)  # C: 3 missed LCP echoes (RFC 1661 5.8) of 10 s
RETRY = timedelta(seconds=60)  # C: pause of a box after a refusal

LOST_CARRIER = "Lost-Carrier"  # RFC 2866 5.10, as FreeRADIUS names it
ADMIN_RESET = "Admin-Reset"
REASON_REFUSED = "invalid password"

_NO_ERROR = "ERROR_NONE"  # LastConnectionError, TR-098 1.8 WANPPPConnection
_AUTHENTICATION_FAILURE = "ERROR_AUTHENTICATION_FAILURE"
_NO_CARRIER = "ERROR_NO_CARRIER"
_TIME_OUT = "ERROR_ISP_TIME_OUT"


class Boxes:
    """Moves boxes and sessions on when the plant changes, and tells what happened."""

    def __init__(self, state: PlantState, layout: Layout, timers: Timers, tell: Callable[[PlantEvent], None]) -> None:
        self._state = state
        self._layout = layout
        self._timers = timers
        self._tell = tell
        self._opened: dict[OntName, int] = {}
        self._untold_boots: set[OntName] = set()

    def begin(self) -> None:
        """Put every box in service, in session since it booted: the plant was alive before its clock began."""
        for name, box in self._state.boxes.items():
            self._connect(name, box, box.booted_at + timedelta(seconds=20))

    def update(self, wrong: Conditions, now: datetime, ports: Collection[PonName]) -> None:
        """Bring the boxes of ``ports`` in line with ``wrong`` and with their ONTs."""
        for name in (ont.name for port in ports for ont in self._layout.pons[port].onts):
            box = self._state.boxes[name]
            self._update_power(name, box, wrong, now)
            self._update_reach(name, box, now)
            self._update_session(name, box, wrong, now)
            _update_services(name, box, wrong)

    def hang_up(self, name: OntName, now: datetime, cause: str) -> None:
        """End the session of a box; the next update opens another."""
        self._end(name, self._state.boxes[name], now, cause)

    def _update_power(self, name: OntName, box: BoxState, wrong: Conditions, now: datetime) -> None:
        ran = box.powered and not box.hung
        box.powered = name not in wrong.boxes_unpowered
        box.hung = name in wrong.boxes_hung
        box.deaf = name in wrong.boxes_deaf
        box.ppp_refused = name in wrong.ppp_refused
        box.ppp_unanswered = name in wrong.ppp_unanswered
        box.wifi = wrong.wifi.get(name, GOOD_WIFI)
        if box.powered and not box.hung and not ran:  # a stuck box comes back by a restart
            box.booted_at = now
            self._untold_boots.add(name)

    def _update_reach(self, name: OntName, box: BoxState, now: datetime) -> None:
        ont = self._state.onts[name]
        box.wan_up = box.powered and ont.oper_up and ont.uni_up
        reachable = box.wan_up and not box.hung
        if reachable == box.management_up:
            return
        box.management_up = reachable
        if not reachable:
            self._say(EventKind.BOX_SILENT, name, box, now)
        elif name in self._untold_boots:
            self._untold_boots.discard(name)
            self._say(EventKind.BOX_BOOTED, name, box, now)
        else:
            self._say(EventKind.BOX_REACHABLE, name, box, now)

    def _update_session(self, name: OntName, box: BoxState, wrong: Conditions, now: datetime) -> None:
        connected = box.ppp_status is PppStatus.CONNECTED
        if not box.management_up:
            self._timers.cancel(("retry", name))
            if connected:
                box.ppp_status, box.ppp_last_error = PppStatus.DISCONNECTED, _NO_CARRIER
                self._timers.set(
                    ("echo", name), now + ECHO_TIMEOUT, lambda at, _: self._end(name, box, at, LOST_CARRIER)
                )
            else:
                box.ppp_status = PppStatus.DISCONNECTED
        elif box.ppp_unanswered or (wrong.aaa_silent and (not connected or name in wrong.sessions_dropped)):
            self._timers.cancel(("retry", name))
            self._end(name, box, now, LOST_CARRIER)
            # A PADI without answer, or a CHAP response without answer: it tries for ever and the log knows nothing,
            # unless a proxy before the RADIUS server writes that it got no answer.
            relayed = wrong.aaa_relayed and not box.ppp_unanswered
            if relayed and box.ppp_status is not PppStatus.AUTHENTICATING:
                self._say(EventKind.AUTH_UNANSWERED, name, box, now)
            box.ppp_status = PppStatus.CONNECTING if box.ppp_unanswered else PppStatus.AUTHENTICATING
            box.ppp_last_error = _TIME_OUT
        elif box.ppp_refused:
            self._end(name, box, now, ADMIN_RESET if connected else LOST_CARRIER)
            if ("retry", name) not in self._timers:
                self._refuse(name, box, now)
        elif not connected:
            self._timers.cancel(("retry", name))
            self._end(name, box, now, LOST_CARRIER)
            self._say(EventKind.AUTH_ACCEPTED, name, box, now)
            self._connect(name, box, now)
            self._say(EventKind.PPP_UP, name, box, now)

    def _connect(self, name: OntName, box: BoxState, now: datetime) -> None:
        self._opened[name] = self._opened.get(name, 0) + 1
        box.ppp_status, box.ppp_last_error, box.ppp_since = PppStatus.CONNECTED, _NO_ERROR, now
        box.wan_ip = self._layout.onts[name].box.wan_ip
        box.session_id = f"{self._layout.onts[name].number:06X}{self._opened[name]:04X}"

    def _end(self, name: OntName, box: BoxState, at: datetime, cause: str) -> None:
        """End the session at the LNS, if one is left there. The event carries the box as it was in session."""
        self._timers.cancel(("echo", name))
        if box.session_id is None:
            return
        event = PlantEvent(EventKind.PPP_DOWN, at, name, replace(box), box.session_id, cause)
        box.ppp_status = PppStatus.DISCONNECTED
        box.session_id = box.wan_ip = box.ppp_since = None
        self._tell(event)

    def _refuse(self, name: OntName, box: BoxState, at: datetime) -> None:
        box.ppp_status, box.ppp_last_error = PppStatus.DISCONNECTED, _AUTHENTICATION_FAILURE
        self._say(EventKind.AUTH_REJECTED, name, box, at, REASON_REFUSED)
        self._timers.set(("retry", name), at + RETRY, lambda due, now: self._refuse(name, box, _latest(due, now)))

    def _say(self, kind: EventKind, name: OntName, box: BoxState, at: datetime, detail: str = "") -> None:
        self._tell(PlantEvent(kind, at, name, replace(box), box.session_id, detail))


def _update_services(name: OntName, box: BoxState, wrong: Conditions) -> None:
    """What the session is good for, beyond the LNS."""
    connected = box.ppp_status is PppStatus.CONNECTED
    box.dns_servers = wrong.dns_servers.get(name, "")
    box.internet_up = connected and name not in wrong.no_internet
    box.dns_up = box.internet_up and not box.dns_servers and not wrong.dns_platform_down
    box.ports_blocked = wrong.ports_blocked.get(name, frozenset())
    closed = wrong.ports_closed.get(name, frozenset())
    box.ports_closed = closed if box.ports_filtered is None else box.ports_filtered


def _latest(due: datetime, now: datetime) -> datetime:
    """The last retry up to ``now``: a clock that jumps over a day of them shows one refusal, not a flood."""
    return due + RETRY * ((now - due) // RETRY)
